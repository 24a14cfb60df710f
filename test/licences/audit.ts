import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { complaints } from './licences.js';

/** `make audit`: licences of production dependencies, and what the registry knows of their weaknesses. */

const say = (text: string): void => void process.stdout.write(`${text}\n`);

const licences = complaints(JSON.parse(readFileSync('package-lock.json', 'utf8')));
say(licences.length === 0 ? 'Licences: all are allowed.' : `Licences:\n${licences.join('\n')}`);

const counts = z.object({ low: z.int(), moderate: z.int(), high: z.int(), critical: z.int() });
const report = z.object({ metadata: z.object({ vulnerabilities: counts }) });

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const { stdout, stderr } = spawnSync('npm', ['audit', '--omit=dev', '--audit=true', '--json'], {
  encoding: 'utf8',
});
const answer = report.safeParse(parsed(stdout));
let weak = false;
if (answer.success) {
  const { low, moderate, high, critical } = answer.data.metadata.vulnerabilities;
  weak = high + critical > 0;
  say(
    `Weaknesses: ${critical} critical, ${high} high, ${moderate} moderate, ${low} low (npm audit --omit=dev).`,
  );
} else {
  say('!!! SKIPPED: nobody has looked for known weaknesses. The registry in use answers no audit:');
  say(stderr.trim().split('\n')[0] ?? '');
  say('!!! Run `make audit` where the registry does.');
}
process.exitCode = licences.length > 0 || weak ? 1 : 0;

import { parseArguments, usage } from './schemas/arguments.js';
import { check } from './schemas/check.js';

const options = parseArguments(process.argv.slice(2));
if (typeof options === 'string') {
  console.error(`${options}\n${usage}`);
  process.exitCode = 2;
} else {
  // Whoever reads has had enough (`| head`).
  process.stdout.on('error', () => process.exit());
  process.exitCode = await check(options, {
    result: (line) => process.stdout.write(`${line}\n`),
    problem: (line) => process.stderr.write(`${line}\n`),
  });
}

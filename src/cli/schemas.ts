import { openRegistry } from '../app/open-registry.js';
import { parseArguments, usage } from './schemas/arguments.js';
import { run } from './schemas/run.js';

const command = parseArguments(process.argv.slice(2));
if (typeof command === 'string') {
  console.error(`${command}\n${usage}`);
  process.exitCode = 2;
} else {
  // Whoever reads has had enough (`| head`).
  process.stdout.on('error', () => process.exit());
  process.exitCode = await run(command, {
    output: {
      result: (line) => process.stdout.write(`${line}\n`),
      problem: (line) => process.stderr.write(`${line}\n`),
    },
    root: '.',
    openRegistry: (url) => openRegistry(url, process.env),
  });
}

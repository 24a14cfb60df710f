import { parseArguments, usage } from './arguments.js';
import { allProjections } from '../projections/all.js';
import { measureEmbedded } from './embedded.js';
import { generate } from './generate.js';
import { measureObserved } from './observed.bench.js';
import { measureReal } from './real/command.js';
import { measureSustained } from './sustained.bench.js';
import { rebuild } from './rebuild/command.js';

const options = parseArguments(
  process.argv.slice(2),
  allProjections.map(({ projection }) => projection.name),
);
if (typeof options === 'string') {
  console.error(`${options}\n\n${usage}`);
  process.exit(2);
}
switch (options.do) {
  case 'observed':
    await measureObserved(options);
    break;
  case 'sustained':
    await measureSustained(options);
    break;
  case 'generate':
    process.exit(await generate(options));
    break;
  case 'rebuild':
    process.exit(await rebuild(options));
    break;
  case 'everything':
    process.exitCode =
      options.engine === 'real' ? await measureReal(options, process.env) : await measureEmbedded(options);
}

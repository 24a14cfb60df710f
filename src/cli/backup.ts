import { parseArgs } from 'node:util';
import { backUpEmbedded } from '../app/backup.js';
import { parsedOrUsage, runTool, UsageError, withPlatform } from './platform.js';

const usage = `npm run backup -- FOLDER [--json]
Copies the store of DATA_DIR and the keys of personal data into FOLDER, which must be empty or not there. Programs that run on it go on.
To restore, copy both into an empty DATA_DIR and start.`;

const optionsOf = (args: readonly string[]): { readonly folder: string; readonly json: boolean } => {
  const options = { json: { type: 'boolean', default: false } } as const;
  const { values, positionals } = parsedOrUsage(() =>
    parseArgs({ args: [...args], options, allowPositionals: true }),
  );
  const [folder] = positionals;
  if (folder === undefined || positionals.length > 1) throw new UsageError('name one folder');
  return { folder, json: values.json };
};

await runTool(usage, (args) => {
  const { folder, json } = optionsOf(args);
  return withPlatform(async (_platform, config) => {
    const backup = await backUpEmbedded(config, folder);
    const { events, store, keys } = backup;
    const ofKeys = keys === undefined ? '' : ` ${keys} opens the personal data in it: keep the two apart.`;
    process.stdout.write(`${json ? JSON.stringify(backup) : `${events} events are in ${store}.${ofKeys}`}\n`);
    return 0;
  });
});

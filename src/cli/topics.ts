import 'reflect-metadata';
import { once } from 'node:events';
import { Decoder } from '../wire/decoder.js';
import { interruption, runTool, UsageError, withPlatform } from './platform.js';
import { parseArguments, usage } from './topics/arguments.js';
import { type Decode } from './topics/line.js';
import { list } from './topics/list.js';
import { type Output } from './topics/output.js';
import { tail } from './topics/tail.js';

const output: Output = {
  result: async (line) => {
    if (!process.stdout.write(`${line}\n`)) await once(process.stdout, 'drain');
  },
  problem: (line) => {
    process.stderr.write(`${line}\n`);
  },
};

await runTool(usage, (args) => {
  const command = parseArguments(args);
  if (typeof command === 'string') throw new UsageError(command);
  return withPlatform(({ messageLog, schemaRegistry }) => {
    if (command.verb === 'list') return list(messageLog, command, output);
    const decoder = new Decoder(schemaRegistry);
    const decode: Decode = async ({ value }) => (await decoder.decode(value)).record;
    return tail(messageLog, command, decode, output, interruption());
  });
});

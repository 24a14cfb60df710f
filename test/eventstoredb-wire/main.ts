import { parseArgs } from 'node:util';
import { z } from 'zod';
import { type ProfileName, profiles } from './profiles.js';
import { serveControl } from './control.js';
import { startWireServer } from './server.js';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    data: { type: 'string' },
    profile: { type: 'string', default: '23.10' },
    'no-batch': { type: 'boolean', default: false },
    control: { type: 'string' },
  },
});
const port = z.coerce.number().int().min(0).max(65_535);
const isProfile = (name: string): name is ProfileName => name in profiles;
if (!isProfile(values.profile))
  throw new Error(`--profile is one of ${Object.keys(profiles).join(', ')}, not ${values.profile}.`);

const server = await startWireServer({
  port: port.parse(values.port),
  profile: values.profile,
  batch: !values['no-batch'],
  ...(values.data === undefined ? {} : { data: values.data }),
});
const control =
  values.control === undefined ? undefined : await serveControl(server, port.parse(values.control));

const stop = (): void => {
  void server.stop().then(() => process.exit(0));
};
process.once('SIGTERM', stop);
process.once('SIGINT', stop);

const { connectionString } = server;
const ready = { connectionString, pid: process.pid, ...(control && { control: control.url }) };
process.stdout.write(`${JSON.stringify(ready)}\n`);

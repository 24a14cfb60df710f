import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { delimiter } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { type ProfileName } from './profiles.js';
import { startWireServer } from './server.js';

const run = promisify(execFile);
const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

const clients: { module: string; profile: ProfileName }[] = [
  { module: 'esdbclient', profile: '23.10' },
  { module: 'esdbclient', profile: '24.10' },
  { module: 'kurrentdbclient', profile: '23.10' },
  { module: 'kurrentdbclient', profile: '24.10' },
];

/** Clients in Python, which share neither code nor codec with the server. */
describe('Wire-level test server and a foreign client', () => {
  let packages: string;

  beforeAll(async () => {
    packages = (await run(process.execPath, [path('../../stack/python.ts'), 'eventstoredb-clients'])).stdout;
  });

  it.each(clients)('$module, profile $profile', async ({ module, profile }) => {
    const server = await startWireServer({ profile });
    try {
      const { stdout } = await run(
        'python3',
        [path('foreign_client.py'), module, server.connectionString, `foreign-${randomUUID()}`],
        { env: { ...process.env, PYTHONPATH: [packages, process.env.PYTHONPATH].join(delimiter) } },
      );
      const made = (n: number, revision = n, type = 'Made') => [type, `{"n": ${n}}`, revision];
      expect(JSON.parse(stdout)).toStrictEqual({
        stored: [made(0), made(1), made(2)],
        'ids are kept': true,
        'metadata is kept': ['{"m":1}', '{"m":1}', '{"m":1}'],
        "the answer is the last event's position": true,
        'sent again, the same answer': true,
        'wrong version, several': 'WrongCurrentVersion',
        'wrong version, one': 'WrongCurrentVersion',
        'no stream, but there is': 'WrongCurrentVersion',
        backwards: [made(3, 3, 'Other'), made(2)],
        version: 3,
        'all, filtered, from the third': [made(2), made(3, 3, 'Other')],
        'all, backwards, excludes': [made(1)],
        'subscribed to all': [made(0), made(1), made(2), 'caught up', made(4), made(5, 5, 'Late')],
        'subscribed to the stream after 3': [made(4), made(5, 5, 'Late')],
        deleted: 'NotFound',
        'begun again': [made(6)],
        'gone, read': 'StreamIsDeleted',
        // Append's errors are not looked into by these clients.
        'gone, append one': 'FailedPrecondition',
        'gone, append several': 'StreamIsDeleted',
        'gone, delete': 'StreamIsDeleted',
        missing: 'NotFound',
        'too large': 'MaximumAppendSizeExceeded',
        leader: ['NODE_STATE_LEADER'],
      });
    } finally {
      await server.stop();
    }
  });
});

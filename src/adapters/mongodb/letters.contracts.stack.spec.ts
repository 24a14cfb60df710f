import { describeDeadLettersContract } from '../../testing/dead-letters.contract.js';
import { describeInboxContract } from '../../testing/inbox.contract.js';
import { describeKeysContract } from '../../testing/keys.contract.js';
import { describeOutboxContract } from '../../testing/outbox.contract.js';
import { openKms } from '../aws-kms/index.js';
import { KmsStandIn } from '../aws-kms/testing/stand-in.js';
import { MongoDeadLetters } from './dead-letters.js';
import { MongoInbox } from './inbox.js';
import { MongoKeys } from './keys.js';
import { MongoOutbox } from './outbox.js';
import { lettersSite } from './testing/letters-site.js';

const name = 'MongoDB';

describeInboxContract(name, async () => {
  const { connect, databasesOf, dispose } = await lettersSite();
  const open = () => new MongoInbox(databasesOf(connect()));
  return { inbox: open(), another: () => Promise.resolve(open()), dispose };
});

describeDeadLettersContract(name, async () => {
  const { connect, databasesOf, dispose } = await lettersSite();
  const open = () => new MongoDeadLetters(databasesOf(connect()));
  return { deadLetters: open(), another: () => Promise.resolve(open()), dispose };
});

describeKeysContract(name, async () => {
  const { connect, databaseOf, dispose } = await lettersSite();
  const open = () => new MongoKeys(databaseOf(connect(), 'keys'));
  return { keys: open(), another: () => Promise.resolve(open()), dispose };
});

describeKeysContract(`${name}, wrapped by a stand-in for KMS,`, async () => {
  const { connect, databaseOf, dispose } = await lettersSite();
  const kms = await KmsStandIn.start();
  const { keysWith, close } = openKms({ keyId: kms.keyId, client: kms.client });
  const open = () => keysWith(new MongoKeys(databaseOf(connect(), 'keys')).secrets);
  return {
    keys: open(),
    another: () => Promise.resolve(open()),
    dispose: async () => {
      await close();
      await kms.stop();
      await dispose();
    },
  };
});

describeOutboxContract(name, async () => {
  const { connect, databaseOf, dispose } = await lettersSite();
  const keysOf = () => new MongoKeys(databaseOf(connect(), 'keys'));
  const [db, keys] = [databaseOf(connect(), 'shared'), keysOf()];
  return {
    outbox: new MongoOutbox(db, keys),
    keys,
    another: () => Promise.resolve(new MongoOutbox(databaseOf(connect(), 'shared'), keysOf())),
    stored: async () => {
      const rows = await db.collection('outbox').find().toArray();
      return rows.map((row) => Buffer.from(JSON.stringify(row)));
    },
    dispose,
  };
});

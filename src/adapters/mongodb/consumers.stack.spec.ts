import { afterAll, beforeAll } from '@jest/globals';
import { describeConsumerCrashes } from '../../testing/consumer-crash.contract.js';
import { describeConsumerRuntime } from '../../testing/consumer-runtime.model.js';
import { MongoDeadLetters } from './dead-letters.js';
import { MongoInbox } from './inbox.js';
import { type LettersSite, lettersSite } from './testing/letters-site.js';
import { openEmbedded } from './testing/mixed-engine.js';

let site: LettersSite;

beforeAll(async () => {
  site = await lettersSite();
});

afterAll(() => site.dispose());

describeConsumerRuntime(
  'MongoDB',
  () => {
    const databases = site.databasesOf(site.connect());
    return {
      inbox: new MongoInbox(databases),
      deadLetters: new MongoDeadLetters(databases),
      close: () => site.empty(),
    };
  },
  { numRuns: 15, endOnFailure: true },
);

describeConsumerCrashes('MongoDB', {
  open: openEmbedded,
  engineUrl: new URL('../../../dist/adapters/mongodb/testing/mixed-engine.js', import.meta.url).href,
});

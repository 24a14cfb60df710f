import { openEmbedded } from '../adapters/embedded/index.js';
import { describeConsumerCrashes } from '../testing/consumer-crash.contract.js';

describeConsumerCrashes('the embedded engine', {
  open: openEmbedded,
  engineUrl: new URL('../../dist/adapters/embedded/index.js', import.meta.url).href,
});

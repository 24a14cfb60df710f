import { openEmbedded } from '../adapters/embedded/index.js';
import { describeConsumerRuntime } from '../testing/consumer-runtime.model.js';

describeConsumerRuntime('the embedded engine', (dataDir) => openEmbedded({ dataDir }), { numRuns: 40 });

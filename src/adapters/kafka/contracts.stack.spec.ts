import { describeMessageLogContract } from '../../testing/message-log.contract.js';
import { openSite } from './testing/site.js';

describeMessageLogContract('Kafka', () => {
  const { open, dispose } = openSite();
  return Promise.resolve({
    log: open().messageLog,
    another: () => Promise.resolve(open().messageLog),
    dispose,
  });
});

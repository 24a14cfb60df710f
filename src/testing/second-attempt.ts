import { expect, jest } from '@jest/globals';

/**
 * A busy machine may keep a program or an engine from answering for longer than a spec waits. What failed first is
 * shown. A spec that runs in this process alone has no such excuse.
 */
if (/\.(e2e|stack)\.spec\.ts$/.test(expect.getState().testPath ?? '')) {
  jest.retryTimes(1, { logErrorsBeforeRetry: true });
}

import { jest } from '@jest/globals';

/** A busy machine may keep an engine from answering for longer than a spec waits. What failed first is shown. */
jest.retryTimes(1, { logErrorsBeforeRetry: true });

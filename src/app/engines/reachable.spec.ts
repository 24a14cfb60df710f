import { describe, expect, it } from '@jest/globals';
import { logbook } from '../../execution/testing/logbook.js';
import { StorageUnavailable } from '../../ports/storage.js';
import { CannotStart } from '../cannot-start.js';
import { patiently, whenAllReachable } from './reachable.js';

describe('An engine at the start', () => {
  it('that does not answer is waited for, which is said once', async () => {
    const { entries, logger } = logbook();
    const answers = ['away', 'away', 'here'].values();
    const check = () =>
      answers.next().value === 'here'
        ? Promise.resolve()
        : Promise.reject(new StorageUnavailable('It is away.', undefined));
    await whenAllReachable([{ check }], { patienceMs: 60_000, logger });
    expect(entries.map(({ message }) => message)).toEqual(['Waiting for an engine. It is away.']);
  });

  it.each([
    ['has not answered for long enough', new StorageUnavailable('It is away.', undefined)],
    ['does not let the process in', new RangeError('The password is wrong.')],
  ])('that %s stops the start with its sentence', async (_, error) => {
    const { logger } = logbook();
    const refusing = { check: () => Promise.reject(error) };
    await expect(whenAllReachable([refusing], { patienceMs: 0, logger })).rejects.toThrow(
      new CannotStart(error.message, error),
    );
  });

  it('that is away is waited for no longer when another has refused', async () => {
    const { logger } = logbook();
    const refused = new AbortController();
    const check = () => {
      refused.abort();
      return Promise.reject(new StorageUnavailable('It is away.', undefined));
    };
    const wait = patiently(check, { patienceMs: 3_600_000, logger, signal: refused.signal });
    await expect(wait).rejects.toThrow('It is away.');
  });
});

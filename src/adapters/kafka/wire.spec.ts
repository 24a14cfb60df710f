import { describe, expect, it } from '@jest/globals';
import { isPassing } from './errors.js';
import { allTopics } from './wire.js';

describe('The topics of a cluster', () => {
  it('cannot be told for now when no broker has answered, of which kafkajs says nothing', async () => {
    const failure: unknown = await allTopics({ metadata: () => Promise.resolve(null) }).catch(
      (error: unknown) => error,
    );
    expect(String(failure)).toContain('No broker has answered');
    expect(isPassing(failure)).toBe(true);
  });
});

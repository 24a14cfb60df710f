import { describe, expect, it } from '@jest/globals';
import { logbook } from '../execution/testing/logbook.js';
import { streamsThatFit } from './open-files.js';

describe('streams', () => {
  it.each([
    [10_000, 20_000, 10_000],
    [10_000, Infinity, 10_000],
    [10_000, 10_512, 10_000],
    [10_000, 10_511, 9_999],
    [10_000, 1_024, 512],
    [10_000, 401, 200],
  ])('of %d wanted with %d open files: %d', (wanted, openFiles, fitting) => {
    const { logger, entries } = logbook();
    expect(streamsThatFit(wanted, logger, openFiles)).toBe(fitting);
    const fields = { LIVE_STREAMS_MAX: wanted, openFiles, streams: fitting };
    expect(entries.map((entry) => entry.fields)).toStrictEqual(fitting < wanted ? [fields] : []);
  });
});

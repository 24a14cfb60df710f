import { describe, expect, it } from '@jest/globals';
import { parseArguments } from './arguments.js';

describe('The arguments of replay', () => {
  it('have defaults', () => {
    expect(parseArguments(['--file', 'orders.csv'])).toEqual({
      file: 'orders.csv',
      url: 'http://127.0.0.1:8080',
      clients: 32,
      limit: Infinity,
      currency: 'USD',
    });
  });

  it.each([
    [[], '--file is missing'],
    [['--file', 'f', '--clients', '0'], '--clients must be between 1 and 1000'],
    [['--file', 'f', '--limit', 'ten'], '--limit must be a whole number'],
    [['--file', 'f', '--url', 'ftp://x'], '--url must be an http or https address'],
    [['--file', 'f', '--currency', 'XXY'], '--currency must be an ISO 4217 currency'],
    [['--fiel', 'f'], "Unknown option '--fiel'"],
  ])('%j: a sentence that names what is wrong', (args, sentence) => {
    expect(parseArguments(args)).toEqual(expect.stringContaining(sentence));
  });
});

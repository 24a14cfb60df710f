import { describe, expect, it } from '@jest/globals';
import { parseArguments } from './arguments.js';

describe('the arguments of npm run bridge', () => {
  it.each([
    [['status'], { verb: 'status', json: false }],
    [['verify', '--json'], { verb: 'verify', json: true }],
    [['replay', '--topic', 'again'], { verb: 'replay', topic: 'again' }],
    [
      ['replay', '--topic', 'again', '--from', '007', '--to', '009'],
      { verb: 'replay', topic: 'again', from: '007', to: '009' },
    ],
  ])('%j', (args, options) => {
    expect(parseArguments(args)).toEqual(options);
  });

  it.each([
    [[], 'unknown verb (none): status, verify and replay are there'],
    [['sing'], 'unknown verb sing: status, verify and replay are there'],
    [['replay'], '--topic is missing'],
    [['replay', '--topic', 'a b'], '--topic must be 1 to 249 letters, digits, dots, dashes or underscores'],
    [['status', '--what'], /Unknown option '--what'/],
  ])('%j is told to be wrong', (args, sentence) => {
    expect(() => parseArguments(args)).toThrow(sentence);
  });
});

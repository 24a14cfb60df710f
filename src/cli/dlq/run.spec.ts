import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openEmbedded } from '../../adapters/embedded/index.js';
import { DeadLetterDesk } from '../../consumers/dead-letter-desk.js';
import { failureOf } from '../../consumers/failure.js';
import { logbook } from '../../execution/testing/logbook.js';
import { type Parking } from '../../ports/dead-letters.js';
import { NotConfluentFormat } from '../../wire/undecodable.js';
import { parseArguments } from './arguments.js';
import { run } from './run.js';

let dataDir: string;
let engine: ReturnType<typeof openEmbedded>;
let log: ReturnType<typeof logbook>;
let desk: DeadLetterDesk;

const at = Date.parse('2026-02-01T12:00:00.000Z');

const parking = (key: string, offset: number): Parking => ({
  group: 'shipping',
  message: {
    topic: 'orders',
    partition: 1,
    offset,
    timestamp: at,
    key: Buffer.from(key),
    value: Buffer.from(offset === 9 ? 'garbage' : 'record'),
    headers: [['event-id', Buffer.from(`event ${offset}`)]],
  },
  eventId: `event ${offset}`,
  eventType: 'OrderConfirmed',
});

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'dlq-'));
  engine = openEmbedded({ dataDir });
  log = logbook();
  const { deadLetters, inbox, messageLog } = engine;
  desk = new DeadLetterDesk({
    deadLetters,
    inbox,
    log: messageLog,
    decoder: {
      decode: (value) =>
        value?.toString() === 'record'
          ? Promise.resolve({
              schemaId: 7,
              recordName: 'commerce.order.OrderConfirmed',
              type: 'OrderConfirmed',
              record: { orderId: 'a' },
            })
          : Promise.reject(new NotConfluentFormat('the first byte is 103')),
    },
    clock: { now: () => '2026-02-02T00:00:00.000Z' },
    logger: log.logger,
  });
  const error = new RangeError('no stock for a1\u001b[31m');
  error.stack = 'RangeError: no stock\n    at the shelf';
  await deadLetters.park(parking('a', 4), failureOf(error, 'OrderConfirmed', 3), at);
  await deadLetters.parkBehind(parking('a', 5), at + 1_000);
  const other = new TypeError('null', { cause: error });
  await deadLetters.park(parking('b', 9), failureOf(other, 'OrderConfirmed', 1), at + 2_000);
});

afterEach(async () => {
  await engine.close();
  await rm(dataDir, { recursive: true });
});

const dlq = async (...args: readonly string[]) => {
  const options = parseArguments(args, at);
  if (typeof options === 'string') throw new Error(options);
  const [lines, problems]: [string[], string[]] = [[], []];
  const output = {
    result: (text: string) => void lines.push(text),
    problem: (text: string) => void problems.push(text),
  };
  return { exit: await run(options, desk, output), text: lines.join('\n'), problems };
};
const idOf = async (eventId: string): Promise<string> => {
  const { items } = await desk.find({}, { limit: 10 });
  return items.find((letter) => letter.eventId === eventId)?.id ?? '';
};
const states = async () => (await desk.find({}, { limit: 10 })).items.map(({ state }) => state);

describe('dlq', () => {
  it('lists what failed alike', async () => {
    const [first, second] = await desk.failures({}, 10);
    expect(await dlq('list')).toStrictEqual({
      exit: 0,
      problems: [],
      text: [
        'FAILURE       FAILED  BEHIND  LAST                      GROUP     EVENT           ERROR',
        `${first?.fingerprint ?? ''}  1       0       2026-02-01T12:00:02.000Z  shipping  OrderConfirmed  TypeError: null`,
        `${second?.fingerprint ?? ''}  1       1       2026-02-01T12:00:00.000Z  shipping  OrderConfirmed  RangeError: no stock for a1 [31m`,
        '',
        '2 messages failed, 0 due, 1 waiting behind others of their keys',
      ].join('\n'),
    });
    const { text } = await dlq('list', '--error', 'TypeError', '--json');
    expect(text.split('\n').map((line): unknown => JSON.parse(line))).toStrictEqual([
      {
        failure: first?.fingerprint,
        error: 'TypeError',
        type: 'OrderConfirmed',
        group: 'shipping',
        topic: 'orders',
        message: 'null',
        failed: 1,
        waiting: 0,
        firstFailedAt: '2026-02-01T12:00:02.000Z',
        lastFailedAt: '2026-02-01T12:00:02.000Z',
        example: await idOf('event 9'),
      },
    ]);
    expect((await dlq('list', '--group', 'other')).text).toBe('There are no dead letters.');
  });

  it('lists messages', async () => {
    const [failed, waiting] = [await idOf('event 4'), await idOf('event 5')];
    expect((await dlq('list', '--messages', '--key', 'a')).text).toBe(
      [
        'ID                STATE    ATTEMPTS  LAST                      GROUP     KEY  EVENT           ERROR',
        `${failed}  failed   3         2026-02-01T12:00:00.000Z  shipping  a    OrderConfirmed  RangeError: no stock for a1 [31m`,
        `${waiting}  waiting  0         2026-02-01T12:00:01.000Z  shipping  a    OrderConfirmed  -`,
      ].join('\n'),
    );
    expect((await dlq('list', '--messages', '--limit', '1')).text).toContain('There are more: --limit');
    expect((await dlq('list', '--messages', '--key', 'z')).text).toBe('There are no dead letters like this.');
  });

  it('shows one, with the decoded value where there is one', async () => {
    const id = await idOf('event 4');
    const [failure] = await desk.failures({ errorClass: 'RangeError' }, 1);
    expect((await dlq('show', id)).text).toBe(
      [
        `id        ${id}`,
        'state     failed',
        'group     shipping',
        'from      orders, partition 1, offset 4',
        'written   2026-02-01T12:00:00.000Z',
        'key       a',
        'event     OrderConfirmed event 4',
        'parked    2026-02-01T12:00:00.000Z',
        'attempts  3',
        'failed    first 2026-02-01T12:00:00.000Z, last 2026-02-01T12:00:00.000Z',
        `failure   ${failure?.fingerprint ?? ''}`,
        'error     RangeError: no stock for a1 [31m',
        'headers',
        '  event-id: event 4',
        'value',
        '  commerce.order.OrderConfirmed, schema 7',
        '  {',
        '    "orderId": "a"',
        '  }',
        'stack',
        '  RangeError: no stock',
        '      at the shelf',
      ].join('\n'),
    );
    const broken = JSON.parse((await dlq('show', await idOf('event 9'), '--json')).text) as object;
    expect(broken).toMatchObject({
      cause: 'RangeError',
      stack: expect.stringContaining('Caused by: RangeError: no stock'),
      valueBase64: Buffer.from('garbage').toString('base64'),
      value: { undecodable: expect.stringContaining('the first byte is 103') },
    });
    expect(await dlq('show', 'nobody')).toStrictEqual({
      exit: 1,
      text: '',
      problems: ['There is no dead letter nobody, or no more: npm run dlq -- list --messages'],
    });
  });

  it('redrives, after telling what it would do', async () => {
    expect((await dlq('redrive', '--key', 'a', '--dry-run')).text).toBe(
      '1 message would be redriven, and 1 behind would follow.\nNo consumer of shipping is running: it is done when one does.',
    );
    expect(await states()).toStrictEqual(['failed', 'waiting', 'failed']);
    expect((await dlq('redrive', await idOf('event 5'))).text).toBe(
      '0 messages are redriven; 0 behind will follow.\n1 message can only follow the failed ones of their keys: redrive those.',
    );
    expect(JSON.parse((await dlq('redrive', '--key', 'a', '--rate', '10', '--json')).text)).toStrictEqual({
      dryRun: false,
      redriven: 1,
      following: 1,
      due: 0,
      waiting: 1,
      idleGroups: ['shipping'],
    });
    expect(await states()).toStrictEqual(['due', 'waiting', 'failed']);
    expect((await dlq('redrive', '--all')).text).toBe(
      '1 message is redriven; 0 behind will follow.\n1 message was due already.\nNo consumer of shipping is running: it is done when one does.',
    );
  });

  it('discards with a line in the log for each, lets what is behind go on, and knows them when they come again', async () => {
    expect((await dlq('discard', '--error', 'RangeError', '--dry-run')).text).toBe(
      '1 message would be discarded; what is behind would go on.',
    );
    const id = await idOf('event 4');
    const [failure] = await desk.failures({ errorClass: 'RangeError' }, 1);
    expect((await dlq('discard', '--error', 'RangeError')).text).toBe(
      '1 message discarded; what is behind goes on.',
    );
    expect(await states()).toStrictEqual(['due', 'failed']);
    expect(await engine.inbox.seen('shipping', ['event 4', 'event 5'])).toStrictEqual(new Set(['event 4']));
    expect(log.entries).toStrictEqual([
      {
        level: 'warn',
        message: 'A dead letter of shipping was discarded',
        fields: {
          ...{
            id,
            group: 'shipping',
            topic: 'orders',
            partition: 1,
            offset: 4,
            key: 'a',
            eventId: 'event 4',
          },
          ...{ eventType: 'OrderConfirmed', state: 'failed', errorClass: 'RangeError' },
          failure: failure?.fingerprint,
        },
      },
    ]);
    expect(JSON.parse((await dlq('discard', '--all', '--json')).text)).toStrictEqual({
      dryRun: false,
      discarded: 2,
    });
    expect((await dlq('list')).text).toBe('There are no dead letters.');
  });
});

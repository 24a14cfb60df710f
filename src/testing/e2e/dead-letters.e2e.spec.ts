import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Platform } from '../../app/platform.js';
import { failureOf } from '../../consumers/failure.js';
import * as contract from '../../http/contract.js';
import { type HttpClient, read } from './http-client.js';
import { type Settings } from './engines.js';
import { Site } from './program.js';

/** The command as it is built, in a process of its own. */
const dlq = (settings: Settings, ...args: readonly string[]) =>
  new Promise<{ exit: number; stdout: string; stderr: string }>((resolve) => {
    const env = { PATH: process.env['PATH'], ...settings };
    execFile(process.execPath, ['dist/cli/dlq.js', ...args], { env }, (error, stdout, stderr) => {
      resolve({ exit: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });

describe('Dead letters, while the program runs', () => {
  let site: Site;
  let http: HttpClient;
  let engine: Platform;

  beforeAll(async () => {
    site = await Site.open();
    engine = await site.platform();
    http = (await site.start()).http;
    const parking = (key: string, offset: number) => ({
      group: 'foreign',
      message: {
        ...{ topic: 'commerce.order.events', partition: 0, offset, timestamp: 1_000 },
        ...{
          key: Buffer.from(key),
          value: Buffer.from('no Avro'),
          headers: [['x', Buffer.from('y')]] as const,
        },
      },
      eventId: `event-${offset}`,
      eventType: 'OrderConfirmed',
    });
    const failure = failureOf(new RangeError('no stock'), 'OrderConfirmed', 5);
    await engine.deadLetters.park(parking('order-1', 3), failure, 2_000);
    await engine.deadLetters.parkBehind(parking('order-1', 4), 3_000);
    await engine.deadLetters.park(parking('order-2', 5), failure, 4_000);
  });

  afterAll(async () => {
    await engine.close();
    await site.clean();
  });

  it('are told of by HTTP: what failed alike, each message, one in detail', async () => {
    const { items, total } = read(contract.deadLetterGroups, await http.get('/api/ops/dlq'), 200);
    expect(items).toMatchObject([{ error: 'RangeError', group: 'foreign', failed: 2, waiting: 1 }]);
    expect(total).toStrictEqual({ failed: 2, due: 0, waiting: 1 });

    const first = read(
      contract.deadLetters,
      await http.get('/api/ops/dlq/messages?key=order-1&since=1970-01-01T00:00:00Z&limit=1'),
      200,
    );
    const rest = await http.get(`/api/ops/dlq/messages?key=order-1&cursor=${first.nextCursor ?? ''}`);
    const letters = [...first.items, ...read(contract.deadLetters, rest, 200).items];
    expect(letters).toMatchObject([
      { offset: 3, state: 'failed', error: 'RangeError', attempts: 5 },
      { offset: 4, state: 'waiting', error: null, failure: null },
    ]);

    const one = await http.get(`/api/ops/dlq/messages/${letters[0]?.id ?? ''}`);
    expect(read(contract.deadLetter, one, 200)).toMatchObject({
      key: 'order-1',
      headers: [{ name: 'x', value: 'y' }],
      valueBase64: Buffer.from('no Avro').toString('base64'),
      value: { undecodable: expect.stringContaining('Confluent') },
    });
  });

  it.each([
    ['GET', '/api/ops/dlq?colour=red', undefined, 400, 'INVALID_REQUEST'],
    ['GET', '/api/ops/dlq/messages?cursor=x', undefined, 400, 'INVALID_CURSOR'],
    ['GET', '/api/ops/dlq/messages?since=yesterday', undefined, 400, 'INVALID_REQUEST'],
    ['GET', '/api/ops/dlq/messages/0123456789abcdef', undefined, 404, 'DEAD_LETTER_NOT_FOUND'],
    ['POST', '/api/ops/dlq/redrive', {}, 400, 'FILTER_MISSING'],
    ['POST', '/api/ops/dlq/discard', { dryRun: true }, 400, 'FILTER_MISSING'],
    ['POST', '/api/ops/dlq/redrive', { all: true, rate: 0 }, 400, 'INVALID_REQUEST'],
  ])('%s %s is refused', async (method, path, body, status, code) => {
    const reply = await http.send(method, path, body && JSON.stringify(body), {
      'content-type': 'application/json',
    });
    expect(read(contract.problem, reply, status).code).toBe(code);
  });

  it('are redriven and discarded by HTTP', async () => {
    const dry = await http.post('/api/ops/dlq/redrive', { key: 'order-1', dryRun: true });
    const answer = { redriven: 1, following: 1, due: 0, waiting: 1, idleGroups: ['foreign'] };
    expect(read(contract.redriven, dry, 200)).toStrictEqual({ dryRun: true, ...answer });
    const real = await http.post('/api/ops/dlq/redrive', { key: 'order-1', rate: 5 });
    expect(read(contract.redriven, real, 200)).toStrictEqual({ dryRun: false, ...answer });
    const discarded = await http.post('/api/ops/dlq/discard', { key: 'order-2' });
    expect(read(contract.discarded, discarded, 200)).toStrictEqual({ dryRun: false, discarded: 1 });
    expect(await engine.deadLetters.count({})).toStrictEqual({ failed: 0, due: 1, waiting: 1 });
  });

  it('are shown and discarded on the command line', async () => {
    const list = await dlq(site.settings, 'list', '--messages', '--json');
    expect(list).toMatchObject({ exit: 0, stderr: '' });
    expect(list.stdout.trim().split('\n')).toHaveLength(2);
    expect(await dlq(site.settings, 'show', 'nobody')).toStrictEqual({
      exit: 1,
      stdout: '',
      stderr: 'There is no dead letter nobody, or no more: npm run dlq -- list --messages\n',
    });
    const discard = await dlq(site.settings, 'discard', '--group', 'foreign');
    expect(discard).toMatchObject({ exit: 0, stdout: '2 messages discarded; what is behind goes on.\n' });
    expect(discard.stderr.trim().split('\n')).toHaveLength(2);
    expect(await engine.deadLetters.count({})).toStrictEqual({ failed: 0, due: 0, waiting: 0 });
  });

  it('are not acted on without a choice, nor looked for where there is no store', async () => {
    const all = await dlq(site.settings, 'redrive');
    expect([all.exit, all.stdout, all.stderr.split('\n')[0]]).toStrictEqual([
      2,
      '',
      'redrive without ids and filters concerns every dead letter: name some, or say --all',
    ]);
    const empty = await mkdtemp(join(tmpdir(), 'empty-'));
    expect(await dlq({ DATA_DIR: empty }, 'list')).toStrictEqual({
      exit: 2,
      stdout: '',
      stderr: `There is no store in DATA_DIR=${empty}. Name the folder that the program uses.\n`,
    });
    await rm(empty, { recursive: true });
  });
});

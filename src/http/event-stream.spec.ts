import { once } from 'node:events';
import { Writable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { logbook } from '../execution/testing/logbook.js';
import { untilHolds } from '../testing/until.js';
import { type EventStream, frameOf } from './event-stream.js';
import { EventStreams, type EventStreamSettings, StreamRefused } from './event-streams.js';

/** A response whose client takes what is written when it is told to, or at once. */
class ClientResponse extends Writable {
  readonly heads: object[] = [];
  taken = '';
  private held: (() => void)[] = [];

  constructor(private holds = false) {
    super();
  }

  writeHead(status: number, headers: object): void {
    this.heads.push({ status, ...headers });
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    const take = (): void => {
      this.taken += chunk.toString();
      done();
    };
    if (this.holds) this.held.push(take);
    else take();
  }

  hold(): void {
    this.holds = true;
  }

  take(): void {
    this.holds = false;
    for (const take of this.held.splice(0)) take();
  }

  get events(): readonly string[] {
    return this.taken.split('\n\n').filter((block) => /^(id|event)/.test(block));
  }
}

const frame = (id: number, data = `"${id}"`) => frameOf(String(id), 'thing', data);
const event = (id: number, data = `"${id}"`) => `id: ${id}\nevent: thing\ndata: ${data}`;

const open = (settings: Partial<EventStreamSettings> = {}) => {
  const log = logbook();
  const streams = new EventStreams({ most: 2, ...settings }, log.logger);
  const start = (response = new ClientResponse()): { response: ClientResponse; stream: EventStream } => {
    const stream = streams.admit(response);
    streams.begin(stream);
    return { response, stream };
  };
  return { streams, log, start };
};
const status = { open: 0, superseded: 0, stalled: 0, refused: 0 };

describe('an event stream', () => {
  it('ends when its client may not listen any more', async () => {
    const { streams } = open();
    const response = new ClientResponse();
    const stream = streams.admit(response, { expiresAt: Date.now() });
    stream.push(frame(1));
    streams.begin(stream);
    await once(response, 'close');
    expect(response.events).toEqual([event(1)]);
    expect(streams.status).toEqual(status);
  });

  it('begins with its headers, a hint when to connect again, and what was pushed before', async () => {
    const { streams } = open();
    const response = new ClientResponse();
    const stream = streams.admit(response);
    stream.push(frame(1));
    stream.push(frame(2));
    expect(response.heads).toEqual([]);
    streams.begin(stream);
    expect(response.heads).toEqual([
      {
        status: 200,
        'content-type': 'text/event-stream',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
      },
    ]);
    expect(response.taken).toMatch(/^retry: [1-5]\d{3}\n\nid: 2\nevent: thing\ndata: "2"\n\n$/);
    await untilHolds(() => {
      expect(streams.status).toEqual({ ...status, open: 1 });
    });
  });

  it('shows a client that keeps up every state', async () => {
    const { streams, start } = open();
    const { response, stream } = start();
    const ids = [1, 2, 3, 4];
    for (const id of ids) {
      stream.push(frame(id));
      await untilHolds(() => {
        expect(response.events.at(-1)).toBe(event(id));
      });
    }
    expect(response.events).toEqual(ids.map((id) => event(id)));
    expect(streams.status.superseded).toBe(0);
  });

  it('keeps one state for a slow client, the newest', async () => {
    const { streams, start } = open();
    const { response, stream } = start();
    await untilHolds(() => {
      expect(response.taken).not.toBe('');
    });
    response.hold();
    // The hint may be on its way still; from now on nothing is taken.
    for (let id = 1; id <= 1_000; id += 1) stream.push(frame(id));
    stream.move(frame(1_001, '"1000"'));
    expect(response.writableLength).toBeLessThan(100);
    response.take();
    await untilHolds(() => {
      expect(response.events.at(-1)).toBe(event(1_001, '"1000"'));
    });
    expect(response.events.length).toBeLessThanOrEqual(2);
    expect(streams.status.superseded).toBeGreaterThanOrEqual(998);
  });

  it('tells the id alone when the state is the one before', async () => {
    const { start } = open();
    const { response, stream } = start();
    stream.push(frame(1));
    await untilHolds(() => {
      expect(response.events).toEqual([event(1)]);
    });
    stream.move(frame(2, '"1"'));
    await untilHolds(() => {
      expect(response.events).toEqual([event(1), 'id: 2']);
    });
  });

  it('is kept alive, and closed when its client takes nothing any more', async () => {
    const { streams, start, log } = open({ beatMs: 15 });
    const alive = start();
    const stalled = start(new ClientResponse(true));
    await untilHolds(() => {
      expect(stalled.response.destroyed).toBe(true);
      expect(alive.response.taken).toMatch(/(:\n\n){3}$/);
    });
    expect(streams.status).toEqual({ ...status, open: 1, stalled: 1 });
    expect(log.entries).toEqual([
      {
        level: 'warn',
        message: 'Streams were closed whose clients took nothing for long',
        fields: expect.objectContaining({ stalled: 1 }),
      },
    ]);
    alive.response.destroy();
  });

  it('has its place until it closes; who comes too many is refused, and one line tells of all of them', async () => {
    const { streams, start, log } = open({ beatMs: 15 });
    const [first] = [start(), start()];
    const refuse = () => streams.admit(new ClientResponse());
    expect(refuse).toThrow(StreamRefused);
    expect(refuse).toThrow(/^All 2 streams of this process are taken/);
    first.response.destroy();
    await untilHolds(() => {
      expect(log.entries.map(({ fields }) => fields)).toEqual([expect.objectContaining({ refused: 2 })]);
      expect(streams.status).toEqual({ ...status, open: 1, refused: 2 });
    });
    start();
  });

  it('is not the only one of its caller, who may not have all of them', () => {
    const { streams } = open({ mostOfOne: 1 });
    const response = new ClientResponse();
    streams.admit(response, { keys: 'customer:ann' });
    const again = () => streams.admit(new ClientResponse(), { keys: 'customer:ann' });
    expect(again).toThrow(/^1 streams of this process are yours already/);
    expect(streams.admit(new ClientResponse(), { keys: 'customer:bob' })).toBeDefined();
    response.destroy();
    response.emit('close');
    expect(streams.status).toMatchObject({ refused: 1 });
  });

  it('whose client has gone already never begins', async () => {
    const { streams } = open();
    const response = new ClientResponse();
    const stream = streams.admit(response);
    response.destroy();
    await once(response, 'close');
    streams.begin(stream);
    stream.push(frame(1));
    let told = false;
    stream.whenClosed(() => (told = true));
    expect([told, response.heads, streams.status]).toEqual([true, [], status]);
  });

  it('ends with the process, whether its client takes notice or not', async () => {
    const { streams, start } = open({ graceMs: 1, most: 3 });
    const alive = start();
    const stalled = start(new ClientResponse(true));
    const late = { response: new ClientResponse(), stream: undefined as EventStream | undefined };
    late.stream = streams.admit(late.response);
    await streams.onModuleDestroy();
    expect([alive.response.writableFinished, stalled.response.destroyed]).toEqual([true, true]);
    streams.begin(late.stream);
    await untilHolds(() => {
      expect([late.response.writableFinished, streams.status.open]).toEqual([true, 0]);
    });
    expect(() => streams.admit(new ClientResponse())).toThrow('This process is stopping. Connect again.');
  });
});

import { describe, expect, it } from '@jest/globals';
import { type EventVersions } from './decider.js';
import { type Position, type RecordedEvent, UnknownEvent, upcast } from './envelope.js';

type Event = { type: 'Renamed'; data: { first: string; last: string } };

const versions: EventVersions<Event> = {
  Renamed: {
    current: 3,
    upcasters: {
      1: ({ name }: { name: string }) => ({ fullName: name }),
      2: ({ fullName }: { fullName: string }) => {
        const [first = '', last = ''] = fullName.split(' ');
        return { first, last };
      },
    },
  },
};

const recorded = (type: string, version: number, data: object): RecordedEvent => ({
  id: 'event-1',
  type,
  version,
  data,
  stream: 'person-1',
  revision: 4,
  position: '0001' as Position, // opaque: only an adapter makes real ones
  metadata: {
    correlationId: 'c',
    causationId: 'c',
    commandId: 'c',
    actor: 'test',
    occurredAt: '2026-01-01T00:00:00.000Z',
  },
});

describe('Upcasting', () => {
  it('leaves an event of the current version as it is', () => {
    const event = recorded('Renamed', 3, { first: 'Ada', last: 'Lovelace' });
    expect(upcast(versions, event, 'people')).toEqual(event);
  });

  it('takes an old version through every version between', () => {
    const event = recorded('Renamed', 1, { name: 'Ada Lovelace' });
    expect(upcast(versions, event, 'people')).toEqual({
      ...event,
      version: 3,
      data: { first: 'Ada', last: 'Lovelace' },
    });
  });

  it.each([
    [
      'type',
      recorded('Vanished', 1, {}),
      /people does not know event Vanished version 1 .*person-1 revision 4/,
    ],
    ['inherited property', recorded('toString', 1, {}), /does not know event toString/],
    ['older version', recorded('Renamed', 0, {}), /Renamed version 0 .* it knows version 3/],
    ['newer version', recorded('Renamed', 4, {}), /Renamed version 4 .* it knows version 3/],
  ])('names an unknown %s', (_, event, message) => {
    const read = () => upcast(versions, event, 'people');
    expect(read).toThrow(UnknownEvent);
    expect(read).toThrow(message);
  });
});

import { describe, expect, it } from '@jest/globals';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import fc from 'fast-check';
import { sampleEvent } from '../../testing/sample-events.js';
import { headingOf, type Proposed, propose, toEvent, toEventText } from './envelope.js';
import { streamIdentifier } from './requests.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** As the server gives back what was proposed. */
const recorded = (stream: string, { id, type, data, customMetadata }: Proposed) => {
  const event = new streams.ReadResp.ReadEvent.RecordedEvent()
    .setId(new shared.UUID().setString(id))
    .setStreamIdentifier(streamIdentifier(stream))
    .setStreamRevision('4')
    .setCommitPosition('77')
    .setData(data)
    .setCustomMetadata(customMetadata);
  event.getMetadataMap().set('type', type).set('content-type', 'application/json');
  return event;
};

describe('An event of EventStoreDB', () => {
  it('comes back as it was proposed, whatever is in it, under a UUID of its own', () => {
    const word = fc.string({ unit: 'binary' });
    const id = fc.oneof(word, fc.uuid());
    fc.assert(
      fc.property(word, id, word, fc.nat(), fc.jsonValue(), (stream, name, actor, version, value) => {
        const sample = sampleEvent(name, { data: { value } });
        const event = { ...sample, version, metadata: { ...sample.metadata, actor } };
        const proposed = propose(stream, event);
        expect(proposed.id).toMatch(UUID);
        expect(proposed).toStrictEqual(propose(stream, event));
        const stored = recorded(stream, proposed);
        const text = toEventText(stored, headingOf(stored));
        expect(text).toMatchObject({
          data: JSON.stringify(event.data),
          metadata: JSON.stringify(event.metadata),
        });
        const plain: unknown = JSON.parse(JSON.stringify(event));
        expect(text && toEvent(text)).toStrictEqual({
          ...(plain as object),
          stream,
          revision: 4,
          position: '00000000000000000077',
        });
      }),
    );
  });

  it('has another UUID in another stream, unless its id is one', () => {
    const inStream = (stream: string, id: string) => propose(stream, sampleEvent(id)).id;
    expect(inStream('sample-1', 'a')).not.toBe(inStream('sample-2', 'a'));
    const uuid = '0b1f7a52-6d2e-4a39-9a53-2f2f0c1d9e11';
    expect(inStream('sample-1', uuid)).toBe(uuid);
    expect(inStream('sample-1', uuid.toUpperCase())).toMatch(UUID);
  });
});

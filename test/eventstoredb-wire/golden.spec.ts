import { describe, expect, it } from '@jest/globals';
import { batch } from './errors.js';
import { expectedOf } from './expected.js';
import { caughtUpFrame, checkpointFrame, eventFrame, eventOf, streamName, uuidText } from './frames.js';
import { proposedOf } from './proposed.js';
import { streams } from './proto.js';

/**
 * Bytes written by hand from streams.proto, shared.proto and status.proto: client and server here share one codec,
 * in which a mistaken field would be mistaken on both sides.
 */
const bytes = (...parts: readonly string[]): Buffer =>
  Buffer.concat(
    parts.map((part) => (part.startsWith('"') ? Buffer.from(part.slice(1)) : Buffer.from(part, 'hex'))),
  );

describe('Messages of EventStoreDB', () => {
  const event = {
    id: 'u',
    stream: 's',
    revision: '1',
    position: 300,
    type: 'T',
    contentType: 'c',
    metadata: Buffer.from([1]),
    data: Buffer.from([2]),
  };

  it('an event that is read', () => {
    const golden = bytes(
      '0a49', // ReadResp.event = 1, 73 bytes
      '0a44', // ReadEvent.event = 1, 68 bytes
      '0a03' + '1201', // id = 1: UUID.string = 2
      '"u',
      '1203' + '1a01', // stream_identifier = 2: stream_name = 3
      '"s',
      '1801', // stream_revision = 3
      '20ac02', // prepare_position = 4: 300
      '28ac02', // commit_position = 5: 300
      '3211' + '0a0c', // metadata = 6, an entry: key = 1, value = 2
      '"content-type',
      '1201',
      '"c',
      '320c' + '0a07',
      '"created',
      '1201',
      '"0',
      '3209' + '0a04',
      '"type',
      '1201',
      '"T',
      '3a0101', // custom_metadata = 7
      '420102', // data = 8
      '18ac02', // ReadEvent.commit_position = 3: 300
    );
    expect(eventFrame(event, 0).toString('hex')).toBe(golden.toString('hex'));
    expect(eventOf(golden)).toStrictEqual({
      ...event,
      metadata: Uint8Array.of(1),
      data: Uint8Array.of(2),
    });
  });

  it('what else a subscription tells', () => {
    expect(checkpointFrame(300).toString('hex')).toBe('1a06' + '08ac02' + '10ac02');
    expect(caughtUpFrame().toString('hex')).toBe('4200');
  });

  it('an append', () => {
    const options = (expected: string): Buffer => bytes('0a07' + '0a03' + '1a01', '"s', expected);
    const read = (golden: Buffer) => streams.AppendReq.deserializeBinary(golden).getOptions();
    const atZero = read(options('1000'));
    expect(streamName(atZero?.getStreamIdentifier())).toBe('s');
    expect(atZero && expectedOf(atZero, atZero.hasRevision() ? atZero.getRevision() : undefined)).toBe(0);
    const choices = ['1a00', '2200', '2a00'].map((choice) => read(options(choice)));
    expect(choices.map((choice) => choice && expectedOf(choice, undefined))).toStrictEqual([
      'no-stream',
      'any',
      'stream-exists',
    ]);
    const proposed = bytes(
      '0a03' + '1201',
      '"U',
      '1209' + '0a04',
      '"type',
      '1201',
      '"T',
      '1a0101' + '220102',
    );
    const message = streams.AppendReq.ProposedMessage.deserializeBinary(proposed);
    expect(proposedOf(message)).toBeUndefined();
    message.getMetadataMap().set('content-type', 'c');
    const { id, type, contentType, metadata, data } = { ...event, metadata: Uint8Array.of(1) };
    expect(proposedOf(message)).toStrictEqual({
      id,
      type,
      contentType,
      metadata,
      data: Uint8Array.from(data),
    });
  });

  it('an append among others, and its refusal', () => {
    const request = streams.BatchAppendReq.deserializeBinary(
      bytes(
        '0a03' + '1201', // correlation_id = 1
        '"u',
        '120b' + '0a03' + '1a01', // options = 2: stream_identifier = 1
        '"s',
        '1a00' + '32020805', // no_stream = 3, deadline = 6: 5 s
        '2001', // is_final = 4
      ),
    );
    const options = request.getOptions();
    expect(uuidText(request.getCorrelationId())).toBe('u');
    expect([
      options?.hasNoStream(),
      options?.getDeadline()?.getSeconds(),
      request.getIsFinal(),
    ]).toStrictEqual([true, 5, true]);
    const golden = bytes(
      '0806' + '1214', // Status.code = 1: ALREADY_EXISTS, message = 2
      '"WrongExpectedVersion',
      '1a43' + '0a3b', // details = 3: Any.type_url = 1
      '"type.googleapis.com/event_store.client.WrongExpectedVersion',
      '1204' + '1200' + '1805', // Any.value = 2: current_no_stream = 2, expected_stream_position = 3
    );
    const refusal = batch.wrongExpectedVersion(5, -1).serializeBinary();
    expect(Buffer.from(refusal).toString('hex')).toBe(golden.toString('hex'));
  });
});

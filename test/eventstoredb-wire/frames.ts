import { shared, streams } from './proto.js';

type RecordedEvent = streams.ReadResp.ReadEvent.RecordedEvent;

/** As a client proposes it. */
export interface Proposed {
  readonly id: string;
  readonly type: string;
  readonly contentType: string;
  readonly metadata: Uint8Array;
  readonly data: Uint8Array;
}

/** One event of the log. `revision` is a decimal: a tombstone's is beyond what a number holds. */
export interface Recorded extends Proposed {
  readonly stream: string;
  readonly revision: string;
  readonly position: number;
}

const unknownPosition = '18446744073709551615';

export const streamIdentifier = (name: string): shared.StreamIdentifier =>
  new shared.StreamIdentifier().setStreamName(Buffer.from(name));

export const streamName = (identifier: shared.StreamIdentifier | undefined): string | undefined => {
  const name = identifier && Buffer.from(identifier.getStreamName_asU8()).toString('utf8');
  return name === '' ? undefined : name;
};

/** @returns the id as text, however it came. */
export const uuidText = (uuid: shared.UUID | undefined): string | undefined => {
  const structured = uuid?.getStructured();
  if (!structured) return uuid?.hasString() ? uuid.getString().toLowerCase() : undefined;
  const half = (bits: string): string => BigInt.asUintN(64, BigInt(bits)).toString(16).padStart(16, '0');
  const hex = half(structured.getMostSignificantBits()) + half(structured.getLeastSignificantBits());
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
};

const structuredUuid = (text: string): shared.UUID => {
  const hex = text.replaceAll('-', '');
  const half = (digits: string): string => BigInt.asIntN(64, BigInt(`0x${digits}`)).toString();
  const structured = new shared.UUID.Structured()
    .setMostSignificantBits(half(hex.slice(0, 16)))
    .setLeastSignificantBits(half(hex.slice(16)));
  return new shared.UUID().setStructured(structured);
};

const bytes = (message: { serializeBinary(): Uint8Array }): Buffer => {
  const { buffer, byteOffset, byteLength } = message.serializeBinary();
  return Buffer.from(buffer, byteOffset, byteLength);
};

const ticksPerMs = 10_000n;

/** The message that every reader of the event gets. */
export const eventFrame = (event: Recorded, now: number): Buffer => {
  const position = String(event.position);
  const recorded = new streams.ReadResp.ReadEvent.RecordedEvent()
    .setId(new shared.UUID().setString(event.id))
    .setStreamIdentifier(streamIdentifier(event.stream))
    .setStreamRevision(event.revision)
    .setPreparePosition(position)
    .setCommitPosition(position)
    .setCustomMetadata(event.metadata)
    .setData(event.data);
  recorded
    .getMetadataMap()
    .set('type', event.type)
    .set('content-type', event.contentType)
    .set('created', String(BigInt(now) * ticksPerMs));
  const read = new streams.ReadResp.ReadEvent().setEvent(recorded).setCommitPosition(position);
  return bytes(new streams.ReadResp().setEvent(read));
};

const recordedIn = (response: streams.ReadResp): RecordedEvent => {
  const event = response.getEvent()?.getEvent();
  if (!event) throw new Error('The journal holds a message that is no event.');
  return event;
};

export const eventOf = (frame: Uint8Array): Recorded => {
  const event = recordedIn(streams.ReadResp.deserializeBinary(frame));
  const properties = event.getMetadataMap();
  return {
    id: uuidText(event.getId()) ?? '',
    stream: streamName(event.getStreamIdentifier()) ?? '',
    revision: event.getStreamRevision(),
    position: Number(event.getCommitPosition()),
    type: properties.get('type') ?? '',
    contentType: properties.get('content-type') ?? '',
    metadata: event.getCustomMetadata_asU8(),
    data: event.getData_asU8(),
  };
};

/** What a reader asked for, or an old version does, that differs from the message as it is kept. */
export interface Variant {
  readonly structuredIds: boolean;
  readonly withoutPosition: boolean;
}

export const variantOf = (frame: Buffer, { structuredIds, withoutPosition }: Variant): Buffer => {
  if (!structuredIds && !withoutPosition) return frame;
  const response = streams.ReadResp.deserializeBinary(frame);
  const event = recordedIn(response);
  if (structuredIds) event.setId(structuredUuid(uuidText(event.getId()) ?? ''));
  if (withoutPosition) {
    event.setCommitPosition(unknownPosition).setPreparePosition(unknownPosition);
    response.getEvent()?.setNoPosition(new shared.Empty());
  }
  return bytes(response);
};

export const notFoundFrame = (stream: string): Buffer =>
  bytes(
    new streams.ReadResp().setStreamNotFound(
      new streams.ReadResp.StreamNotFound().setStreamIdentifier(streamIdentifier(stream)),
    ),
  );

export const confirmationFrame = (subscriptionId: string): Buffer =>
  bytes(
    new streams.ReadResp().setConfirmation(
      new streams.ReadResp.SubscriptionConfirmation().setSubscriptionId(subscriptionId),
    ),
  );

export const checkpointFrame = (position: number): Buffer =>
  bytes(
    new streams.ReadResp().setCheckpoint(
      new streams.ReadResp.Checkpoint()
        .setCommitPosition(String(position))
        .setPreparePosition(String(position)),
    ),
  );

export const caughtUpFrame = (): Buffer =>
  bytes(new streams.ReadResp().setCaughtUp(new streams.ReadResp.CaughtUp()));

export const fellBehindFrame = (): Buffer =>
  bytes(new streams.ReadResp().setFellBehind(new streams.ReadResp.FellBehind()));

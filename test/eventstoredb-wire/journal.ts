import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { crc32 } from 'node:zlib';

/** The frames of one write: they are there together or not at all. */
export type Write = readonly Buffer[];

/**
 * An append-only file of writes: length, CRC-32, then each frame behind its length. It survives the end of the
 * process, not of the machine (nothing is synced). A last record that was cut off is no write and is removed.
 */
export class Journal {
  private readonly file: number;

  constructor(path: string, replay: (write: Write) => void) {
    this.file = openSync(path, 'a+');
    const content = readFileSync(path);
    let at = 0;
    while (at + 8 <= content.length) {
      const body = content.subarray(at + 8, at + 8 + content.readUInt32LE(at));
      if (body.length < content.readUInt32LE(at) || crc32(body) !== content.readUInt32LE(at + 4)) break;
      replay(framesOf(body));
      at += 8 + body.length;
    }
    if (at < content.length) ftruncateSync(this.file, at);
  }

  append(writes: readonly Write[]): void {
    let rest: Uint8Array = Buffer.concat(writes.flatMap(record));
    while (rest.length > 0) rest = rest.subarray(writeSync(this.file, rest));
  }

  close(): void {
    closeSync(this.file);
  }
}

const uint32 = (value: number): Buffer => {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32LE(value);
  return bytes;
};

const record = (write: Write): Buffer[] => {
  const body = Buffer.concat(write.flatMap((frame) => [uint32(frame.length), frame]));
  return [uint32(body.length), uint32(crc32(body)), body];
};

const framesOf = (body: Buffer): Buffer[] => {
  const frames: Buffer[] = [];
  for (let at = 0; at < body.length;) {
    const end = at + 4 + body.readUInt32LE(at);
    frames.push(body.subarray(at + 4, end));
    at = end;
  }
  return frames;
};

import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { header, isHeader, longestLine, parseLine, type Purchase, type Unreadable } from './history.js';

/** Nothing can be replayed from this file; the message says why. */
export class UnreadableFile extends Error {}

/** The file's purchases in order, a chunk at a time. Blank lines are passed over. */
export async function* readHistory(
  file: string,
  decimals: number,
  onBytes: (bytes: Buffer) => void = () => undefined,
): AsyncGenerator<Purchase | Unreadable, void, undefined> {
  let line = 0;
  for await (const text of linesOf(file, onBytes)) {
    line += 1;
    if (line === 1 && !isHeader(text)) {
      const found = JSON.stringify(text.slice(0, 80));
      throw new UnreadableFile(`${file}: the first line must be "${header}", not ${found}.`);
    }
    if (line > 1 && text !== '') yield parseLine(line, text, decimals);
  }
  if (line === 0) throw new UnreadableFile(`${file} is empty; its first line must be "${header}".`);
}

async function* linesOf(file: string, onBytes: (bytes: Buffer) => void): AsyncGenerator<string> {
  // TextDecoder takes a byte order mark away.
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of chunksOf(file)) {
    onBytes(chunk);
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    // What is cut off here is longer than any line may be, and stays so: it will be reported.
    rest = (lines.pop() ?? '').slice(0, longestLine + 2);
    for (const line of lines) yield line.replace(/\r$/, '');
  }
  rest += decoder.decode();
  if (rest !== '') yield rest.replace(/\r$/, '');
}

async function* chunksOf(file: string): AsyncGenerator<Buffer> {
  try {
    // It is read twice, which a pipe cannot be.
    if (!(await stat(file)).isFile()) throw new UnreadableFile(`${file} is not a file.`);
    for await (const chunk of createReadStream(file)) yield chunk as Buffer;
  } catch (error) {
    if (error instanceof UnreadableFile) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new UnreadableFile(`${file} cannot be read: ${why}.`, { cause: error });
  }
}

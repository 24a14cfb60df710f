import { readFileSync } from 'node:fs';
import { type Logger } from '../ports/logger.js';

/** For the files of the store and for requests that are no streams. */
const reserved = 512;

/** What the system allows this process; Infinity where it does not tell. Node has raised it as far as it may. */
const openFilesLimit = (): number => {
  try {
    return Number(
      /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? Infinity,
    );
  } catch {
    return Infinity;
  }
};

/** How many of the streams there can be without their taking the descriptors of everything else. */
export const streamsThatFit = (wanted: number, logger: Logger, openFiles = openFilesLimit()): number => {
  const fitting = Math.floor(Math.max(openFiles - reserved, openFiles / 2));
  if (wanted <= fitting) return wanted;
  const fields = { LIVE_STREAMS_MAX: wanted, openFiles, streams: fitting };
  logger.warn(fields, 'Fewer streams than LIVE_STREAMS_MAX: the limit of open files (ulimit -Hn) is too low');
  return fitting;
};

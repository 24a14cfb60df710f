import { type RecordedEvent } from '../kernel/envelope.js';

/** An event that cannot be published as it is, however often it is tried. */
export class Unpublishable extends Error {
  constructor({ type, version, stream, revision }: RecordedEvent, cause: unknown) {
    const why = cause instanceof Error ? cause.message : String(cause);
    super(`${type} version ${version} (${stream} revision ${revision}) cannot be published: ${why}`, {
      cause,
    });
    this.name = 'Unpublishable';
  }
}

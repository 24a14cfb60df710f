/** Where an event that was written lately is: all that tells a repeated write without a revision from a new one. */
export interface Place {
  readonly stream: string;
  readonly revision: number;
}

/** The server keeps 8 MiB of them: bounded, filled by writes only, empty after a restart. */
const capacity = 60_000;

export class RecentIds {
  private readonly places = new Map<string, Place>();

  add(id: string, place: Place): void {
    this.places.delete(id);
    this.places.set(id, place);
    if (this.places.size <= capacity) return;
    for (const oldest of this.places.keys()) {
      this.places.delete(oldest);
      break;
    }
  }

  find(id: string, stream: string): number | undefined {
    const place = this.places.get(id);
    return place?.stream === stream ? place.revision : undefined;
  }
}

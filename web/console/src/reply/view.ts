import type { Entry } from '@standfast/api';

/** How long an entry must have been in view before it counts as read, in milliseconds. */
export const READING_MS = 2_000;

/** What an agent had a chance to read, told from when each entry came into view. Pure: the time is passed in. */
export class View {
  #sightings: { seq: number; at: number }[] = [];

  /** The thread is on screen down to its newest entry, at `now` (milliseconds of the desk's clock). */
  see(entries: readonly Pick<Entry, 'seq' | 'created_at'>[], now: number): void {
    const known = this.#sightings.at(-1)?.seq ?? 0;
    for (const { seq, created_at } of entries) {
      if (seq <= known) continue;
      // What was there when the conversation was opened is what it was opened for: only its own age counts.
      const at = known === 0 ? Math.min(now, Date.parse(created_at) || now) : now;
      this.#sightings.push({ seq, at });
    }
  }

  /** The agent says that everything up to `seq` is read. */
  confirm(seq: number): void {
    this.#sightings = this.#sightings.filter((each) => each.seq > seq);
    this.#sightings.unshift({ seq, at: -Infinity });
  }

  /**
   * The last entry that a reply sent at `now` answers: in view for `READING_MS`, and there already when the reply was
   * last worked on. 0: none.
   */
  seen(now: number, workedOnAt: number): number {
    const limit = Math.min(now - READING_MS, workedOnAt);
    let seq = 0;
    for (const sighting of this.#sightings) {
      if (sighting.at > limit) break;
      seq = sighting.seq;
    }
    return seq;
  }
}

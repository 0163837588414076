import { asProblem } from '../api/http';
import { isGone, isOvertaken } from './overtaken';

/**
 * One thing that a form changes: as it was seen, and as somebody else has saved it meanwhile. While theirs stands beside it the
 * form itself saves nothing, neither by its button nor by Enter: only who was shown theirs, and says so, saves over it.
 */
export class Saved<T extends object> {
  /** What a save replaces. Null: nothing is there, so that the next save makes it anew. */
  seen = $state.raw<T | null>(null);
  /** What somebody else has saved since, until it is replaced or taken. */
  theirs = $state.raw<T | null>(null);
  /** Whether the last save found that somebody has taken it away. */
  isGone = $state(false);
  busy = $state(false);
  /** How often whoever saves was sent to look at theirs. */
  calls = $state(0);
  readonly #find: () => Promise<T | null | undefined>;

  /** `find` asks for what there is now; nothing where it is gone. */
  constructor(seen: T | null, find: () => Promise<T | null | undefined>) {
    this.seen = seen;
    this.#find = find;
  }

  /**
   * Saves by `write`, which is given what it replaces. `over`: also in place of theirs. Null: nothing was saved, theirs is to be
   * looked at. Throws any other refusal, also that it is gone.
   */
  async save(write: (replaced: T | null) => Promise<T>, over = false): Promise<T | null> {
    if (this.busy) return null;
    if (this.theirs && !over) {
      this.calls += 1;
      return null;
    }
    this.busy = true;
    this.isGone = false;
    try {
      this.seen = await write(this.theirs ?? this.seen);
      this.theirs = null;
      return this.seen;
    } catch (error) {
      if (!(await this.#isOvertaken(error))) throw error;
      this.calls += 1;
      return null;
    } finally {
      this.busy = false;
    }
  }

  /** Looks up theirs. Where it cannot be asked for, the refusal stands. */
  async #isOvertaken(error: unknown): Promise<boolean> {
    const problem = asProblem(error);
    if (!this.seen || !(isOvertaken(problem) || isGone(problem))) return false;
    let found: T | null = null;
    if (!isGone(problem)) {
      try {
        found = (await this.#find()) ?? null;
      } catch {
        return false;
      }
    }
    this.theirs = found;
    if (!found) [this.seen, this.isGone] = [null, true];
    return found !== null;
  }

  /** Goes on from theirs; nothing while there is none. */
  take(): T | null {
    const { theirs } = this;
    if (theirs) [this.seen, this.theirs, this.calls] = [theirs, null, 0];
    return theirs;
  }
}

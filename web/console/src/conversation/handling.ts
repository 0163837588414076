/**
 * How long this person has had each request in hand: the time for which it was open in front of them, with the window in
 * the foreground and something done in the last minute. The server's measure of handling time is made of it. Pure.
 */
import type { Id } from '@standfast/api';

/** After so long without a key or a pointer nobody is taken to be there. */
export const IDLE_MS = 60_000;
/** A browser that slept says so by a longer step: that is no work. */
const LONGEST_STEP_MS = 5_000;

export class Handling {
  #spent = new Map<Id, number>();
  #last: number | null = null;
  #touched = Number.NEGATIVE_INFINITY;

  /** Somebody moved, typed or scrolled. */
  touch(now: number): void {
    this.#touched = now;
  }

  /** Every second or so: which request is in front of them; none where the window is not. */
  tick(now: number, shown: Id | null): void {
    const step = this.#last === null ? 0 : now - this.#last;
    this.#last = now;
    if (shown === null || step <= 0 || step > LONGEST_STEP_MS) return;
    if (now - this.#touched >= IDLE_MS) return;
    this.#spent.set(shown, (this.#spent.get(shown) ?? 0) + step);
  }

  /** What has come together for a request, in whole seconds; from then on it begins anew. Nothing for less than one. */
  take(request: Id): number | undefined {
    const seconds = Math.round((this.#spent.get(request) ?? 0) / 1_000);
    this.#spent.delete(request);
    return seconds > 0 ? seconds : undefined;
  }

  /** What was taken for something that the desk then refused. */
  giveBack(request: Id, seconds: number): void {
    this.#spent.set(request, (this.#spent.get(request) ?? 0) + seconds * 1_000);
  }
}

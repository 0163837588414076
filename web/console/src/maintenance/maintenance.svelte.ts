import type { Maintenance } from '@standfast/api';
import * as api from '../api/endpoints';
import { now } from '../clock.svelte';

const INTERVAL_MS = 30_000;
/** How long beforehand everybody on the desk is told. */
const AHEAD_MS = 24 * 3_600_000;

/** What pauses, and when. */
class Windows {
  #next = $state.raw<Maintenance | null>(null);
  #interval: ReturnType<typeof setInterval> | undefined;

  /** The window that the desk tells of, as far as it goes on or is near. */
  get told(): Maintenance | null {
    const one = this.#next;
    return one && (goesOn(one, now()) || isNear(one, now())) ? one : null;
  }

  start(): void {
    void this.load();
    this.#interval = setInterval(() => void this.load(), INTERVAL_MS);
  }

  stop(): void {
    clearInterval(this.#interval);
    this.#next = null;
  }

  async load(): Promise<void> {
    try {
      this.#next = (await api.desk()).maintenance ?? null;
    } catch {
      // What was known stays; it ends by itself.
    }
  }
}

export function goesOn(one: Maintenance, at: number): boolean {
  return !one.ended_at && Date.parse(one.starts_at) <= at && at < Date.parse(one.ends_at);
}

export function isAhead(one: Maintenance, at: number): boolean {
  return !one.ended_at && at < Date.parse(one.starts_at);
}

function isNear(one: Maintenance, at: number): boolean {
  return isAhead(one, at) && Date.parse(one.starts_at) < at + AHEAD_MS;
}

export const windows = new Windows();

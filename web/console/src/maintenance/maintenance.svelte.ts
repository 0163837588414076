import type { Maintenance } from '@standfast/api';
import * as api from '../api/endpoints';
import { now } from '../clock.svelte';

const INTERVAL_MS = 30_000;
/** How long beforehand everybody on the desk is told. */
const AHEAD_MS = 24 * 3_600_000;

/** What pauses, and when. */
class Windows {
  ahead = $state.raw<readonly Maintenance[]>([]);
  #interval: ReturnType<typeof setInterval> | undefined;

  /** The window that people are told of: the one that goes on for longest, else the next within a day. */
  get told(): Maintenance | undefined {
    const going = this.ahead.filter((one) => goesOn(one, now()));
    const last = going.toSorted((a, b) => Date.parse(b.ends_at) - Date.parse(a.ends_at))[0];
    return last ?? this.ahead.find((one) => isNear(one, now()));
  }

  start(): void {
    void this.load();
    this.#interval = setInterval(() => void this.load(), INTERVAL_MS);
  }

  stop(): void {
    clearInterval(this.#interval);
    this.ahead = [];
  }

  async load(): Promise<void> {
    try {
      this.ahead = (await api.desk()).maintenance;
    } catch {
      // What was known stays; the windows end by themselves.
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

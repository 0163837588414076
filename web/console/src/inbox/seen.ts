import type { Id } from '@standfast/api';
import { loadJson, saveJson } from '../session/storage';

const KEPT = 3_000;
const SAVE_MS = 1_000;

/** Up to which entry this agent has looked at each request; kept in this browser, because lists do not carry it. */
class Seen {
  #marks = new Map<Id, number>();
  #key = '';
  #timer: ReturnType<typeof setTimeout> | undefined;

  start(agent: Id): void {
    this.#key = `standfast.seen.${agent}`;
    this.#marks = new Map(loadJson<[Id, number][]>(this.#key) ?? []);
  }

  of(id: Id): number {
    return this.#marks.get(id) ?? 0;
  }

  mark(id: Id, seq: number): void {
    if (seq <= this.of(id)) return;
    // The youngest are at the end, so that the oldest are forgotten first.
    this.#marks.delete(id);
    this.#marks.set(id, seq);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => saveJson(this.#key, [...this.#marks].slice(-KEPT)), SAVE_MS);
  }
}

export const seen = new Seen();

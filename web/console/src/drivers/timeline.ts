import type { Driver } from '@standfast/api';
import { endOf } from './when';

/** Where events lie on a line of time, in parts of its length. */
export interface Mark {
  event: Driver;
  /** 0 to 1. */
  left: number;
  /** 0 for a moment. */
  width: number;
  /** From the top. */
  lane: number;
}

/** What a mark takes at least, so that its icon can be seen and pressed beside its neighbour's. */
const ROOM = 0.04;
const MOST_LANES = 4;

/** Places the events that touch the time from `from` to `until`, in as few lanes as they fit in beside each other. */
export function place(events: readonly Driver[], from: number, until: number): Mark[] {
  const ends: number[] = [];
  const part = (at: number) => (at - from) / (until - from);
  return events
    .map((event) => {
      return { event, starts: Date.parse(event.starts_at), ends: endOf(event, until) };
    })
    .filter(({ starts, ends }) => ends >= from && starts <= until)
    .toSorted((a, b) => a.starts - b.starts)
    .map(({ event, starts, ends: end }) => {
      const left = Math.max(0, part(starts));
      const width = Math.min(1, part(end)) - left;
      let lane = ends.findIndex((taken) => taken <= left);
      if (lane < 0) lane = ends.length < MOST_LANES ? ends.length : ends.indexOf(Math.min(...ends));
      ends[lane] = left + Math.max(width, ROOM);
      return { event, left, width, lane };
    });
}

/** The first days of months between two times, where the reader is. */
export function months(from: number, until: number): number[] {
  const first = new Date(from);
  const all: number[] = [];
  for (let next = 1; ; next += 1) {
    const at = new Date(first.getFullYear(), first.getMonth() + next, 1).getTime();
    if (at >= until) return all;
    all.push(at);
  }
}

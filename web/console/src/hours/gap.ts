/** Gaps of the week in few words: the days that have the same ones together. Pure. */
import type { WeekGap } from '@standfast/api';

export interface Gap {
  days: number[];
  from: string;
  until: string;
}

/** Gaps that are the same on several days become one; the whole day is from 00:00 to 24:00. */
export function together(gaps: readonly WeekGap[]): Gap[] {
  const found: Gap[] = [];
  for (const { weekday, from, until } of gaps) {
    const known = found.find((gap) => gap.from === from && gap.until === until);
    if (known) known.days.push(weekday);
    else found.push({ days: [weekday], from, until });
  }
  return found;
}

/** Days that follow each other as ranges: 1, 2, 3, 6 becomes 1 to 3, and 6. */
export function ranges(days: readonly number[]): [number, number][] {
  const found: [number, number][] = [];
  for (const day of days) {
    const last = found.at(-1);
    if (last && last[1] === day - 1) last[1] = day;
    else found.push([day, day]);
  }
  return found;
}

import type { ActiveDayOf } from '@standfast/api';

/** A day that is known, or days in a row that are not. */
export type Stretch =
  { known: true; day: ActiveDayOf } | { known: false; from: string; until: string; count: number };

/** The days from the newest to the oldest; those of which nothing is known are one stretch. What lies before the first
 *  known day and after the last is no gap: nobody has told of it yet. */
export function stretches(days: readonly ActiveDayOf[]): Stretch[] {
  const first = days.findIndex((day) => day.counted);
  const last = days.findLastIndex((day) => day.counted);
  if (first < 0) return [];
  const all: Stretch[] = [];
  for (const day of days.slice(first, last + 1).toReversed()) {
    const before = all.at(-1);
    if (day.counted) all.push({ known: true, day });
    else if (before && !before.known) {
      before.from = day.day;
      before.count += 1;
    } else all.push({ known: false, from: day.day, until: day.day, count: 1 });
  }
  return all;
}

/** The mean of the last seven days that are over and known; null when there are none. */
export function weekly(days: readonly ActiveDayOf[], today: string): number | null {
  const known = days.filter((day) => day.counted && day.day < today).slice(-7);
  if (known.length === 0) return null;
  return Math.round(known.reduce((sum, day) => sum + (day.counted?.users ?? 0), 0) / known.length);
}

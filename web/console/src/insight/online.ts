/** The online rate, from the desk's answer to what plots take. Pure. */
import type { OnlineRate } from '@standfast/api';
import type { Estimate, Point, Range } from '../plots/data';
import { DAY, readDate } from '../plots/zone';

/** Why nobody could answer, in the order in which reasons are shown. */
export const GAPS = ['unrostered', 'missing', 'away', 'full', 'technical', 'maintenance'] as const;

type Item = OnlineRate['items'][number];
type Kept = Item['kept'];
type Part = OnlineRate['parts'][number];
type Gap = (typeof GAPS)[number];

const lost = (kept: Kept): number => kept.promised - kept.online;

/** The rate of each day; of a day without promises it is not known. */
export function rateOf({ days, zone }: Item): Point[] {
  return days.flatMap(({ date, kept }, place) => {
    const at = readDate(date, zone);
    if (at === null) return [];
    const value = kept.promised > 0 ? kept.online / kept.promised : null;
    return [{ at, value, n: kept.promised, partial: place === days.length - 1 }];
  });
}

/** From the first day of a course to the end of its last. */
export function spanOf(course: readonly Point[]): Range {
  const last = course.at(-1)?.at;
  return { from: course[0]?.at ?? 0, until: last === undefined ? 0 : last + DAY };
}

/** Minutes that were lost, by weekday and hour; of hours without promises nothing is known. */
export function lostOf({ week }: Item): (Estimate | null)[][] {
  const cell = (kept: Kept | undefined) =>
    kept && kept.promised > 0 ? { value: lost(kept), n: kept.promised } : null;
  return Array.from({ length: 7 }, (_, day) =>
    Array.from({ length: 24 }, (_, hour) => cell(week[day * 24 + hour])),
  );
}

/** All minutes that were lost. */
export const totalOf = ({ kept }: Item): number => lost(kept);

/** The reason for which most was lost; nothing where nothing was. */
export function mostLost(kept: Kept): Gap | null {
  const [first] = GAPS.filter((gap) => kept[gap] > 0).sort((a, b) => kept[b] - kept[a]);
  return first ?? null;
}

/** Parts that differ from each other: where all are alike, one figure says it all. */
export function tellingParts(parts: readonly Part[]): Part[] {
  const known = parts.filter((part) => part.kept.promised > 0);
  const same = known.every(
    ({ kept }) =>
      kept.promised === known[0]?.kept.promised &&
      kept.online === known[0]?.kept.online &&
      mostLost(kept) === mostLost(known[0].kept),
  );
  return same ? [] : known;
}

/** Which days of a period are compared, and which stand against none of the other. Pure. */
import type { Change } from '@standfast/api';
import { daysBetween, type Days } from '../study';

type Compared = NonNullable<Change['later']>;

/** How many days there are in rows of days. */
export function countOf(rows: readonly Days[]): number {
  return rows.reduce((sum, { from, until }) => sum + daysBetween(from, until) + 1, 0);
}

/** How many days of each period the verdict is of, those on which users are not known among them. */
export function daysOf({
  days,
  days_left_out: left,
}: Pick<Change, 'days' | 'days_left_out'>): number {
  // A tab of before asks a desk of now, and the other way round.
  return days + (left ?? 0);
}

/** Of how many days from the first to the last that are compared, where some between these are left out; null where none are. */
export function gappedOf({ from, until, without_partner: left }: Compared): number | null {
  const isBetween = (row: Days) => row.from > from && row.until < until;
  return left.some(isBetween) ? countOf([{ from, until }]) : null;
}

/** More rows of days nobody reads. */
const MOST_ROWS = 4;

/** The rows to name, and how many days the others have. */
export function namedOf(rows: readonly Days[]): { named: readonly Days[]; more: number } {
  return { named: rows.slice(0, MOST_ROWS), more: countOf(rows.slice(MOST_ROWS)) };
}

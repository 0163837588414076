/** Peaks against people, from the desk's answer to what plots take. Pure. */
import type { InsightStaffing } from '@standfast/api';
import type { Estimate } from '../plots/data';

export type Hour = InsightStaffing['hours'][number];

/** An hour of the week: 0 is Monday. */
export const hourAt = ({ hours }: InsightStaffing, day: number, hour: number): Hour | undefined =>
  hours[day * 24 + hour];

/** How many people were there, by weekday and hour; null where nobody put it down. */
export function presentOf(staffing: InsightStaffing): (Estimate | null)[][] {
  const cell = (hour: Hour | undefined) =>
    typeof hour?.present === 'number' ? { value: hour.present } : null;
  return Array.from({ length: 7 }, (_, day) =>
    Array.from({ length: 24 }, (__, hour) => cell(hourAt(staffing, day, hour))),
  );
}

/** Where too few were there. */
export interface Short {
  /** Hours of the week that have too few. */
  count: number;
  /** Hours in which the desk is open and of which it is known. */
  open: number;
  /** The one where most are missing; 0 is Monday. */
  worst: { day: number; hour: number; missing: number; at: Hour } | null;
}

export function shortOf({ hours }: InsightStaffing): Short {
  const known = hours.filter(
    ({ needed, present }) => typeof needed === 'number' && typeof present === 'number',
  );
  const missing = ({ needed, present }: Hour) => (needed ?? 0) - (present ?? 0);
  const [worst] = known
    .filter(({ is_short }) => is_short)
    .toSorted((a, b) => missing(b) - missing(a));
  const place = worst ? hours.indexOf(worst) : -1;
  return {
    count: known.filter(({ is_short }) => is_short).length,
    open: known.length,
    worst: worst
      ? { day: Math.floor(place / 24), hour: place % 24, missing: missing(worst), at: worst }
      : null,
  };
}

/** A week of shifts as it is shown: days, cells, cover and moves, by the clocks of one zone. Pure. */
import type { Id, Shift, ShiftDraft, Violation, WeekNeed } from '@standfast/api';
import { advance, instant, isoDate, MINUTE, wall } from '../plots/zone';

export interface Day {
  /** Its first moment and that of the next one. */
  at: number;
  until: number;
  /** "2026-11-23". */
  date: string;
}

/** Seven days from the first moment of a Monday on. */
export function daysOf(monday: number, zone: string): Day[] {
  return Array.from({ length: 7 }, (_, place) => {
    const at = advance(monday, 'day', place, zone);
    return { at, until: advance(monday, 'day', place + 1, zone), date: isoDate(at, zone) };
  });
}

export const startOf = (shift: Pick<Shift, 'starts_at'>): number => Date.parse(shift.starts_at);
export const endOf = (shift: Pick<Shift, 'ends_at'>): number => Date.parse(shift.ends_at);

/** Those that begin on a day, of somebody or of nobody yet. */
export function shiftsOn(shifts: readonly Shift[], agent: Id | null, day: Day): Shift[] {
  return shifts.filter(
    (shift) =>
      (shift.agent_id ?? null) === agent && startOf(shift) >= day.at && startOf(shift) < day.until,
  );
}

/** Minutes that somebody works between two moments. */
export function minutesOf(
  shifts: readonly Shift[],
  agent: Id,
  [from, until]: readonly [number, number],
): number {
  const within = (shift: Shift) =>
    Math.max(Math.min(endOf(shift), until) - Math.max(startOf(shift), from), 0);
  const own = shifts.filter((shift) => shift.agent_id === agent);
  return own.reduce((sum, shift) => sum + within(shift), 0) / MINUTE;
}

const HALF_HOUR = 30 * MINUTE;

/** How many people are at work in each half hour of a day, at the least of it; open shifts are nobody yet. */
export function coverOf(shifts: readonly Shift[], day: Day): number[] {
  const slots = Math.round((day.until - day.at) / HALF_HOUR);
  return Array.from({ length: slots }, (_, slot) => {
    const from = day.at + slot * HALF_HOUR;
    const there = shifts.filter(
      (shift) => shift.agent_id && startOf(shift) <= from && endOf(shift) >= from + HALF_HOUR,
    );
    return new Set(there.map((shift) => shift.agent_id)).size;
  });
}

/** What a day needs in each of its half hours, and how many requests are expected; of what is over nothing is known. */
export interface DayNeed {
  need: (number | null)[];
  missing: number[];
  expected: number[];
}

/** What a day needs; null where nothing is known of any of it. */
export function needOf(week: WeekNeed | null, day: Day): DayNeed | null {
  if (!week?.is_known) return null;
  const slots = Math.round((day.until - day.at) / HALF_HOUR);
  const first = Math.floor((day.at - Date.parse(week.from)) / HALF_HOUR);
  const of = (values: readonly number[]) =>
    Array.from({ length: slots }, (_, slot) => values[first + slot] ?? null);
  const need = of(week.need);
  if (need.every((value) => value === null)) return null;
  return {
    need,
    missing: of(week.missing).map((value) => value ?? 0),
    expected: of(week.expected).map((value) => value ?? 0),
  };
}

/** Hours of one person. */
export const hoursOf = (people: readonly (number | null)[]): number =>
  people.reduce<number>((sum, count) => sum + (count ?? 0), 0) / 2;

/** The moment at which a day's clocks show "08:30"; of "24:00" the end of it. */
export function atClock(day: Day, clock: string, zone: string): number {
  const [hour = 0, minute = 0] = clock.split(':').map(Number);
  if (hour === 24) return day.until;
  const { year, month, day: of } = wall(day.at, zone);
  return instant({ year, month, day: of, hour, minute }, zone);
}

/** From a day's "22:00" to "06:00", which is then that of the day after it. */
export function spanOn(day: Day, from: string, until: string, zone: string): [number, number] {
  const starts = atClock(day, from, zone);
  const ends = atClock(day, until, zone);
  if (ends > starts) return [starts, ends];
  const next = advance(day.at, 'day', 1, zone);
  const after = { at: next, until: advance(next, 'day', 1, zone), date: isoDate(next, zone) };
  return [starts, atClock(after, until, zone)];
}

export function draftOf({ agent_id, starts_at, ends_at, language, skill }: Shift): ShiftDraft {
  return { agent_id, starts_at, ends_at, language, skill };
}

export const iso = (at: number): string => new Date(at).toISOString();

/** A shift with the same hands of the clock on another day, and in other hands. */
export function movedTo(shift: Shift, day: Day, agent: Id | null, zone: string): ShiftDraft {
  const { hour, minute } = wall(startOf(shift), zone);
  const starts = atClock(day, `${hour}:${minute}`, zone);
  const ends = starts + endOf(shift) - startOf(shift);
  return { ...draftOf(shift), agent_id: agent, starts_at: iso(starts), ends_at: iso(ends) };
}

/** Broken rules by the shift that breaks them. */
export function brokenBy(violations: readonly Violation[]): Map<Id, Violation[]> {
  const by = new Map<Id, Violation[]>();
  for (const one of violations) by.set(one.shift_id, [...(by.get(one.shift_id) ?? []), one]);
  return by;
}

/** 510 → "8 h 30", "8 小时 30 分". */
export function spanText(minutes: number, language: string): string {
  const [hours, rest] = [Math.floor(minutes / 60), Math.round(minutes % 60)];
  if (language === 'zh-CN') return rest ? `${hours} 小时 ${rest} 分` : `${hours} 小时`;
  return rest ? `${hours} h ${String(rest).padStart(2, '0')}` : `${hours} h`;
}

import type { DayOfForecast, Planning } from '@standfast/api';
import type { Language } from '@standfast/ui/i18n';
import type { Mark, Point } from '../plots/data';
import { advance, isoDate, startOf } from '../plots/zone';

/** Half an hour, in milliseconds. */
export const SLOT = 30 * 60_000;

export interface Week {
  /** The Monday, as the server wants it. */
  date: string;
  at: number;
}

/** The present week and those that follow, by the clocks of the desk. */
export function weeksFrom(now: number, zone: string, count: number): Week[] {
  const first = startOf(now, 'week', zone);
  return Array.from({ length: count }, (_, week) => {
    const at = advance(first, 'week', week, zone);
    return { at, date: isoDate(at, zone) };
  });
}

/** "7 – 13 Dec", "12月7日—13日". */
export function weekName(at: number, zone: string, language: Language): string {
  const last = advance(at, 'day', 6, zone);
  return new Intl.DateTimeFormat(language, {
    month: language === 'en' ? 'short' : 'long',
    day: 'numeric',
    timeZone: zone,
  }).formatRange(at, last);
}

/** Slots of a day of the clock; one in which clocks change has two more or fewer. */
export interface DayOfSlots {
  at: number;
  from: number;
  until: number;
}

/** The days of slots that follow each other from an instant on. */
export function daysOf(from: number, slots: number, zone: string): DayOfSlots[] {
  const days: DayOfSlots[] = [];
  const end = from + slots * SLOT;
  for (let at = from; at < end; at = advance(at, 'day', 1, zone)) {
    const next = Math.min(end, advance(at, 'day', 1, zone));
    days.push({
      at,
      from: Math.round((at - from) / SLOT),
      until: Math.round((next - from) / SLOT),
    });
  }
  return days;
}

/** Hours of one person, of people half hour by half hour. */
export function hoursIn(people: readonly number[], from = 0, until = people.length): number {
  return people.slice(from, until).reduce((sum, count) => sum + count, 0) / 2;
}

/** Whole days: what is expected, with its bounds. */
export function dayPoints(days: readonly DayOfForecast[]): Point[] {
  return days.map((day) => ({
    at: Date.parse(day.starts_at),
    value: day.total?.[0] ?? null,
    low: day.total?.[1] ?? null,
    high: day.total?.[2] ?? null,
  }));
}

/** Whole days: what came; today is not over. */
export function camePoints(days: readonly DayOfForecast[]): Point[] {
  const told = days.filter((day) => day.came);
  return told.map((day, place) => ({
    at: Date.parse(day.starts_at),
    value: (day.came ?? []).reduce((sum, count) => sum + count, 0),
    partial: place === told.length - 1,
  }));
}

/** What makes days unlike others, as marks of a plot. */
export function specialMarks(
  days: readonly DayOfForecast[],
  nameOf: (kind: string) => string,
  separator: string,
): Mark[] {
  return days
    .filter((day) => day.special.length > 0)
    .map((day) => ({
      key: day.day,
      at: Date.parse(day.starts_at),
      label: day.special.map(nameOf).join(separator),
    }));
}

/** Half hours of a day. */
export function halfHours(day: DayOfForecast): { expected: Point[]; came: Point[] } {
  const begin = Date.parse(day.starts_at);
  const expected = day.expected.map((value, slot) => ({
    at: begin + slot * SLOT,
    value,
    low: day.low[slot] ?? null,
    high: day.high[slot] ?? null,
  }));
  const came = (day.came ?? []).map((value, slot) => ({
    at: begin + slot * SLOT,
    value,
    partial: slot === (day.came?.length ?? 0) - 1 && (day.came?.length ?? 0) < 48,
  }));
  return { expected, came };
}

/** Equal parts of what was played, for a drawing. */
export function binsOf(
  values: readonly number[],
  count: number,
): { from: number; until: number; count: number }[] {
  return Array.from({ length: count }, (_, bin) => {
    const from = bin / count;
    const until = (bin + 1) / count;
    const inside = values.filter(
      (value) => value >= from && (value < until || (bin === count - 1 && value <= 1)),
    );
    return { from, until, count: inside.length };
  });
}

/** "08:00, 10:00, 16:00" as minutes; null when a part is no time of day. */
export function readStarts(text: string): number[] | null {
  const parts = text.split(/[,，、;；\s]+/).filter(Boolean);
  const minutes = parts.map((part) => {
    const found = /^(\d{1,2})[:：](\d{2})$/.exec(part);
    const value = found ? Number(found[1]) * 60 + Number(found[2]) : NaN;
    return value < 1440 && Number(found?.[2]) < 60 ? value : NaN;
  });
  return parts.length > 0 && minutes.every((value) => Number.isFinite(value)) ? minutes : null;
}

export function writeStarts(starts: readonly number[]): string {
  const two = (value: number) => String(value).padStart(2, '0');
  return starts
    .toSorted((a, b) => a - b)
    .map((start) => `${two(Math.floor(start / 60))}:${two(start % 60)}`)
    .join(', ');
}

type Played = { requests: readonly number[]; within: readonly number[] };

/** Of languages or groups to which somebody comes, the one whose promise would be kept least: what all together says hides it. */
export function worstOf<L extends { changed: Played }>(lanes: readonly L[]): L | undefined {
  const kept = ({ changed }: L) => changed.within[1] ?? 1;
  const some = lanes.filter(({ changed }) => (changed.requests[2] ?? 0) > 0);
  return some.toSorted((a, b) => kept(a) - kept(b))[0];
}

/** How many of a tier or above are to be there; null where it is not asked for. */
export const leastOf = (rules: Planning['settings']['tiers'], tier: number): number | null =>
  rules?.find((rule) => rule.tier === tier)?.least ?? null;

/** The rules of the second and the third tier. */
export const tierRules = (
  least: readonly (number | null)[],
): NonNullable<Planning['settings']['tiers']> =>
  least.flatMap((of, at) => (of === null ? [] : [{ tier: at + 2, least: of }]));

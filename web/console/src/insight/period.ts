/** From a period as people say it to the instants that are counted, in the calendar of a zone. Pure. */
import type { Range } from '../plots/data';
import { advance, DAY, isoDate, readDate, startOf, type Unit } from '../plots/zone';
import type { Comparison, Period, View } from './view';

const DAYS: Record<string, number> = { '1d': 1, '7d': 7, '28d': 28, '84d': 84, '365d': 365 };
/** An address may name any two dates; more than ten years at once is not asked for. */
const LONGEST = 3_660;

/** From the start of the first day up to, not including, `until`. Presets end with today, which is not over yet. */
export function rangeOf(period: Period, zone: string, now: number): Range {
  const tomorrow = advance(startOf(now, 'day', zone), 'day', 1, zone);
  if (period.kind === 'dates') {
    const from = readDate(period.from, zone);
    const to = readDate(period.to, zone);
    // Nothing is known of days to come: a period of them is none, and one that goes into them ends with today.
    if (from === null || to === null || to < from || from >= tomorrow)
      return back(tomorrow, 28, zone);
    const until = Math.min(advance(to, 'day', 1, zone), tomorrow);
    return { from: Math.max(from, back(until, LONGEST, zone).from), until };
  }
  if (period.preset === 'week' || period.preset === 'month')
    return { from: startOf(now, period.preset, zone), until: tomorrow };
  return back(tomorrow, DAYS[period.preset] ?? 28, zone);
}

/**
 * What of chosen dates is not shown. `first`: the days before the first request; `longest`: more than can be shown at once;
 * `empty`: nothing, but all of them lie before the first request; `none`: all, for they are no days that have been.
 */
export type LeftDays = 'first' | 'longest' | 'empty' | 'none' | null;

/** Chosen dates begin with the day of the first request: years before it are no finding, and make an axis of nothing. */
export function sinceFirst(
  period: Period,
  range: Range,
  since: number | null,
  zone: string,
): { range: Range; left: LeftDays } {
  if (period.kind !== 'dates' || since === null) return { range, left: null };
  const from = readDate(period.from, zone);
  if (from === null || from >= range.until || readDate(period.to, zone) === null)
    return { range, left: 'none' };
  const first = startOf(since, 'day', zone);
  if (range.until <= first) return { range, left: 'empty' };
  if (range.from < first) return { range: { ...range, from: first }, left: 'first' };
  return { range, left: from < range.from ? 'longest' : null };
}

function back(until: number, days: number, zone: string): Range {
  return { from: advance(until, 'day', -days, zone), until };
}

/** Calendar days of a range; days on which clocks change count as one. */
export function daysOf({ from, until }: Range): number {
  return Math.max(1, Math.round((until - from) / DAY));
}

/**
 * What a range is compared with; null when with nothing. Of a range that is not over only as much is compared as has passed:
 * half a day against a whole one would always be a fall.
 */
export function comparedWith(
  range: Range,
  compare: Comparison,
  zone: string,
  now: number,
): Range | null {
  if (compare === 'none') return null;
  const days = daysOf(range);
  const by = compare === 'weekdays' ? Math.ceil(days / 7) * 7 : days;
  const passed = now > range.from && now < range.until ? now : range.until;
  const day = startOf(passed, 'day', zone);
  return {
    from: advance(range.from, 'day', -by, zone),
    until: advance(day, 'day', -by, zone) + (passed - day),
  };
}

/**
 * Whether requests came regularly all through a range. Of the day on which that began it is not known how much of it there was:
 * the day after it is the first that is whole.
 */
export function isPast({ from }: Range, begins: number | null, zone: string): boolean {
  return begins !== null && from >= advance(startOf(begins, 'day', zone), 'day', 1, zone);
}

/** Most days of a period that the desk compares. */
const MOST_COMPARED = 366;

/** What of a range are whole days that are over; null where there is none. */
export function daysOver({ from, until }: Range, zone: string, now: number): Range | null {
  const over = Math.min(until, startOf(now, 'day', zone));
  return over > from ? { from, until: over } : null;
}

/**
 * A range as far as its hours, or its days, are whole: without the one that is not over, which an average would count as a short
 * one. Where none is over yet it stays as it is.
 */
export function wholeUnits(range: Range, unit: 'hour' | 'day', zone: string, now: number): Range {
  const over = startOf(now, unit, zone);
  return range.from < over && over < range.until ? { ...range, until: over } : range;
}

/** The days of a range that are over, and as many of the range compared with; null where they cannot be compared. */
export function wholeDays(
  range: Range,
  before: Range,
  zone: string,
  now: number,
): { earlier: Range; later: Range } | null {
  const later = daysOver(range, zone, now);
  if (!later || daysOf(later) > MOST_COMPARED) return null;
  const until = advance(before.from, 'day', daysOf(later), zone);
  return { earlier: { from: before.from, until }, later };
}

/** Buckets as fit the range: about as many as a plot can show apart. */
export function unitOf(range: Range, wanted: Unit | null): Unit {
  const days = daysOf(range);
  const fitting: Unit = days <= 3 ? 'hour' : days <= 120 ? 'day' : days <= 730 ? 'week' : 'month';
  if (wanted === null) return fitting;
  // A year of hours is 8,760 points a line; beyond that nothing is gained.
  return wanted === 'hour' && days > 366 ? 'day' : wanted;
}

/** The starts of all buckets of a range; the first may begin before it. */
export function bucketsOf({ from, until }: Range, unit: Unit, zone: string): number[] {
  const found: number[] = [];
  for (let at = startOf(from, unit, zone); at < until;) {
    found.push(at);
    const next = advance(at, unit, 1, zone);
    if (next <= at) break;
    at = next;
  }
  return found;
}

/** The period of a brushed range: its dates, both included. */
export function datesOf({ from, until }: Range, zone: string): Period {
  return { kind: 'dates', from: isoDate(from, zone), to: isoDate(until - 1, zone) };
}

export function zoneOf(view: View): string {
  return view.zone || Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';
}

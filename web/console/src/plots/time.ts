/** Ticks of a time axis, and what a bucket of time is called. Pure; the calendar is in `zone.ts`. */
import type { Language } from '@standfast/ui/i18n';
import { advance, isoDate, isoTime, isoWeek, startOf, two, wall, weekday, type Unit } from './zone';

export interface TimeTick {
  at: number;
  label: string;
  /** Said once under the first tick and wherever it changes: the day under hours, the year under days and months. */
  context: string | null;
}

type Step = readonly [unit: Unit, count: number];

/** From fine to coarse; a step is used when its ticks do not crowd. */
const STEPS: readonly Step[] = [
  ['hour', 1],
  ['hour', 3],
  ['hour', 6],
  ['hour', 12],
  ['day', 1],
  ['day', 2],
  ['week', 1],
  ['week', 2],
  ['month', 1],
  ['month', 3],
  ['month', 6],
  ['month', 12],
];
const LENGTH: Record<Unit, number> = {
  hour: 3_600_000,
  day: 86_400_000,
  week: 7 * 86_400_000,
  month: 30.4 * 86_400_000,
};

/** At most `most` ticks between two instants, on round times of the zone, none finer than `finest`. */
export function timeTicks(
  from: number,
  until: number,
  zone: string,
  most: number,
  finest: Unit = 'hour',
): TimeTick[] {
  if (!(until > from)) return [];
  const usable = STEPS.filter(([unit]) => LENGTH[unit] >= LENGTH[finest]);
  const wanted = usable.find(
    ([unit, count]) => (until - from) / (LENGTH[unit] * count) <= Math.max(2, most),
  );
  const step = wanted ?? yearsStep(from, until, most);
  const ticks: TimeTick[] = [];
  let said = '';
  for (const at of instants(from, until, step, zone)) {
    const context = contextOf(at, step[0], zone);
    ticks.push({
      at,
      label: tickLabel(at, step[0], zone),
      context: context === said ? null : context,
    });
    said = context ?? '';
  }
  return ticks;
}

function contextOf(at: number, unit: Unit, zone: string): string | null {
  if (unit === 'hour') return isoDate(at, zone);
  // A month says its year itself.
  return unit === 'month' ? null : String(wall(at, zone).year);
}

function yearsStep(from: number, until: number, most: number): Step {
  const years = (until - from) / (LENGTH.month * 12);
  return ['month', 12 * Math.ceil(years / Math.max(2, most))];
}

function instants(from: number, until: number, [unit, count]: Step, zone: string): number[] {
  const found: number[] = [];
  let at = firstOf(from, unit, count, zone);
  while (at <= until && found.length < 1_000) {
    if (at >= from) found.push(at);
    const next =
      unit === 'hour' && count > 1 ? nextHour(at, count, zone) : advance(at, unit, count, zone);
    if (next <= at) break;
    at = next;
  }
  return found;
}

/** Where counting starts, so that every third hour is 0, 3, 6 … and every second day keeps its place in the month. */
function firstOf(from: number, unit: Unit, count: number, zone: string): number {
  if (unit === 'month') {
    const { year, month } = wall(from, zone);
    const back = (year * 12 + month - 1) % count;
    return advance(startOf(from, 'month', zone), 'month', -back, zone);
  }
  return startOf(from, unit === 'hour' && count > 1 ? 'day' : unit, zone);
}

/** The next hour of the day that `count` divides: after a change of clocks still 6, 12, 18. */
function nextHour(at: number, count: number, zone: string): number {
  for (let hours = 1; hours <= count + 2; hours += 1) {
    const next = advance(at, 'hour', hours, zone);
    if (wall(next, zone).hour % count === 0 && hours >= Math.max(1, count - 1)) return next;
  }
  return advance(at, 'hour', count, zone);
}

function tickLabel(at: number, unit: Unit, zone: string): string {
  const { year, month, day, hour } = wall(at, zone);
  if (unit === 'hour') return `${two(hour)}:00`;
  if (unit === 'month') return `${year}-${two(month)}`;
  return `${two(month)}-${two(day)}`;
}

const WEEKDAYS: Record<Language, readonly string[]> = {
  'zh-CN': ['周一', '周二', '周三', '周四', '周五', '周六', '周日'],
  en: ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'],
};

/** The short name of a weekday, 1 for Monday to 7 for Sunday. */
export function weekdayName(day: number, language: Language): string {
  return WEEKDAYS[language][day - 1] ?? '';
}

/** What a bucket is called in a readout and in a table: "2026-11-28 Sat", "2026-11-23 to 2026-11-29 (W48)". */
export function bucketName(at: number, unit: Unit, zone: string, language: Language): string {
  const date = isoDate(at, zone);
  if (unit === 'month') return date.slice(0, 7);
  if (unit === 'week') {
    const end = isoDate(advance(at, 'day', 6, zone), zone);
    const to = language === 'zh-CN' ? '至' : 'to';
    return `${date} ${to} ${end} (W${two(isoWeek(at, zone).week)})`;
  }
  const name = `${date} ${weekdayName(weekday(at, zone), language)}`;
  return unit === 'hour' ? `${name} ${isoTime(at, zone)}` : name;
}

/** "14:20", of weeks and months with the day; the end of a day is that day. */
export function cutAt(until: number, unit: Unit, zone: string): string {
  if (until === startOf(until, 'day', zone)) return isoDate(until - 1, zone);
  const time = isoTime(until, zone);
  return unit === 'hour' || unit === 'day' ? time : `${isoDate(until, zone)} ${time}`;
}

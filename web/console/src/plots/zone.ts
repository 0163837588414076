/**
 * Calendar arithmetic in an IANA zone, by Intl alone: hours, days, weeks from Monday, months. Days are 23 or 25 hours long
 * where clocks change. All instants are milliseconds since 1970. Pure.
 */

export type Unit = 'hour' | 'day' | 'week' | 'month';

export interface Wall {
  year: number;
  /** 1 to 12. */
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
}

export const MINUTE = 60_000;
export const HOUR = 3_600_000;
export const DAY = 86_400_000;

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    formats.set(zone, format);
  }
  return format;
}

/** Whether the browser knows the zone. */
export function isZone(zone: string): boolean {
  try {
    return zone !== '' && formatOf(zone) !== undefined;
  } catch {
    return false;
  }
}

/** What the clock on the wall shows at an instant. */
export function wall(at: number, zone: string): Wall {
  const read: Record<string, number> = {};
  for (const { type, value } of formatOf(zone).formatToParts(at)) read[type] = Number(value);
  return {
    year: read.year ?? 1970,
    month: read.month ?? 1,
    day: read.day ?? 1,
    hour: read.hour ?? 0,
    minute: read.minute ?? 0,
    second: read.second ?? 0,
  };
}

function utc({ year, month, day, hour, minute, second }: Wall): number {
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

/** Milliseconds that the zone's clocks are ahead of UTC at an instant. */
export function offset(at: number, zone: string): number {
  return utc(wall(at, zone)) - Math.floor(at / 1_000) * 1_000;
}

/**
 * The instant at which a wall shows this date and time. What clocks skip counts as the first moment after the gap;
 * of an hour that comes twice it is the first.
 */
export function instant(
  date: Partial<Wall> & Pick<Wall, 'year' | 'month' | 'day'>,
  zone: string,
): number {
  const local = utc({ hour: 0, minute: 0, second: 0, ...date });
  // The offset before and after any change near by; one of them is right, or the time does not exist.
  const before = local - offset(local - DAY, zone);
  const after = local - offset(local + DAY, zone);
  for (const candidate of [Math.min(before, after), Math.max(before, after)])
    if (candidate + offset(candidate, zone) === local) return candidate;
  return gapEnd(Math.min(before, after) - 3 * HOUR, Math.max(before, after) + 3 * HOUR, zone);
}

/** The moment at which the clocks jump between two instants, to the second. */
function gapEnd(from: number, until: number, zone: string): number {
  const start = offset(from, zone);
  let [low, high] = [from, until];
  while (high - low > 1_000) {
    const middle = Math.floor((low + high) / 2_000) * 1_000;
    if (middle <= low) break;
    if (offset(middle, zone) === start) low = middle;
    else high = middle;
  }
  return high;
}

/** 1 for Monday to 7 for Sunday (ISO 8601). */
export function weekday(at: number, zone: string): number {
  const { year, month, day } = wall(at, zone);
  return new Date(Date.UTC(year, month - 1, day)).getUTCDay() || 7;
}

/** The start of the hour, day, week (Monday) or month that an instant is in. */
export function startOf(at: number, unit: Unit, zone: string): number {
  const now = wall(at, zone);
  if (unit === 'hour')
    return Math.floor(at / 1_000) * 1_000 - now.minute * MINUTE - now.second * 1_000;
  if (unit === 'month') return instant({ year: now.year, month: now.month, day: 1 }, zone);
  const back = unit === 'week' ? weekday(at, zone) - 1 : 0;
  return dayAt(now, -back, zone);
}

/** The same start, `count` units later; hours are hours, everything else is the calendar's. */
export function advance(at: number, unit: Unit, count: number, zone: string): number {
  if (unit === 'hour') return at + count * HOUR;
  const now = wall(at, zone);
  if (unit === 'month') {
    const months = now.year * 12 + now.month - 1 + count;
    return instant({ year: Math.floor(months / 12), month: modulo(months, 12) + 1, day: 1 }, zone);
  }
  return dayAt(now, count * (unit === 'week' ? 7 : 1), zone);
}

/** When the clock shows an hour on the day that an instant is in. */
export function atHour(at: number, hour: number, zone: string): number {
  const { year, month, day } = wall(at, zone);
  return instant({ year, month, day, hour }, zone);
}

function dayAt(date: Wall, days: number, zone: string): number {
  const moved = new Date(Date.UTC(date.year, date.month - 1, date.day + days));
  return instant(
    { year: moved.getUTCFullYear(), month: moved.getUTCMonth() + 1, day: moved.getUTCDate() },
    zone,
  );
}

function modulo(value: number, by: number): number {
  return ((value % by) + by) % by;
}

/** "2026-11-28" where the zone is. */
export function isoDate(at: number, zone: string): string {
  const { year, month, day } = wall(at, zone);
  return `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}`;
}

/** The start of a date written as "2026-11-28"; null when it is none. */
export function readDate(text: string, zone: string): number | null {
  const found = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (!found) return null;
  const [year, month, day] = [Number(found[1]), Number(found[2]), Number(found[3])];
  const date = new Date(Date.UTC(year, month - 1, day));
  if (date.getUTCMonth() + 1 !== month || date.getUTCDate() !== day || year < 1970) return null;
  return instant({ year, month, day }, zone);
}

/** "18:30"; with the offset from UTC in the hours that come twice. */
export function isoTime(at: number, zone: string): string {
  const { hour, minute } = wall(at, zone);
  const time = `${two(hour)}:${two(minute)}`;
  const twice =
    offset(at - HOUR, zone) !== offset(at, zone) || offset(at + HOUR, zone) !== offset(at, zone);
  return twice ? `${time} ${utcOffset(at, zone)}` : time;
}

/** "UTC+8", "UTC−3:30". */
export function utcOffset(at: number, zone: string): string {
  const minutes = Math.round(offset(at, zone) / MINUTE);
  const size = Math.abs(minutes);
  const rest = size % 60 === 0 ? '' : `:${two(size % 60)}`;
  return minutes === 0 ? 'UTC' : `UTC${minutes < 0 ? '−' : '+'}${Math.floor(size / 60)}${rest}`;
}

/** The week of the year (ISO 8601): week 1 has the year's first Thursday. */
export function isoWeek(at: number, zone: string): { year: number; week: number } {
  const { year, month, day } = wall(at, zone);
  const date = Date.UTC(year, month - 1, day);
  const thursday = new Date(date + (4 - (new Date(date).getUTCDay() || 7)) * DAY);
  const first = Date.UTC(thursday.getUTCFullYear(), 0, 1);
  return {
    year: thursday.getUTCFullYear(),
    week: Math.floor((thursday.getTime() - first) / (7 * DAY)) + 1,
  };
}

export function two(value: number): string {
  return String(value).padStart(2, '0');
}

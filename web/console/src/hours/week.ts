/**
 * The usual week as intervals, as text and as painted half hours. Minutes of the week count from Monday 00:00; the week goes
 * round. Pure.
 */
import type { WeekInterval } from '@standfast/api';

export const DAY = 1_440;
export const WEEK = 7 * DAY;
export const WEEKDAYS = [1, 2, 3, 4, 5, 6, 7] as const;

/** From which to which minute; the second may lie beyond the end of the day or of the week. */
export type Span = readonly [from: number, until: number];

/** "09:30" to minutes; null when it is no time of day. */
export function minutesOf(text: string): number | null {
  const found = /^(\d{1,2})[:：](\d{2})$/.exec(text.trim());
  if (!found) return null;
  const minutes = Number(found[1]) * 60 + Number(found[2]);
  return Number(found[2]) < 60 && minutes <= DAY ? minutes : null;
}

/** Minutes to "09:30". */
export function clock(minutes: number): string {
  const two = (number: number) => String(number).padStart(2, '0');
  return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

function spanOf({ weekday, opens, closes }: WeekInterval): Span {
  const [from, until] = [minutesOf(opens) ?? 0, minutesOf(closes) ?? 0];
  const midnight = (weekday - 1) * DAY;
  return [midnight + from, midnight + (until > from ? until : until + DAY)];
}

/** The open minutes of the week within it, in order, none touching the next. */
export function openSpans(week: readonly WeekInterval[]): Span[] {
  const cut = week.map(spanOf).flatMap(([from, until]): Span[] =>
    until > WEEK
      ? [
          [from, WEEK],
          [0, until - WEEK],
        ]
      : [[from, until]],
  );
  const united: [number, number][] = [];
  for (const [from, until] of cut.toSorted((a, b) => a[0] - b[0])) {
    const last = united.at(-1);
    if (last && last[1] >= from) last[1] = Math.max(last[1], until);
    else united.push([from, until]);
  }
  return united;
}

/** Intervals that say the same: one that goes past midnight stays one, longer ones are cut at midnight. */
export function weekOf(spans: readonly Span[]): WeekInterval[] {
  const joined = spans.map(([from, until]): [number, number] => [from, until]);
  const [first, last] = [joined[0], joined.at(-1)];
  // Over the end of the week, unless all of it is open.
  if (first && last && first !== last && first[0] === 0 && last[1] === WEEK) {
    last[1] += first[1];
    joined.shift();
  }
  const week: WeekInterval[] = [];
  for (const [from, until] of joined) {
    let at = from;
    while (at < until) {
      const midnight = (Math.floor(at / DAY) + 1) * DAY;
      const whole = until - from < DAY || until <= midnight;
      const end = whole ? until : Math.min(midnight, until);
      const start = at % DAY;
      const closes = start + end - at;
      week.push({
        weekday: (Math.floor(at / DAY) % 7) + 1,
        opens: clock(start),
        closes: clock(closes > DAY ? closes - DAY : closes),
      });
      at = end;
    }
  }
  return week.toSorted((a, b) => a.weekday - b.weekday || a.opens.localeCompare(b.opens));
}

/** The week with a stretch of a day opened or closed, whatever it was before. */
export function paint(
  week: readonly WeekInterval[],
  weekday: number,
  [from, until]: Span,
  open: boolean,
): WeekInterval[] {
  const midnight = (weekday - 1) * DAY;
  const [begin, end] = [midnight + from, midnight + until];
  const spans = openSpans(week).flatMap(([a, b]): Span[] => {
    const rest: Span[] = [
      [a, Math.min(b, begin)],
      [Math.max(a, end), b],
    ];
    return rest.filter(([x, y]) => x < y);
  });
  if (open) spans.push([begin, end]);
  return weekOf(openSpans(spans.flatMap(([a, b]) => (a < b ? plainIntervals(a, b) : []))));
}

/** A span within the week as intervals, none past midnight. */
function plainIntervals(from: number, until: number): WeekInterval[] {
  const found: WeekInterval[] = [];
  for (let at = from; at < until;) {
    const end = Math.min((Math.floor(at / DAY) + 1) * DAY, until);
    const start = at % DAY;
    found.push({
      weekday: Math.floor(at / DAY) + 1,
      opens: clock(start),
      closes: clock(start + end - at),
    });
    at = end;
  }
  return found;
}

/** Whether a minute of the week is open. */
export function isOpen(week: readonly WeekInterval[], minute: number): boolean {
  return openSpans(week).some(([from, until]) => from <= minute && minute < until);
}

/** The intervals of a day as people write them: "09:00–12:00, 13:00–18:00". */
export function printDay(week: readonly WeekInterval[], weekday: number): string {
  return week
    .filter((each) => each.weekday === weekday)
    .map(({ opens, closes }) => `${opens}–${closes}`)
    .join(', ');
}

/** The intervals that people wrote for a day; null when it cannot be read. */
export function readDay(text: string, weekday: number): WeekInterval[] | null {
  const parts = text.split(/[,;，；、\n]/).map((part) => part.trim());
  const found: WeekInterval[] = [];
  for (const part of parts.filter(Boolean)) {
    const [from, until, ...rest] = part.split(/\s*(?:-|–|—|~|～|至|到|to)\s*/);
    const [opens, closes] = [minutesOf(from ?? ''), minutesOf(until ?? '')];
    if (opens === null || closes === null || rest.length > 0) return null;
    if (opens === DAY || opens === closes) return null;
    found.push({ weekday, opens: clock(opens), closes: clock(closes) });
  }
  return found.toSorted((a, b) => a.opens.localeCompare(b.opens));
}

/** The week with the intervals of one day in place of what it had. */
export function withDay(
  week: readonly WeekInterval[],
  weekday: number,
  intervals: readonly WeekInterval[],
): WeekInterval[] {
  const others = week.filter((each) => each.weekday !== weekday);
  return [...others, ...intervals.map((each) => ({ ...each, weekday }))].toSorted(
    (a, b) => a.weekday - b.weekday || a.opens.localeCompare(b.opens),
  );
}

/** Weekdays that follow each other and have the same intervals; days without any are left out. */
export interface DaysAlike {
  from: number;
  until: number;
  times: string;
}

/** The week as people say it: "Monday to Friday 09:00–18:00", "Saturday 10:00–14:00". */
export function daysAlike(week: readonly WeekInterval[]): DaysAlike[] {
  const found: DaysAlike[] = [];
  for (const weekday of WEEKDAYS) {
    const times = printDay(week, weekday);
    const last = found.at(-1);
    if (last?.times === times && last.until === weekday - 1) last.until = weekday;
    else found.push({ from: weekday, until: weekday, times });
  }
  return found.filter(({ times }) => times !== '');
}

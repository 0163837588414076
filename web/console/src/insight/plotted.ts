/** From the desk's answers to what plots take. Pure. */
import { REST_KEY, TOTAL_KEY } from '../plots/colour';
import type { Estimate, Point, Range, Ranked, Series } from '../plots/data';
import type { Measured } from '../plots/figure';
import { advance, startOf, type Unit } from '../plots/zone';
import type { InsightMover } from '@standfast/api';
import type { Answer, Figure, Grouped, Measure } from './api';
import { EXPOSED } from './grouping';
import { bucketsOf, wholeUnits } from './period';

export function measuredOf(unit: string): Measured {
  if (unit === 'share' || unit === 'seconds' || unit === 'score' || unit === 'count') return unit;
  return 'rate';
}

/** Of durations, what is pending has none: percentiles are of the others alone. */
export function estimateOf({ value, low, high, n, small, pending }: Figure): Estimate {
  return { value, low, high, n: n - (pending ?? 0), small };
}

interface Timed {
  range: Range;
  unit: Unit;
  zone: string;
  now: number;
  /** Counts are zero where nothing came; any other measure is unknown there. */
  measured: Measured;
}

function pointsOf(groups: readonly Grouped[], at: number, timed: Timed): Point[] {
  const { range, unit, zone, now, measured } = timed;
  // The desk's first bucket begins with the range; here it begins where the calendar has it.
  const byTime = new Map(
    groups.map((each) => [startOf(Date.parse(each.keys[at] ?? ''), unit, zone), each]),
  );
  const over = Math.min(now, range.until);
  return bucketsOf(range, unit, zone).map((start) => {
    const found = byTime.get(start);
    const future = start > now;
    const nothing = measured === 'count' && !future ? 0 : null;
    // Cut off by the start of the period, and by its end or by now.
    const since = !future && start < range.from;
    const until = !future && advance(start, unit, 1, zone) > over;
    return {
      at: start,
      ...(found ? estimateOf(found) : { value: nothing }),
      partial: since || until,
      ...(since ? { since: range.from } : {}),
      ...(until ? { until: over } : {}),
    };
  });
}

/** An answer grouped by time alone: one line. */
export function lineOf(answer: Answer, label: string, timed: Timed): Series {
  return { key: TOTAL_KEY, label, points: pointsOf(answer.groups, 0, timed) };
}

/** The line of another period on the buckets of this one, first on first; where one is cut off, the other is as well. */
export function overlaid(line: Series, onto: Series): Series {
  return {
    ...line,
    points: line.points.slice(0, onto.points.length).map((point, index) => {
      const own = onto.points[index];
      return {
        ...point,
        was: point.at,
        at: own?.at ?? point.at,
        alike: own !== undefined && lengthOf(point) === lengthOf(own),
      };
    }),
  };
}

/** How far a bucket is counted from its beginning; nothing when it is whole. */
function lengthOf({ at, until }: Point): number | undefined {
  return until === undefined ? undefined : until - at;
}

/** An answer grouped by [time, dimension]: a line for each of the largest, the others left out or together. */
export function linesOf(
  answer: Answer,
  nameOf: (key: string) => string,
  timed: Timed,
  { most = 7, rest = '' }: { most?: number; rest?: string } = {},
): Series[] {
  const byKey = groupedBy(answer.groups, 1);
  const weight = (groups: readonly Grouped[]) =>
    groups.reduce((sum, each) => sum + weightOf(each), 0);
  const ordered = [...byKey].toSorted((a, b) => weight(b[1]) - weight(a[1]));
  const lines = ordered
    .slice(0, most)
    .map(([key, groups]) => ({ key, label: nameOf(key), points: pointsOf(groups, 0, timed) }));
  const others = ordered.slice(most).flatMap(([, groups]) => groups);
  // Only counts can be added up.
  if (rest === '' || others.length === 0 || timed.measured !== 'count') return lines;
  const sums = [...groupedBy(others, 0)].map(([time, groups]) => {
    const sum = groups.reduce((total, { value }) => total + (value ?? 0), 0);
    return { keys: [time], cell: [], value: sum, n: sum, small: false };
  });
  return [...lines, { key: REST_KEY, label: rest, points: pointsOf(sums, 0, timed) }];
}

function groupedBy(groups: readonly Grouped[], at: number): Map<string, Grouped[]> {
  const found = new Map<string, Grouped[]>();
  for (const each of groups) {
    const key = each.keys[at] ?? '';
    const same = found.get(key);
    if (same) same.push(each);
    else found.set(key, [each]);
  }
  return found;
}

/** An answer grouped by one dimension, the greatest first; `before` is the same for the period compared with. */
export function rankedOf(
  answer: Answer,
  nameOf: (key: string) => string,
  before: Answer | null = null,
): Ranked[] {
  const was = new Map(before?.groups.map((each) => [each.keys[0], each.value]));
  return answer.groups
    .map((each) => ({
      key: each.keys[0] ?? '',
      label: nameOf(each.keys[0] ?? ''),
      ...estimateOf(each),
      ...(each.change ? { change: each.change } : {}),
      // Where nothing came, nothing was counted; what nothing came of has no share and no median.
      ...(before ? { before: was.get(each.keys[0]) ?? (before.unit === 'count' ? 0 : null) } : {}),
    }))
    .toSorted((a, b) => (b.value ?? -1) - (a.value ?? -1));
}

/** Customers who asked as often, or more. */
export interface Often {
  least: number;
  more: boolean;
  customers: number;
}

/** From so often on they are told together. */
const OFTEN = 6;

/** How many customers asked how often; of those who asked more than once, how many they are and how much they asked. */
export function oftenOf(often: NonNullable<Figure['often']>) {
  const sum = (of: typeof often, what: (each: (typeof often)[number]) => number) =>
    of.reduce((total, each) => total + what(each), 0);
  const asked = (each: (typeof often)[number]) => each.requests * each.customers;
  const again = often.filter(({ requests }) => requests > 1);
  const bins: Often[] = Array.from({ length: OFTEN }, (_, place) => {
    const [least, more] = [place + 1, place + 1 === OFTEN];
    const own = often.filter(({ requests }) => (more ? requests >= least : requests === least));
    return { least, more, customers: sum(own, ({ customers }) => customers) };
  });
  return {
    bins: often.length > 0 ? bins : [],
    customers: sum(often, ({ customers }) => customers),
    again: sum(again, ({ customers }) => customers),
    requests: sum(again, asked),
    all: sum(often, asked),
  };
}

/** For how long which share of what is open has been open. */
export function agesOf(backlog: Figure | null) {
  const { p50, p75, p90, p95 } = backlog?.percentiles ?? {};
  const shares = { half: p50, quarter: p75, tenth: p90, twentieth: p95 };
  return Object.entries(shares).flatMap(([share, value]) =>
    value === undefined ? [] : [{ share: share as keyof typeof shares, value }],
  );
}

/** The requests that are in no group with a number, because of no user of theirs is known. */
export function unknownOf(answer: Answer): number {
  const told = answer.groups.filter(({ value }) => value !== null);
  return answer.total.n - told.reduce((sum, { n }) => sum + n, 0);
}

/**
 * Whether a combination that no request has is a rate of nought: where its users are known. A rate is divided by the users of its
 * version, region or platform, on its weekday, and else by all; these are known where another combination with the same ones has a
 * rate. Where both axes choose the users there is no other, and nothing is known.
 */
export function hasUsers(
  groups: readonly Grouped[],
  axes: readonly string[],
): (keys: readonly string[]) => boolean {
  const chooses = axes.map((code) => code === 'weekday' || EXPOSED.includes(code));
  const usersOf = (keys: readonly string[]) => keys.filter((_, axis) => chooses[axis]).join('\n');
  const known = new Set(
    groups.filter(({ value }) => value !== null).map(({ keys }) => usersOf(keys)),
  );
  return (keys) => known.has(usersOf(keys));
}

/** How long one of a kind lasts, in seconds. */
const LASTS: Readonly<Record<string, number>> = {
  hour_of_day: 3_600,
  weekday: 86_400,
  hour_of_week: 3_600,
};

/**
 * How hours of the day and days of the week are shown: what adds up, for one of them on average; what is open at instants is an
 * average already.
 */
export type Occurring = Measured | 'average' | 'level';

export function occurringAs(measured: Measured, measure: Partial<Measure> | undefined): Occurring {
  if (measure?.time === 'instant') return 'level';
  // The customers of two Mondays are not those of the one and those of the other.
  return measured === 'count' && measure?.counts !== 'customers' ? 'average' : measured;
}

/** What one of a kind is. */
export const unitOfCycle = (cycle: string | undefined) => (cycle === 'weekday' ? 'day' : 'hour');

/**
 * What averages are of: whole hours, or whole days. `left`: which of the two is left out, because it is not over; `part` where there
 * is no whole one, so that it is counted; null for none.
 */
export function averagedOver(
  { range, zone, now }: Readonly<{ range: Range; zone: string; now: number }>,
  as: Occurring,
  cycle: string | undefined,
): { range: Range; left: 'hour' | 'day' | 'part' | null; as: Occurring } {
  const unit = unitOfCycle(cycle);
  const isAverage = cycle !== undefined && (as === 'average' || as === 'level');
  const whole = isAverage ? wholeUnits(range, unit, zone, now) : range;
  if (whole !== range) return { range: whole, left: unit, as };
  // Today alone is no whole day, of which there were an average.
  const isToday = as === 'average' && cycle !== undefined && unit === 'day';
  if (isToday && range.from <= now && now < range.until)
    return { range, left: 'part', as: 'count' };
  return { range, left: null, as };
}

/** What the figures of such a plot are. */
export const shownAs = (as: Occurring): Measured =>
  as === 'average' || as === 'level' ? 'rate' : as;

/**
 * A figure of an hour of the day or a day of the week. There may be five Mondays in the range and four Tuesdays, so that sums
 * say nothing; no average while less than half of one has passed.
 */
export function occurring(
  found: Figure | undefined,
  cycle: string,
  seconds: number,
  as: Occurring,
): Estimate | null {
  if (as === 'level') return found ? estimateOf(found) : seconds > 0 ? { value: 0, n: 0 } : null;
  if (as !== 'average') {
    if (found) return estimateOf(found);
    // What has not been in the period has no count.
    return as === 'count' && seconds > 0 ? { value: 0 } : null;
  }
  const times = seconds / (LASTS[cycle] ?? 3_600);
  if (times < 0.5) return null;
  // A count stands on itself: it is no sample.
  return { value: (found?.value ?? 0) / times, n: found?.value ?? 0 };
}

/** An answer grouped by the hours of the week: seven rows of 24, Monday first. */
export function weekOf(answer: Answer, as: Occurring): (Estimate | null)[][] {
  const byHour = new Map(answer.groups.map((each) => [each.keys[0], each]));
  return Array.from({ length: 7 }, (_, day) =>
    Array.from({ length: 24 }, (__, hour) => {
      const key = String(day * 24 + hour);
      const seconds = answer.seconds?.[0]?.get(key) ?? 0;
      return occurring(byHour.get(key), 'hour_of_week', seconds, as);
    }),
  );
}

/**
 * The change between two figures with its 95 % interval: a difference for shares, else relative. From the intervals of both by
 * MOVER (Zou, Donner, "Construction of confidence limits about effect measures", Statistics in Medicine 2008; for shares with
 * Wilson's intervals this is Newcombe's method 10 of 1998), ratios on the logarithm. Counts have none here: how much they vary
 * only their days tell (`movedOf`), and what is open at an instant has no days.
 */
export function changeOf(now: Figure, before: Figure, measured: Measured): Estimate | undefined {
  if (now.value === null || before.value === null) return undefined;
  if (measured === 'share') {
    const change = now.value - before.value;
    const spread = mover(bounded(now), bounded(before), (value) => value);
    return spread
      ? { value: change, low: change - spread[0], high: change + spread[1] }
      : { value: change };
  }
  if (before.value === 0) return undefined;
  const ratio = now.value / before.value;
  const spread = mover(bounded(now), bounded(before), Math.log);
  if (!spread || now.value === 0) return { value: ratio - 1 };
  return {
    value: ratio - 1,
    low: ratio / Math.exp(spread[0]) - 1,
    high: ratio * Math.exp(spread[1]) - 1,
  };
}

type Bounded = readonly [value: number, low: number, high: number];

function bounded({ value, low, high }: Figure): Bounded | null {
  return value === null || typeof low !== 'number' || typeof high !== 'number'
    ? null
    : [value, low, high];
}

/** How far the change may lie below and above its estimate, on a scale. */
function mover(
  now: Bounded | null,
  before: Bounded | null,
  on: (value: number) => number,
): readonly [number, number] | null {
  if (!now || !before) return null;
  const [p1, l1, u1] = now.map(on) as [number, number, number];
  const [p2, l2, u2] = before.map(on) as [number, number, number];
  const both = [Math.hypot(p1 - l1, u2 - p2), Math.hypot(u1 - p1, p2 - l2)] as const;
  return both.every(Number.isFinite) ? both : null;
}

/** When most and when least is asked; hours of the day, `until` not included. */
export interface Peaks {
  /** 0 is Monday. */
  day: number;
  hour: number;
  value: number;
  /** The busiest three hours in a row of an average day, and what part of it they hold. */
  from: number;
  until: number;
  share: number;
  /** The quietest three hours in a row. */
  low: number;
  lowest: number;
}

const STRETCH = 3;

/** Up to so many of one hour, those of a quarter of a year, it is told on how many of them the average rests. */
const FEW_TIMES = 13;

/** Whether an average of so many may rest on one of them. Of one there is no average. */
export const isFew = (count: number): boolean => count > 1 && count <= FEW_TIMES;

const keyOfHour = ({ day, hour }: Pick<Peaks, 'day' | 'hour'>) => String(day * 24 + hour);

/** How often a range has an hour of the week; of an answer by hours of the week. */
export function timesOf(answer: Answer, at: Pick<Peaks, 'day' | 'hour'>): number {
  return Math.round((answer.seconds?.[0]?.get(keyOfHour(at)) ?? 0) / 3_600);
}

/** On how many of these hours something was counted; of an answer by weeks and hours of the week. */
export function restsOn(answer: Answer, at: Pick<Peaks, 'day' | 'hour'>, count: number): number {
  const key = keyOfHour(at);
  return Math.min(count, answer.groups.filter(({ keys, n }) => keys[1] === key && n > 0).length);
}

/** What the hour had in all weeks, and in the one in which it had most, with an instant of that week. */
export function mostOf(
  answer: Answer,
  at: Pick<Peaks, 'day' | 'hour'>,
): { most: number; all: number; week: number } | null {
  const own = answer.groups.filter(({ keys }) => keys[1] === keyOfHour(at));
  const all = own.reduce((sum, { n }) => sum + n, 0);
  const best = own.toSorted((one, other) => other.n - one.n)[0];
  const week = Date.parse(best?.keys[0] ?? '');
  return best && Number.isFinite(week) ? { most: best.n, all, week } : null;
}

/** The peaks of average hours in a week; null where nothing was counted. Hours that have not been yet are in no average. */
export function peaksOf(cells: readonly (readonly (Estimate | null)[])[]): Peaks | null {
  const values = cells.map((row) => row.map((each) => each?.value ?? null));
  const flat = values.flat().map((value) => value ?? 0);
  const best = flat.indexOf(Math.max(...flat));
  const hours = Array.from({ length: 24 }, (_, hour) => {
    const known = values.map((row) => row[hour]).filter((value) => typeof value === 'number');
    return known.reduce((sum, each) => sum + each, 0) / Math.max(1, known.length);
  });
  const total = hours.reduce((sum, each) => sum + each, 0);
  if (total === 0) return null;
  // The night goes on after midnight.
  const stretch = hours.map((_, from) =>
    Array.from({ length: STRETCH }, (__, step) => hours[(from + step) % 24] ?? 0).reduce(
      (sum, each) => sum + each,
      0,
    ),
  );
  const from = stretch.indexOf(Math.max(...stretch));
  const low = stretch.indexOf(Math.min(...stretch));
  return {
    day: Math.floor(best / 24),
    hour: best % 24,
    value: flat[best] ?? 0,
    from,
    until: (from + STRETCH) % 24,
    share: (stretch[from] ?? 0) / total,
    low,
    lowest: (low + STRETCH) % 24,
  };
}

/**
 * What is told of what moved, the largest first: what the desk found, and what is new or gone altogether, which is no question
 * of chance, however unsteadily it came.
 */
export function toldOf<T extends Pick<InsightMover, 'found' | 'movement'>>(
  values: readonly T[],
): T[] {
  const size = ({ movement: { before, after } }: T) => Math.abs(after - before);
  return values
    .filter(({ found, movement }) => found || movement.before === 0 || movement.after === 0)
    .toSorted((a, b) => size(b) - size(a));
}

const weightOf = ({ n, weight = n }: Grouped) => weight;

/** The keys of an axis by how many requests they have, most first. */
export function weightsOf(groups: readonly Grouped[], axis: number): string[] {
  const weights = new Map<string, number>();
  for (const each of groups) {
    const key = each.keys[axis] ?? '';
    weights.set(key, (weights.get(key) ?? 0) + weightOf(each));
  }
  return [...weights].toSorted((a, b) => b[1] - a[1]).map(([key]) => key);
}

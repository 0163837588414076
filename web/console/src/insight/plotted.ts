/** From the desk's answers to what plots take. Pure. */
import { REST_KEY, TOTAL_KEY } from '../plots/colour';
import type { Estimate, Point, Range, Ranked, Series } from '../plots/data';
import type { Measured } from '../plots/figure';
import { startOf, type Unit } from '../plots/zone';
import type { Answer, Figure, Grouped } from './api';
import { bucketsOf } from './period';

export function measuredOf(unit: string): Measured {
  if (unit === 'share' || unit === 'seconds' || unit === 'score' || unit === 'count') return unit;
  return 'rate';
}

export function estimateOf({ value, low, high, n, small }: Figure): Estimate {
  return { value, low, high, n, small };
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
  const starts = bucketsOf(range, unit, zone);
  return starts.map((start, index) => {
    const found = byTime.get(start);
    const end = starts[index + 1] ?? range.until;
    const future = start > now;
    const nothing = measured === 'count' && !future ? 0 : null;
    return {
      at: start,
      ...(found ? estimateOf(found) : { value: nothing }),
      // Cut off by now, by the start or by the end of the period.
      partial: !future && (end > now || start < range.from),
    };
  });
}

/** An answer grouped by time alone: one line. */
export function lineOf(answer: Answer, label: string, timed: Timed): Series {
  return { key: TOTAL_KEY, label, points: pointsOf(answer.groups, 0, timed) };
}

/** The line of another period on the buckets of this one, first on first. */
export function overlaid(line: Series, onto: Series): Series {
  return {
    ...line,
    points: line.points.slice(0, onto.points.length).map((point, index) => ({
      ...point,
      partial: false,
      was: point.at,
      at: onto.points[index]?.at ?? point.at,
    })),
  };
}

/** An answer grouped by [time, dimension]: a line for each of the largest, the others left out or together. */
export function linesOf(
  answer: Answer,
  nameOf: (key: string) => string,
  timed: Timed,
  { most = 7, rest = '' }: { most?: number; rest?: string } = {},
): Series[] {
  const byKey = groupedBy(answer.groups, 1);
  const weight = (groups: readonly Grouped[]) => groups.reduce((sum, { n }) => sum + n, 0);
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
      // Of what nobody asked about, the count was zero and a share is not known.
      ...(before ? { before: was.get(each.keys[0]) ?? (before.unit === 'count' ? 0 : null) } : {}),
    }))
    .toSorted((a, b) => (b.value ?? -1) - (a.value ?? -1));
}

/** An answer grouped by the hours of the week: seven rows of 24, Monday first. */
export function weekOf(answer: Answer, measured: Measured): (Estimate | null)[][] {
  const byHour = new Map(answer.groups.map((each) => [Number(each.keys[0]), each]));
  return Array.from({ length: 7 }, (_, day) =>
    Array.from({ length: 24 }, (_, hour) => {
      const found = byHour.get(day * 24 + hour);
      if (found) return estimateOf(found);
      return measured === 'count' ? { value: 0 } : null;
    }),
  );
}

/**
 * The change between two figures with its 95 % interval: a difference for shares, else relative. From the intervals of both by
 * MOVER (Zou, Donner, "Construction of confidence limits about effect measures", Statistics in Medicine 2008; for shares with
 * Wilson's intervals this is Newcombe's method 10 of 1998), ratios on the logarithm. Counts without intervals are taken as Poisson.
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
  const poisson = measured === 'count' && now.low === undefined;
  const half = 1.959964 * Math.sqrt(1 / now.value + 1 / before.value);
  const spread = poisson ? ([half, half] as const) : mover(bounded(now), bounded(before), Math.log);
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
  /** The busiest three hours in a row over all days, and what part of everything they hold. */
  from: number;
  until: number;
  share: number;
  /** The quietest three hours in a row. */
  low: number;
  lowest: number;
}

const STRETCH = 3;

/** The peaks of counts in a week of hours; null where nothing was counted. */
export function peaksOf(cells: readonly (readonly (Estimate | null)[])[]): Peaks | null {
  const values = cells.map((row) => row.map((each) => each?.value ?? 0));
  const flat = values.flat();
  const total = flat.reduce((sum, each) => sum + each, 0);
  if (total === 0) return null;
  const best = flat.indexOf(Math.max(...flat));
  const hours = Array.from({ length: 24 }, (_, hour) =>
    values.reduce((sum, row) => sum + (row[hour] ?? 0), 0),
  );
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

/** What changed: a value of a dimension, how much of it there is, and how much it moved. */
export interface Movement {
  dimension: string;
  now: Grouped;
  before: number;
  change: Estimate | null;
}

/** Of so few requests in both periods together nothing is told. */
const FEWEST = 10;

/** The changes of counts that chance alone does not explain, the largest first, and how many values were looked at. */
export function movementsOf(asked: readonly { dimension: string; now: Answer; before: Answer }[]): {
  moved: Movement[];
  looked: number;
} {
  const all = asked.flatMap(({ dimension, now, before }) => {
    const was = new Map(before.groups.map((each) => [each.keys[0], each]));
    // What is gone altogether has no figure any more, and no requests to open.
    return now.groups
      .map((each) => ({ each, past: was.get(each.keys[0])?.value ?? 0 }))
      .filter(({ each, past }) => (each.value ?? 0) + past >= FEWEST)
      .map(({ each, past }): Movement => {
        const zero = { value: past, n: past, small: false };
        return {
          dimension,
          now: each,
          before: past,
          change: changeOf(each, zero, 'count') ?? null,
        };
      });
  });
  const size = ({ now, before }: Movement) => Math.abs((now.value ?? 0) - before);
  // What is new has no ratio: ten and more out of nothing are no chance.
  const sure = ({ change }: Movement) =>
    change === null || (change.low ?? -1) > 0 || (change.high ?? 1) < 0;
  return {
    moved: all.filter(sure).toSorted((a, b) => size(b) - size(a)),
    looked: all.length,
  };
}

/** The keys of an axis by how many requests they have, most first. */
export function weightsOf(groups: readonly Grouped[], axis: number): string[] {
  const weights = new Map<string, number>();
  for (const { keys, n } of groups) {
    const key = keys[axis] ?? '';
    weights.set(key, (weights.get(key) ?? 0) + n);
  }
  return [...weights].toSorted((a, b) => b[1] - a[1]).map(([key]) => key);
}

/** Axes of ratios: how many times as many as before, told as changes. Pure. */
import { logarithmic, type Scale } from './scale';

/** What changes are named at: a tenth, a quarter, half, as many, twice … as many. */
const NAMED = [0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 4, 10];
/** Of a change beyond these only the direction is drawn. */
const FURTHEST = [0.08, 12.5] as const;
/** At least from a third less to half as much again, so that a small change does not fill the plot. */
const LEAST = [0.66, 1.5] as const;

export interface RatioAxis {
  x: Scale;
  ticks: readonly number[];
}

/** An axis that holds 1 and all of `ratios` that are not beyond telling. */
export function ratioAxis(
  ratios: readonly number[],
  [left, right]: readonly [number, number],
): RatioAxis {
  const told = ratios.filter((each) => Number.isFinite(each) && each > 0);
  const low = Math.max(FURTHEST[0], Math.min(LEAST[0], ...told));
  const high = Math.min(FURTHEST[1], Math.max(LEAST[1], ...told));
  const x = logarithmic([low / 1.04, high * 1.04], [left, right]);
  const room = 60;
  const ticks: number[] = [1];
  // From the middle outwards, so that "as many" always has its tick.
  for (const tick of NAMED.toSorted((a, b) => Math.abs(Math.log(a)) - Math.abs(Math.log(b))))
    if (
      tick >= low / 1.04 &&
      tick <= high * 1.04 &&
      ticks.every((other) => Math.abs(x(other) - x(tick)) >= room)
    )
      ticks.push(tick);
  return { x, ticks: ticks.toSorted((a, b) => a - b) };
}

/** Ends of an interval as far as the axis goes, and whether they go on beyond it. */
export function ends(
  { x }: RatioAxis,
  low: number | null | undefined,
  high: number | null | undefined,
): { from: number; until: number; goesOn: readonly [boolean, boolean] } {
  const [least, most] = x.domain;
  const [from, until] = [low ?? 0, high ?? Infinity];
  return {
    from: x(Math.max(from, least)),
    until: x(Math.min(until, most)),
    goesOn: [from < least, until > most],
  };
}

/** Bins of equal width for ratios told as changes: round widths, and zero at an edge. */
export function changeBins(
  ratios: readonly number[],
  beside: readonly number[] = [],
): { from: number; until: number; count: number }[] {
  if (ratios.length === 0) return [];
  const changes = ratios.map((each) => each - 1);
  const all = [...changes, ...beside];
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const spread = Math.max(...changes) - Math.min(...changes);
  const width =
    [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1].find((each) => spread / each <= 16) ?? spread / 16;
  // Binary fractions: 0.3 / 0.1 is a little less than 3.
  const step = (value: number) => Math.floor(value / width + 1e-9);
  const [first, last] = [step(low), step(high)];
  const counts = new Map<number, number>();
  for (const each of changes) counts.set(step(each), (counts.get(step(each)) ?? 0) + 1);
  const edge = (at: number) => Math.round(at * width * 1e6) / 1e6;
  return Array.from({ length: last - first + 1 }, (_, at) => ({
    from: edge(first + at),
    until: edge(first + at + 1),
    count: counts.get(first + at) ?? 0,
  }));
}

/** Paths of lines, bands and steps for the `d` attribute. Pure. */
import type { Point } from './data';

type Position = (value: number) => number;

const at = (value: number) => String(Math.round(value * 10) / 10);

/** A line through the values that are there; a missing value breaks it. */
export function linePath(points: readonly Point[], x: Position, y: Position): string {
  let path = '';
  let pen = 'M';
  for (const point of points) {
    if (point.value === null) {
      pen = 'M';
      continue;
    }
    path += `${pen}${at(x(point.at))} ${at(y(point.value))}`;
    pen = 'L';
  }
  return path;
}

/** The points without those that are not whole. */
export function whole(points: readonly Point[]): Point[] {
  return points.map((point) => (point.partial ? { ...point, value: null } : point));
}

/** The runs of points that are not whole, each with the neighbour on either side that the line comes from or goes to. */
export function partialRuns(points: readonly Point[]): Point[][] {
  const found: Point[][] = [];
  points.forEach((point, index) => {
    if (!point.partial) return;
    const last = found.at(-1);
    if (last?.at(-1) === point) last.push(...points.slice(index + 1, index + 2));
    else found.push(points.slice(Math.max(0, index - 1), index + 2));
  });
  return found;
}

/** The area between low and high, in one piece for each run of points that have both. */
export function bandPath(points: readonly Point[], x: Position, y: Position): string {
  return runs(points, ({ low, high }) => isNumber(low) && isNumber(high))
    .filter((run) => run.length > 1)
    .map((run) => {
      const upper = run.map((point) => `${at(x(point.at))} ${at(y(point.high ?? 0))}`);
      const lower = run.map((point) => `${at(x(point.at))} ${at(y(point.low ?? 0))}`);
      return `M${upper.join('L')}L${lower.toReversed().join('L')}Z`;
    })
    .join('');
}

/** Points that stand alone between gaps: a line would not show them. */
export function lonely(points: readonly Point[]): Point[] {
  return runs(points, ({ value }) => value !== null)
    .filter((run) => run.length === 1)
    .flat();
}

function runs(points: readonly Point[], has: (point: Point) => boolean): Point[][] {
  const found: Point[][] = [];
  let run: Point[] = [];
  for (const point of points) {
    if (has(point)) run.push(point);
    else if (run.length > 0) {
      found.push(run);
      run = [];
    }
  }
  if (run.length > 0) found.push(run);
  return found;
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number';
}

/**
 * At most about four points for each pixel column, keeping the first, last, lowest and highest: what is drawn is the same.
 * M4: Jugel, Jerzak, Hackenbroich, Markl, "M4: A Visualization-Oriented Time Series Data Aggregation", VLDB 2014.
 */
export function thin(points: readonly Point[], x: Position, width: number): readonly Point[] {
  if (points.length <= width * 4) return points;
  const kept: Point[] = [];
  let column: Point[] = [];
  let pixel = NaN;
  const flush = () => {
    const known = column.filter(({ value }) => value !== null);
    const by = (a: Point, b: Point) => (a.value ?? 0) - (b.value ?? 0);
    const ordered = known.toSorted(by);
    const wanted = new Set([column[0], column.at(-1), ordered[0], ordered.at(-1)]);
    kept.push(...column.filter((point) => wanted.has(point)));
    column = [];
  };
  for (const point of points) {
    const here = Math.floor(x(point.at));
    if (here !== pixel) flush();
    pixel = here;
    column.push(point);
  }
  flush();
  return kept;
}

export interface StepPoint {
  /** Seconds since the start. */
  t: number;
  value: number;
  low?: number | null;
  high?: number | null;
}

/** A curve that keeps its value until the next step; `end` is where it stops. */
export function stepPath(
  points: readonly StepPoint[],
  end: number,
  x: Position,
  y: Position,
): string {
  let path = '';
  for (const point of points) {
    const here = `${at(x(point.t))} ${at(y(point.value))}`;
    path += path === '' ? `M${here}` : `H${at(x(point.t))}V${at(y(point.value))}`;
  }
  return path === '' ? '' : `${path}H${at(x(end))}`;
}

/** The band of a step curve. */
export function stepBand(
  points: readonly StepPoint[],
  end: number,
  x: Position,
  y: Position,
): string {
  const known = points.filter(({ low, high }) => isNumber(low) && isNumber(high));
  if (known.length === 0) return '';
  const upper = stepPath(
    known.map(({ t, high }) => ({ t, value: high ?? 0 })),
    end,
    x,
    y,
  );
  let lower = '';
  let until = end;
  for (const point of known.toReversed()) {
    lower += `L${at(x(until))} ${at(y(point.low ?? 0))}L${at(x(point.t))} ${at(y(point.low ?? 0))}`;
    until = point.t;
  }
  return `${upper}${lower}Z`;
}

/** Index of the instant nearest to `wanted` in an ascending list; −1 when it is empty. */
export function nearest(instants: readonly number[], wanted: number): number {
  let low = 0;
  let high = instants.length - 1;
  if (high < 0) return -1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((instants[middle] ?? 0) <= wanted) low = middle;
    else high = middle;
  }
  return wanted - (instants[low] ?? 0) <= (instants[high] ?? 0) - wanted ? low : high;
}

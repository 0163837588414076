/** From values to pixels, and the round numbers that stand beside an axis. Pure. */

export interface Scale {
  (value: number): number;
  /** The value at a pixel. */
  invert: (pixel: number) => number;
  domain: readonly [number, number];
  range: readonly [number, number];
}

/** A straight line through two points; a domain without extent lands in the middle of the range. */
export function linear(domain: readonly [number, number], range: readonly [number, number]): Scale {
  const [low, high] = domain;
  const [start, end] = range;
  const extent = high - low;
  const scale = (value: number) =>
    extent === 0 ? (start + end) / 2 : start + ((value - low) / extent) * (end - start);
  const invert = (pixel: number) =>
    start === end ? low : low + ((pixel - start) / (end - start)) * extent;
  return Object.assign(scale, { invert, domain, range });
}

/** As `linear`, over the logarithm; for lengths of time from seconds to weeks. The domain must be above zero. */
export function logarithmic(
  domain: readonly [number, number],
  range: readonly [number, number],
): Scale {
  const floor = Math.max(domain[0], Number.MIN_VALUE);
  const inner = linear([Math.log(floor), Math.log(Math.max(domain[1], floor))], range);
  const scale = (value: number) => inner(Math.log(Math.max(value, floor)));
  const invert = (pixel: number) => Math.exp(inner.invert(pixel));
  return Object.assign(scale, { invert, domain, range });
}

export interface Band {
  (index: number): number;
  width: number;
  step: number;
}

/** `count` equal places in a range, `gap` of each step left empty. */
export function band(count: number, range: readonly [number, number], gap = 0.2): Band {
  const step = count === 0 ? 0 : (range[1] - range[0]) / count;
  const width = step * (1 - gap);
  const scale = (index: number) => range[0] + index * step + (step - width) / 2;
  return Object.assign(scale, { width, step });
}

/** The largest of 1, 2, 5 × 10ⁿ that is not above what `count` steps over `extent` would need, rounded to the nearest. */
export function niceStep(extent: number, count: number): number {
  const raw = extent / Math.max(1, count);
  if (!(raw > 0) || !Number.isFinite(raw)) return 1;
  const power = 10 ** Math.floor(Math.log10(raw));
  const part = raw / power;
  // Heckbert, "Nice numbers for graph labels", Graphics Gems (1990): 1, 2, 5, 10 at the geometric middles.
  const nice = part >= Math.sqrt(50) ? 10 : part >= Math.sqrt(10) ? 5 : part >= Math.SQRT2 ? 2 : 1;
  return nice * power;
}

export interface Axis {
  low: number;
  high: number;
  ticks: readonly number[];
}

/**
 * An axis from zero (or from the lowest value below it) to a round number at or above `highest`, with about `count` ticks.
 * `whole`: the values are counts, so no tick falls between two of them.
 */
export function niceAxis(lowest: number, highest: number, count: number, whole = false): Axis {
  const bottom = Math.min(0, finite(lowest));
  const top = Math.max(bottom === 0 ? 0 : bottom, finite(highest), 0);
  // Below the smallest normal number there are no round ones.
  if (top - bottom < 1e-300) return { low: 0, high: 1, ticks: [0, 1] };
  return stepped(bottom, top, niceStep(top - bottom, count), whole);
}

function stepped(bottom: number, top: number, wanted: number, whole: boolean): Axis {
  const step = whole ? Math.max(1, wanted) : wanted;
  const first = Math.floor(round(bottom / step));
  const last = Math.ceil(round(top / step));
  const ticks = Array.from({ length: last - first + 1 }, (_, index) =>
    tidy((first + index) * step),
  );
  return { low: ticks[0] ?? 0, high: ticks.at(-1) ?? 1, ticks };
}

/** Steps that people count time in: seconds, minutes, hours, days, weeks. */
const SPANS = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400,
  172_800, 259_200, 345_600, 604_800, 1_209_600, 2_592_000,
];

/** The smallest step that people count time in, so many seconds long or longer. */
export function spanStep(least: number): number {
  return SPANS.find((span) => span >= least) ?? Math.ceil(least / 2_592_000) * 2_592_000;
}

/** As `niceAxis` for lengths of time in seconds: steps of 15 minutes or 6 hours instead of 1,000 s. */
export function spanAxis(highest: number, count: number): Axis {
  const top = Math.max(0, finite(highest));
  if (top === 0) return { low: 0, high: 1, ticks: [0, 1] };
  const raw = top / Math.max(1, count);
  // No step below half of the unit that the highest value is said in: 12 h, 1 d, 1.5 d, but not 1.25 d.
  const unit = [86_400, 3_600, 60, 1].find((length) => top >= 1.5 * length) ?? 1;
  const finest = top < 1.5 ? 0 : unit / 2;
  const step =
    SPANS.find((span) => span >= raw * 0.85 && span >= finest) ??
    niceStep(top / 86_400, count) * 86_400;
  return stepped(0, top, step, false);
}

/** Ticks of a logarithmic axis of time: the named lengths between the ends, at most `count`. */
export function spanTicks(low: number, high: number, count: number): number[] {
  const inside = [1, 10, 60, 600, 3_600, 21_600, 86_400, 604_800, 2_592_000].filter(
    (span) => span >= low && span <= high,
  );
  const every = Math.max(1, Math.ceil(inside.length / Math.max(1, count)));
  return inside.filter((_, index) => index % every === 0);
}

function finite(value: number): number {
  return Number.isFinite(value) ? value : 0;
}

/** Takes away what binary fractions add: 0.30000000000000004 is 0.3. */
function tidy(value: number): number {
  return Number(value.toPrecision(12));
}

function round(value: number): number {
  return Number(value.toPrecision(10));
}

/** The least and greatest of the numbers that are there; zero when there are none. */
export function extent(values: Iterable<number | null | undefined>): [number, number] {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    if (value === null || value === undefined || !Number.isFinite(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low > high ? [0, 0] : [low, high];
}

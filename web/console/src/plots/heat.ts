/** Classes of a heat map: seven steps of one hue with round limits. Pure. */
import type { Estimate } from './data';
import type { Measured } from './figure';
import { niceStep, spanStep } from './scale';

export const CLASSES = 7;

/**
 * The values that a scale is made of. Those of small samples are among them only where all others are nought: one request of a
 * handful of users is no reason to show all else pale.
 */
export function reliable(cells: readonly (Estimate | null)[]): number[] {
  const known = cells.filter((each) => each !== null && each.value !== null);
  const sure = known.filter((each) => !each?.small);
  const scaled = sure.some((each) => each?.value) ? sure : known;
  return scaled.map((each) => each?.value ?? 0);
}

/** The highest value of maps that are read side by side; each by row, then by column. */
export function highestOf(maps: readonly (readonly (readonly (Estimate | null)[])[])[]): number {
  return Math.max(0, ...maps.flatMap((cells) => reliable(cells.flat())));
}

/** The upper limits of the classes but the last, ascending; fewer when the values are few. */
export function limits(values: readonly number[], measured: Measured): number[] {
  const highest = Math.max(0, ...values.filter(Number.isFinite));
  if (highest === 0) return [];
  const step = stepOf(highest, measured);
  const found: number[] = [];
  for (let at = 1; at < CLASSES && step * at < highest; at += 1)
    found.push(Number((step * at).toPrecision(12)));
  return found;
}

/** Rounded up, so that the seven classes reach the highest value. */
function stepOf(highest: number, measured: Measured): number {
  // A quarter of an hour is round, a thousand seconds are not.
  if (measured === 'seconds' && highest >= CLASSES) return spanStep(highest / CLASSES);
  let step = niceStep(highest, CLASSES);
  while (step * CLASSES < highest) step = niceStep(step * 2.3 * CLASSES, CLASSES);
  return measured === 'count' ? Math.max(1, Math.round(step)) : step;
}

/** 1 to 7; 0 for nothing at all. */
export function classOf(value: number | null, bounds: readonly number[]): number {
  if (value === null || value <= 0) return 0;
  const at = bounds.findIndex((limit) => value <= limit);
  return spreadClass(at < 0 ? bounds.length : at, bounds.length + 1);
}

/** With fewer than seven classes the colours are still spread from light to dark. */
export function spreadClass(at: number, count: number): number {
  return count <= 1 ? 4 : 1 + Math.round((at * (CLASSES - 1)) / (count - 1));
}

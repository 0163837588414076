/** What customers said, from the desk's answers to what plots take. Pure. */
import type { Curve, Step } from '../plots/Survival.svelte';
import type { InsightCurve } from '@standfast/api';
import type { Answer, Figure } from './api';

/** What those who were asked said, and between which bounds the truth lies if silence hides either. */
export interface Silence {
  asked: number;
  satisfied: number;
  dissatisfied: number;
  silent: number;
  /** The share of satisfied ones if everybody who kept silent is not (Manski 1989) … */
  low: number;
  /** … and if everybody is. */
  high: number;
}

/** From the total of `response_rate` and that of `satisfied`; null while nobody was asked. */
export function silenceOf(responses: Figure, satisfied: Figure): Silence | null {
  const asked = responses.denominator ?? 0;
  if (asked === 0) return null;
  // Two questions, a moment apart: what came between them is left to the next one.
  const rated = Math.min(satisfied.denominator ?? 0, asked);
  const good = Math.min(satisfied.numerator ?? 0, rated);
  const silent = asked - rated;
  return {
    asked,
    satisfied: good,
    dissatisfied: rated - good,
    silent,
    low: good / asked,
    high: (good + silent) / asked,
  };
}

/** Who came back within a window, who did not, and of whom it cannot be known yet. */
export interface Returned {
  back: number;
  away: number;
  young: number;
}

export function returnedOf({ total, left_out }: Answer): Returned {
  const back = total.numerator ?? 0;
  return { back, away: (total.denominator ?? 0) - back, young: left_out };
}

/** Waits that nine of ten have behind them fill most of the plot; the long tail would squeeze them to nothing. */
const TAIL = 0.03;

/** How far along curves are drawn: until few still wait in all of them, or as far as anybody was seen. */
export function horizonOf(curves: readonly InsightCurve[]): number {
  const ends = curves.map(({ seen, steps }) => {
    const few = steps.find(({ waiting }) => waiting <= TAIL)?.seconds;
    return few === undefined ? seen : Math.min(seen, few * 1.1);
  });
  return Math.max(1, ...ends);
}

/** A curve as the plot takes it, drawn until `end`. */
export function curveOf(curve: InsightCurve, key: string, label: string, end: number): Curve {
  const last = Math.min(curve.seen, end);
  const steps: Step[] = curve.steps
    .filter(({ seconds }) => seconds <= last)
    .map(({ seconds, waiting, low, high, at_risk }) => ({
      t: seconds,
      value: waiting,
      low,
      high,
      at_risk,
    }));
  const start: Step = { t: 0, value: 1, low: 1, high: 1, at_risk: curve.n };
  // Somebody who was answered in the same second has no time before it.
  return { key, label, steps: [start, ...steps], end: last, n: curve.n };
}

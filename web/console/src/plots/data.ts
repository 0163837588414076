/** What plots are given. Instants are milliseconds since 1970; a value that is not known is null, never zero. */
import type { Component } from 'svelte';
import type { Measured } from './figure';

/** A figure with what is known of its certainty. `low` and `high` bound its 95 % interval; `small`: too few cases to rely on. */
export interface Estimate {
  value: number | null;
  low?: number | null;
  high?: number | null;
  /** How many cases it stands on. */
  n?: number | null;
  small?: boolean;
}

/** How far a figure moved. */
export interface Shift extends Estimate {
  /** Of one among several: the test that it moved at all, corrected for all that were looked at. */
  q?: number | null;
}

/** What is called found among several: one in twenty of it is not. */
const FOUND = 0.05;

/** Whether the interval of a change leaves out zero; null where there is no interval. */
function leavesOutZero(change: Estimate | undefined): boolean | null {
  return typeof change?.low === 'number' && typeof change.high === 'number'
    ? change.low > 0 || change.high < 0
    : null;
}

/** Whether something moved: by the interval, of one among several by the corrected test; null where there is no interval. */
export function isCertain(change: Shift | undefined): boolean | null {
  const alone = leavesOutZero(change);
  return alone !== null && typeof change?.q === 'number' ? change.q <= FOUND : alone;
}

/** What was not there before, or is not there any more: of that there is no change, and no question of chance. */
export function arrival(before: number, now: number): 'new' | 'gone' | null {
  if (before === 0) return now > 0 ? 'new' : null;
  return now === 0 ? 'gone' : null;
}

/** By itself it would be a change; among so many it may be chance. */
export function isOneOfMany(change: Shift | undefined): boolean {
  return leavesOutZero(change) === true && isCertain(change) === false;
}

/** What stands in place of the size of a change, which by itself says that it is proven. */
export type Standing = 'new' | 'gone' | 'unclear' | 'one_of_many' | 'cannot_tell';

/** How a change stands; null for a proven one, and where there is none. Plots and their tables both go by it. */
export function standingOf(
  { value, before, change }: Pick<Ranked, 'value' | 'before' | 'change'>,
  measured: Measured,
): Standing | null {
  const isKnown = typeof value === 'number' && typeof before === 'number';
  // A rate of nought is one; a count of nought is nothing.
  const arrived = isKnown && measured === 'count' ? arrival(before, value) : null;
  if (arrived) return arrived;
  if (isOneOfMany(change)) return 'one_of_many';
  const certain = isCertain(change);
  if (certain !== null) return certain ? null : 'unclear';
  return isKnown && (measured === 'share' || before !== 0) ? 'cannot_tell' : null;
}

/** Only what is certain is good or bad. */
export function toneOf(
  change: Shift | undefined,
  better: 'higher' | 'lower' | undefined,
): 'good' | 'bad' | '' {
  if (!better || !change?.value || isCertain(change) !== true) return '';
  return change.value > 0 === (better === 'higher') ? 'good' : 'bad';
}

export interface Point extends Estimate {
  /** The start of the bucket. */
  at: number;
  /** Not the whole bucket is counted: it is not over yet, or reaches out of the period. */
  partial?: boolean;
  /** From when on and up to when it is counted, where that is not its own beginning and end. */
  since?: number;
  until?: number;
  /** Of a comparison: the instant it really belongs to; `at` is where it is drawn. */
  was?: number;
  /** Of a comparison: it is counted up to the same point as the bucket on which it is drawn. */
  alike?: boolean;
}

export interface Series {
  /** Decides the colour; `REST_KEY` for all others together. */
  key: string;
  label: string;
  points: readonly Point[];
}

/** Something that happened: a release, an incident, a market move. */
export interface Mark {
  key: string;
  at: number;
  /** For what lasted. */
  until?: number;
  label: string;
  /** What kind of thing it is, in words. */
  kind?: string;
  /** The same as a picture, of the size that it is given. */
  icon?: Component<{ x?: number; y?: number; size?: number | string }>;
  /** What the plot is about. */
  own?: boolean;
}

export interface Range {
  from: number;
  until: number;
}

/** One line of a ranking. */
export interface Ranked extends Estimate {
  key: string;
  label: string;
  /** The same figure in the period compared with. */
  before?: number | null;
  /** How far it moved since then, with its interval: relative, or in parts of one for shares. */
  change?: Shift;
}

/** A cell that is shown otherwise than it is copied. */
export interface Shown {
  value: number | string | null;
  text: string;
}
export type Cell = string | number | null | Shown;

export interface Column {
  label: string;
  numeric?: boolean;
}

/** Every plot as a table: for the eye, for screen readers, and for copying. */
export interface Table {
  columns: readonly Column[];
  rows: readonly (readonly Cell[])[];
}

export type State =
  { kind: 'ready' } | { kind: 'loading' } | { kind: 'error'; text: string; retry?: () => void };

/** What a figure is, in words. */
export interface Definition {
  name: string;
  formula: string;
  unit: string;
  /** What is not counted, and why. */
  excludes: string;
}

/** What all plots take besides their data. */
export interface PlotProps {
  /** The finding or the question. */
  title: string;
  /** What was counted, where and when: in small print under the title. */
  subtitle?: string;
  /** Under the plot: what is left out, since when, how sure. */
  note?: string;
  /** What the value axis shows, with its unit: "Requests per day". */
  axis: string;
  measured: Measured;
  state?: State;
  /** Says why there is nothing; a general sentence when absent. */
  empty?: string;
  /** The definition of what is measured, shown on demand. */
  about?: Definition | undefined;
  /** Level of the title's heading. */
  level?: 2 | 3 | 4;
  /** Height of the drawing in pixels. */
  height?: number;
}

/** The cells of an estimate: value, low, high, and n unless the value is itself the number of cases. */
export function estimateCells(
  each: Estimate,
  measured: Measured,
  say: (value: number) => string,
): Cell[] {
  const shown = (value: number | null | undefined): Cell =>
    value === null || value === undefined ? null : { value, text: say(value) };
  return [
    shown(each.value),
    shown(each.low),
    shown(each.high),
    measured === 'count' ? null : (each.n ?? null),
  ];
}

/** Leaves out the columns that have nothing in any row, the first two excepted. */
export function withoutEmpty({ columns, rows }: Table): Table {
  const kept = columns.map(
    (_, index) => index < 2 || rows.some((row) => row[index] !== null && row[index] !== ''),
  );
  const only = <T>(row: readonly T[]) => row.filter((_, index) => kept[index]);
  return { columns: only(columns), rows: rows.map(only) };
}

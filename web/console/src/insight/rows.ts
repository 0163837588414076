/**
 * Whose requests lie open beside a page, and how an address says it. Pure: `printRows` and `readRows` are each other's inverse. A
 * list of other requests than those that were asked for would be taken for them: what cannot be read as a whole opens none.
 */
import type { Range } from '../plots/data';
import { CYCLES, type Catalogue, type Part } from './api';
import { parseFilter, printFilter, type Filter } from './filter';

/** A group of the answer: what is grouped by, and the desk's name for the group. */
export interface Place {
  group: string;
  code: string;
}

export interface Rows {
  /** The figure's measure. */
  measure: string;
  /** Where the figure stands in the answer; none: it is the total. */
  cell: readonly Place[];
  part: Part;
  /** The range of the question, in whole seconds; null: that of the view. */
  span: Range | null;
  /** Of `repeat_contact`; null: the usual. */
  days: number | null;
  /** In place of the view's filter by the same dimension. */
  only: Filter | null;
}

/** The names of its parts in an address, the first of which opens it. */
export const ROWS_NAMES = ['rows', 'cell', 'part', 'span', 'days', 'only'] as const;

/** Two groupings make a plot. */
const MOST_PLACES = 2;
const PARTS: readonly Part[] = ['all', 'met', 'unmet'];
const STEPS: ReadonlySet<string> = new Set(['hour', 'day', 'week', 'month']);
const CODE = /^[\w.:-]{1,64}$/;
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/;

export function printRows(
  { measure, cell, part, span, days, only }: Rows,
  wanted: URLSearchParams,
): void {
  wanted.set('rows', measure);
  for (const { group, code } of cell)
    wanted.append('cell', printFilter({ dimension: group, values: [code] }));
  if (part !== 'all') wanted.set('part', part);
  if (span) wanted.set('span', `${second(span.from)}..${second(span.until)}`);
  if (days !== null) wanted.set('days', String(days));
  if (only) wanted.set('only', printFilter(only));
}

export function readRows(wanted: URLSearchParams): Rows | null {
  const measure = wanted.get('rows') ?? '';
  const names = [...wanted].filter(([, text]) => text !== '');
  const isWhole = names.every(([name, text]) => canRead(name, text));
  if (!CODE.test(measure) || !isWhole || wanted.getAll('cell').length > MOST_PLACES) return null;
  const [span, days, only] = ['span', 'days', 'only'].map((name) => wanted.get(name) ?? '');
  return {
    measure,
    cell: wanted.getAll('cell').flatMap((text) => readPlace(text) ?? []),
    part: PARTS.find((part) => part === wanted.get('part')) ?? 'all',
    span: readSpan(span ?? ''),
    days: days ? Number(days) : null,
    only: only ? parseFilter(only) : null,
  };
}

/** Whether a part of an address can be read, as far as it is one of these. */
function canRead(name: string, text: string): boolean {
  if (name === 'cell') return readPlace(text) !== null;
  if (name === 'part') return PARTS.some((part) => part === text);
  if (name === 'span') return readSpan(text) !== null;
  if (name === 'days') return /^[1-9]\d{0,2}$/.test(text);
  return name !== 'only' || parseFilter(text) !== null;
}

/** The same, of an address that opens rows, for a desk that has these measures and dimensions. */
export function isKnown(
  name: (typeof ROWS_NAMES)[number],
  text: string,
  { measures, dimensions }: Pick<Catalogue, 'measures' | 'dimensions'>,
): boolean {
  if (!canRead(name, text)) return false;
  const has = (dimension: string) => dimensions.some(({ code }) => code === dimension);
  if (name === 'rows') return measures.some(({ code }) => code === text);
  if (name === 'only') return has(parseFilter(text)?.dimension ?? '');
  if (name !== 'cell') return true;
  const group = readPlace(text)?.group ?? '';
  return has(group) || STEPS.has(group) || CYCLES.some((cycle) => cycle === group);
}

/** Rows that the desk can be asked for; null where there are none. */
export function rowsFor(rows: Rows | null, catalogue: Catalogue): Rows | null {
  if (!rows) return null;
  const wanted = new URLSearchParams();
  printRows(rows, wanted);
  return ROWS_NAMES.every((name) =>
    wanted.getAll(name).every((text) => isKnown(name, text, catalogue)),
  )
    ? rows
    : null;
}

function readPlace(text: string): Place | null {
  const filter = parseFilter(text);
  const [code, ...more] = filter?.values ?? [];
  return filter && code !== undefined && more.length === 0
    ? { group: filter.dimension, code }
    : null;
}

function readSpan(text: string): Range | null {
  const [from = '', until = '', ...more] = text.split('..');
  if (!INSTANT.test(from) || !INSTANT.test(until) || more.length > 0) return null;
  const span = { from: Date.parse(from), until: Date.parse(until) };
  // A 31 November is read by some as 1 December.
  const isTrue = second(span.from) === from && second(span.until) === until;
  return isTrue && span.from < span.until ? span : null;
}

function second(at: number): string {
  return Number.isFinite(at) ? new Date(at).toISOString().replace(/\.\d+Z$/, 'Z') : '';
}

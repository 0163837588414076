import type { Measured } from '../plots/figure';
import type { Range } from '../plots/data';
import { together } from '../plots/remark';
import { language, t } from '../words.svelte';
import {
  CYCLES,
  isCycle,
  type Answer,
  type Figure,
  type Group,
  type Grouped,
  type Part,
  type Query,
} from './api';
import { cycleName } from './cycle';
import type { Filter } from './filter';
import { turnoverOf } from './flow';
import { hasBehind } from './parts';
import { measuredOf, shownAs } from './plotted';
import type { Place, Rows } from './rows';
import type { Scope } from './scope.svelte';
import { printView, UNITS, withFilter } from './view';

/** Where a figure comes from: the question, and its group of the answer. Without a group it is the total. */
export interface Origin {
  measure: string;
  group: readonly Group[];
  found: Figure & Partial<Pick<Grouped, 'cell'>>;
  /** The range of the question, where it is not that of the view. */
  range?: Range;
  /** Of `repeat_contact`. */
  days?: number;
  /** In place of the view's filter by the same dimension. */
  only?: Filter;
  /** Which of its requests, where the figure that was chosen counts only these: of what flows one of the two sides. */
  part?: Part | undefined;
}

/** The figure that was opened last: what the page showed, so that its rows are as many. */
let last: { address: string; figure: Figure } | null = null;

/** The page with the rows open, whichever part of them is shown. */
function addressOf(scope: Scope, rows: Rows): string {
  return printView({ ...scope.view, rows: { ...rows, part: 'all' } });
}

/** Opens the requests behind a figure; of a figure of no request there are none. */
export function openBehind(scope: Scope, origin: Origin): void {
  const { measure, group, found, range = null, days = null, only = null } = origin;
  if (!hasBehind(found, origin.part)) return;
  // Where nothing came, it is opened for what ended.
  const part = origin.part ?? (found.flow?.opened === 0 ? 'met' : 'all');
  const cell = (found.cell ?? []).flatMap((code, axis): Place[] => {
    const by = group[axis];
    return by === undefined ? [] : [{ group: typeof by === 'string' ? by : by.time, code }];
  });
  const rows: Rows = { measure, cell, part, span: range, days, only };
  last = { address: addressOf(scope, rows), figure: found };
  scope.open(rows);
}

/** The figure as the page showed it; null where the rows were reached by their address. */
export function shownFigure(scope: Scope, rows: Rows): Figure | null {
  return last?.address === addressOf(scope, rows) ? last.figure : null;
}

/** The question whose answer has the figure. */
export function questionOf(scope: Scope, { measure, cell, span, days, only }: Rows): Query {
  const group = cell.map(({ group: by }): Group => {
    const unit = UNITS.find((each) => each === by);
    return unit ? { time: unit } : by;
  });
  const asked = scope.query(measure, group, span ?? scope.range);
  return {
    ...asked,
    ...(only ? { filters: scope.filtersWith(only) } : {}),
    ...(days === null ? {} : { days }),
  };
}

/** The figure in an answer; null where the answer has none there. */
export function figureIn({ groups, total }: Answer, { cell }: Rows): Figure | null {
  if (cell.length === 0) return total;
  return groups.find((each) => cell.every(({ code }, axis) => each.cell[axis] === code)) ?? null;
}

/** What the figure is of, in words: "Requests · Theft · 2026-11-21". */
export function titleOf(scope: Scope, { measure, cell, span, days, only }: Rows): string {
  return together(
    scope.measure(measure)?.name ?? measure,
    ...(only?.values.map(scope.nameOf(only.dimension)) ?? []),
    ...cell.map((place) => placeName(scope, place)),
    days === null ? '' : t('satisfaction.within', { days }),
    span ? scope.said(span) : '',
  );
}

function placeName(scope: Scope, { group, code }: Place): string {
  if (scope.hasDimension(group)) return scope.nameOf(group)(code);
  if (CYCLES.some((cycle) => cycle === group)) return cycleName(group, code);
  // "2026-11-21T13:00+08:00": whose clocks these are says the page.
  return code.slice(0, 16).replace('T', ' ');
}

/** How the figure is written. */
export function measuredAs(scope: Scope, { measure, cell }: Rows): Measured {
  const known = scope.measure(measure);
  const isLevel = known?.time === 'instant' && cell.some(({ group }) => isCycle(group));
  return shownAs(isLevel ? 'level' : measuredOf(known?.unit ?? 'count'));
}

/** Makes the values of the cell the filter of the page; null where they are none of a dimension. */
export function narrowed(scope: Scope, rows: Rows): { label: string; run: () => void } | null {
  const values = rows.cell.filter(({ group }) => scope.hasDimension(group));
  if (values.length === 0) return null;
  return {
    label: values.map((place) => placeName(scope, place)).join(' · '),
    run: () =>
      // In place of the rows: Back leads to the page before them.
      scope.set(
        values.reduce((view, { group, code }) => withFilter(view, group, [code]), scope.view),
        { replace: true },
      ),
  };
}

/** Writes an instant by the clocks of the question. */
export function clockOf({ zone }: Query): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat(language(), {
    timeZone: zone,
    dateStyle: 'medium',
    timeStyle: 'short',
  });
}

/** The group of an answer that stands at a start of a bucket, and at a key of its second grouping. */
export function groupAt(
  groups: readonly Grouped[],
  scope: Scope,
  at: number,
  key: string | null = null,
): (Figure & Pick<Grouped, 'cell'>) | null {
  const starts = groups.filter((each) => scope.bucketOf(Date.parse(each.keys[0] ?? '')) === at);
  if (key !== null) return starts.find((each) => each.keys[1] === key) ?? null;
  const [first] = starts;
  if (!first) return null;
  if (first.keys.length === 1) return first;
  // The whole bucket, whatever it was split by: every request has one value of a dimension.
  const n = starts.reduce((sum, each) => sum + each.n, 0);
  const cell = first.cell.slice(0, 1);
  const flow = turnoverOf(starts);
  return { n, value: null, small: false, cell, asOf: first.asOf, ...(flow ? { flow } : {}) };
}

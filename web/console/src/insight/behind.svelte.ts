import type { Measured } from '../plots/figure';
import type { Range } from '../plots/data';
import { together } from '../plots/remark';
import { isoDate } from '../plots/zone';
import { isCycle, type Figure, type Group, type Grouped, type Query } from './api';
import { measuredOf, shownAs } from './plotted';
import type { Scope } from './scope.svelte';
import { withFilter } from './view';

/** A figure whose requests are looked at. */
export interface Wanted {
  title: string;
  query: Query;
  /** The cell of the answer; none: the total. */
  cell: readonly string[];
  figure: Figure;
  measured: Measured;
  /** Makes the values of the cell the filter of the page. */
  narrow: { label: string; run: () => void } | null;
}

class Behind {
  wanted = $state.raw<Wanted | null>(null);

  open(wanted: Wanted): void {
    this.wanted = wanted;
  }

  close(): void {
    this.wanted = null;
  }
}

export const behind = new Behind();

/** Where a figure comes from: the question, and its group of the answer. Without a group it is the total. */
export interface Origin {
  measure: string;
  group: readonly Group[];
  found: Figure & Partial<Pick<Grouped, 'cell'>>;
  /** The range of the question, where it is not that of the view. */
  range?: Range;
  /** What the cell is called beside the names of its values: "Tue 21:00". */
  words?: string;
  /** Of `repeat_contact`. */
  days?: number;
  /** The question, where it is not the page's own. */
  query?: Query;
}

/** Opens the requests behind a figure; of a figure of no request there are none. */
export function openBehind(
  scope: Scope,
  { measure, group, found, range, words = '', days, query }: Origin,
): void {
  if (found.n === 0 && (found.flow?.closed ?? 0) === 0) return;
  const cell = found.cell ?? [];
  const known = scope.measure(measure);
  const values = cell.flatMap((code, axis) => {
    const dimension = group[axis];
    return typeof dimension === 'string' && scope.hasDimension(dimension)
      ? [{ dimension, code, name: scope.nameOf(dimension)(code) }]
      : [];
  });
  behind.open({
    title: together(known?.name ?? measure, ...values.map(({ name }) => name), words),
    query: {
      ...(query ?? scope.query(measure, cell.length > 0 ? group : [], range)),
      ...(days === undefined ? {} : { days }),
      // What came since the answer was given is not behind it.
      asOf: found.asOf,
    },
    cell,
    figure: found,
    measured: shownAs(
      cell.length > 0 && group.some(isCycle) && known?.time === 'instant'
        ? 'level'
        : measuredOf(known?.unit ?? 'count'),
    ),
    narrow:
      values.length === 0
        ? null
        : {
            label: values.map(({ name }) => name).join(' · '),
            run: () =>
              scope.set(
                values.reduce(
                  (view, { dimension, code }) => withFilter(view, dimension, [code]),
                  scope.view,
                ),
              ),
          },
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
  return { n, value: null, small: false, cell: first.cell.slice(0, 1), asOf: first.asOf };
}

/** "2026-11-21", with the hour where buckets are hours. */
export function bucketWords(scope: Scope, at: number): string {
  const date = isoDate(at, scope.zone);
  if (scope.unit !== 'hour') return date;
  const hour = new Intl.DateTimeFormat('en-GB', { timeZone: scope.zone, timeStyle: 'short' });
  return `${date} ${hour.format(at)}`;
}

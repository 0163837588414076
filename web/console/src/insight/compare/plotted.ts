/** From the desk's comparisons to what plots take. Pure. */
import type { Change, Effect } from '@standfast/api';
import { endOf } from '../../drivers/when';
import { arrival, type Series } from '../../plots/data';
import { readDate } from '../../plots/zone';
import { plusDays } from '../study';

export const OBSERVED = 'observed';
export const EXPECTED = 'expected';

/** Two lines: what was counted, and what was to be expected with the band of its days. Of contact rates, per 1,000 users. */
export function courseOf(
  { series, measure }: Pick<Effect, 'series' | 'measure'>,
  zone: string,
  names: { observed: string; expected: string },
): Series[] {
  const rate = measure === 'contact_rate';
  const lines = series.flatMap((day) => {
    const at = readDate(day.day, zone);
    if (at === null) return [];
    const per = (count: number | null | undefined) => {
      if (typeof count !== 'number') return null;
      if (!rate) return count;
      return day.users ? (count / day.users) * 1_000 : null;
    };
    return [
      {
        observed: { at, value: per(day.observed) },
        expected: { at, value: per(day.expected), low: per(day.low), high: per(day.high) },
      },
    ];
  });
  return [
    { key: EXPECTED, label: names.expected, points: lines.map(({ expected }) => expected) },
    { key: OBSERVED, label: names.observed, points: lines.map(({ observed }) => observed) },
  ];
}

type Counted = Pick<Effect, 'series' | 'measure'>;

/** Days to come are in no comparison, nor are those whose users a rate would have to know. */
function countedOf({ series, measure }: Counted): Effect['series'] {
  return series.filter(
    ({ observed, users }) =>
      typeof observed === 'number' && (measure !== 'contact_rate' || Boolean(users)),
  );
}

/** The last day that is counted. */
export function lastCounted(found: Counted): string | undefined {
  return countedOf(found).at(-1)?.day;
}

/** What else happened on the days that are counted, and whatever is accounted for, so that it can be taken off. */
export function othersOf(found: Counted & Pick<Effect, 'events'>, zone: string): Effect['events'] {
  const counted = countedOf(found);
  const [first, last] = [counted[0]?.day ?? '', counted.at(-1)?.day ?? ''];
  const [from, until] = [readDate(first, zone), readDate(last && plusDays(last, 1), zone)];
  return found.events.filter(({ event, is_change, is_accounted }) => {
    if (is_change || is_accounted) return !is_change;
    if (from === null || until === null) return false;
    const [starts, ends] = [Date.parse(event.starts_at), endOf(event, until)];
    // What has no length is a moment; an end is the first moment without it.
    return starts < until && (ends > starts ? ends > from : starts >= from);
  });
}

export type Segment = Change['segments'][number];

/** How many requests more or fewer a segment has. */
export function difference({ before, after }: Segment): number {
  return after - before;
}

/**
 * What a segment's change is called. Of one that is new or gone there is no change to be tested; of one without a test, for nothing
 * is known of its users or its days, nothing can be told.
 */
export function wordOf(segment: Segment): string {
  const { before, after, q, small } = segment;
  const arrived = arrival(before, after);
  if (arrived) return `plot.${arrived}`;
  if (small) return 'plot.small';
  if (typeof q !== 'number') return 'compare.word.cannot_tell';
  return isSure(segment) ? 'compare.sure' : 'compare.unsure';
}

/** For how many segments the test is corrected. */
export function testedOf(segments: readonly Segment[]): number {
  return segments.filter(({ q }) => typeof q === 'number').length;
}

/** Found with the correction for all segments, on counts that bear it. */
export function isSure({ q, small }: Segment): boolean {
  return typeof q === 'number' && q <= 0.05 && !small;
}

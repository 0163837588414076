/** Which groupings the explorer offers, the same for every measure, and which plot they make. Pure. */
import { CYCLES } from './api';

export const TIME = 'time';
/** All together: grouped by nothing. */
export const NOTHING = 'nothing';

/** Dimensions by whose values active users are known. */
export const EXPOSED: readonly string[] = ['region', 'platform', 'app_version'];

export type Kind = 'total' | 'course' | 'parts' | 'ranking' | 'cycle' | 'week' | 'grid';

export interface Grouping {
  group: string;
  split: string;
  kind: Kind;
}

const isCycle = (code: string) => CYCLES.some((each) => each === code);

/** Codes to group by, in the order to offer them. */
export function groupsFor(dimensions: readonly string[]): string[] {
  return [TIME, ...dimensions, ...CYCLES, NOTHING];
}

/** Codes to group by once more. */
export function splitsFor(dimensions: readonly string[], group: string): string[] {
  if (group === NOTHING || group === 'hour_of_week') return [];
  const offered = groupsFor(dimensions).filter(
    (code) => code !== group && code !== NOTHING && code !== TIME && code !== 'hour_of_week',
  );
  // Hours of the day in the course of days, or of the week, are a heat map of their own; the times page has it.
  return group === TIME || isCycle(group) ? offered.filter((code) => !isCycle(code)) : offered;
}

/** What an address asks for, as far as it is offered. */
export function groupingOf(
  wanted: { group: string; split: string },
  dimensions: readonly string[],
): Grouping {
  const group = groupsFor(dimensions).find((code) => code === wanted.group) ?? TIME;
  const split = splitsFor(dimensions, group).find((code) => code === wanted.split) ?? '';
  return { group, split, kind: kindOf(group, split) };
}

function kindOf(group: string, split: string): Kind {
  if (group === NOTHING) return 'total';
  if (group === TIME) return split === '' ? 'course' : 'parts';
  if (group === 'hour_of_week') return 'week';
  if (split !== '') return 'grid';
  return isCycle(group) ? 'cycle' : 'ranking';
}

/** Where a dimension is put: under "By", or under "And by". */
export type Target = 'group' | 'split';

/** The view's groupings after a dimension was put somewhere: what stands in the other place changes places with it. */
export function dropped(
  { group, split }: { group: string; split: string },
  code: string,
  target: Target,
): { group: string; split: string } {
  if (target === 'group') {
    if (code === group) return { group, split };
    const other = code === split ? group : split;
    // Time as the second grouping is another measure's plot; all together is none.
    return { group: code, split: other === TIME || other === NOTHING ? '' : other };
  }
  if (code === split) return { group, split };
  if (code !== group) return { group: group === NOTHING ? TIME : group, split: code };
  return { group: split || TIME, split: code };
}

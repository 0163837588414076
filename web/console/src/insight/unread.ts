/** What of an address could not be read, so that nobody takes the usual view for the one that was asked for. Pure. */
import type { Catalogue } from './api';
import { CYCLES } from './api';
import { groupingOf, NOTHING, TIME } from './grouping';
import { parseFilter } from './filter';
import { isKnown, readRows, ROWS_NAMES, rowsFor } from './rows';
import { readEnds, STUDY_NAMES, type Days, type Study } from './study';
import type { InsightPage } from '../routing/address';
import { readView, type View } from './view';

/** A part of an address: its name there, and what it says. */
export interface Part {
  name: string;
  value: string;
}

/** A value that no request has ever had. */
export interface Unheard {
  dimension: string;
  value: string;
}

/** Dates the wrong way round: each is understood, and the two together are no period. */
export function reversedOf(search: string): { from: string; to: string }[] {
  const wanted = new URLSearchParams(search);
  const pairs = [
    `${wanted.get('from') ?? ''}..${wanted.get('to') ?? ''}`,
    ...['earlier', 'later'].map((name) => wanted.get(name)),
  ];
  return pairs.flatMap((text) => {
    const days = readEnds(text);
    return isReversed(days) ? [{ from: days.from, to: days.until }] : [];
  });
}

function isReversed(days: Days | null): days is Days {
  return days !== null && days.until < days.from;
}

/** Whether the part of a comparison says what was made of it. What is the wrong way round is told as that. */
function isStudied(
  study: Study,
  dimensions: Catalogue['dimensions'],
): Readonly<Partial<Record<(typeof STUDY_NAMES)[number], (value: string) => boolean>>> {
  const days = (of: Days | null) => (value: string) =>
    value === `${of?.from}..${of?.until}` || isReversed(readEnds(value));
  return {
    what: (value) => study.what === value,
    event: (value) => study.event === value,
    // Beside an event a date has no say.
    date: (value) => study.date === value || study.event !== '',
    before: (value) => study.before === Number(value),
    after: (value) => study.after === Number(value),
    scope: () => study.wide,
    control: (value) =>
      study.control !== 'auto' && (value === 'none' || isFilter(value, dimensions)),
    account: (value) => value.split(',').every((id) => study.account.includes(id)),
    earlier: days(study.earlier),
    later: days(study.later),
    like: () => study.uneven,
  };
}

/** Parts that say something else than the view that was made of them, and those that have no meaning in any. */
export function unreadOf(search: string, catalogue: Catalogue): Part[] {
  const { measures, dimensions } = catalogue;
  const wanted = new URLSearchParams(search);
  const view = readView(search);
  const groups = new Set([TIME, NOTHING, ...CYCLES, ...dimensions.map(({ code }) => code)]);
  const ends = readEnds(`${wanted.get('from')}..${wanted.get('to')}`);
  const reversed = isReversed(ends) ? ends : null;
  const is: Readonly<Record<string, (value: string) => boolean>> = {
    ...isStudied(view.study, dimensions),
    period: (value) => view.period.kind === 'dates' || view.period.preset === value,
    // What is the wrong way round is told as that.
    from: (value) => value === (view.period.kind === 'dates' ? view.period.from : reversed?.from),
    to: (value) => value === (view.period.kind === 'dates' ? view.period.to : reversed?.until),
    compare: (value) => view.compare === value,
    clock: (value) => view.clock === value,
    zone: (value) => view.zone === value,
    measure: (value) => measures.some(({ code }) => code === value),
    group: (value) => groups.has(value),
    split: (value) => groups.has(value),
    within: () => view.within !== null,
    by: (value) => view.by === value,
    where: (value) => isFilter(value, dimensions),
    not: (value) => isFilter(value, dimensions),
  };
  const isOpen = rowsFor(readRows(wanted), catalogue) !== null;
  const isKnownOf = (name: (typeof ROWS_NAMES)[number]) =>
    wanted.getAll(name).every((value) => value === '' || isKnown(name, value, catalogue));
  // Each may be known, and all of them together open nothing.
  const isOdd = !isOpen && ROWS_NAMES.every(isKnownOf);
  const ofRows = ROWS_NAMES.map((name) => ({
    name,
    // Without rows the others have no meaning.
    has: (value: string) =>
      !!wanted.get('rows') && isKnown(name, value, catalogue) && !(name === 'rows' && isOdd),
  }));
  const isRead = (name: string, value: string) =>
    ofRows.find((each) => each.name === name)?.has(value) ?? is[name]?.(value) ?? name === 'events';
  return [...wanted].flatMap(([name, value]) =>
    value === '' || isRead(name, value) ? [] : [{ name, value }],
  );
}

/** Parts that were understood, and that the page has no use for as it is. Only the explorer groups once more, and not everything. */
export function unusedOf(
  page: InsightPage,
  search: string,
  { dimensions }: Pick<Catalogue, 'dimensions'>,
): Part[] {
  const wanted = readView(search);
  const { split } = wanted;
  const codes = dimensions.map(({ code }) => code);
  const isGroup = [TIME, ...CYCLES, ...codes].includes(split);
  const used = page === 'explorer' ? groupingOf(wanted, codes) : null;
  return isGroup && used?.split !== split ? [{ name: 'split', value: split }] : [];
}

function isFilter(text: string, dimensions: Catalogue['dimensions']): boolean {
  const filter = parseFilter(text);
  return filter !== null && dimensions.some(({ code }) => code === filter.dimension);
}

/** Values of the filters that the desk does not know. */
export function unheardOf(view: View, { dimensions }: Catalogue): Unheard[] {
  return view.filters.flatMap(({ dimension, values }) => {
    const known = dimensions.find(({ code }) => code === dimension);
    if (!known) return [];
    return values
      .filter((value) => !known.values.some(({ code }) => code === value))
      .map((value) => ({ dimension, value }));
  });
}

/** What of an address could not be read, so that nobody takes the usual view for the one that was asked for. Pure. */
import type { Catalogue } from './api';
import { CYCLES } from './api';
import { groupingOf, NOTHING, TIME } from './grouping';
import { parseFilter, type Filter } from './filter';
import { isKnown, readRows, ROWS_NAMES, rowsFor } from './rows';
import { readEnds, type Days, type Study, type StudyName } from './study';
import type { InsightPage } from '../routing/address';
import { readView, understood, type View } from './view';

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

type IsRead = (value: string) => boolean;

/** Whether the part of a comparison says what was made of it. What is the wrong way round is told as that. */
function isStudied(study: Study): Readonly<Record<StudyName, IsRead>> {
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
    control: () => study.control !== 'auto',
    account: (id) => study.account.includes(id),
    earlier: days(study.earlier),
    later: days(study.later),
    like: () => study.uneven,
  };
}

/** Of these an address may have several; of any other part the first is read. What is accounted for is looked at one by one. */
const SEVERAL: ReadonlySet<string> = new Set(['where', 'not', 'cell', 'account']);

/** Whether a part says what was made of it, by the names that there are. */
function isViewed(
  wanted: URLSearchParams,
  view: View,
  { measures, dimensions }: Catalogue,
): ReadonlyMap<string, IsRead> {
  const groups = new Set([TIME, NOTHING, ...CYCLES, ...dimensions.map(({ code }) => code)]);
  const ends = readEnds(`${wanted.get('from')}..${wanted.get('to')}`);
  const reversed = isReversed(ends) ? ends : null;
  const is: Readonly<Record<string, IsRead>> = {
    ...isStudied(understood(view, dimensions).study),
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
    events: () => true,
  };
  return new Map(Object.entries(is));
}

/** The same of rows that lie open. */
function isOpened(wanted: URLSearchParams, catalogue: Catalogue): ReadonlyMap<string, IsRead> {
  const isOpen = rowsFor(readRows(wanted), catalogue) !== null;
  const isKnownOf = (name: (typeof ROWS_NAMES)[number]) =>
    wanted.getAll(name).every((value) => value === '' || isKnown(name, value, catalogue));
  // Each may be known, and all of them together open nothing.
  const isOdd = !isOpen && ROWS_NAMES.every(isKnownOf);
  return new Map(
    ROWS_NAMES.map((name) => [
      name,
      // Without rows the others have no meaning.
      (value) =>
        !!wanted.get('rows') && isKnown(name, value, catalogue) && !(name === 'rows' && isOdd),
    ]),
  );
}

/** Parts that say something else than the view that was made of them, and those that have no meaning in any. */
export function unreadOf(search: string, catalogue: Catalogue): Part[] {
  const wanted = new URLSearchParams(search);
  const is = new Map([
    ...isViewed(wanted, readView(search), catalogue),
    ...isOpened(wanted, catalogue),
  ]);
  const isRead = (name: string, value: string) =>
    (SEVERAL.has(name) || wanted.get(name) === value) && (is.get(name)?.(value) ?? false);
  const left = (name: string, value: string) => (isRead(name, value) ? '' : value);
  return [...wanted].flatMap(([name, all]) => {
    const ids = name === 'account' ? all.split(',') : [all];
    const value = ids
      .map((each) => left(name, each))
      .filter(Boolean)
      .join(',');
    return value === '' ? [] : [{ name, value }];
  });
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

/** Values of a view's filters, and of the requests it compares with, that the desk does not know. */
export function unheardOf(view: View, catalogue: Pick<Catalogue, 'dimensions'>): Unheard[] {
  const { control } = view.study;
  const filters = typeof control === 'string' ? view.filters : [...view.filters, control];
  return filters.flatMap((filter) => unheardIn(filter, catalogue));
}

/** The same of one filter. */
export function unheardIn(
  { dimension, values }: Filter,
  { dimensions }: Pick<Catalogue, 'dimensions'>,
): Unheard[] {
  const known = dimensions.find(({ code }) => code === dimension);
  if (!known) return [];
  return values
    .filter((value) => !known.values.some(({ code }) => code === value))
    .map((value) => ({ dimension, value }));
}

/**
 * What the page of comparisons is about, and how an address says it. Pure: `printStudy` and `readStudy` are each other's inverse;
 * what cannot be read is left at its default.
 */
import { DAY, isoDate, readDate } from '../plots/zone';
import type { Catalogue } from './api';
import { parseFilter, printFilter, type Filter } from './filter';

/** Days in a row by their dates, both ends included. */
export interface Days {
  from: string;
  until: string;
}

export interface Study {
  /** `change`: before and after something happened. `periods`: two periods of one's choice. */
  what: 'change' | 'periods';
  /** Id of the event that is looked at; empty: none, see `date`. */
  event: string;
  /** The first day of the change, where it is no event; empty: none. */
  date: string;
  /** What the event names does not narrow the question: it is about all requests that the filters let through. */
  wide: boolean;
  /** Days of the window; null: as fits the past that there is. */
  before: number | null;
  after: number | null;
  /** Requests that the change cannot have touched. `auto`: all other values of the first dimension that is filtered by. */
  control: 'auto' | 'none' | Filter;
  /** Ids of other events whose days are accounted for. */
  account: readonly string[];
  /** The two periods; null: the last four weeks, and the four before. */
  earlier: Days | null;
  later: Days | null;
  /** Weekdays are not matched. */
  uneven: boolean;
}

export const DEFAULT_STUDY: Study = {
  what: 'change',
  event: '',
  date: '',
  wide: false,
  before: null,
  after: null,
  control: 'auto',
  account: [],
  earlier: null,
  later: null,
  uneven: false,
};

/** What the desk takes. */
export const LEAST_BEFORE = 14;
export const LEAST_AFTER = 7;
export const MOST_DAYS = 366;
export const MOST_ACCOUNTED = 10;

/** The names of its parts in an address. */
export const STUDY_NAMES = [
  'what',
  'event',
  'date',
  'scope',
  'before',
  'after',
  'control',
  'account',
  'earlier',
  'later',
  'like',
] as const;
export type StudyName = (typeof STUDY_NAMES)[number];

const ID = /^[1-9]\d{0,18}$/;

export function printStudy(study: Study, wanted: URLSearchParams): void {
  if (study.what !== 'change') wanted.set('what', study.what);
  if (study.event) wanted.set('event', study.event);
  if (study.date) wanted.set('date', study.date);
  if (study.wide) wanted.set('scope', 'no');
  if (study.before !== null) wanted.set('before', String(study.before));
  if (study.after !== null) wanted.set('after', String(study.after));
  if (study.control !== 'auto')
    wanted.set('control', study.control === 'none' ? 'none' : printFilter(study.control));
  if (study.account.length > 0) wanted.set('account', study.account.join(','));
  for (const name of ['earlier', 'later'] as const) {
    const days = study[name];
    if (days) wanted.set(name, `${days.from}..${days.until}`);
  }
  if (study.uneven) wanted.set('like', 'no');
}

export function readStudy(wanted: URLSearchParams): Study {
  const [event, date] = [wanted.get('event') ?? '', wanted.get('date') ?? ''];
  const account = (wanted.get('account') ?? '').split(',').filter((id) => ID.test(id));
  return {
    what: wanted.get('what') === 'periods' ? 'periods' : 'change',
    event: ID.test(event) ? event : '',
    // Either a date or an event.
    date: isDate(date) && !ID.test(event) ? date : '',
    wide: wanted.get('scope') === 'no',
    before: readCount(wanted.get('before'), LEAST_BEFORE),
    after: readCount(wanted.get('after'), LEAST_AFTER),
    control: readControl(wanted.get('control')),
    account: [...new Set(account)].slice(0, MOST_ACCOUNTED),
    earlier: readDays(wanted.get('earlier')),
    later: readDays(wanted.get('later')),
    uneven: wanted.get('like') === 'no',
  };
}

function readCount(text: string | null, least: number): number | null {
  const count = text !== null && /^\d{1,3}$/.test(text) ? Number(text) : null;
  return count !== null && count >= least && count <= MOST_DAYS ? count : null;
}

function readControl(text: string | null): Study['control'] {
  if (text === null) return 'auto';
  return text === 'none' ? 'none' : (parseFilter(text) ?? 'auto');
}

function readDays(text: string | null): Days | null {
  const days = readEnds(text);
  return days && days.from <= days.until ? days : null;
}

/** Whether the calendar has it. */
function isDate(text: string): boolean {
  return readDate(text, 'UTC') !== null;
}

/** Two dates of the calendar, in whichever order they are. */
export function readEnds(text: string | null): Days | null {
  const [from = '', until = '', ...rest] = (text ?? '').split('..');
  return isDate(from) && isDate(until) && rest.length === 0 ? { from, until } : null;
}

/** The calendar day so many days later; dates have no zone. */
export function plusDays(date: string, days: number): string {
  return isoDate((readDate(date, 'UTC') ?? 0) + days * DAY, 'UTC');
}

/** How many days lie between two dates. */
export function daysBetween(from: string, until: string): number {
  return Math.round(((readDate(until, 'UTC') ?? 0) - (readDate(from, 'UTC') ?? 0)) / DAY);
}

/** Placebo dates from which on the past may overrule an interval. */
const PLACEBOS = 20;
const WINDOWS = [
  { before: 56, after: 28 },
  { before: 28, after: 21 },
] as const;

/**
 * The window to begin with: eight weeks and four, where the past is long enough to try the same at twenty other dates; else four
 * and three. It follows from the calendar alone, never from the counts. Reports have the same (`crates/report/src/events.rs`).
 */
export function windowFor(date: string, since: string): { before: number; after: number } {
  const past = daysBetween(since, date);
  const [long, short] = WINDOWS;
  return past >= long.before + long.after + PLACEBOS ? long : short;
}

/** The last four weeks that are over, and the four before. */
export function usualPeriods(today: string): { earlier: Days; later: Days } {
  const days = (from: number, until: number): Days => ({
    from: plusDays(today, from),
    until: plusDays(today, until),
  });
  return { earlier: days(-56, -29), later: days(-28, -1) };
}

/** What the desk knows of chosen controls; where that is nothing, there are the usual ones. */
export function knownControl(
  control: Study['control'],
  dimensions: Catalogue['dimensions'],
): Study['control'] {
  if (typeof control === 'string') return control;
  const known = dimensions.find(({ code }) => code === control.dimension)?.values ?? [];
  const values = control.values.filter((value) => known.some(({ code }) => code === value));
  return values.length > 0 ? { ...control, values } : 'auto';
}

/** The filter of the controls; null for none. */
export function controlOf(control: Study['control'], filters: readonly Filter[]): Filter | null {
  if (control === 'none') return null;
  if (control !== 'auto') return control;
  const own = filters.find(({ not }) => !not);
  return own ? { ...own, not: true } : null;
}

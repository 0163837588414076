/**
 * What somebody looks at in Insight, and how an address says it. Pure: `printView` and `readView` are each other's inverse, and
 * no address is refused: what cannot be read is left at its default.
 */
import type { Unit } from '../plots/zone';
import { isZone } from '../plots/zone';
import type { Catalogue } from './api';
import { parseFilter, printFilter, type Filter } from './filter';
import { printRows, readRows, type Rows } from './rows';
import { DEFAULT_STUDY, knownControl, printStudy, readStudy, type Study } from './study';

/** The last complete days, weeks or months up to now, or two dates, both included. */
export const PRESETS = ['1d', '7d', '28d', '84d', '365d', 'week', 'month'] as const;
export type Preset = (typeof PRESETS)[number];

export type Period =
  { kind: 'preset'; preset: Preset } | { kind: 'dates'; from: string; to: string };

/** `previous`: as many days directly before. `weekdays`: so many whole weeks before that weekdays meet weekdays. */
export const COMPARISONS = ['none', 'previous', 'weekdays'] as const;
export type Comparison = (typeof COMPARISONS)[number];

export type { Filter } from './filter';

export const UNITS: readonly Unit[] = ['hour', 'day', 'week', 'month'];

export interface View {
  period: Period;
  compare: Comparison;
  /** IANA; empty: the browser's own. */
  zone: string;
  /** Whose clock the hours of days and weeks are told by: that of the zone, or that of each request's region. */
  clock: 'zone' | 'region';
  filters: readonly Filter[];
  /** Code of a measure; empty: the page's own. */
  measure: string;
  /** Code of the dimension that the page splits by; empty: the page's own. */
  group: string;
  /** What each group is split by once more; empty: by nothing. */
  split: string;
  /** Of the service level: within how many seconds; null: the usual. */
  within: number | null;
  /** Length of the buckets; null: as fits the period. */
  by: Unit | null;
  /** Kinds of the events that plots show; null: all. */
  events: readonly string[] | null;
  /** What is compared on the page for that. */
  study: Study;
  /** Whose requests lie open beside the page; null: none. */
  rows: Rows | null;
}

export const DEFAULT_VIEW: View = {
  period: { kind: 'preset', preset: '28d' },
  compare: 'previous',
  zone: '',
  clock: 'zone',
  filters: [],
  measure: '',
  group: '',
  split: '',
  within: null,
  by: null,
  events: null,
  study: DEFAULT_STUDY,
  rows: null,
};

const DATE = /^\d{4}-\d{2}-\d{2}$/;
const CODE = /^[\w.:-]{1,64}$/;

/** The query part of an address, without "?"; what is at its default is left out. */
export function printView(view: View): string {
  const wanted = new URLSearchParams();
  if (view.period.kind === 'dates') {
    wanted.set('from', view.period.from);
    wanted.set('to', view.period.to);
  } else if (view.period.preset !== '28d') wanted.set('period', view.period.preset);
  if (view.compare !== DEFAULT_VIEW.compare) wanted.set('compare', view.compare);
  if (view.zone) wanted.set('zone', view.zone);
  if (view.clock !== DEFAULT_VIEW.clock) wanted.set('clock', view.clock);
  if (view.measure) wanted.set('measure', view.measure);
  if (view.group) wanted.set('group', view.group);
  if (view.split) wanted.set('split', view.split);
  if (view.within) wanted.set('within', String(view.within));
  if (view.by) wanted.set('by', view.by);
  for (const { dimension, values, not } of view.filters)
    wanted.append(not ? 'not' : 'where', printFilter({ dimension, values }));
  if (view.events) wanted.set('events', view.events.join(',') || 'none');
  printStudy(view.study, wanted);
  if (view.rows) printRows(view.rows, wanted);
  return wanted.toString();
}

export function readView(search: string): View {
  const wanted = new URLSearchParams(search);
  const code = (name: string) => {
    const text = wanted.get(name) ?? '';
    return CODE.test(text) ? text : '';
  };
  const zone = wanted.get('zone') ?? '';
  return {
    period: readPeriod(wanted),
    compare: COMPARISONS.find((each) => each === wanted.get('compare')) ?? DEFAULT_VIEW.compare,
    zone: isZone(zone) ? zone : '',
    clock: wanted.get('clock') === 'region' ? 'region' : 'zone',
    filters: [...wanted].flatMap(([name, text]) => readFilter(name, text)),
    measure: code('measure'),
    group: code('group'),
    split: code('split'),
    within: readWithin(wanted.get('within')),
    by: UNITS.find((each) => each === wanted.get('by')) ?? null,
    events: readEvents(wanted.get('events')),
    study: readStudy(wanted),
    rows: readRows(wanted),
  };
}

function readPeriod(wanted: URLSearchParams): Period {
  const [from = '', to = ''] = [wanted.get('from') ?? '', wanted.get('to') ?? ''];
  if (DATE.test(from) && DATE.test(to) && from <= to) return { kind: 'dates', from, to };
  const preset = PRESETS.find((each) => each === wanted.get('period'));
  return preset ? { kind: 'preset', preset } : DEFAULT_VIEW.period;
}

function readWithin(text: string | null): number | null {
  const seconds = text !== null && /^\d{1,7}$/.test(text) ? Number(text) : 0;
  return seconds > 0 ? seconds : null;
}

function readFilter(name: string, text: string): Filter[] {
  if (name !== 'where' && name !== 'not') return [];
  const filter = parseFilter(text);
  return filter ? [{ ...filter, ...(name === 'not' ? { not: true } : {}) }] : [];
}

function readEvents(text: string | null): string[] | null {
  if (text === null) return null;
  return [...new Set(text.split(',').filter((each) => /^\w{1,32}$/.test(each) && each !== 'none'))];
}

/** What the desk can be asked of a view. What it leaves out the page says to be not understood, and the address keeps. */
export function understood(view: View, dimensions: Catalogue['dimensions']): View {
  const has = ({ dimension }: Filter) => dimensions.some(({ code }) => code === dimension);
  return {
    ...view,
    filters: view.filters.filter(has),
    study: { ...view.study, control: knownControl(view.study.control, dimensions) },
  };
}

/** The view with other values of a dimension; none of them takes the filter away. */
export function withFilter(
  view: View,
  dimension: string,
  values: readonly string[],
  not = false,
): View {
  const others = view.filters.filter((each) => each.dimension !== dimension);
  if (values.length === 0) return { ...view, filters: others };
  const filter: Filter = { dimension, values, ...(not ? { not: true } : {}) };
  const at = view.filters.findIndex((each) => each.dimension === dimension);
  return {
    ...view,
    filters:
      at < 0
        ? [...others, filter]
        : view.filters
            .map((each, index) => (index === at ? filter : each))
            .filter((each) => each === filter || each.dimension !== dimension),
  };
}

import type { Driver } from '@standfast/api';
import { ICONS } from '../drivers/kinds';
import { endOf } from '../drivers/when';
import { looks, type Look } from '../plots/colour';
import { figure } from '../plots/figure';
import { together } from '../plots/remark';
import type { Definition, Mark, Range } from '../plots/data';
import { isoDate, startOf, utcOffset, type Unit } from '../plots/zone';
import { insightPlace, type InsightPage } from '../routing/address';
import { router } from '../routing/router.svelte';
import { regionName, valueName } from '../session/values';
import { language, t, titled } from '../words.svelte';
import { known } from './answers.svelte';
import { beat } from './beat.svelte';
import { holidays } from './holidays.svelte';
import {
  catalogueOf,
  asked,
  isCycle,
  type Answer,
  type Catalogue,
  type Group,
  type Measure,
  type MovementQuery,
  type Query,
} from './api';
import { about, shown } from './events';
import {
  comparedWith,
  datesOf,
  daysOver,
  isPast,
  rangeOf,
  sinceFirst,
  unitOf,
  wholeDays,
  zoneOf,
  type LeftDays,
} from './period';
import type { Filter } from './filter';
import { rowsFor, type Rows } from './rows';
import { printView, readView, understood, withFilter, type View } from './view';

const NOTHING: Catalogue = {
  measures: [],
  dimensions: [],
  requests: 0,
  since: null,
  history: { all: null, desk: null, imported: null },
};

const SERVICE_LEVEL = 'service_level';

/** Measures that say in their own words why requests are not in them. */
const REASONS: Readonly<Record<string, string>> = {
  called_solved: 'insight.left_out.asked',
  confirmed: 'insight.left_out.asked',
  repudiated: 'insight.left_out.asked',
  response_rate: 'insight.left_out.asked',
  rated: 'insight.left_out.rated',
  satisfied: 'insight.left_out.rated',
  contact_rate: 'insight.left_out.contact_rate',
  one_contact: 'insight.left_out.one_contact',
  reopened: 'insight.left_out.reopened',
  repeat_contact: 'insight.left_out.repeat_contact',
  service_level: 'insight.left_out.service_level',
};

/** What a page of Insight is about: the view in the address, worked out against the calendar and the catalogue. */
export class Scope {
  readonly #place: () => { page: InsightPage; search: string };
  /** Moves with the figures, which stand still while one looks. */
  readonly now: number = $derived(beat.at);

  constructor(place: () => { page: InsightPage; search: string }) {
    this.#place = place;
  }

  readonly view: View = $derived.by(() => readView(this.#place().search));
  readonly zone: string = $derived(zoneOf(this.view));
  /** What the address calls a time zone, and is none. */
  readonly unreadZone: string = $derived.by(() => {
    const named = new URLSearchParams(this.#place().search).get('zone') ?? '';
    return this.view.zone === named ? '' : named;
  });
  readonly catalogue: Catalogue = $derived(
    known.asked.data
      ? catalogueOf(known.asked.data, titled, (code) => regionName(code, language()))
      : NOTHING,
  );
  /** The period, and what of it was left out. */
  readonly #period = $derived(
    sinceFirst(
      this.view.period,
      rangeOf(this.view.period, this.zone, this.now),
      this.catalogue.since,
      this.zone,
    ),
  );
  readonly range: Range = $derived(this.#period.range);
  readonly leftDays: LeftDays = $derived(this.#period.left);
  /** Since when requests of the origins that are let through come regularly; null while none do. */
  readonly begins: number | null = $derived.by(() => {
    const known = ['desk', 'imported'] as const;
    const { filter, except } = asked(this.query('requests', []));
    const let_through = known.filter(
      (origin) =>
        (filter?.origin?.includes(origin) ?? true) && !(except?.origin?.includes(origin) ?? false),
    );
    const [only] = let_through;
    return this.catalogue.history[let_through.length === 1 && only ? only : 'all'];
  });
  /** What is compared with; null without a comparison, and where there is no complete earlier period. */
  readonly before: Range | null = $derived.by(() => {
    const before = comparedWith(this.range, this.view.compare, this.zone, this.now);
    return before && isPast(before, this.begins, this.zone) ? before : null;
  });
  /** A comparison is wanted, and there is no complete earlier period. */
  readonly hasNoPast: boolean = $derived(
    this.view.compare !== 'none' && this.catalogue.requests > 0 && this.before === null,
  );
  readonly unit: Unit = $derived(unitOf(this.range, this.view.by));

  readonly #looks: Map<string, (key: string) => Look> = $derived(
    new Map(
      this.catalogue.dimensions.map(({ code, values }) => [
        code,
        looks(values.map((value) => value.code)),
      ]),
    ),
  );
  readonly #names: Map<string, Map<string, string>> = $derived(
    new Map(
      this.catalogue.dimensions.map(({ code, values }) => [
        code,
        new Map(values.map((value) => [value.code, value.name])),
      ]),
    ),
  );

  /** The view as far as the desk knows what it names. */
  readonly understood: View = $derived(understood(this.view, this.catalogue.dimensions));
  /** Filters by dimensions that there are; of others the page says that they are not understood. */
  readonly filters: View['filters'] = $derived(this.understood.filters);

  /** The same with this one in place of what there is of its dimension. */
  filtersWith({ dimension, values, not }: Filter): View['filters'] {
    const view = withFilter({ ...this.view, filters: this.filters }, dimension, values, not);
    return view.filters;
  }

  /** Goes to another view; `replace` for what is only being tried out. */
  set(view: View, { replace = false } = {}): void {
    beat.now();
    // Other figures have other requests behind them.
    router.go(this.#with(null, view), { replace });
  }

  /** Whose requests lie open beside the page. */
  readonly rows: Rows | null = $derived(rowsFor(this.view.rows, this.catalogue));

  /** Opens requests beside the page, or others of them; the figures stay as they are, for these are theirs. */
  open(rows: Rows, { replace = false } = {}): void {
    router.go(this.#with(rows), { replace });
  }

  /** The same as Back, where the page was there before. */
  close(): void {
    router.back(this.#with(null));
  }

  #with(rows: Rows | null, view: View = this.view) {
    return insightPlace(this.#place().page, printView({ ...view, rows }));
  }

  /** What happened in the period and meets the filters, for the plots; holidays, where nothing is chosen. */
  readonly marks: readonly Mark[] = $derived([
    ...shown(known.events.data ?? [], this.view, this.range).map((event) => this.mark(event)),
    ...(this.view.events === null ? holidays.marks(this.range, this.zone) : []),
  ]);

  /** All that happened in a range, for a page with a range of its own. */
  marksWithin(range: Range): readonly Mark[] {
    const all = { filters: [], events: null };
    return shown(known.events.data ?? [], all, range).map((event) => this.mark(event));
  }

  mark(event: Driver): Mark {
    return {
      key: event.id,
      at: Date.parse(event.starts_at),
      ...(event.ends_at || event.is_ongoing ? { until: endOf(event, this.now) } : {}),
      label: event.title,
      kind: t(`driver.kind.${event.kind}`),
      icon: ICONS[event.kind],
    };
  }

  /** From a plot to what became of an event. */
  readonly explain = ({ key }: Mark): void => {
    const event = known.events.data?.find(({ id }) => id === key);
    if (event) router.go(insightPlace('compare', printView(about(this.view, event))));
  };

  /** A brushed range becomes the period. */
  zoomTo(range: Range): void {
    this.set({ ...this.view, period: datesOf(range, this.zone) });
  }

  /** A measure; one with a time limit says in its name which. */
  measure(code: string): Measure | undefined {
    const found = this.catalogue.measures.find((each) => each.code === code);
    if (!found || !('within' in found.parameters)) return found;
    const time = figure(this.within, 'seconds', language());
    return { ...found, name: t('insight.within', { measure: found.name, time }) };
  }

  /** Within how many seconds an answer is in time. */
  readonly within: number = $derived(
    this.view.within ??
      this.catalogue.measures.find(({ code }) => code === SERVICE_LEVEL)?.parameters['within'] ??
      3_600,
  );

  /** How a measure is made, what it counts and what it leaves out, in words. */
  definition(code: string): Definition | undefined {
    const measure = this.measure(code);
    if (!measure) return undefined;
    const { name, formula, excludes, counts, time } = measure;
    const unit = together(t(`insight.unit.${counts}`), t(`insight.time.${time}`));
    return { name, formula, excludes, unit };
  }

  /** What an answer does not count, and how much of it there is. */
  leftOut(answer: Answer | null): string {
    if (!answer) return '';
    const say = (count: number) => figure(count, 'count', language());
    const excluded = Object.entries(answer.excluded)
      .filter(([, count]) => count > 0)
      .map(([kind, count]) => t(`insight.excluded.${kind}`, { count: say(count) }));
    const why = REASONS[answer.measure] ?? 'insight.left_out';
    return [
      excluded.length > 0 ? t('insight.excluded', { list: excluded.join(t('insight.comma')) }) : '',
      answer.left_out > 0 ? t(why, { count: say(answer.left_out) }) : '',
    ]
      .filter(Boolean)
      .join(language() === 'zh-CN' ? '' : ' ');
  }

  /** The look of a dimension's values: the same on every page. */
  look(dimension: string): (key: string) => Look {
    return this.#looks.get(dimension) ?? looks([]);
  }

  nameOf(dimension: string): (key: string) => string {
    const names = this.#names.get(dimension);
    // What no request has had is not in the catalogue.
    return (key) => names?.get(key) ?? (key ? valueName(dimension, key) : t('insight.unknown'));
  }

  /** What somebody groups by: a dimension, or a way to look at time. */
  groupName(code: string): string {
    if (code === '') return '';
    return this.hasDimension(code) ? this.dimensionName(code) : t(`insight.explorer.${code}`);
  }

  hasDimension(code: string): boolean {
    return this.#names.has(code);
  }

  /** The start of the bucket that an instant belongs to. */
  bucketOf(at: number): number {
    return startOf(at, this.unit, this.zone);
  }

  dimensionName(code: string): string {
    return this.catalogue.dimensions.find((each) => each.code === code)?.name ?? code;
  }

  /** A question about this view, over its own period or over another. */
  query(measure: string, group: readonly Group[], range: Range = this.range): Query {
    return {
      measure,
      from: new Date(range.from).toISOString(),
      until: new Date(range.until).toISOString(),
      zone: this.zone,
      ...(group.some(isCycle) && this.#goesByRegion(measure) ? { clock: 'region' as const } : {}),
      filters: this.filters,
      group,
      ...(measure === SERVICE_LEVEL ? { within: this.within } : {}),
    };
  }

  /** The same, compared with the period before where the view compares. */
  compared(measure: string, group: readonly Group[]): Query {
    const asked = this.query(measure, group);
    if (!this.before) return asked;
    const { from, until } = this.before;
    const against = { from: new Date(from).toISOString(), until: new Date(until).toISOString() };
    return { ...asked, against };
  }

  /** The whole days that are compared; null without a comparison, and where there are none. */
  readonly wholeDays: { earlier: Range; later: Range } | null = $derived(
    this.before ? wholeDays(this.range, this.before, this.zone, this.now) : null,
  );

  /** Whether any day of the period is over. */
  readonly hasWholeDay: boolean = $derived(daysOver(this.range, this.zone, this.now) !== null);

  /** What moved between the whole days of this view and those before, of the values of some dimensions. */
  movements(dimensions: readonly string[]): MovementQuery | null {
    if (!this.wholeDays) return null;
    const { filter, except, zone } = asked(this.query('requests', []));
    const period = ({ from, until }: Range) => ({
      from: isoDate(from, this.zone),
      until: isoDate(until - 1, this.zone),
    });
    return {
      filter,
      except,
      zone,
      dimensions: [...dimensions],
      earlier: period(this.wholeDays.earlier),
      later: period(this.wholeDays.later),
    };
  }

  /** Whether hours and days are told by the clock of each region: what is open at an instant is so everywhere at once. */
  #goesByRegion(measure: string): boolean {
    return this.view.clock === 'region' && this.measure(measure)?.time !== 'instant';
  }

  /** The clock of the zone: "Asia/Shanghai, UTC+08:00"; the zone alone where its clocks were changed in the period. */
  readonly clock: string = $derived.by(() => {
    const [offset = '', other] = [this.range.from, this.range.until - 1].map((at) =>
      utcOffset(at, this.zone),
    );
    return this.zone === offset || offset !== other ? this.zone : `${this.zone}, ${offset}`;
  });

  /** The clocks that hours and days of a measure are told by. */
  clocksOf(measure: string): string {
    return this.#goesByRegion(measure) ? t('insight.clock.region') : this.clock;
  }

  /** "2026-11-01 to 2026-11-28 · Asia/Shanghai · Type: Swap": what a picture or a printed page is of stands on it. */
  readonly caption: string = $derived(this.captionOf(this.range));

  /** The same of a plot with a range of its own. */
  captionOf(range: Range): string {
    return together(
      this.said(range),
      this.zone,
      ...this.filters.map((filter) => this.filterSaid(filter)),
    );
  }

  /** A filter in words; of many values the first. */
  filterSaid({ dimension, values, not }: Filter): string {
    const names = values.map(this.nameOf(dimension));
    const shown =
      names.length > 2
        ? t('insight.filter.more', { first: names[0] ?? '', count: names.length - 1 })
        : names.join(t('insight.filter.or'));
    return t(not ? 'insight.filter.not' : 'insight.filter.is', {
      dimension: this.dimensionName(dimension),
      values: shown,
    });
  }

  said({ from, until }: Range): string {
    const [first, last] = [isoDate(from, this.zone), isoDate(until - 1, this.zone)];
    return first === last ? first : t('insight.from_to', { from: first, to: last });
  }

  /** What the comparison is called beside a plot. */
  readonly against: string = $derived(this.before ? this.said(this.before) : '');
}

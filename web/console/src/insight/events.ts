/** Which events a view is about, and which requests an event is about. Pure. */
import type { Driver } from '@standfast/api';
import { endOf } from '../drivers/when';
import type { Filter } from './filter';
import { daysBetween, LEAST_BEFORE, windowFor } from './study';
import type { View } from './view';

type Scope = Driver['scope'];

/** Whether an event can touch requests that filters let through: of each dimension that both name, they share a value. */
export function meets(scope: Scope, filters: readonly Filter[]): boolean {
  return filters.every(({ dimension, values, not }) => {
    const touched = scope[dimension];
    if (!touched || touched.length === 0) return true;
    return touched.some((value) => values.includes(value) !== (not ?? false));
  });
}

/** The events of a view that touch a time. */
export function shown(
  events: readonly Driver[],
  view: Pick<View, 'filters' | 'events'>,
  { from, until }: { from: number; until: number },
): Driver[] {
  return events.filter(
    (event) =>
      (view.events === null || view.events.includes(event.kind)) &&
      Date.parse(event.starts_at) < until &&
      endOf(event, until) >= from &&
      meets(event.scope, view.filters),
  );
}

/**
 * The filters that an event names. Not its versions: of a new one there is nothing before, so that what it changed can only be
 * seen in all versions together.
 */
export function filtersOf(scope: Scope): Filter[] {
  return Object.entries(scope)
    .filter(([dimension, values]) => dimension !== 'app_version' && (values?.length ?? 0) > 0)
    .map(([dimension, values]) => ({ dimension, values: values ?? [] }));
}

/** The view that asks what an event changed. Its filters stay the reader's own: what the event names is in `namedBy`. */
export function about(view: View, event: Driver): View {
  return {
    ...view,
    study: {
      ...view.study,
      what: 'change',
      event: event.id,
      date: '',
      wide: false,
      account: [],
      control: 'auto',
    },
  };
}

/** What an event adds to the filters of a view where it narrows the question; of what the reader filters by, nothing. */
export function namedBy(event: Driver, filters: readonly Filter[]): Filter[] {
  return filtersOf(event.scope).filter(
    ({ dimension }) => !filters.some((each) => each.dimension === dimension),
  );
}

/** The view by which the question about an event is asked. It is that question's alone: no address and no other page has it. */
export function narrowed(view: View, event: Driver | null): View {
  if (!event || view.study.wide) return view;
  return { ...view, filters: [...view.filters, ...namedBy(event, view.filters)] };
}

/**
 * The event to begin with: the latest that stays (a release, an article: what has no end) and whose days before and after are over;
 * rather one that says which requests it is about. Null when there is none.
 */
export function first(
  events: readonly Driver[],
  today: string,
  since: string,
  dateOf: (at: number) => string,
): Driver | null {
  const over = events
    .filter((event) => {
      const date = dateOf(Date.parse(event.starts_at));
      const { after } = windowFor(date, since);
      return daysBetween(date, today) >= after && daysBetween(since, date) > LEAST_BEFORE;
    })
    .toSorted((a, b) => Date.parse(b.starts_at) - Date.parse(a.starts_at));
  const staying = over.filter((event) => !event.ends_at && !event.is_ongoing);
  const narrow = staying.find((event) => filtersOf(event.scope).length > 0);
  return narrow ?? staying[0] ?? over[0] ?? null;
}

/** From a view to the questions of the page of comparisons. Pure. */
import type { ChangeQuestion, EffectQuestion } from '@standfast/api';
import { EXPOSED, NOTHING } from '../grouping';
import { filtered, type Catalogue } from '../api';
import type { Filter } from '../filter';
import { controlOf, usualPeriods, windowFor, type Days } from '../study';
import type { View } from '../view';

/** What a change of the count can be looked for in; who answered and how it ended comes after it. */
const SEGMENTS = [
  'type',
  'chain',
  'app_version',
  'platform',
  'region',
  'channel',
  'language',
  'cohort',
  'contact',
  'screen',
  'brand',
];

export interface Setting {
  /** Narrowed to what the event names, where one is asked about. */
  view: View;
  catalogue: Catalogue;
  zone: string;
  /** Today's date in the zone. */
  today: string;
  /** The date of the first request in the zone. */
  since: string;
}

export function byUsers(view: View): boolean {
  return view.measure === 'contact_rate';
}

/** Codes of the dimensions that findings can be split by, `NOTHING` last. */
export function groupsOf({ view, catalogue }: Setting): string[] {
  const offered = (byUsers(view) ? EXPOSED : SEGMENTS).filter((code) =>
    catalogue.dimensions.some((each) => each.code === code),
  );
  return [...offered, NOTHING];
}

/** What findings are split by: what is wished, else the first dimension that a filter does not already hold to one value. */
export function groupOf(setting: Setting): string {
  const offered = groupsOf(setting);
  if (offered.includes(setting.view.group)) return setting.view.group;
  const held = (code: string) =>
    setting.view.filters.some(({ dimension, values }) => dimension === code && values.length === 1);
  return offered.find((code) => !held(code)) ?? NOTHING;
}

/** Codes of the dimensions that segments can be made of. */
export function segmentsOf({ catalogue }: Setting): string[] {
  return SEGMENTS.filter((code) => catalogue.dimensions.some((each) => each.code === code));
}

export function segmentOf(setting: Setting): string {
  const offered = segmentsOf(setting);
  return (
    offered.find((code) => code === setting.view.group) ??
    // Users are known by it, so that mix and rate are told apart.
    offered.find((code) => code === 'app_version') ??
    offered[0] ??
    'type'
  );
}

export function windowOf({ view: { study }, since }: Setting, date: string) {
  const usual = windowFor(date, since);
  return { before: study.before ?? usual.before, after: study.after ?? usual.after };
}

export function periodsOf({ view: { study }, today }: Setting): { earlier: Days; later: Days } {
  const usual = usualPeriods(today);
  return { earlier: study.earlier ?? usual.earlier, later: study.later ?? usual.later };
}

/** What a control names; of everything but some values, the others that there are. */
function valuesOf({ dimension, values, not }: Filter, catalogue: Catalogue): string[] {
  if (!not) return [...values];
  const all = catalogue.dimensions.find(({ code }) => code === dimension)?.values ?? [];
  return all.map(({ code }) => code).filter((code) => !values.includes(code));
}

/** `date`: the first day of the change; null when neither an event nor a date is chosen. */
export function effectQuestion(setting: Setting, date: string): EffectQuestion | null {
  const { view, catalogue, zone } = setting;
  const { study } = view;
  if (!study.event && !study.date) return null;
  const { before, after } = windowOf(setting, date);
  const group = groupOf(setting);
  const control = controlOf(study.control, view.filters);
  return {
    measure: byUsers(view) ? 'contact_rate' : 'requests',
    ...filtered(view.filters),
    zone,
    ...(study.event ? { event: study.event } : { date: study.date }),
    before_days: before,
    after_days: after,
    ...(group === NOTHING ? {} : { group }),
    // The other filters hold for the controls too: another type of the same region.
    controls: control
      ? {
          ...filtered(view.filters.filter(({ dimension }) => dimension !== control.dimension))
            .filter,
          [control.dimension]: valuesOf(control, catalogue),
        }
      : {},
    events: study.account.filter((id) => id !== study.event),
  };
}

export function changeQuestion(setting: Setting): ChangeQuestion {
  const { view, zone } = setting;
  return {
    ...filtered(view.filters),
    zone,
    dimension: segmentOf(setting),
    ...periodsOf(setting),
    like_for_like: !view.study.uneven,
  };
}

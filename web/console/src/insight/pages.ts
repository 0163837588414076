import type { Component } from 'svelte';
import type { InsightPage } from '../routing/address';
import Compare from './pages/Compare.svelte';
import Explorer from './pages/Explorer.svelte';
import Novel from './pages/Novel.svelte';
import Online from './pages/Online.svelte';
import Overview from './pages/Overview.svelte';
import People from './pages/People.svelte';
import Promises from './pages/Promises.svelte';
import Satisfaction from './pages/Satisfaction.svelte';
import Times from './pages/Times.svelte';
import Types from './pages/Types.svelte';
import Reports from '../reports/Reports.svelte';
import type { Scope } from './scope.svelte';

interface Page {
  name: InsightPage;
  component: Component<{ scope: Scope }>;
  /**
   * How much of the bar above the pages is about it: all, when nothing is said; zone and filters, where it has times of its own;
   * period and zone, where requests cannot be told apart; or none.
   */
  bar?: 'filters' | 'period' | 'none';
  /** It is of use before the first request. */
  always?: boolean;
  /** It has no plot over time that events could stand in. */
  timeless?: boolean;
  /** Its figures are compared with the period before. */
  compares?: boolean;
}

/** The pages that there are, in the order of their tabs. */
export const PAGES: readonly Page[] = [
  { name: 'overview', component: Overview, compares: true },
  { name: 'types', component: Types, compares: true },
  { name: 'times', component: Times },
  { name: 'novel', component: Novel, bar: 'none' },
  { name: 'people', component: People, timeless: true },
  { name: 'online', component: Online, bar: 'none', timeless: true, always: true },
  { name: 'satisfaction', component: Satisfaction },
  { name: 'promises', component: Promises, bar: 'period', timeless: true },
  { name: 'compare', component: Compare, bar: 'filters' },
  { name: 'explorer', component: Explorer, compares: true },
  { name: 'reports', component: Reports, bar: 'none', always: true },
];

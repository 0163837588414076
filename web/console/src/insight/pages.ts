import type { Component } from 'svelte';
import type { InsightPage } from '../routing/address';
import Explorer from './pages/Explorer.svelte';
import Novel from './pages/Novel.svelte';
import Overview from './pages/Overview.svelte';
import People from './pages/People.svelte';
import Times from './pages/Times.svelte';
import Types from './pages/Types.svelte';
import type { Scope } from './scope.svelte';

interface Page {
  name: InsightPage;
  component: Component<{ scope: Scope }>;
  /** It looks at a time of its own: what the bar above the pages says is not about it. */
  own?: boolean;
}

/** The pages that there are, in the order of their tabs. */
export const PAGES: readonly Page[] = [
  { name: 'overview', component: Overview },
  { name: 'types', component: Types },
  { name: 'times', component: Times },
  { name: 'novel', component: Novel, own: true },
  { name: 'people', component: People },
  { name: 'explorer', component: Explorer },
];

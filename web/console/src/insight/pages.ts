import type { Component } from 'svelte';
import type { InsightPage } from '../routing/address';
import Explorer from './pages/Explorer.svelte';
import Overview from './pages/Overview.svelte';
import People from './pages/People.svelte';
import Times from './pages/Times.svelte';
import Types from './pages/Types.svelte';
import type { Scope } from './scope.svelte';

/** The pages that there are, in the order of their tabs. */
export const PAGES: readonly { name: InsightPage; component: Component<{ scope: Scope }> }[] = [
  { name: 'overview', component: Overview },
  { name: 'types', component: Types },
  { name: 'times', component: Times },
  { name: 'people', component: People },
  { name: 'explorer', component: Explorer },
];

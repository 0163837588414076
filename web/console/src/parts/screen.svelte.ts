import { MediaQuery } from 'svelte/reactivity';

/** One column. */
export const phone = new MediaQuery('max-width: 767.9px');
/** All three columns and the context panel side by side. */
export const wide = new MediaQuery('min-width: 1280px');

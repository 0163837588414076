import {
  translator,
  type Catalog,
  type Language,
  type Params,
  type Translate,
} from '@standfast/ui/i18n';
import { speak } from './api/http';
import { preferences } from './session/preferences.svelte';

/** `console` is there before anything is shown; other areas come with the part of the console that speaks them. */
export type Area =
  | 'console'
  | 'insight'
  | 'compare'
  | 'figure'
  | 'reports'
  | 'hours'
  | 'roster'
  | 'planning'
  | 'surge';

type Load = () => Promise<{ default: Catalog }>;

const catalogs: Record<Area, Record<Language, Load>> = {
  console: {
    'zh-CN': () => import('../../../locales/zh-CN/console.json'),
    en: () => import('../../../locales/en/console.json'),
  },
  insight: {
    'zh-CN': () => import('../../../locales/zh-CN/insight.json'),
    en: () => import('../../../locales/en/insight.json'),
  },
  compare: {
    'zh-CN': () => import('../../../locales/zh-CN/compare.json'),
    en: () => import('../../../locales/en/compare.json'),
  },
  figure: {
    'zh-CN': () => import('../../../locales/zh-CN/figure.json'),
    en: () => import('../../../locales/en/figure.json'),
  },
  reports: {
    'zh-CN': () => import('../../../locales/zh-CN/reports.json'),
    en: () => import('../../../locales/en/reports.json'),
  },
  hours: {
    'zh-CN': () => import('../../../locales/zh-CN/hours.json'),
    en: () => import('../../../locales/en/hours.json'),
  },
  planning: {
    'zh-CN': () => import('../../../locales/zh-CN/planning.json'),
    en: () => import('../../../locales/en/planning.json'),
  },
  roster: {
    'zh-CN': () => import('../../../locales/zh-CN/roster.json'),
    en: () => import('../../../locales/en/roster.json'),
  },
  surge: {
    'zh-CN': () => import('../../../locales/zh-CN/surge.json'),
    en: () => import('../../../locales/en/surge.json'),
  },
};

const areas = new Set<Area>(['console']);
/** How often a language was asked for: only the latest wish is followed, whichever is loaded first. */
let wishes = 0;
let current = $state.raw<Translate>(translator('en', {}));

/** The text of `key` in the reader's language; reading it in a template follows a change of language. */
export function t(key: string, params?: Params): string {
  return current(key, params);
}

export function language(): Language {
  return current.language;
}

/** The text that a server sent in several languages. */
export function titled(
  titles: Readonly<Record<string, string>> | undefined,
  fallback: string,
): string {
  return titles?.[current.language] ?? titles?.en ?? fallback;
}

/** Loads the catalogues and changes to them; the old language stays until the new one is there. */
export async function useLanguage(wanted: Language): Promise<void> {
  const wish = ++wishes;
  const loaded = await Promise.all([...areas].map((area) => catalogs[area][wanted]()));
  if (wish !== wishes) return;
  current = translator(wanted, Object.assign({}, ...loaded.map((each) => each.default)) as Catalog);
  speak(wanted);
  if (preferences.language !== wanted) preferences.set({ language: wanted });
}

/** Adds the words of an area, in this language and in every later one. */
export async function useArea(area: Area): Promise<void> {
  if (areas.has(area)) return;
  areas.add(area);
  try {
    await useLanguage(current.language);
  } catch (error) {
    areas.delete(area);
    throw error;
  }
}

import {
  translator,
  type Catalog,
  type Language,
  type Params,
  type Translate,
} from '@standfast/ui/i18n';
import { speak } from './api/http';
import { preferences } from './session/preferences.svelte';

const catalogs: Record<Language, () => Promise<{ default: Catalog }>> = {
  'zh-CN': () => import('../../../locales/zh-CN/console.json'),
  en: () => import('../../../locales/en/console.json'),
};

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

/** Loads a catalogue and changes to it; the old language stays until the new one is there. */
export async function useLanguage(wanted: Language): Promise<void> {
  const { default: catalog } = await catalogs[wanted]();
  current = translator(wanted, catalog);
  speak(wanted);
  if (preferences.language !== wanted) preferences.set({ language: wanted });
}

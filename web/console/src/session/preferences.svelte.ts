import { languageOf, type Language } from '@standfast/ui/i18n';
import { loadJson, saveJson } from './storage';

export type Theme = 'system' | 'light' | 'dark';

const KEY = 'standfast.preferences';

interface Saved {
  language?: Language;
  theme?: Theme;
  viewsFolded?: boolean;
  contextOpen?: boolean;
  singleKeys?: boolean;
}

/** What this browser remembers about how the desk should look. `public/theme.js` reads the same record before the first paint. */
class Preferences {
  language = $state<Language>('en');
  theme = $state<Theme>('system');
  viewsFolded = $state(false);
  contextOpen = $state(true);
  /** One-key actions can be turned off: they get in the way of speech input. */
  singleKeys = $state(true);

  constructor() {
    const saved = loadJson<Saved>(KEY) ?? {};
    this.language = saved.language ?? languageOf(navigator.language);
    this.theme = saved.theme ?? 'system';
    this.viewsFolded = saved.viewsFolded ?? false;
    this.contextOpen = saved.contextOpen ?? true;
    this.singleKeys = saved.singleKeys ?? true;
    this.#paint();
  }

  set(change: Saved): void {
    Object.assign(this, change);
    this.#paint();
    const { language, theme, viewsFolded, contextOpen, singleKeys } = this;
    saveJson(KEY, { language, theme, viewsFolded, contextOpen, singleKeys } satisfies Saved);
  }

  #paint(): void {
    const root = document.documentElement;
    root.lang = this.language;
    if (this.theme === 'system') delete root.dataset.theme;
    else root.dataset.theme = this.theme;
  }
}

export const preferences = new Preferences();

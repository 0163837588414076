/** Languages that the desk speaks. A language is added by adding its catalogues and a line here. */
export type Language = 'zh-CN' | 'en';

/** One area of one language: flat keys, `{name}` parameters, plural forms as `key_one` and `key_other`. */
export type Catalog = Readonly<Record<string, string>>;

export type Params = Readonly<Record<string, string | number>>;

export interface Translate {
  (key: string, params?: Params): string;
  readonly language: Language;
}

/** The language we have for a BCP 47 tag: any Chinese reads zh-CN, everything else en. */
export function languageOf(tag: string | null | undefined): Language {
  return /^zh\b/i.test(tag ?? '') ? 'zh-CN' : 'en';
}

/**
 * Makes the `t()` of one language. A `count` parameter selects the plural form.
 * A missing key is shown as itself: visible in tests, harmless to a user.
 */
export function translator(language: Language, catalog: Catalog): Translate {
  const plural = new Intl.PluralRules(language);
  const translate = (key: string, params: Params = {}): string => {
    const { count } = params;
    const text =
      (typeof count === 'number'
        ? (catalog[`${key}_${plural.select(count)}`] ?? catalog[`${key}_other`])
        : undefined) ??
      catalog[key] ??
      key;
    return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(params[name] ?? whole));
  };
  return Object.assign(translate, { language });
}

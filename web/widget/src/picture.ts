import type { Api } from './api.ts';

/** Pictures of the conversation: fetched once, because a plain link cannot carry the visitor's secret. */
export class Pictures {
  readonly #api: Api;
  readonly #changed: () => void;
  readonly #urls = new Map<string, string | null>();

  constructor(api: Api, changed: () => void) {
    this.#api = api;
    this.#changed = changed;
  }

  /** An attachment's object URL; '' while it is loading, null when it cannot be shown. */
  url(id: string): string | null {
    const known = this.#urls.get(id);
    if (known !== undefined) return known;
    this.#urls.set(id, '');
    this.#api
      .blob(`/attachments/${id}`)
      .then(URL.createObjectURL, () => null)
      .then((url) => {
        this.#urls.set(id, url);
        this.#changed();
      })
      .catch(() => null);
    return '';
  }

  clear(): void {
    for (const url of this.#urls.values()) if (url) URL.revokeObjectURL(url);
    this.#urls.clear();
  }
}

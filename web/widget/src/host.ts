/** What the host page told us: the script line's attributes and the calls of `window.Standfast`. */
export type Call =
  | ['identify', string]
  | ['context', Record<string, unknown>]
  | ['open' | 'close' | 'reset']
  | ['language', string]
  | ['theme', string];

export interface Stub {
  (...call: Call): void;
  q: Call[];
  base: string;
  data: DOMStringMap;
}

declare global {
  interface Window {
    Standfast?: Stub;
  }
}

/** Storage of the host page; memory where the page may not store (private window, blocked in a frame). */
export class Keep {
  readonly #prefix: string;
  readonly #memory = new Map<string, string>();
  readonly #storage: () => Storage;

  constructor(base: string, storage: () => Storage) {
    this.#prefix = `standfast:${base}:`;
    this.#storage = storage;
  }

  get(key: string): string | null {
    try {
      return this.#storage().getItem(this.#prefix + key) ?? this.#memory.get(key) ?? null;
    } catch {
      return this.#memory.get(key) ?? null;
    }
  }

  set(key: string, value: string | null): void {
    try {
      if (value === null) this.#storage().removeItem(this.#prefix + key);
      else this.#storage().setItem(this.#prefix + key, value);
      this.#memory.delete(key);
    } catch {
      if (value === null) this.#memory.delete(key);
      else this.#memory.set(key, value);
    }
  }

  read<T>(key: string): T | null {
    try {
      return JSON.parse(this.get(key) ?? 'null') as T | null;
    } catch {
      return null;
    }
  }
}

/** `bytes` random bytes as base64url. Works without TLS, where `crypto.randomUUID` does not exist. */
export function random(bytes: number): string {
  const values = crypto.getRandomValues(new Uint8Array(bytes));
  return btoa(String.fromCharCode(...values))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}

/** What the browser knows of where the person stands; the page without its query, which may hold private things. */
export function circumstances(): Record<string, string> {
  return {
    page: location.origin + location.pathname,
    platform: navigator.userAgent,
    display: `${screen.width}x${screen.height}`,
  };
}

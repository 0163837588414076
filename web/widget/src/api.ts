import { refusal } from '@standfast/ui/delivery';

const PATIENCE_MS = 20_000;

/** The customer's half of the REST API. */
export class Api {
  readonly base: string;
  readonly #authorization: () => string | null;
  readonly #language: () => string;

  constructor(base: string, authorization: () => string | null, language: () => string) {
    this.base = base;
    this.#authorization = authorization;
    this.#language = language;
  }

  headers(): Record<string, string> {
    const authorization = this.#authorization();
    return {
      'Accept-Language': this.#language(),
      ...(authorization && { Authorization: authorization }),
    };
  }

  url(path: string): string {
    return `${this.base}/api/v1${path}`;
  }

  async get<T>(path: string): Promise<T> {
    return (await this.#call(path, {})).json() as Promise<T>;
  }

  async post<T>(path: string, body: unknown): Promise<T> {
    const response = await this.#call(path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    });
    return (response.status === 204 ? null : response.json()) as Promise<T>;
  }

  async blob(path: string): Promise<Blob> {
    return (await this.#call(path, {})).blob();
  }

  async #call(path: string, init: RequestInit): Promise<Response> {
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), PATIENCE_MS);
    try {
      const response = await fetch(this.url(path), {
        ...init,
        headers: { ...this.headers(), ...init.headers },
        credentials: 'omit',
        signal: abort.signal,
      });
      if (!response.ok) throw await refusal(response);
      return response;
    } finally {
      clearTimeout(timer);
    }
  }
}

import type { Problem as ProblemBody } from '@standfast/api';

/** A refusal by the server (RFC 9457), or `offline` when there was no answer at all. */
export class Problem extends Error {
  readonly body: ProblemBody;

  constructor(body: ProblemBody) {
    super(body.detail ?? body.title);
    this.name = 'Problem';
    this.body = body;
  }

  get code(): string {
    return this.body.code;
  }

  get status(): number {
    return this.body.status;
  }

  /** Trying the same again may help: no answer, too many, or the server's own fault. */
  get passing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  return new Problem({ code: 'offline', title: 'offline', status: 0 });
}

export const BASE = '/api/v1';

interface Ask {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  body?: unknown;
  /** Sent as it is in place of `body`. */
  table?: Blob;
  /** What `table` is; CSV unless said. */
  mediaType?: string;
  signal?: AbortSignal;
  /** Milliseconds until the attempt counts as unanswered. */
  timeout?: number;
}

let language = 'en';
let onSignedOut: () => void = () => {};

/** Language of the server's error texts. */
export function speak(code: string): void {
  language = code;
}

/** The language that was set last. */
export const spoken = (): string => language;

/** Called when the server no longer knows the session. */
export function whenSignedOut(run: () => void): void {
  onSignedOut = run;
}

export async function problemOf(response: Response): Promise<Problem> {
  const fallback = {
    code: `http_${response.status}`,
    title: response.statusText,
    status: response.status,
  };
  try {
    const body = (await response.json()) as Partial<ProblemBody>;
    return new Problem({ ...fallback, ...body, status: response.status });
  } catch {
    return new Problem(fallback);
  }
}

/** One exchange of JSON. Throws only `Problem` and, when `signal` fires, `AbortError`. */
export async function ask<T>(
  path: string,
  { method = 'GET', body, table, mediaType = 'text/csv', signal, timeout = 20_000 }: Ask = {},
): Promise<T> {
  const limit = AbortSignal.timeout(timeout);
  let response: Response;
  try {
    response = await fetch(BASE + path, {
      method,
      credentials: 'same-origin',
      headers: {
        Accept: 'application/json',
        'Accept-Language': language,
        ...(table && { 'Content-Type': mediaType }),
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
      },
      body: body === undefined ? table : JSON.stringify(body),
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw asProblem(error);
  }
  if (!response.ok) {
    const problem = await problemOf(response);
    if (problem.status === 401 && path !== '/session') onSignedOut();
    throw problem;
  }
  if (response.status === 204) return undefined as T;
  try {
    return (await response.json()) as T;
  } catch (error) {
    throw asProblem(error);
  }
}

export function query(
  values: Record<string, string | number | boolean | null | undefined>,
): string {
  const parts = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value !== null && value !== undefined && value !== '') parts.set(name, String(value));
  }
  const text = parts.toString();
  return text ? `?${text}` : '';
}

/** A path segment made of an id: never lets user text shape a path. */
export function segment(id: string): string {
  return encodeURIComponent(id);
}

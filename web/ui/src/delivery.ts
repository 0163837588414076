import type { Problem, Receipt } from '@standfast/api';

/** The desk answered, and the answer is no. */
export class Refused extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.code);
    this.problem = problem;
  }
}

/** Reads a problem document; a proxy's HTML page becomes a problem by its status alone. */
export async function refusal(response: Response): Promise<Refused> {
  const problem = (await response.json().catch(() => null)) as Problem | null;
  const wait = Number(response.headers.get('retry-after') ?? Number.NaN);
  return new Refused({
    code: `http_${response.status}`,
    title: '',
    ...(Number.isFinite(wait) && { retry_after: wait }),
    ...problem,
    status: response.status,
  });
}

/** Answers that are due for messages sent over a socket. A lost connection settles them all with null. */
export class Delivery {
  static readonly TIMEOUT_MS = 10_000;
  readonly #waiting = new Map<
    string,
    { done: (receipt: Receipt | null) => void; fail: (error: Refused) => void }
  >();

  expect(clientId: string): Promise<Receipt | null> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.drop(clientId), Delivery.TIMEOUT_MS);
      const settled = () => {
        clearTimeout(timer);
        this.#waiting.delete(clientId);
      };
      this.#waiting.set(clientId, {
        done: (receipt) => (settled(), resolve(receipt)),
        fail: (error) => (settled(), reject(error)),
      });
    });
  }

  acknowledge(clientId: string, receipt: Receipt): void {
    this.#waiting.get(clientId)?.done(receipt);
  }

  refuse(clientId: string, problem: Problem): void {
    this.#waiting.get(clientId)?.fail(new Refused(problem));
  }

  drop(clientId: string): void {
    this.#waiting.get(clientId)?.done(null);
  }

  dropAll(): void {
    for (const clientId of this.#waiting.keys()) this.drop(clientId);
  }
}

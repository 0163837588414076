import { drivers } from '../api/endpoints';
import { asProblem, type Problem } from '../api/http';
import type { State } from '../plots/data';
import { t } from '../words.svelte';
import * as api from './api';
import type {
  Driver,
  InsightCatalogue,
  InsightMovements,
  InsightPromises,
  InsightStaffing,
  InsightSurvival,
} from '@standfast/api';
import { untrack } from 'svelte';
import { beat } from './beat.svelte';
import type { Answer, MovementQuery, Query } from './api';

/** The desk asks for two to five seconds when it is still reading. */
const AGAIN_MS = 2_000;

/** Who opens page after page asks much at once; a pause up to this is waited for, and not told of. */
const PATIENCE_S = 10;

/** Milliseconds after which a question that was refused as one too many may be asked again. */
function pauseOf({ status, body }: Problem): number | null {
  const seconds = status === 429 ? body.retry_after : null;
  return typeof seconds === 'number' && seconds <= PATIENCE_S ? seconds * 1_000 : null;
}

/** Something asked of the desk: what came last stays until the next has come. */
export class Asked<T> {
  data = $state.raw<T | null>(null);
  state = $state.raw<State>({ kind: 'loading' });
  /** How much of its requests the desk has read, while it has not read all. */
  percent = $state<number | null>(null);
  #aborter: AbortController | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * Asks; an earlier question that is still under way is given up. `quietly`: what is shown stays as it is until the answer is
   * there, and also when none comes.
   */
  async ask(run: (signal: AbortSignal) => Promise<T>, { quietly = false } = {}): Promise<void> {
    clearTimeout(this.#timer);
    this.#aborter?.abort();
    const aborter = new AbortController();
    this.#aborter = aborter;
    const calm = quietly && this.data !== null && this.state.kind === 'ready';
    if (!calm) this.state = { kind: 'loading' };
    try {
      const data = await run(aborter.signal);
      if (this.#aborter !== aborter) return;
      this.percent = null;
      this.data = data;
      this.state = { kind: 'ready' };
    } catch (error) {
      if (aborter.signal.aborted || this.#aborter !== aborter) return;
      if (calm) return;
      const problem = asProblem(error);
      if (problem.code === 'facts_loading') {
        // The desk has just started; it says how far it is.
        this.percent = typeof problem.body.percent === 'number' ? problem.body.percent : 0;
        this.#timer = setTimeout(() => void this.ask(run), AGAIN_MS);
        return;
      }
      this.percent = null;
      const pause = pauseOf(problem);
      if (pause !== null) {
        this.#timer = setTimeout(() => void this.ask(run), pause);
        return;
      }
      this.state = {
        kind: 'error',
        text: problem.code === 'offline' ? t('insight.offline') : problem.message,
        // The same question again would be refused again.
        ...(problem.status === 422 ? {} : { retry: () => void this.ask(run) }),
      };
    }
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#aborter?.abort();
    this.#aborter = null;
  }
}

/** The answer to a question that may change; null asks nothing. To be called while a component is made. */
export function answering<Q extends object, A>(
  wanted: () => Q | null,
  ask: (question: Q, signal: AbortSignal) => Promise<A>,
): Asked<A> {
  const asked = new Asked<A>();
  // The same question in a new object is not asked again.
  const text = $derived.by(() => {
    const question = wanted();
    return question ? JSON.stringify(question) : '';
  });
  let last = '';
  $effect(() => {
    if (text === '') {
      asked.data = null;
      return;
    }
    const question = JSON.parse(text) as Q;
    // What lies behind us does not change: only what reaches up to now is asked again as the desk goes on.
    const until = 'until' in question ? Date.parse(String(question.until)) : 0;
    if (until > untrack(() => beat.at)) void beat.at;
    // How far the earlier period goes moves with the clock: the question is the same.
    const still = JSON.stringify(question, (key, value: unknown) =>
      key === 'against' && value ? (value as { from: string }).from : value,
    );
    const quietly = still === last;
    last = still;
    // What is shown is looked at in there: an answer must not ask for the next one.
    untrack(() => void asked.ask((signal) => ask(question, signal), { quietly }));
    return () => asked.stop();
  });
  return asked;
}

/** The answer to a query. */
export function answerTo(wanted: () => Query | null): Asked<Answer> {
  return answering(wanted, api.query);
}

/** The survival curves of a query. */
export function curvesTo(
  duration: () => api.WaitedFor,
  wanted: () => Query | null,
): Asked<InsightSurvival> {
  return answering(wanted, (query, signal) => api.survival(duration(), query, signal));
}

/** Whether promised waits were kept. */
export function promisesTo(
  wanted: () => { from: string; until: string; zone: string } | null,
): Asked<InsightPromises> {
  return answering(wanted, api.promises);
}

/** How many came in each hour of the week, and how many people were there. */
export function staffingTo(
  wanted: () => { from: string; until: string; zone: string } | null,
): Asked<InsightStaffing> {
  return answering(wanted, api.staffing);
}

/** What moved. */
export function movementsTo(wanted: () => MovementQuery | null): Asked<InsightMovements> {
  return answering(wanted, api.movements);
}

/** What can be asked; loaded once, kept while the console is open. */
class Known {
  asked = new Asked<InsightCatalogue>();
  /** What happened, the latest first; read anew whenever somebody opens Insight. */
  events = new Asked<Driver[]>();

  load(): void {
    void this.events.ask(async () => (await drivers()).items);
    if (!this.asked.data) void this.asked.ask((signal) => api.catalogue(signal));
  }

  /** The first request, a new version of the app: what there is to ask about grows as well. */
  renew(): void {
    if (this.asked.data) void this.asked.ask((signal) => api.catalogue(signal), { quietly: true });
  }
}

export const known = new Known();

/** The desk's comparisons: what is asked, what comes back, and what to do when it is refused. */
import type { Change, ChangeQuestion, Effect, EffectQuestion } from '@standfast/api';
import { ask, asProblem, Problem } from '../../api/http';
import { t } from '../../words.svelte';

const PATH = '/console/insight';

export const effect = (body: EffectQuestion, signal: AbortSignal) =>
  told(ask<Effect>(`${PATH}/effect`, { method: 'POST', body, signal }), signal);

export const decomposition = (body: ChangeQuestion, signal: AbortSignal) =>
  told(ask<Change>(`${PATH}/decomposition`, { method: 'POST', body, signal }), signal);

/** What is refused says what to do about it here, where this page knows better than the desk. */
async function told<T>(answer: Promise<T>, signal: AbortSignal): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (signal.aborted) throw error;
    const problem = asProblem(error);
    const key = `compare.wrong.${String(problem.body.field)}.${String(problem.body.reason)}`;
    const text = problem.code === 'invalid' ? t(key) : key;
    throw text === key ? problem : new Problem({ ...problem.body, detail: text });
  }
}

import type { FalseClaim, Id, RequestDetail, State, Transition } from '@standfast/api';
import * as api from '../api/endpoints';
import { asProblem } from '../api/http';
import { inHand } from '../conversation/in-hand';
import { open } from '../conversation/open.svelte';
import { inbox } from '../inbox/inbox.svelte';
import { notices } from '../parts/notices.svelte';
import { spokenNumber } from '../routing/address';
import { directory } from '../session/directory.svelte';
import { session } from '../session/session.svelte';
import { t } from '../words.svelte';

/** What an agent does to a request: shown at once, taken back with a word when the desk refuses. */

async function change(
  request: RequestDetail,
  shown: Partial<RequestDetail>,
  call: () => Promise<unknown>,
): Promise<boolean> {
  const before = open.get(request.id)?.request ?? request;
  show({ ...before, ...shown });
  try {
    await call();
    return true;
  } catch (error) {
    show(before);
    const problem = asProblem(error);
    notices.failed(
      problem.status === 0 ? t('deed.offline') : problem.body.detail || t('deed.failed'),
    );
    void open.get(request.id)?.load();
    return false;
  }
}

function show(request: RequestDetail): void {
  open.get(request.id)?.applySummary(request);
  inbox.apply([request]);
}

export async function assign(request: RequestDetail, agent: Id | null): Promise<void> {
  const before = request.assignee_id ?? null;
  if (before === agent) return;
  const done = await change(request, { assignee_id: agent }, () =>
    api.assign(request.id, { agent_id: agent }),
  );
  if (!done) return;
  const text =
    agent === session.me
      ? t('deed.assigned_me')
      : agent
        ? t('deed.assigned', { name: directory.agentName(agent) })
        : t('deed.unassigned');
  notices.done(text, {
    label: t('undo'),
    run: () => void assign({ ...request, assignee_id: agent }, before),
  });
}

export async function assignTeam(request: RequestDetail, team: Id | null): Promise<void> {
  if ((request.team_id ?? null) === team) return;
  const done = await change(request, { team_id: team }, () =>
    api.assign(request.id, { team_id: team }),
  );
  if (done) notices.done(t('deed.team', { name: directory.teamName(team) || t('nobody') }));
}

export async function setType(request: RequestDetail, code: string): Promise<void> {
  // An answer to a question settles the type, also the one that it has.
  const isAsked = request.prediction ? request.prediction.advice !== 'none' : false;
  if (request.type === code && !isAsked) return;
  const type = directory.types.find((each) => each.code === code);
  const shown = {
    type: code,
    urgency: type?.urgency ?? request.urgency,
    at_risk: request.at_risk || (type?.at_risk ?? false),
    prediction: request.prediction && { ...request.prediction, advice: 'none' as const },
  };
  if (await change(request, shown, () => api.setType(request.id, code))) {
    notices.done(t('deed.type', { type: directory.typeName(code) }));
  }
}

/** Moves a request out of the lane of assets at risk: its claim is false. */
export async function dismissClaim(request: RequestDetail, reason: FalseClaim): Promise<void> {
  const shown = { at_risk: false, urgency: Math.max(request.urgency, 2) };
  if (await change(request, shown, () => api.dismissClaim(request.id, reason)))
    notices.done(t('deed.not_at_risk'), {
      label: t('undo'),
      run: () => void undoDismissal({ ...request, ...shown }, request.urgency),
    });
}

/** Takes that back: the request stands in the lane where it stood. */
async function undoDismissal(request: RequestDetail, urgency: number): Promise<void> {
  const shown = { at_risk: true, urgency };
  if (await change(request, shown, () => api.undoDismissal(request.id)))
    notices.done(t('deed.at_risk'));
}

/** Puts a request into that lane, or back into it. */
export async function putAtRisk(request: RequestDetail): Promise<void> {
  if (await change(request, { at_risk: true, urgency: 0 }, () => api.putAtRisk(request.id)))
    notices.done(t('deed.at_risk'));
}

export async function setTags(request: RequestDetail, tags: string[]): Promise<void> {
  const add = tags.filter((tag) => !request.tags.includes(tag));
  const remove = request.tags.filter((tag) => !tags.includes(tag));
  if (add.length + remove.length === 0) return;
  await change(request, { tags }, () => api.setTags(request.id, { add, remove }));
}

const BECOMES: Record<Transition, State> = {
  solve: 'solved',
  close: 'closed',
  reopen: 'open',
  hold: 'on_hold',
  spam: 'spam',
  not_spam: 'open',
};

const UNDO: Partial<Record<Transition, Transition>> = {
  solve: 'reopen',
  hold: 'reopen',
  close: 'reopen',
};

export async function transition(request: RequestDetail, name: Transition): Promise<void> {
  const done = await change(request, { state: BECOMES[name] }, () =>
    api.transition(request.id, name, inHand.take(request.id)),
  );
  if (!done) return;
  const undo = UNDO[name];
  const back = { ...request, state: BECOMES[name] };
  notices.done(
    t(`deed.${name}`),
    undo && { label: t('undo'), run: () => void transition(back, undo) },
  );
}

/** Throws `Problem`: the dialog says why and keeps what was typed. */
export async function merge(request: RequestDetail, into: string): Promise<void> {
  await api.merge(request.id, into);
  show({ ...request, state: 'merged', merged_into: into });
  void open.get(request.id)?.load();
  notices.done(t('deed.merged', { number: spokenNumber(into) }));
}

/** Throws `Problem`. */
export async function erase(request: RequestDetail, seq: number, reason: string): Promise<void> {
  await api.erase(request.id, seq, reason);
  await open.get(request.id)?.load();
  notices.done(t('deed.erased'));
}

import type { Id, RequestSummary, ViewName } from '@standfast/api';

/** Order and membership of the inbox's lists; the same rules as the server's, so that live changes land where a reload would show them. */

const ACTIVE = new Set(['open', 'waiting', 'on_hold']);
const DONE = new Set(['solved', 'closed', 'merged', 'spam']);

export interface ListQuery {
  view: ViewName;
  q: string;
  type: string;
  team: string;
}

/** Urgency of a claim in the lane that goes behind the others there: its user's earlier ones were false. */
const DOUBTED = 4;

/** `reserved`: this agent is kept for assets at risk, and other requests are in no view but theirs and what is done. */
export function belongs(
  query: ListQuery,
  request: RequestSummary,
  me: Id,
  reserved = false,
): boolean {
  if (query.type && request.type !== query.type) return false;
  if (query.team && request.team_id !== query.team) return false;
  if (query.view === 'solved') return DONE.has(request.state);
  if (!ACTIVE.has(request.state)) return false;
  if (query.view === 'mine') return request.assignee_id === me;
  if (reserved && !request.at_risk) return false;
  if (query.view === 'unassigned') return request.assignee_id === null;
  return query.view === 'all' || request.at_risk;
}

/** Since when somebody waits for us; null when nobody does, whatever the record still says. */
export function waitingSince(request: RequestSummary): string | null {
  return request.state === 'open' ? (request.waiting_since ?? null) : null;
}

/** At risk first, then who waits longest, in the lane whoever is doubted behind the others; those where nobody waits come last, oldest change first. */
export function compare(view: ViewName): (a: RequestSummary, b: RequestSummary) => number {
  if (view === 'solved') return (a, b) => time(b.updated_at) - time(a.updated_at) || byId(b, a);
  return (a, b) => {
    if (a.at_risk !== b.at_risk) return a.at_risk ? -1 : 1;
    const [first, second] = [waitingSince(a), waitingSince(b)];
    if (!first !== !second) return first ? -1 : 1;
    const doubted = Number(isDoubted(a)) - Number(isDoubted(b));
    if (doubted) return doubted;
    if (first && second) return time(first) - time(second) || byId(a, b);
    return time(a.updated_at) - time(b.updated_at) || byId(a, b);
  };
}

function isDoubted(request: RequestSummary): boolean {
  return request.at_risk && request.urgency === DOUBTED;
}

function time(at: string): number {
  return Date.parse(at);
}

/** Ids are decimal strings of 64 bits: longer is larger, otherwise compare as text. */
function byId(a: RequestSummary, b: RequestSummary): number {
  return a.id.length - b.id.length || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}

/** Is `fresh` at least as new as `known`? Frames and pages may arrive in any order. */
export function newer(known: RequestSummary | undefined, fresh: RequestSummary): boolean {
  return (
    !known ||
    fresh.last_seq > known.last_seq ||
    (fresh.last_seq === known.last_seq && time(fresh.updated_at) >= time(known.updated_at))
  );
}

/** What the customer wrote since the agent last looked (`seen`: up to which entry), at least as far as lists can tell. */
export function unreadAfter(
  known: RequestSummary | undefined,
  fresh: RequestSummary,
  open: boolean,
  seen: number,
): number {
  if (
    open ||
    fresh.state !== 'open' ||
    fresh.last_entry?.author_kind !== 'customer' ||
    fresh.last_seq <= seen
  )
    return 0;
  const before = known?.unread ?? 0;
  const grown = known ? Math.max(0, fresh.last_seq - known.last_seq) : 0;
  return Math.max(1, before + grown);
}

export interface Merge {
  query: ListQuery;
  me: Id;
  /** This agent is kept for assets at risk. */
  reserved?: boolean;
  /** No further page on the server: anything may be appended. */
  complete: boolean;
  /** The request that is open now: never unread. */
  open: Id | null;
  /** Up to which entry of a request this agent has looked; 0 when never. */
  seen: (id: Id) => number;
}

/** The list after live changes. A search result takes no new members; a list with further pages takes none beyond its end. */
export function mergeLive(
  list: readonly RequestSummary[],
  changes: readonly RequestSummary[],
  how: Merge,
): RequestSummary[] {
  const order = compare(how.query.view);
  const next = new Map(list.map((item) => [item.id, item]));
  const end = list.at(-1);
  for (const fresh of changes) {
    const known = next.get(fresh.id);
    if (!newer(known, fresh)) continue;
    const item = {
      ...fresh,
      unread: unreadAfter(known, fresh, how.open === fresh.id, how.seen(fresh.id)),
    };
    if (how.query.q) {
      if (known) next.set(item.id, item);
    } else if (!belongs(how.query, item, how.me, how.reserved)) next.delete(item.id);
    else if (known || how.complete || !end || order(item, end) < 0) next.set(item.id, item);
  }
  const items = [...next.values()];
  return how.query.q ? items : items.sort(order);
}

/** Only what does not move a row: for as long as the pointer rests on the list. */
export function mergeInPlace(
  list: readonly RequestSummary[],
  changes: readonly RequestSummary[],
  how: Pick<Merge, 'open' | 'seen'>,
): RequestSummary[] {
  const fresh = new Map(changes.map((item) => [item.id, item]));
  return list.map((known) => {
    const item = fresh.get(known.id);
    return item && newer(known, item)
      ? { ...item, unread: unreadAfter(known, item, how.open === item.id, how.seen(item.id)) }
      : known;
  });
}

/** A further page behind what is there, without doubles. */
export function append(
  list: readonly RequestSummary[],
  page: readonly RequestSummary[],
): RequestSummary[] {
  const known = new Set(list.map((item) => item.id));
  return [...list, ...page.filter((item) => !known.has(item.id))];
}

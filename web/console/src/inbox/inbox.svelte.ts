import type { Counts, Id, InboxPage, RequestSummary } from '@standfast/api';
import * as api from '../api/endpoints';
import { asProblem, type Problem } from '../api/http';
import { session } from '../session/session.svelte';
import { requestNumber } from '../routing/address';
import { seen } from './seen';
import {
  append,
  belongs,
  mergeInPlace,
  mergeLive,
  newer,
  unreadAfter,
  type ListQuery,
} from './order';

const PAGE = 50;
const KEPT_VIEWS = 12;

type Kept = { items: RequestSummary[]; next: string | null };

/** The list in the middle: one view's requests, kept current by frames. */
class Inbox {
  query = $state.raw<ListQuery>({ view: 'unassigned', q: '', type: '', team: '' });
  items = $state.raw<RequestSummary[]>([]);
  counts = $state.raw<Counts | null>(null);
  status = $state<'loading' | 'ready' | 'failed'>('loading');
  problem = $state.raw<Problem | null>(null);
  next = $state<string | null>(null);
  loadingMore = $state(false);
  moreFailed = $state(false);
  /** Changes that would move rows under the pointer; shown when it leaves or when asked for. */
  held = $state.raw<RequestSummary[]>([]);
  /** The row that the keyboard is on. */
  cursor = $state<Id | null>(null);
  open = $state<Id | null>(null);

  #holding = false;
  #kept = new Map<string, Kept>();
  #abort: AbortController | null = null;
  /** What changed while a page was on its way: the page may be older. */
  #meanwhile: RequestSummary[] | null = null;
  #firstFeed: ((feed: string) => void) | null = null;

  /** Called with the feed cursor of the first page that arrives: the live link starts from there. */
  onFeed(run: (feed: string) => void): void {
    this.#firstFeed = run;
  }

  /** Shows a view: at once what was known of it, then what is true now. */
  async show(query: ListQuery): Promise<void> {
    const same = keyOf(query) === keyOf(this.query);
    if (same && this.status === 'ready') return;
    this.query = query;
    const kept = this.#kept.get(keyOf(query));
    this.items = kept?.items ?? [];
    this.next = kept?.next ?? null;
    this.held = [];
    if (!same) this.cursor = null;
    this.status = kept ? 'ready' : 'loading';
    await this.reload();
  }

  async reload(): Promise<void> {
    this.#abort?.abort();
    const abort = (this.#abort = new AbortController());
    const { query } = this;
    this.#meanwhile = [];
    try {
      const page = await api.inbox(
        { ...query, q: asked(query.q), limit: Math.min(200, Math.max(PAGE, this.items.length)) },
        abort.signal,
      );
      if (abort.signal.aborted) return;
      this.#take(page, query);
    } catch (error) {
      if (abort.signal.aborted) return;
      this.#meanwhile = null;
      this.problem = asProblem(error);
      if (this.status !== 'ready') this.status = 'failed';
    }
  }

  #take(page: InboxPage, query: ListQuery): void {
    const known = new Map(this.items.map((item) => [item.id, item]));
    this.items = page.items.map((item) => {
      const old = known.get(item.id);
      return old && !newer(old, item)
        ? old
        : { ...item, unread: unreadAfter(old, item, item.id === this.open, seen.of(item.id)) };
    });
    this.next = page.next ?? null;
    this.counts = page.counts;
    this.held = [];
    this.status = 'ready';
    this.problem = null;
    const meanwhile = this.#meanwhile ?? [];
    this.#meanwhile = null;
    this.apply(meanwhile);
    this.#keep(query);
    this.#firstFeed?.(page.feed);
    this.#firstFeed = null;
    if (this.next && page.items.length < PAGE) void this.more();
  }

  async more(): Promise<void> {
    if (this.loadingMore || !this.next || this.status !== 'ready') return;
    this.loadingMore = true;
    this.moreFailed = false;
    const { query } = this;
    let found = 0;
    try {
      // A search that lets little through comes back with what it has seen of the shelf: it goes on until a page is full.
      while (this.next && found < PAGE) {
        const { next } = this;
        const page = await api.inbox({ ...query, q: asked(query.q), cursor: next, limit: PAGE });
        if (query !== this.query || next !== this.next) return;
        this.items = append(this.items, page.items);
        this.next = page.next ?? null;
        this.counts = page.counts;
        found += page.items.length;
        this.#keep(query);
      }
    } catch {
      this.moreFailed = true;
    } finally {
      this.loadingMore = false;
    }
  }

  /** Live changes of any requests. */
  apply(changes: readonly RequestSummary[], counts?: Counts): void {
    if (counts) this.#count(counts);
    this.#meanwhile?.push(...changes);
    if (this.status !== 'ready' || changes.length === 0) return;
    if (this.#holding) {
      this.items = mergeInPlace(this.items, changes, {
        open: this.open,
        seen: (id) => seen.of(id),
      });
      const wanted = [...this.held, ...changes.filter((change) => this.#moves(change))];
      this.held = [...new Map(wanted.map((item) => [item.id, item])).values()];
    } else this.#merge(changes);
  }

  /** Whether this agent is kept for assets at risk: the lists show nothing else but what is theirs and what is done. */
  get reserved(): boolean {
    return this.counts?.reserved ?? false;
  }

  #count(counts: Counts): void {
    const was = this.counts?.reserved;
    this.counts = counts;
    if (was === undefined || was === counts.reserved) return;
    // Every list is another one now.
    this.#kept.clear();
    void this.reload();
  }

  /** Would this change add a row, remove one or bring one to another place? */
  #moves(change: RequestSummary): boolean {
    const there = this.items.some((item) => item.id === change.id);
    return there || belongs(this.query, change, session.me, this.reserved);
  }

  /** Requests that would appear in the list and are not there yet. */
  get arrivals(): RequestSummary[] {
    const there = new Set(this.items.map((item) => item.id));
    return this.held.filter(
      (item) => !there.has(item.id) && belongs(this.query, item, session.me, this.reserved),
    );
  }

  hold(on: boolean): void {
    this.#holding = on;
    if (!on) this.release();
  }

  release(): void {
    if (this.held.length === 0) return;
    // The copies in the list are as new as the held ones, so the order is what remains to be done.
    const fresh = new Map(this.held.map((item) => [item.id, item]));
    const changes = [...fresh.values()].map(
      (item) => this.items.find((there) => there.id === item.id && newer(item, there)) ?? item,
    );
    this.held = [];
    this.#merge(changes);
  }

  #merge(changes: readonly RequestSummary[]): void {
    const { query, open } = this;
    this.items = mergeLive(this.items, changes, {
      query,
      me: session.me,
      reserved: this.reserved,
      complete: this.next === null,
      open,
      seen: (id) => seen.of(id),
    });
    this.#keep(query);
  }

  markRead(id: Id): void {
    if (!this.items.some((item) => item.id === id && item.unread)) return;
    this.items = this.items.map((item) => (item.id === id ? { ...item, unread: 0 } : item));
  }

  find(id: Id): RequestSummary | undefined {
    return this.items.find((item) => item.id === id);
  }

  /** The request `step` rows below the cursor (or the open one); null at the ends. */
  neighbour(step: number): RequestSummary | null {
    const at = this.items.findIndex((item) => item.id === (this.cursor ?? this.open));
    if (at < 0) return this.items[0] ?? null;
    return this.items[at + step] ?? null;
  }

  /** After a sign-out. */
  clear(): void {
    this.#abort?.abort();
    this.#kept.clear();
    this.items = [];
    this.held = [];
    this.counts = null;
    this.status = 'loading';
  }

  #keep(query: ListQuery): void {
    const key = keyOf(query);
    this.#kept.delete(key);
    this.#kept.set(key, { items: this.items, next: this.next });
    const oldest = this.#kept.keys().next();
    if (this.#kept.size > KEPT_VIEWS && !oldest.done) this.#kept.delete(oldest.value);
  }
}

/** A number is looked for as it is stored, however it was typed. */
function asked(q: string): string {
  return requestNumber(q) ?? q;
}

function keyOf(query: ListQuery): string {
  return JSON.stringify([query.view, query.q, query.type, query.team]);
}

export const inbox = new Inbox();

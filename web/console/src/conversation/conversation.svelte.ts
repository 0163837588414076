import { tick } from 'svelte';
import type {
  CustomerPanel,
  Entry,
  Id,
  RequestDetail,
  RequestSummary,
  Viewer,
} from '@standfast/api';
import * as api from '../api/endpoints';
import { asProblem, Problem } from '../api/http';
import { View } from '../reply/view';
import { session } from '../session/session.svelte';
import { hole, mergeEntries } from './thread';

/** Silence after which somebody's "is writing" is no longer believed. */
const TYPING_MS = 8_000;
const OLDER_PAGE = 100;

/** One request as it is on screen. */
export class Conversation {
  readonly id: Id;
  request = $state.raw<RequestDetail | null>(null);
  entries = $state.raw<Entry[]>([]);
  customer = $state.raw<CustomerPanel | null>(null);
  viewers = $state.raw<Viewer[]>([]);
  customerTyping = $state(false);
  moreBefore = $state(false);
  loadingOlder = $state(false);
  olderFailed = $state(false);
  status = $state<'loading' | 'ready' | 'failed'>('loading');
  problem = $state.raw<Problem | null>(null);
  /** How far this agent had read when the conversation was opened. */
  seenBefore = $state(0);
  /** What a refused reply had not seen; shown above the box until it is read. */
  missed = $state.raw<Entry[]>([]);
  /** When this was last on screen: old conversations are let go. */
  touched = 0;

  /** When each entry came into view; decides what a reply has seen. */
  readonly view = new View();

  #typingTimer: ReturnType<typeof setTimeout> | undefined;
  #filling = false;

  constructor(id: Id, known?: RequestSummary) {
    this.id = id;
    if (known) this.request = preview(known);
  }

  /** What an address shows that names no request: never asked for, never followed. */
  static missing(id: Id): Conversation {
    const none = new Conversation(id);
    none.status = 'failed';
    none.problem = new Problem({ code: 'not_found', title: 'not found', status: 404 });
    return none;
  }

  get lastSeq(): number {
    return this.entries.at(-1)?.seq ?? 0;
  }

  get others(): Viewer[] {
    return this.viewers.filter((viewer) => viewer.id !== session.me);
  }

  async load(): Promise<void> {
    try {
      const page = await api.conversation(this.id);
      this.request = page.request;
      this.customer = page.customer;
      this.viewers = page.viewers;
      if (this.entries.length === 0) {
        this.seenBefore = page.request.read_seq_agents[session.me] ?? 0;
        this.moreBefore = page.more_before;
      }
      this.#add(page.entries);
      this.status = 'ready';
      this.problem = null;
    } catch (error) {
      this.problem = asProblem(error);
      if (this.status !== 'ready') this.status = 'failed';
    }
  }

  async older(): Promise<void> {
    const first = this.entries[0]?.seq;
    if (this.loadingOlder || !this.moreBefore || first === undefined) return;
    this.loadingOlder = true;
    this.olderFailed = false;
    try {
      const page = await api.entries(this.id, { before: first, limit: OLDER_PAGE });
      this.entries = mergeEntries(this.entries, page.entries);
      this.moreBefore = page.more && page.entries.length > 0;
      // The list must see the longer thread while this is still true: it then grows upwards.
      await tick();
    } catch {
      this.olderFailed = true;
    } finally {
      this.loadingOlder = false;
    }
  }

  /** Asks for what came after the last known entry; used where the live link cannot tell. */
  async catchUp(): Promise<void> {
    try {
      const page = await api.entries(this.id, { after: this.lastSeq, limit: OLDER_PAGE });
      this.#add(page.entries);
      if (page.more && page.entries.length > 0) await this.catchUp();
    } catch {
      // The live link resumes from the same cursor.
    }
  }

  applyEntry(entry: Entry): void {
    if (entry.author.kind === 'customer') this.customerTyping = false;
    this.#add([entry]);
    // Who it is, and what they asked before, is in the panel alone.
    if (entry.event?.type === 'identified') void this.load();
  }

  applyErased(entry: Entry): void {
    if (this.entries.some((known) => known.seq === entry.seq))
      this.entries = mergeEntries(this.entries, [entry]);
    this.missed = this.missed.map((known) => (known.seq === entry.seq ? entry : known));
  }

  applySummary(summary: RequestSummary): void {
    if (!this.request || Date.parse(summary.updated_at) < Date.parse(this.request.updated_at))
      return;
    const reopened = this.request.state === 'solved' && summary.state === 'open' ? 1 : 0;
    this.request = {
      ...this.request,
      ...summary,
      reopen_count: this.request.reopen_count + reopened,
    };
  }

  /** The desk told of a change. What it says of the type is in the request alone: asked again when that may be other now. */
  applyChange(summary: RequestSummary): void {
    const before = this.request;
    this.applySummary(summary);
    if (!before || this.status !== 'ready') return;
    const isSettled = before.prediction?.advice === 'none';
    const isQuiet =
      summary.updated_at === before.updated_at && summary.last_seq === before.last_seq;
    if (!isSettled && (isQuiet || summary.type !== before.type)) void this.load();
  }

  applyRead(by: 'customer' | 'agent', agent: Id | undefined, seq: number): void {
    if (!this.request) return;
    if (by === 'customer') {
      this.request = {
        ...this.request,
        read_seq_customer: Math.max(seq, this.request.read_seq_customer),
      };
    } else if (agent) {
      const marks = { ...this.request.read_seq_agents, [agent]: seq };
      this.request = { ...this.request, read_seq_agents: marks };
    }
  }

  applyTyping(author: { kind: string; id?: string }, on: boolean): void {
    if (author.kind !== 'customer') {
      this.viewers = this.viewers.map((viewer) =>
        viewer.id === author.id ? { ...viewer, typing: on } : viewer,
      );
      return;
    }
    clearTimeout(this.#typingTimer);
    this.customerTyping = on;
    if (on) this.#typingTimer = setTimeout(() => (this.customerTyping = false), TYPING_MS);
  }

  #add(fresh: readonly Entry[]): void {
    this.entries = mergeEntries(this.entries, fresh);
    const gap = hole(this.entries);
    if (gap) void this.#fill(gap.after, gap.before);
  }

  async #fill(after: number, before: number): Promise<void> {
    if (this.#filling) return;
    this.#filling = true;
    try {
      const page = await api.entries(this.id, {
        after,
        limit: Math.min(OLDER_PAGE, before - after - 1),
      });
      if (page.entries.length > 0) this.entries = mergeEntries(this.entries, page.entries);
    } catch {
      // The next entry or the next load tries again.
    } finally {
      this.#filling = false;
    }
  }
}

/** What the list already knows, so that the head of the conversation is there at once. */
function preview(known: RequestSummary): RequestDetail {
  return {
    ...known,
    fields: {},
    context: {},
    identifiers: [],
    merged_into: null,
    tier: 1,
    reopen_count: 0,
    follow_up_count: 0,
    link: '',
    read_seq_customer: 0,
    read_seq_agents: {},
    prediction: null,
  };
}

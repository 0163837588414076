import type { Id } from '@standfast/api';
import { inbox } from '../inbox/inbox.svelte';
import { seen } from '../inbox/seen';
import { link } from '../live/link.svelte';
import { isRequestId } from '../routing/address';
import { session } from '../session/session.svelte';
import * as api from '../api/endpoints';
import { Conversation } from './conversation.svelte';

/** Conversations that stay current in the background, so that going back to one is instant. */
const KEPT = 12;

class Open {
  current = $state.raw<Conversation | null>(null);
  #kept = new Map<Id, Conversation>();
  #reading: ReturnType<typeof setTimeout> | undefined;

  get(id: Id): Conversation | undefined {
    return this.#kept.get(id);
  }

  show(id: Id | null): void {
    if (this.current?.id === id) return;
    inbox.open = id;
    if (id === null) {
      this.current = null;
      link.viewing(null);
      return;
    }
    if (!isRequestId(id)) {
      this.current = Conversation.missing(id);
      link.viewing(null);
      return;
    }
    inbox.cursor = id;
    const kept = this.#kept.get(id);
    const conversation = kept ?? new Conversation(id, inbox.find(id));
    // Seen is what was read before this visit.
    if (kept)
      conversation.seenBefore = conversation.request?.read_seq_agents[session.me] ?? kept.lastSeq;
    this.#kept.delete(id);
    this.#kept.set(id, conversation);
    this.#evict();
    this.current = conversation;
    link.viewing(id);
    void conversation.load().then(() => {
      if (conversation.status === 'ready') link.subscribe(id, conversation.lastSeq);
    });
  }

  /** Tells the desk how far we have read; once the person has had a moment to read. */
  read(conversation: Conversation): void {
    clearTimeout(this.#reading);
    const seq = conversation.lastSeq;
    const known = conversation.request?.read_seq_agents[session.me] ?? 0;
    inbox.markRead(conversation.id);
    seen.mark(conversation.id, seq);
    if (seq <= known || !session.may('write') || document.hidden) return;
    this.#reading = setTimeout(() => {
      conversation.applyRead('agent', session.me, seq);
      if (!link.read(conversation.id, seq)) api.read(conversation.id, seq).catch(() => {});
    }, 600);
  }

  clear(): void {
    for (const id of this.#kept.keys()) link.unsubscribe(id);
    this.#kept.clear();
    this.current = null;
  }

  #evict(): void {
    for (const id of this.#kept.keys()) {
      if (this.#kept.size <= KEPT) return;
      this.#kept.delete(id);
      link.unsubscribe(id);
    }
  }
}

export const open = new Open();

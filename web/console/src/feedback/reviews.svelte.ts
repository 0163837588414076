import type { Id, Review, ReviewChange } from '@standfast/api';
import * as api from '../api/endpoints';
import { session } from '../session/session.svelte';

export type Section = 'open' | 'done';

const PAGE = 50;
/** Something happens on a busy desk all the time; the list is looked at again at most this often. */
const PAUSE_MS = 10_000;
const INTERVAL_MS = 60_000;

/** Low ratings and complaints that wait for somebody to look at them. */
class Reviews {
  /** How many wait; beside the view's name. */
  open = $state(0);
  items = $state.raw<readonly Review[]>([]);
  next = $state<Id | null>(null);
  section = $state<Section>('open');
  status = $state<'loading' | 'ready' | 'failed'>('loading');
  #interval: ReturnType<typeof setInterval> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #shown = false;

  start(): void {
    if (!session.may('review')) return;
    void this.load();
    this.#interval = setInterval(() => void this.load(), INTERVAL_MS);
  }

  stop(): void {
    clearInterval(this.#interval);
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.open = 0;
    this.items = [];
    this.status = 'loading';
  }

  /** Something changed on the desk: what waits may be other things now. */
  stale(): void {
    if (!session.may('review')) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.load();
    }, PAUSE_MS);
  }

  show(section: Section): () => void {
    this.#shown = true;
    if (section !== this.section) {
      this.items = [];
      this.next = null;
      this.status = 'loading';
    }
    this.section = section;
    void this.load();
    return () => (this.#shown = false);
  }

  /** A list that is on the screen keeps the pages that were asked for. */
  async load(): Promise<void> {
    const section = this.#shown ? this.section : 'open';
    try {
      const limit = Math.min(200, Math.max(PAGE, this.items.length));
      const page = await api.reviews({ state: section, limit });
      this.open = page.open;
      if (section !== this.section) return;
      this.items = page.items;
      this.next = page.next ?? null;
      this.status = 'ready';
    } catch {
      if (this.status === 'loading') this.status = 'failed';
    }
  }

  async more(): Promise<void> {
    const page = await api.reviews({ state: this.section, cursor: this.next, limit: PAGE });
    this.items = [...this.items, ...page.items];
    this.next = page.next ?? null;
  }

  /** Throws `Problem`. */
  async change(id: Id, body: ReviewChange): Promise<void> {
    const changed = await api.changeReview(id, body);
    this.items = this.items.map((each) => (each.id === id ? changed : each));
    await this.load();
  }
}

export const reviews = new Reviews();

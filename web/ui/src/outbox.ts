import type { Problem, Receipt } from '@standfast/api';
import { Refused } from './delivery.ts';
import type { Sending } from './frame.ts';

/** A message that a person has sent and the desk has not yet acknowledged. */
export interface Outgoing {
  readonly client_id: string;
  readonly frame: Sending;
  /** The `client_id` of the message whose receipt will name the request of this one. */
  readonly follows?: string;
  /** RFC 3339, when the person pressed send. */
  readonly created_at: string;
  /** Grows by message; the order of sending. */
  readonly order: number;
  readonly state: 'queued' | 'sending' | 'failed';
  readonly problem?: Problem;
  /** Kept in memory only: a text that may hold a secret is never written down. */
  readonly volatile?: boolean;
  /** For the page: what to show until the desk's own entry arrives (attachments' names and so on). */
  readonly display?: unknown;
}

export interface OutboxOptions {
  /** Separates desks and identities that share a browser's storage. */
  readonly name: string;
  /** Delivers one message; null when it could not be delivered now. Throws `Refused`. */
  readonly deliver: (item: Outgoing) => Promise<Receipt | null>;
  readonly onChange: (items: readonly Outgoing[]) => void;
  readonly onReceipt: (item: Outgoing, receipt: Receipt) => void;
  readonly storage?: Pick<Storage, 'getItem' | 'setItem' | 'removeItem' | 'key' | 'length'> | null;
  readonly locks?: Pick<LockManager, 'request'> | null;
  readonly channel?: Pick<BroadcastChannel, 'postMessage' | 'addEventListener' | 'close'> | null;
  readonly random?: () => number;
}

interface Told {
  item?: Outgoing;
  receipt?: Receipt;
}

const RETRY_BASE_MS = 1_000;
const RETRY_CAP_MS = 30_000;
/** Statuses after which the same message may well be taken later. */
const LATER = new Set([408, 425, 429, 500, 502, 503, 504]);

/**
 * Messages on their way. Each is stored under its own key before the first attempt, so that a reload, a crash or an
 * hour without network lose nothing; each keeps its `client_id`, so that repeating it makes no second message.
 * Only the tab that holds the lock sends; the others are told what happened. Without locks (a host page without TLS)
 * two tabs may both send: the desk then answers both with the same receipt.
 */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #prefix: string;
  readonly #storage: OutboxOptions['storage'];
  readonly #channel: OutboxOptions['channel'];
  #items: Outgoing[] = [];
  /** What storage does not hold: volatile items, and all of them where storage is full or forbidden. */
  readonly #memory = new Set<string>();
  #running = false;
  #again = false;
  #attempts = 0;
  /** Milliseconds that the desk asked us to wait. */
  #asked: number | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#prefix = `standfast:outbox:${options.name}:`;
    this.#storage = options.storage === undefined ? pageStorage() : options.storage;
    this.#load();
    this.#channel = options.channel === undefined ? pageChannel(this.#prefix) : options.channel;
    this.#channel?.addEventListener('message', (event) => this.#told(event.data as Told));
  }

  get items(): readonly Outgoing[] {
    return this.#items;
  }

  /** Takes responsibility for a message: stored first, then sent. */
  add(item: Omit<Outgoing, 'state' | 'order'>): void {
    const order = Math.max(Date.now(), ...this.#items.map((each) => each.order + 1));
    const queued: Outgoing = { ...item, order, state: 'queued' };
    this.#items = [...this.#items, queued];
    this.#store(queued);
    this.#changed();
    this.#tell({});
    this.flush();
  }

  retry(clientId: string): void {
    const item = this.#find(clientId);
    if (item === undefined) return;
    const { problem: _, ...rest } = item;
    this.#replace({ ...rest, state: 'queued' });
    this.#attempts = 0;
    this.flush();
  }

  /** Gives a message up. One that followed it opens the request in its place. */
  discard(clientId: string): void {
    this.#remove(clientId);
    this.#tell({});
    this.flush();
  }

  /** Sends what is due. Safe to call at any time: on start, when the connection is back, when the page is shown. */
  flush(): void {
    clearTimeout(this.#timer);
    if (this.#closed) return;
    if (this.#running) {
      this.#again = true;
      return;
    }
    this.#running = true;
    this.#again = false;
    this.#exclusively(() => this.#drain())
      .catch(() => 'later' as const)
      .then((outcome) => {
        this.#running = false;
        if (this.#closed) return;
        if (this.#again) this.flush();
        else if (outcome === 'later') this.#later();
      });
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#channel?.close();
  }

  #exclusively<T>(work: () => Promise<T>): Promise<T> {
    const locks =
      this.#options.locks === undefined ? globalThis.navigator?.locks : this.#options.locks;
    return locks ? locks.request(this.#prefix, work) : work();
  }

  async #drain(): Promise<'done' | 'later'> {
    // Another tab may have sent some of them while we waited for the lock.
    this.#load();
    const held = new Set<string>();
    for (const { client_id } of this.#items) {
      const item = this.#find(client_id);
      if (item === undefined) continue;
      const line = item.frame.request ?? item.follows ?? item.client_id;
      // Order within a conversation: nothing overtakes a message that failed.
      if (item.state === 'failed' || held.has(line)) {
        held.add(line);
        continue;
      }
      if (!(await this.#attempt(item))) return 'later';
      if (this.#find(client_id)) held.add(line);
    }
    return 'done';
  }

  /** False: not now, and the others would not fare better. */
  async #attempt(item: Outgoing): Promise<boolean> {
    this.#replace({ ...item, state: 'sending' });
    this.#asked = undefined;
    try {
      const receipt = await this.#options.deliver(item);
      if (receipt !== null) {
        this.#attempts = 0;
        this.#acknowledged(item, receipt);
        this.#tell({ item, receipt });
        return true;
      }
    } catch (error) {
      if (error instanceof Refused && !LATER.has(error.problem.status)) {
        this.#replace({ ...item, state: 'failed', problem: error.problem });
        this.#tell({});
        return true;
      }
      const seconds = error instanceof Refused ? error.problem.retry_after : undefined;
      this.#asked = typeof seconds === 'number' ? seconds * 1000 : undefined;
    }
    if (this.#find(item.client_id)) this.#replace({ ...item, state: 'queued' });
    return false;
  }

  #acknowledged(item: Outgoing, receipt: Receipt): void {
    for (const each of this.#items) {
      if (each.follows === item.client_id) {
        this.#replace({ ...each, frame: { ...each.frame, request: receipt.request_id } });
      }
    }
    this.#remove(item.client_id);
    this.#options.onReceipt(item, receipt);
  }

  #tell(told: Told): void {
    this.#channel?.postMessage(told);
  }

  #told({ item, receipt }: Told): void {
    this.#load();
    this.#changed();
    if (item && receipt) this.#options.onReceipt(item, receipt);
    // Stand in line behind the sending tab: should it be closed, this one goes on.
    else this.flush();
  }

  #later(): void {
    const ceiling = Math.min(RETRY_CAP_MS, RETRY_BASE_MS * 2 ** Math.min(this.#attempts, 8));
    this.#attempts += 1;
    // Not all at once; nor much later than asked, for a place that is kept is kept for two minutes.
    const wait = this.#asked ?? ceiling / 2;
    const more = Math.min(wait, RETRY_CAP_MS) * (this.#options.random ?? Math.random)();
    this.#timer = setTimeout(() => this.flush(), wait + more);
    this.#asked = undefined;
  }

  /** Merges what is stored (by any tab, or before a reload) with what only this tab knows. */
  #load(): void {
    if (!this.#storage) return;
    const kept = this.#items.filter((item) => this.#memory.has(item.client_id));
    const stored: Outgoing[] = [];
    for (let index = 0; index < this.#storage.length; index += 1) {
      const key = this.#storage.key(index);
      if (!key?.startsWith(this.#prefix)) continue;
      try {
        stored.push(JSON.parse(this.#storage.getItem(key) ?? '') as Outgoing);
      } catch {
        this.#storage.removeItem(key);
      }
    }
    const sending = new Set(
      this.#items.filter((item) => item.state === 'sending').map((item) => item.client_id),
    );
    this.#items = [...kept, ...stored]
      .map((item) => (sending.has(item.client_id) ? { ...item, state: 'sending' as const } : item))
      .sort((a, b) => a.order - b.order);
  }

  #find(clientId: string): Outgoing | undefined {
    return this.#items.find((item) => item.client_id === clientId);
  }

  #replace(item: Outgoing): void {
    this.#items = this.#items.map((each) => (each.client_id === item.client_id ? item : each));
    // "sending" is of this moment only: after a crash it is queued again.
    this.#store(item.state === 'sending' ? { ...item, state: 'queued' } : item);
    this.#changed();
  }

  #remove(clientId: string): void {
    this.#items = this.#items.filter((item) => item.client_id !== clientId);
    this.#memory.delete(clientId);
    this.#storage?.removeItem(this.#prefix + clientId);
    this.#changed();
  }

  #store(item: Outgoing): void {
    this.#memory.add(item.client_id);
    if (item.volatile) return;
    try {
      this.#storage?.setItem(this.#prefix + item.client_id, JSON.stringify(item));
      this.#memory.delete(item.client_id);
    } catch {
      // Storage is full or forbidden: the message stays in memory and is still sent.
    }
  }

  #changed(): void {
    this.#options.onChange(this.#items);
  }
}

function pageStorage(): Storage | null {
  try {
    return globalThis.localStorage ?? null;
  } catch {
    return null;
  }
}

function pageChannel(name: string): BroadcastChannel | null {
  return typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel(name);
}

import type { Receipt } from '@standfast/api';
import type { Sending, ServerFrame, Signal } from './frame.ts';
import { Delivery, Refused, refusal } from './delivery.ts';

/** `refused`: the desk does not accept who we are; only a new `start()` tries again. */
export type Connection = 'stopped' | 'connecting' | 'live' | 'polling' | 'offline' | 'refused';

export interface LiveOptions {
  /** Origin of the desk, without a trailing slash; '' on the desk's own pages. */
  readonly base: string;
  /** Authorization header of a customer; an agent's browser sends its session cookie instead. */
  readonly authorization?: () => string | null;
  readonly language?: () => string;
  /** Called once for every frame that matters, entries in order of `seq` and never twice. */
  readonly onFrame: (frame: ServerFrame) => void;
  readonly onConnection?: (connection: Connection) => void;
  /** Replaced in tests. */
  readonly fetch?: typeof fetch;
  readonly WebSocket?: typeof WebSocket;
  readonly random?: () => number;
}

const BACKOFF_BASE_MS = 500;
const BACKOFF_CAP_MS = 30_000;
const HANDSHAKE_MS = 15_000;
/** Silence beyond the heartbeat after which a connection counts as dead. */
const GRACE_MS = 10_000;
/** Sockets that failed before they were ready, after which long polling takes over. */
const SOCKET_FAILURES = 3;
/** How long to poll before a socket is tried again. */
const POLLING_MS = 300_000;
const IDLE_POLL_MS = 1_000;
/** Over which part of the desk's window those come back that do not know whether the others were lost as well. */
const UNTOLD_SHARE = 0.5;

/**
 * One connection to the desk that heals itself. Knows for every subscribed request the last `seq` that it handed on,
 * resumes from there after any loss, and falls back to long polling where sockets do not pass.
 */
export class Live {
  readonly #options: LiveOptions;
  readonly #cursors = new Map<string, number>();
  readonly #delivery = new Delivery();
  #feed: string | null = null;
  #connection: Connection = 'stopped';
  #socket: WebSocket | null = null;
  #attempts = 0;
  #failures = 0;
  #pollUntil = 0;
  #abort: AbortController | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #heartbeat: ReturnType<typeof setTimeout> | undefined;
  #heard = 0;
  /** What the desk last asked for; see `ready` and `pong`. */
  #window = 0;
  /** Grows with every new attempt; what belongs to an older one is ignored. */
  #epoch = 0;

  constructor(options: LiveOptions) {
    this.#options = options;
  }

  get connection(): Connection {
    return this.#connection;
  }

  /** Cursor of the agents' inbox feed, from GET /console/inbox. Set before `start()`. */
  set feed(feed: string | null) {
    this.#feed = feed;
  }

  start(): void {
    if (this.#connection !== 'stopped' && this.#connection !== 'refused') return;
    this.#attempts = 0;
    this.#connect();
  }

  stop(): void {
    this.#close();
    this.#set('stopped');
  }

  /** The network or the page came back: try now instead of at the end of the wait. */
  wake(): void {
    if (this.#connection !== 'offline') return;
    this.#attempts = 0;
    this.#connect();
  }

  /** Follows a request from behind `after`. One that is followed already keeps its cursor. */
  subscribe(request: string, after: number): void {
    if (this.#cursors.has(request)) return;
    this.#cursors.set(request, after);
    this.#write({ t: 'subscribe', request, after });
    if (this.#connection === 'polling') this.#abort?.abort();
  }

  unsubscribe(request: string): void {
    if (this.#cursors.delete(request)) this.#write({ t: 'unsubscribe', request });
  }

  /** Sends what may be lost. False: not sent (then `read` goes over REST). */
  signal(frame: Signal): boolean {
    return this.#write(frame);
  }

  /**
   * Sends one message over the socket and waits for its receipt. Null: no socket, or no answer in time; the caller
   * repeats it over REST with the same `client_id`. Throws `Refused`.
   */
  deliver(frame: Sending): Promise<Receipt | null> {
    const answer = this.#delivery.expect(frame.client_id);
    if (!this.#write(frame)) this.#delivery.drop(frame.client_id);
    return answer;
  }

  #connect(): void {
    this.#close();
    this.#set('connecting');
    const epoch = this.#epoch;
    const attempt =
      this.#failures >= SOCKET_FAILURES && Date.now() < this.#pollUntil
        ? this.#poll(epoch)
        : this.#open(epoch);
    attempt.catch((error: unknown) => {
      if (epoch !== this.#epoch) return;
      if (
        error instanceof Refused &&
        (error.problem.status === 401 || error.problem.status === 403)
      ) {
        this.#close();
        this.#set('refused');
        return;
      }
      const wait = error instanceof Refused ? error.problem.retry_after : undefined;
      this.#lost(typeof wait === 'number' ? wait * 1000 : undefined);
    });
  }

  async #open(epoch: number): Promise<void> {
    const guard = setTimeout(() => epoch === this.#epoch && this.#socketFailed(), HANDSHAKE_MS);
    this.#heartbeat = guard;
    const { ticket } = (await this.#request('/live/ticket', { method: 'POST' })) as {
      ticket: string;
    };
    if (epoch !== this.#epoch) return;
    const url = new URL(`${this.#options.base}/api/v1/live`, globalThis.location?.href);
    url.protocol = url.protocol.replace('http', 'ws');
    const socket = new (this.#options.WebSocket ?? WebSocket)(url);
    this.#socket = socket;
    let ready = false;
    /** What the hello named; a request followed after it is subscribed to once the desk is ready. */
    const greeted = new Set<string>();
    socket.addEventListener('open', () => {
      const language = this.#options.language?.();
      for (const request of this.#cursors.keys()) greeted.add(request);
      socket.send(
        JSON.stringify({
          t: 'hello',
          v: 1,
          ticket,
          ...(language && { language }),
          ...(this.#feed !== null && { feed: this.#feed }),
          cursors: Object.fromEntries(this.#cursors),
        }),
      );
    });
    socket.addEventListener('message', (event: MessageEvent<string>) => {
      if (epoch !== this.#epoch) return;
      const frame = JSON.parse(event.data) as ServerFrame;
      if (frame.t === 'ready') {
        ready = true;
        this.#attempts = 0;
        this.#failures = 0;
        this.#beat(frame.heartbeat_s * 1000);
        this.#set('live');
        for (const [request, after] of this.#cursors) {
          if (!greeted.has(request)) this.#write({ t: 'subscribe', request, after });
        }
      }
      this.#heard = Date.now();
      if ('return_ms' in frame) this.#window = frame.return_ms;
      if (frame.t === 'bye') this.#farewell(frame.reason, frame.retry_after_ms);
      else this.#take(frame);
    });
    socket.addEventListener('close', ({ code }) => {
      if (epoch !== this.#epoch) return;
      // The server goes away, or restarts (RFC 6455 7.4.1, IANA). Without its word it may be this one, or all that it had: a proxy
      // says nothing when the server behind it is killed, and another one is there at the first attempt.
      if (ready) this.#lost(undefined, code === 1001 || code === 1012 ? 1 : UNTOLD_SHARE);
      else this.#socketFailed();
    });
  }

  /** A socket that never became ready: a proxy may be in the way, so after a few of them we poll. */
  #socketFailed(): void {
    this.#failures += 1;
    if (this.#failures >= SOCKET_FAILURES) this.#pollUntil = Date.now() + POLLING_MS;
    this.#lost();
  }

  async #poll(epoch: number): Promise<void> {
    while (epoch === this.#epoch && Date.now() < this.#pollUntil) {
      const query = new URLSearchParams({ wait: this.#connection === 'polling' ? '25' : '0' });
      query.set('cursors', [...this.#cursors].map(([id, seq]) => `${id}:${seq}`).join(','));
      if (this.#feed !== null) query.set('feed', this.#feed);
      const asked = Date.now();
      this.#abort = new AbortController();
      const { signal } = this.#abort;
      let answer;
      try {
        answer = (await this.#request(`/live/poll?${query}`, { signal })) as {
          frames: ServerFrame[];
          feed?: string;
        };
      } catch (error) {
        if (epoch !== this.#epoch) return;
        // Aborted because the set of requests changed: ask again with the new one.
        if (signal.aborted) continue;
        throw error;
      }
      if (epoch !== this.#epoch) return;
      this.#attempts = 0;
      this.#set('polling');
      for (const frame of answer.frames) this.#take(frame);
      if (answer.feed !== undefined) this.#feed = answer.feed;
      // A desk or proxy that does not hold the request open must not be asked in a tight loop.
      if (answer.frames.length === 0 && Date.now() - asked < IDLE_POLL_MS) {
        await new Promise((resolve) => setTimeout(resolve, IDLE_POLL_MS));
      }
    }
    if (epoch !== this.#epoch) return;
    // Once more by socket; a single failure brings us back here.
    this.#failures = SOCKET_FAILURES - 1;
    this.#connect();
  }

  #take(frame: ServerFrame): void {
    switch (frame.t) {
      case 'entry': {
        const seen = this.#cursors.get(frame.request);
        if (seen === undefined) break;
        if (frame.entry.seq <= seen) return;
        this.#cursors.set(frame.request, frame.entry.seq);
        break;
      }
      case 'inbox':
      case 'inbox_reset':
        this.#feed = frame.feed;
        break;
      case 'ack':
        this.#delivery.acknowledge(frame.client_id, frame.receipt);
        break;
      case 'nack':
        this.#delivery.refuse(frame.client_id, frame.problem);
        break;
      case 'pong':
        return;
    }
    this.#options.onFrame(frame);
  }

  #farewell(reason: string, wait: number | undefined): void {
    // Malformed traffic would repeat itself: come back slowly.
    if (reason === 'protocol') this.#attempts = 16;
    this.#lost(wait);
  }

  /**
   * Plans the next attempt: full jitter, or around the moment that the server asked for. `share`: over which part of the desk's
   * window. All of it where everybody was lost at once, as far as is known: the desk said so, or a first attempt to come back
   * has failed. None where it was this one alone.
   */
  #lost(wait?: number, share = this.#attempts > 0 ? 1 : 0): void {
    this.#close();
    this.#set('offline');
    const random = this.#options.random ?? Math.random;
    // They do not all come back in the same half second.
    const ceiling = Math.min(
      BACKOFF_CAP_MS,
      Math.max(share * this.#window, BACKOFF_BASE_MS * 2 ** Math.min(this.#attempts, 16)),
    );
    const delay = wait === undefined ? random() * ceiling : wait * (0.75 + random() / 2);
    this.#attempts += 1;
    this.#timer = setTimeout(() => this.#connect(), delay);
  }

  #close(): void {
    this.#epoch += 1;
    clearTimeout(this.#timer);
    clearTimeout(this.#heartbeat);
    this.#abort?.abort();
    this.#abort = null;
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
    this.#delivery.dropAll();
  }

  #beat(interval: number): void {
    clearTimeout(this.#heartbeat);
    this.#heartbeat = setTimeout(() => {
      if (Date.now() - this.#heard > interval + GRACE_MS) {
        this.#lost();
        return;
      }
      this.#write({ t: 'ping' });
      this.#beat(interval);
    }, interval);
  }

  #write(frame: object): boolean {
    if (this.#connection !== 'live' || this.#socket === null) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  async #request(path: string, init: RequestInit): Promise<unknown> {
    const authorization = this.#options.authorization?.();
    const response = await (this.#options.fetch ?? fetch)(`${this.#options.base}/api/v1${path}`, {
      ...init,
      headers: authorization ? { Authorization: authorization } : {},
      credentials: authorization ? 'omit' : 'same-origin',
    });
    if (!response.ok) throw await refusal(response);
    return response.json();
  }

  #set(connection: Connection): void {
    if (this.#connection === connection) return;
    this.#connection = connection;
    this.#options.onConnection?.(connection);
  }
}

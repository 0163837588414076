import type { Entry, Receipt } from '@standfast/api';
import type { Sending, ServerFrame } from '../src/frame.ts';

type Listener = (event: { data: string; code: number }) => void;

/** A desk in memory that speaks the live protocol, with a network that can be cut at any point. */
export class FakeDesk {
  readonly requests = new Map<string, Entry[]>([['1', []]]);
  readonly receipts = new Map<string, Receipt>();
  readonly sockets = new Set<FakeSocket>();
  /** False: nothing passes. */
  network = true;
  /** False: a proxy that answers requests but lets no socket through. */
  socketsPass = true;
  /** Accepts the next message and loses the connection before the answer. */
  loseNextAnswer = false;
  returnMs = 0;
  tickets = 0;
  polls = 0;
  hellos: { cursors: Record<string, number> }[] = [];

  entries(request: string): Entry[] {
    let entries = this.requests.get(request);
    if (!entries) this.requests.set(request, (entries = []));
    return entries;
  }

  append(request: string, text: string, kind: 'customer' | 'agent', clientId?: string): Entry {
    const entries = this.entries(request);
    const entry: Entry = {
      seq: entries.length + 1,
      kind: 'text',
      author: { kind },
      text,
      erased: null,
      event: null,
      attachments: [],
      identifiers: [],
      created_at: new Date().toISOString(),
      ...(clientId !== undefined && { client_id: clientId }),
    };
    entries.push(entry);
    for (const socket of this.sockets) socket.push({ t: 'entry', request, entry });
    return entry;
  }

  accept(frame: Sending): Receipt {
    const known = this.receipts.get(frame.client_id);
    if (known) return known;
    const request = frame.request ?? String(this.requests.size + 1);
    const { seq } = this.append(request, frame.text, 'customer', frame.client_id);
    const receipt: Receipt = {
      request_id: request,
      number: `N${request}`,
      seq,
      link: '',
      joined: false,
      state: 'open',
      at_risk: false,
      place: 1,
      expected: null,
      next: { code: 'answer', text: '' },
      secret: null,
      head: '',
      received_at: '',
    };
    this.receipts.set(frame.client_id, receipt);
    return receipt;
  }

  cut(): void {
    for (const socket of this.sockets) socket.lose();
  }

  readonly fetch = (async (input: string, init?: RequestInit) => {
    await pause(5);
    if (!this.network) throw new TypeError('network');
    if (input.endsWith('/live/ticket')) {
      this.tickets += 1;
      return Response.json({ ticket: `ticket-${this.tickets}` });
    }
    if (input.includes('/live/poll'))
      return this.#poll(new URL(input, 'http://desk'), init?.signal);
    return new Response('', { status: 404 });
  }) as typeof fetch;

  async #poll(url: URL, signal: AbortSignal | null | undefined): Promise<Response> {
    this.polls += 1;
    const deadline = Date.now() + Number(url.searchParams.get('wait')) * 1000;
    const cursors = (url.searchParams.get('cursors') ?? '').split(',').filter(Boolean);
    for (;;) {
      if (!this.network) throw new TypeError('network');
      if (signal?.aborted) throw new DOMException('aborted', 'AbortError');
      const frames = cursors.flatMap((cursor) => {
        const [request = '', seq] = cursor.split(':');
        return this.entries(request)
          .filter((entry) => entry.seq > Number(seq))
          .map((entry) => ({ t: 'entry', request, entry }));
      });
      if (frames.length > 0 || Date.now() >= deadline) return Response.json({ frames });
      await pause(100);
    }
  }

  /** Class to hand to the client as its WebSocket. */
  get WebSocket(): typeof WebSocket {
    // eslint-disable-next-line typescript/no-this-alias
    const desk = this;
    return class extends FakeSocket {
      constructor() {
        super(desk);
      }
    } as unknown as typeof WebSocket;
  }
}

class FakeSocket {
  readonly #desk: FakeDesk;
  readonly #listeners = new Map<string, Listener[]>();
  #followed = new Set<string>();
  #open = false;

  constructor(desk: FakeDesk) {
    this.#desk = desk;
    setTimeout(() => {
      if (!desk.network || !desk.socketsPass) {
        this.#emit('close');
        return;
      }
      this.#open = true;
      desk.sockets.add(this);
      this.#emit('open');
    }, 5);
  }

  addEventListener(kind: string, listener: Listener): void {
    this.#listeners.set(kind, [...(this.#listeners.get(kind) ?? []), listener]);
  }

  send(data: string): void {
    if (!this.#open) return;
    const frame = JSON.parse(data) as { t: string } & Record<string, unknown>;
    setTimeout(() => this.#receive(frame), 2);
  }

  close(): void {
    this.lose();
  }

  /** Delivers with a delay; what is under way when the connection goes is lost. */
  push(frame: ServerFrame): void {
    if (frame.t === 'entry' && !this.#followed.has(frame.request)) return;
    setTimeout(() => this.#open && this.#emit('message', JSON.stringify(frame)), 3);
  }

  /** Without a code that the server sent, browsers say 1006. */
  lose(code = 1006): void {
    if (!this.#open) return;
    this.#open = false;
    this.#desk.sockets.delete(this);
    setTimeout(() => this.#emit('close', '', code), 1);
  }

  #receive(frame: { t: string } & Record<string, unknown>): void {
    if (!this.#open) return;
    if (frame.t === 'hello') {
      const { cursors } = frame as unknown as { cursors: Record<string, number> };
      this.#desk.hellos.push({ cursors });
      this.push({
        t: 'ready',
        session: '',
        now: '',
        heartbeat_s: 25,
        return_ms: this.#desk.returnMs,
      });
      for (const [request, after] of Object.entries(cursors)) this.#follow(request, after);
    } else if (frame.t === 'subscribe') {
      this.#follow(String(frame['request']), Number(frame['after']));
    } else if (frame.t === 'ping') {
      this.push({ t: 'pong', return_ms: this.#desk.returnMs });
    } else if (frame.t === 'send') {
      const lost = this.#desk.loseNextAnswer;
      this.#desk.loseNextAnswer = false;
      const receipt = this.#desk.accept(frame as unknown as Sending);
      if (lost) this.lose();
      else this.push({ t: 'ack', client_id: String(frame['client_id']), receipt });
    }
  }

  #follow(request: string, after: number): void {
    this.#followed.add(request);
    for (const entry of this.#desk.entries(request)) {
      if (entry.seq > after) this.push({ t: 'entry', request, entry });
    }
  }

  #emit(kind: string, data = '', code = 1006): void {
    for (const listener of this.#listeners.get(kind) ?? []) listener({ data, code });
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Repeatable chance (mulberry32). */
export function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** localStorage of one browser, shared by its tabs. */
export class FakeStorage {
  readonly #map = new Map<string, string>();
  full = false;

  get length(): number {
    return this.#map.size;
  }

  key(index: number): string | null {
    return [...this.#map.keys()][index] ?? null;
  }

  getItem(key: string): string | null {
    return this.#map.get(key) ?? null;
  }

  setItem(key: string, value: string): void {
    if (this.full) throw new DOMException('full', 'QuotaExceededError');
    this.#map.set(key, value);
  }

  removeItem(key: string): void {
    this.#map.delete(key);
  }

  dump(): string {
    return JSON.stringify([...this.#map]);
  }
}

/** navigator.locks of one browser: one holder at a time, in order of asking. */
export class FakeLocks {
  #tail: Promise<unknown> = Promise.resolve();

  readonly request = ((_name: string, work: () => Promise<unknown>) => {
    const turn = this.#tail.then(work);
    this.#tail = turn.catch(() => null);
    return turn;
  }) as LockManager['request'];
}

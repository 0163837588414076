import { Refused } from '@standfast/ui/delivery';
import type { Sending, ServerFrame } from '@standfast/ui/frame';
import { type Language, languageOf, type Translate, translator } from '@standfast/ui/i18n';
import { type Connection, Live } from '@standfast/ui/live';
import type { Desk, Entry, Receipt, RequestSummary } from '@standfast/api';
import { Outbox, type Outgoing } from '@standfast/ui/outbox';
import en from '../../../locales/en/widget.json';
import zh from '../../../locales/zh-CN/widget.json';
import { Api } from './api.ts';
import { Composer, type Draft } from './composer.ts';
import type { Child } from './dom.ts';
import { circumstances, Keep, random } from './host.ts';
import { Pictures } from './picture.ts';
import type * as RatingPart from './rating/main.ts';
import type { Picked } from './upload.ts';

/** What the panel shows. `pending`: the conversation whose first message has no receipt yet. */
export interface View {
  name: 'home' | 'write' | 'talk';
  request?: string;
  pending?: string;
}

const CATALOGS = { 'zh-CN': zh, en } as const;
const PAGE = 100;
const TYPING_MS = 6_000;
const REFRESH_MS = 30_000;
export const ACTIVE: readonly string[] = ['open', 'waiting', 'on_hold'];

/** Everything the widget knows and does; the views only show it. */
export class Support {
  readonly api: Api;
  readonly pictures: Pictures;
  language: Language = 'en';
  t: Translate = translator('en', en);
  opened = false;
  view: View = { name: 'home' };
  desk: Desk | null = null;
  unreachable = false;
  requests: readonly RequestSummary[] = [];
  entries: Readonly<Record<string, readonly Entry[]>> = {};
  /** Of each loaded conversation: the `seq` up to which earlier entries have not been loaded. */
  floor: Readonly<Record<string, number>> = {};
  receipts: Readonly<Record<string, Receipt>> = {};
  outgoing: readonly Outgoing[] = [];
  connection: Connection = 'stopped';
  typing: { request: string; name: string } | null = null;
  seenByAgent: Readonly<Record<string, number>> = {};
  context: Readonly<Record<string, unknown>> = {};

  /** No connection for longer than a moment. */
  offline = false;
  /** Whether the receipt is shown above an answered conversation. */
  details = false;
  /** What was last copied, for the tick beside it. */
  copied = '';
  /** What is asked about the help; comes when something was solved. */
  ask?: (request: RequestSummary) => Child;
  /** Called after anything above has changed. */
  onChange: () => void = () => undefined;

  readonly #keep: Keep;
  readonly #tab: Keep;
  #live: Live;
  #outbox: Outbox;
  /** Values of 64 digits in what was sent. Never stored: one of them may be a key after all. */
  #digits: string[] = [];
  readonly #composers = new Map<string, Composer>();
  #typingTimer: ReturnType<typeof setTimeout> | undefined;
  #offlineTimer: ReturnType<typeof setTimeout> | undefined;
  #typed = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Failures in a row after the first. */
  #failures = -1;

  constructor(base: string) {
    this.#keep = new Keep(base, () => localStorage);
    this.#tab = new Keep(base, () => sessionStorage);
    this.api = new Api(
      base,
      () => this.#authorization(),
      () => this.language,
    );
    this.pictures = new Pictures(this.api, () => this.onChange());
    this.receipts = this.#keep.read('receipts') ?? {};
    this.#live = this.#connection();
    this.#outbox = this.#mailbag();
    this.outgoing = this.#outbox.items;
    const saved = this.#tab.read<{ opened: boolean; view: View }>('view');
    if (saved) {
      this.view = saved.view;
      this.opened = saved.opened;
    }
    // The waiting time on the screen stays true, and a desk that could not be reached is tried again.
    this.#later();
    for (const event of ['online', 'pageshow']) addEventListener(event, () => this.#wake());
    addEventListener('offline', () => this.#network());
    document.addEventListener('visibilitychange', () => !document.hidden && this.#wake());
  }

  /** Called once on a page: picks up what an earlier page or visit left behind. */
  async start(): Promise<void> {
    if (this.opened) void this.open();
    else if (this.#keep.get('visitor')) await this.#loadRequests().catch(() => null);
    this.#outbox.flush();
  }

  get current(): RequestSummary | undefined {
    return this.requests.find((each) => each.id === this.view.request);
  }

  /** What is being written in the present view. */
  get composer(): Composer {
    const { name, request, pending } = this.view;
    const place = name === 'write' ? name : (pending ?? request ?? '');
    let composer = this.#composers.get(place);
    if (!composer) this.#composers.set(place, (composer = new Composer(this)));
    return composer;
  }

  /** There is no way to the desk at this moment. */
  get gone(): boolean {
    return this.connection === 'offline' || !navigator.onLine;
  }

  get unread(): number {
    return this.requests.reduce((sum, each) => sum + (each.unread ?? 0), 0);
  }

  async open(): Promise<void> {
    this.#set({ opened: true });
    this.#save();
    await this.refresh();
  }

  close(): void {
    this.#set({ opened: false });
    this.#save();
  }

  /** Loads what the panel needs; the panel is already on the screen. */
  async refresh(): Promise<void> {
    const known = this.#keep.get('visitor') !== null;
    try {
      await Promise.all([this.loadDesk(), known && this.#loadRequests()]);
      this.#set({ unreachable: false });
      if (this.requests.length > 0) this.#live.start();
      if (this.view.request) await this.#load(this.view.request);
      this.#failures = -1;
    } catch {
      this.#set({ unreachable: true });
      this.#failures++;
    }
    this.#later();
  }

  /** Twice as long after every failure, up to the pace at which the screen is kept true. */
  #later(): void {
    clearTimeout(this.#timer);
    const wait = Math.min(2_000 * 2 ** this.#failures, REFRESH_MS) * (1 + Math.random() / 4);
    this.#timer = setTimeout(
      () => {
        const idle = document.hidden || (this.view.name !== 'home' && !this.unreachable);
        if (this.opened && !idle) void this.refresh();
        else this.#later();
      },
      this.unreachable ? wait : REFRESH_MS,
    );
  }

  async loadDesk(): Promise<void> {
    this.#set({ desk: await this.api.get<Desk>('/desk') });
  }

  show(view: View): void {
    this.#set({ view, details: false });
    this.#save();
    if (view.request) this.#load(view.request).catch(() => this.refresh());
    if (view.name === 'home' && this.opened) void this.refresh();
  }

  /** What belongs to the conversation on the screen and is not acknowledged yet. */
  get sending(): readonly Outgoing[] {
    const { request, pending } = this.view;
    return this.outgoing.filter(
      ({ client_id, follows, frame }) =>
        (request && frame.request === request) ||
        (pending && (client_id === pending || follows === pending)),
    );
  }

  send(draft: Draft): void {
    this.#visitor();
    const clientId = random(12);
    const { request, pending } = this.view;
    const first = this.view.name === 'write';
    if (!draft.volatile) this.#digits.push(...(draft.text.match(/\b[0-9a-f]{64}\b/gi) ?? []));
    const frame: Sending = {
      t: 'send',
      client_id: clientId,
      text: draft.text,
      language: this.language,
      ...(draft.attachments.length > 0 && { attachments: draft.attachments.map(({ id }) => id) }),
      ...(!first && request && { request }),
      ...(first && {
        ...(draft.type && { type: draft.type }),
        fields: draft.fields,
        context: { ...circumstances(), ...this.context },
        join: 'new' as const,
      }),
    };
    if (first) this.show({ name: 'talk', pending: clientId });
    this.#outbox.add({
      client_id: clientId,
      created_at: new Date().toISOString(),
      frame,
      display: draft.attachments,
      ...(draft.volatile && { volatile: true }),
      ...(!first && !request && pending && { follows: pending }),
    });
  }

  /** What the desk hid in a text because it may be a private key or a hash, where this page has said it. */
  hidden(text: string | null | undefined): string | undefined {
    return this.#digits.find((value) =>
      text?.includes(`unproven_hex:${value.slice(0, 4)}…${value.slice(-4)}⟧`),
    );
  }

  /** Says a hidden value again, with the word before it that tells the desk what it is. */
  prove(value: string): void {
    this.#digits = this.#digits.filter((each) => each !== value);
    this.send({ text: this.t('hash') + value, attachments: [], fields: {}, volatile: true });
  }

  retry(clientId: string): void {
    this.#outbox.retry(clientId);
  }

  discard(clientId: string): void {
    this.#outbox.discard(clientId);
    if (this.view.pending === clientId && this.sending.length === 0) this.show({ name: 'home' });
  }

  /** Takes a message that failed back into the composer. */
  edit({ client_id, frame }: Outgoing): void {
    const { composer } = this;
    composer.set({ text: [frame.text, composer.text].filter(Boolean).join('\n') });
    this.discard(client_id);
  }

  /** The questions below a conversation, from a script of their own that most visits never need. */
  asked(request: RequestSummary): Child {
    // The browser fetches it once, however often it is asked for, and again after a network that failed.
    if (!this.ask && !ACTIVE.includes(request.state))
      import(/* @vite-ignore */ `${this.api.base}/widget/rating.js`).then(
        (part: typeof RatingPart) => part.default(this),
        () => null,
      );
    return this.ask?.(request);
  }

  toggleDetails(): void {
    this.#set({ details: !this.details });
  }

  copy(value: string): void {
    this.#set({ copied: value });
    setTimeout(() => this.#set({ copied: '' }), 2_000);
  }

  /** Starts an upload under the visitor's own name, which exists from here on. */
  attach(picked: Picked): void {
    this.#visitor();
    picked.send(this.api, () => this.onChange());
  }

  /** Tells the desk that the person is writing, at most every three seconds. */
  isTyping(on: boolean): void {
    const { request } = this.view;
    if (!request || (on && Date.now() - this.#typed < 3_000)) return;
    this.#typed = on ? Date.now() : 0;
    this.#live.signal({ t: 'typing', request, on });
  }

  /** The conversation is on the screen: what it holds has been read. */
  markRead(): void {
    const { current } = this;
    const last = this.entries[current?.id ?? '']?.at(-1)?.seq;
    if (!current?.unread || !last || !this.opened || document.hidden) return;
    this.#amend(current.id, { unread: 0 });
    if (!this.#live.signal({ t: 'read', request: current.id, seq: last })) {
      this.api.post(`/requests/${current.number}/read`, { seq: last }).catch(() => null);
    }
  }

  /** Loads the page before the first entry that is here. */
  async loadEarlier(): Promise<void> {
    const { current } = this;
    if (current) await this.#page(current, (this.floor[current.id] ?? 0) - PAGE);
  }

  async identify(token: string): Promise<void> {
    this.#visitor();
    try {
      await this.api.post('/identify', { token });
      await this.#loadRequests();
    } catch (error) {
      // For whoever builds the host page; a visitor goes on as a visitor.
      // eslint-disable-next-line no-console
      console.warn('Standfast: identify', error instanceof Refused ? error.problem.detail : error);
    }
  }

  speak(tag: string): void {
    const language = languageOf(tag);
    this.#set({ language, t: translator(language, CATALOGS[language]) });
  }

  /** The host's user signed out: whoever comes next on this device must not see the conversation. */
  reset(): void {
    this.#live.stop();
    for (const { client_id } of this.#outbox.items) this.#outbox.discard(client_id);
    this.#outbox.close();
    for (const key of ['visitor', 'receipts']) this.#keep.set(key, null);
    this.#composers.clear();
    this.#digits = [];
    this.pictures.clear();
    this.#set({
      requests: [],
      entries: {},
      floor: {},
      receipts: {},
      outgoing: [],
      context: {},
      opened: false,
    });
    this.show({ name: 'home' });
    this.#live = this.#connection();
    this.#outbox = this.#mailbag();
  }

  #save(): void {
    this.#tab.set('view', JSON.stringify({ opened: this.opened, view: this.view }));
  }

  #visitor(): string {
    let secret = this.#keep.get('visitor');
    if (secret === null) {
      secret = random(32);
      this.#keep.set('visitor', secret);
    }
    return secret;
  }

  #authorization(): string | null {
    const secret = this.#keep.get('visitor');
    return secret && `Visitor ${secret}`;
  }

  #connection(): Live {
    return new Live({
      base: this.api.base,
      authorization: () => this.#authorization(),
      language: () => this.language,
      onFrame: (frame) => this.#take(frame),
      onConnection: (connection) => {
        this.#set({ connection });
        this.#network();
        if (connection === 'live' || connection === 'polling') this.#outbox.flush();
      },
    });
  }

  #mailbag(): Outbox {
    return new Outbox({
      name: this.api.base,
      deliver: (item) => this.#deliver(item),
      onChange: (outgoing) => this.#set({ outgoing }),
      onReceipt: (item, receipt) => this.#received(item, receipt),
    });
  }

  /** A short break is nobody's business. */
  #network(): void {
    clearTimeout(this.#offlineTimer);
    if (!this.gone) this.#set({ offline: false });
    else if (!this.offline)
      this.#offlineTimer = setTimeout(() => this.#set({ offline: this.gone }), 2_500);
  }

  #wake(): void {
    this.#network();
    this.#live.wake();
    this.#outbox.flush();
    if (this.unreachable && this.opened) void this.refresh();
  }

  async #deliver({ frame }: Outgoing): Promise<Receipt | null> {
    const receipt = await this.#live.deliver(frame);
    if (receipt) return receipt;
    const { t: _, request, ...body } = frame;
    if (!request) return this.api.post('/requests', body);
    const known = this.requests.find((each) => each.id === request) ?? this.receipts[request];
    if (!known) return null;
    const { client_id, text, attachments = [] } = frame;
    return this.api.post(`/requests/${known.number}/messages`, { client_id, text, attachments });
  }

  #received(item: Outgoing, receipt: Receipt): void {
    const id = receipt.request_id;
    const secret = receipt.secret ?? this.receipts[id]?.secret ?? null;
    this.#set({ receipts: { ...this.receipts, [id]: { ...receipt, secret } } });
    this.#keep.set('receipts', JSON.stringify(this.receipts));
    // What was written stays visible until the desk's own entry takes its place; a secret does not.
    const arrived = this.entries[id]?.some(({ seq }) => seq === receipt.seq);
    if (!arrived)
      this.#put(id, {
        seq: receipt.seq,
        kind: 'text',
        author: { kind: 'customer' },
        text: receipt.secret
          ? receipt.secret.kinds.map((kind) => `⟦redacted:${kind}⟧`).join(' ')
          : item.frame.text,
        erased: null,
        event: null,
        attachments: [],
        identifiers: [],
        created_at: receipt.received_at,
        client_id: item.client_id,
      });
    const { view } = this;
    if (
      view.name === 'talk' &&
      [item.client_id, item.follows, item.frame.request].some(
        (key) => key && (key === view.pending || key === view.request),
      )
    ) {
      this.#set({ view: { ...view, request: id } });
      this.#save();
    }
    // Only now does the desk know the visitor, so that a socket is told of what concerns them.
    this.#live.start();
    if (receipt.seq === 1) {
      this.#set({ floor: { ...this.floor, [id]: 0 } });
      this.#live.subscribe(id, 0);
    }
    if (!this.requests.some((each) => each.id === id)) {
      this.#loadRequests()
        .then(() => this.#load(id))
        .catch(() => null);
    }
  }

  async #loadRequests(): Promise<void> {
    const { items } = await this.api.get<{ items: RequestSummary[] }>('/requests');
    this.#set({ requests: items });
    for (const each of items) {
      if (!ACTIVE.includes(each.state)) continue;
      this.#live.subscribe(each.id, each.last_seq);
      // Also behind a closed panel, which counts what is unread.
      this.#live.start();
    }
  }

  async #load(id: string): Promise<void> {
    const request = this.requests.find((each) => each.id === id);
    if (!request) return;
    if (this.floor[id] === undefined) await this.#page(request, request.last_seq - PAGE);
    this.markRead();
  }

  async #page(request: RequestSummary, from: number): Promise<void> {
    const after = Math.max(0, from);
    const { entries } = await this.api.get<{ entries: Entry[] }>(
      `/requests/${request.number}?after=${after}&limit=${PAGE}`,
    );
    this.#put(request.id, ...entries);
    this.#set({ floor: { ...this.floor, [request.id]: after } });
    this.#live.subscribe(request.id, entries.at(-1)?.seq ?? after);
  }

  /** Adds or replaces entries; the record is ordered by `seq`. */
  #put(id: string, ...added: Entry[]): void {
    const bySeq = new Map((this.entries[id] ?? []).map((entry) => [entry.seq, entry]));
    for (const entry of added) bySeq.set(entry.seq, entry);
    const ordered = [...bySeq.values()].sort((a, b) => a.seq - b.seq);
    this.#set({ entries: { ...this.entries, [id]: ordered } });
  }

  #set(change: Partial<Support>): void {
    Object.assign(this, change);
    this.onChange();
  }

  #amend(id: string, change: Partial<RequestSummary>): void {
    this.#set({
      requests: this.requests.map((each) => (each.id === id ? { ...each, ...change } : each)),
    });
  }

  #take(frame: ServerFrame): void {
    switch (frame.t) {
      case 'entry':
        this.#put(frame.request, frame.entry);
        if (frame.entry.author.kind !== 'customer') {
          if (this.typing?.request === frame.request) this.#set({ typing: null });
          const known = this.requests.find((each) => each.id === frame.request);
          this.#amend(frame.request, { unread: (known?.unread ?? 0) + 1 });
        }
        this.markRead();
        break;
      case 'erased':
        this.#put(frame.request, frame.entry);
        break;
      case 'request': {
        const { request } = frame;
        const known = this.requests.find((each) => each.id === request.id);
        // The desk need not count what is unread in every frame.
        if (known)
          this.#amend(request.id, { ...request, unread: request.unread ?? known.unread ?? 0 });
        else this.#set({ requests: [request, ...this.requests] });
        this.markRead();
        break;
      }
      case 'typing': {
        if (frame.author.kind === 'customer') break;
        const name = frame.author.name ?? this.t('panel');
        clearTimeout(this.#typingTimer);
        this.#set({ typing: frame.on ? { request: frame.request, name } : null });
        this.#typingTimer = setTimeout(() => this.#set({ typing: null }), TYPING_MS);
        break;
      }
      case 'read':
        if (frame.by === 'agent') {
          this.#set({ seenByAgent: { ...this.seenByAgent, [frame.request]: frame.seq } });
        }
        break;
      case 'waiting': {
        const { request: id, place, expected } = frame;
        const receipt = this.receipts[id];
        if (receipt)
          this.#set({ receipts: { ...this.receipts, [id]: { ...receipt, place, expected } } });
        break;
      }
    }
  }
}

import { Refused } from '@standfast/ui/delivery';
import { Outbox, type Outgoing } from '@standfast/ui/outbox';
import type { Receipt } from '@standfast/api';
import * as api from '../api/endpoints';
import { asProblem } from '../api/http';
import type { AfterReply, Attachment, Entry, Id, NewReply } from '@standfast/api';
import { instant } from '../clock.svelte';
import { inHand } from '../conversation/in-hand';
import { open } from '../conversation/open.svelte';
import { session } from '../session/session.svelte';
import type { Tab } from './draft';

export interface Message {
  request: Id;
  tab: Tab;
  text: string;
  files: Attachment[];
  seenSeq: number;
  /** What the reply leaves the request in. */
  after?: AfterReply;
}

/** A reply that the desk sent back with a reason which the writer has to settle. */
export interface Returned {
  request: Id;
  tab: Tab;
  text: string;
  files: Attachment[];
  code: 'outdated_view' | 'asks_for_secret' | 'unknown';
  detail: string;
}

/** Refusals that are about the text: it goes back into the box instead of standing as "failed". */
const ABOUT_THE_TEXT = new Set(['outdated_view', 'asks_for_secret']);

/** Replies and notes on their way: kept in this browser until the desk has them, tried again by themselves. */
class ReplyOutbox {
  items = $state.raw<readonly Outgoing[]>([]);
  #box: Outbox | null = null;
  #onReturned: (returned: Returned) => void = () => {};

  /** After sign-in; each agent has an own box. */
  start(agent: Id): void {
    this.#box?.close();
    this.#box = new Outbox({
      name: `console:${agent}`,
      deliver,
      onChange: (items) => this.#changed(items),
      onReceipt: (item) => void open.get(item.frame.request ?? '')?.catchUp(),
      channel:
        typeof BroadcastChannel === 'undefined'
          ? null
          : new BroadcastChannel(`standfast:console:${agent}`),
    });
    this.items = this.#box.items;
    this.#box.flush();
  }

  stop(): void {
    this.#box?.close();
    this.#box = null;
    this.items = [];
  }

  /** The reply box takes back what was refused. */
  onReturned(run: (returned: Returned) => void): void {
    this.#onReturned = run;
  }

  of(request: Id): readonly Outgoing[] {
    return this.items.filter((item) => item.frame.request === request);
  }

  send({ request, tab, text, files, seenSeq, after }: Message): void {
    const client_id = crypto.randomUUID();
    const attachments = files.map((file) => file.id);
    const worked = inHand.take(request);
    const extra = {
      ...(attachments.length > 0 && { attachments }),
      ...(worked !== undefined && { worked_seconds: worked }),
    };
    this.#box?.add({
      client_id,
      frame:
        tab === 'note'
          ? { t: 'note', client_id, request, text, ...extra }
          : {
              t: 'reply',
              client_id,
              request,
              text,
              seen_seq: seenSeq,
              // oxlint-disable-next-line unicorn/no-thenable -- the name in the protocol
              ...(after && { then: after }),
              ...extra,
            },
      created_at: new Date(instant()).toISOString(),
      display: files,
    });
  }

  flush(): void {
    this.#box?.flush();
  }

  retry(clientId: string): void {
    this.#box?.retry(clientId);
  }

  discard(clientId: string): void {
    this.#box?.discard(clientId);
  }

  /** Takes a failed message back into the box. */
  edit(item: Outgoing): void {
    this.#return(item, 'unknown', '');
  }

  #changed(items: readonly Outgoing[]): void {
    this.items = items;
    for (const item of items) {
      const code = item.problem?.code;
      if (item.state !== 'failed' || !code || !ABOUT_THE_TEXT.has(code)) continue;
      if (code === 'outdated_view' && this.#onlyOurs(item)) continue;
      // Not while the outbox is in the middle of its own change.
      queueMicrotask(() =>
        this.#return(item, code as Returned['code'], item.problem?.detail ?? ''),
      );
    }
  }

  /** Our own second reply overtook the first: nothing was missed, so it goes out again with the present view. */
  #onlyOurs(item: Outgoing): boolean {
    const missed = (item.problem?.missed ?? []) as Entry[];
    const last = Number(item.problem?.last_seq ?? 0);
    if (item.frame.t !== 'reply' || missed.length === 0) return false;
    if (missed.some((entry) => entry.author.id !== session.me)) return false;
    const { frame } = item;
    queueMicrotask(() => {
      this.#box?.discard(item.client_id);
      this.#box?.add({ ...item, frame: { ...frame, seen_seq: last } });
    });
    return true;
  }

  #return(item: Outgoing, code: Returned['code'], detail: string): void {
    if (!this.items.some((there) => there.client_id === item.client_id)) return;
    const request = item.frame.request ?? '';
    const missed = (item.problem?.missed ?? []) as Entry[];
    const conversation = open.get(request);
    if (conversation && missed.length > 0) {
      // What they did and wrote themselves a moment ago is no news to them.
      conversation.missed = missed.filter(({ author }) => author.id !== session.me);
      for (const entry of missed) conversation.applyEntry(entry);
      conversation.view.see(missed, instant());
    }
    const { text } = item.frame;
    if (item.frame.t !== 'send' && item.frame.worked_seconds)
      inHand.giveBack(request, item.frame.worked_seconds);
    const files = (item.display ?? []) as Attachment[];
    this.#onReturned({
      request,
      tab: item.frame.t === 'note' ? 'note' : 'reply',
      text,
      files,
      code,
      detail,
    });
    this.#box?.discard(item.client_id);
  }
}

/** Over REST: the one way that carries attachments and says what was missed. */
async function deliver({ frame }: Outgoing): Promise<Receipt | null> {
  const { t: kind, request = '', ...body } = frame;
  try {
    if (kind === 'note') await api.note(request, body);
    else await api.reply(request, body as NewReply);
    // Only its presence matters to the outbox of an agent.
    return { request_id: request } as Receipt;
  } catch (error) {
    const problem = asProblem(error);
    // Signed out: keep it, it goes out after the next sign-in.
    if (problem.status === 0 || problem.status === 401) return null;
    throw new Refused({ ...problem.body });
  }
}

export const outbox = new ReplyOutbox();

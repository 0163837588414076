import type { AfterReply, Attachment, Desk, Id } from '@standfast/api';
import { upload, type Upload } from '../api/upload';
import { asProblem } from '../api/http';
import { instant } from '../clock.svelte';
import type { Conversation } from '../conversation/conversation.svelte';
import { plainText } from '../conversation/plain';
import { link } from '../live/link.svelte';
import { directory } from '../session/directory.svelte';
import { session } from '../session/session.svelte';
import { language, t } from '../words.svelte';
import { kindOf, limitOf } from './acceptance';
import { draftsOf, loadDraft, putBack, saveDraft, type Draft, type Tab } from './draft';
import { outbox, type Returned } from './outbox.svelte';
import { limitSize } from '../parts/format';
import { notices } from '../parts/notices.svelte';

export interface Uploading {
  key: string;
  name: string;
  tab: Tab;
  /** 0…1 */
  progress: number;
  /** Why it was refused; null while it is under way. */
  refusal: string | null;
  file: File | null;
  task: Upload | null;
}

const SAVE_MS = 250;
const TYPING_EVERY_MS = 3_000;

/** What is being written for one request. Every change is on disk a moment later. */
export class Writing {
  readonly request: Id;
  tab = $state<Tab>('reply');
  reply = $state('');
  note = $state('');
  replyFiles = $state.raw<Attachment[]>([]);
  noteFiles = $state.raw<Attachment[]>([]);
  uploads = $state<Uploading[]>([]);
  /** The desk sent a text back; why. */
  returned = $state.raw<Pick<Returned, 'code' | 'detail'> | null>(null);
  unsaved = $state(false);

  #timer: ReturnType<typeof setTimeout> | undefined;
  #typedAt = 0;
  /** When the reply was last worked on; one that was kept from before counts as read again when it is opened. */
  #workedOnAt = instant();

  constructor(request: Id) {
    this.request = request;
    const draft = loadDraft(session.me, request);
    Object.assign(this, { tab: draft.tab, reply: draft.reply, note: draft.note });
    this.replyFiles = draft.replyFiles;
    this.noteFiles = draft.noteFiles;
  }

  get text(): string {
    return this.tab === 'reply' ? this.reply : this.note;
  }

  get files(): Attachment[] {
    return this.tab === 'reply' ? this.replyFiles : this.noteFiles;
  }

  get busy(): boolean {
    return this.uploads.some((item) => item.tab === this.tab && item.refusal === null);
  }

  get sendable(): boolean {
    return !this.busy && this.text.trim().length > 0;
  }

  write(text: string): void {
    if (this.tab === 'reply') {
      this.reply = text;
      this.#workedOnAt = instant();
    } else this.note = text;
    if (this.returned?.code !== 'outdated_view') this.returned = null;
    this.#later();
    if (this.tab === 'reply' && instant() - this.#typedAt > TYPING_EVERY_MS) {
      this.#typedAt = instant();
      link.typing(this.request, text.trim().length > 0);
    }
  }

  turn(tab: Tab): void {
    this.tab = tab;
    this.#later();
  }

  send(conversation: Conversation, after?: AfterReply): void {
    if (!this.sendable) return;
    const { tab, request } = this;
    outbox.send({
      request,
      tab,
      text: this.text.trim(),
      files: this.files,
      seenSeq: conversation.view.seen(instant(), this.#workedOnAt),
      after,
    });
    if (tab === 'reply') {
      this.reply = '';
      this.replyFiles = [];
    } else {
      this.note = '';
      this.noteFiles = [];
    }
    conversation.missed = [];
    this.returned = null;
    this.#typedAt = 0;
    link.typing(request, false);
    this.save();
  }

  /** The agent has read what a refused reply had missed. */
  read(conversation: Conversation): void {
    const missed = conversation.missed.at(-1)?.seq ?? 0;
    if (missed > 0) conversation.view.confirm(missed);
    conversation.missed = [];
    this.returned = null;
  }

  take({ tab, text, files, code, detail }: Returned): void {
    this.tab = tab;
    if (tab === 'reply') {
      this.reply = putBack(this.reply, text);
      this.replyFiles = [...files, ...this.replyFiles];
    } else {
      this.note = putBack(this.note, text);
      this.noteFiles = [...files, ...this.noteFiles];
    }
    // What was missed now stands above the box: sending again answers it, once it was there long enough to read.
    this.#workedOnAt = instant();
    this.returned = code === 'unknown' ? null : { code, detail };
    this.save();
  }

  attach(files: Iterable<File>): void {
    const limits = directory.desk?.limits;
    for (const file of files) {
      const room =
        (limits?.uploads_per_message ?? 10) -
        this.files.length -
        this.uploads.filter((item) => !item.refusal).length;
      const refusal = refusalOf(file, room, limits);
      this.uploads.push({
        key: crypto.randomUUID(),
        name: file.name,
        tab: this.tab,
        progress: 0,
        refusal,
        file,
        task: null,
      });
      const item = this.uploads.at(-1);
      if (item && !refusal) this.#send(item, file);
    }
  }

  retryUpload(item: Uploading): void {
    if (!item.file) return;
    item.refusal = null;
    this.#send(item, item.file);
  }

  dropUpload(item: Uploading): void {
    item.task?.abort();
    this.uploads = this.uploads.filter((each) => each.key !== item.key);
  }

  dropFile(id: Id): void {
    this.replyFiles = this.replyFiles.filter((file) => file.id !== id);
    this.noteFiles = this.noteFiles.filter((file) => file.id !== id);
    this.#later();
  }

  #send(item: Uploading, file: File): void {
    item.task = upload(file, item.key, language(), (part) => (item.progress = part));
    item.task.done.then(
      (attachment) => {
        if (attachment.secret)
          notices.failed(t('upload.cleaned', { name: plainText(attachment.name) }));
        if (item.tab === 'reply') this.replyFiles = [...this.replyFiles, attachment];
        else this.noteFiles = [...this.noteFiles, attachment];
        this.uploads = this.uploads.filter((each) => each.key !== item.key);
        this.save();
      },
      (error: unknown) => {
        const problem = asProblem(error);
        if (problem.code === 'aborted') return;
        item.refusal =
          problem.status === 0 ? t('upload.offline') : problem.body.detail || t('upload.failed');
      },
    );
  }

  #later(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.save(), SAVE_MS);
  }

  save(): void {
    clearTimeout(this.#timer);
    const { tab, reply, note, replyFiles, noteFiles } = this;
    const draft: Draft = { tab, reply, note, replyFiles, noteFiles, at: 0 };
    this.unsaved = !saveDraft(session.me, this.request, draft, Date.now());
    writings.noteDraft(this.request, reply.trim().length > 0 || note.trim().length > 0);
  }
}

function refusalOf(file: File, room: number, limits: Desk['limits'] | undefined): string | null {
  if (room <= 0) return t('upload.too_many');
  if (!limits) return null;
  const kind = kindOf(file);
  if (kind === 'other') return t('upload.wrong_type');
  const limit = limitOf(kind, limits);
  return file.size > limit ? t('upload.too_large', { limit: limitSize(limit, language()) }) : null;
}

/** All that is being written, by request; a text that comes back finds its box even when another one is on screen. */
class Writings {
  drafts = $state.raw<ReadonlySet<Id>>(new Set());
  #open = new Map<Id, Writing>();

  start(): void {
    this.drafts = draftsOf(session.me);
    outbox.onReturned((returned) => this.of(returned.request).take(returned));
  }

  of(request: Id): Writing {
    const known = this.#open.get(request);
    if (known) return known;
    const writing = new Writing(request);
    this.#open.set(request, writing);
    return writing;
  }

  saveAll(): void {
    for (const writing of this.#open.values()) writing.save();
  }

  stop(): void {
    this.saveAll();
    this.#open.clear();
  }

  noteDraft(request: Id, there: boolean): void {
    if (this.drafts.has(request) === there) return;
    const next = new Set(this.drafts);
    if (there) next.add(request);
    else next.delete(request);
    this.drafts = next;
  }
}

export const writings = new Writings();

import type { RequestType, Upload } from '@standfast/api';
import { type Suspicion, suspicions } from './secret.ts';
import type { Support } from './support.ts';
import { bytes, most, Picked, unfit } from './upload.ts';
import { confirmed } from './words.ts';

/** What goes out when somebody presses send. */
export interface Draft {
  text: string;
  attachments: Upload[];
  type?: string;
  fields: Record<string, string>;
  /** It may hold a secret although the person says it does not: never stored. */
  volatile?: boolean;
}

/**
 * What is being written in one place, until it is sent. In memory only: it may hold what must not be stored.
 * Whatever goes out passes `send`, which looks for secrets first.
 */
export class Composer {
  text = '';
  /** Type of a new request. Null: not chosen yet. Undefined: something else. */
  type: RequestType | undefined | null = null;
  fields: Record<string, string> = {};
  files: readonly Picked[] = [];
  problems: readonly string[] = [];
  /** A secret to be asked about; `place` is the field, '' the text. */
  found: { place: string; suspicion: Suspicion } | null = null;
  dropping = false;
  /** Whether every type is shown, or those that most people need. */
  more = false;
  readonly #support: Support;

  constructor(support: Support) {
    this.#support = support;
  }

  get ready(): boolean {
    return (
      (this.text.trim() !== '' || this.files.some((file) => file.upload)) &&
      !this.files.some((file) => !file.upload && !file.failed)
    );
  }

  set(change: Partial<Composer>): void {
    Object.assign(this, change);
    this.#support.onChange();
  }

  write(text: string): void {
    this.set({ text });
    this.#support.isTyping(true);
  }

  fill(code: string, value: string): void {
    this.set({ fields: { ...this.fields, [code]: value } });
  }

  async send(): Promise<void> {
    const { t, desk } = this.#support;
    if (!this.ready) return;
    if (desk && new TextEncoder().encode(this.text).length > desk.limits.text_bytes) {
      this.set({ problems: [t('text_long')] });
      return;
    }
    const found = await this.#look();
    this.set({ found });
    if (!found) this.finish();
  }

  /** Takes the secret out and leaves the rest to be read again. */
  remove(): void {
    this.#cut('');
    this.set({ found: null });
  }

  /** Takes out every secret and sends the rest. */
  async removeAndSend(): Promise<void> {
    while (this.found) {
      this.#cut(`[${this.#support.t(`mark_${this.found.suspicion.kind}`)}]`);
      this.found = await this.#look();
    }
    this.finish();
  }

  /** `volatile`: sent although it looks like a secret, so it is never stored on the way. */
  finish(volatile = false): void {
    const { text: typed, files, type, found } = this;
    const { t } = this.#support;
    const filled = Object.entries(this.fields).flatMap(([code, value]) =>
      (type?.fields ?? []).includes(code) && value.trim() ? [[code, value.trim()]] : [],
    );
    // Digits alone do not say that they are a hash: the desk would hide them.
    const text =
      volatile && found?.suspicion.kind === 'unproven_hex'
        ? `${typed.slice(0, found.suspicion.start)}${t('hash')}${typed.slice(found.suspicion.start)}`
        : typed;
    this.set({
      text: '',
      files: [],
      problems: [],
      found: null,
      fields: {},
      type: null,
      more: false,
    });
    this.#support.isTyping(false);
    this.#support.send({
      text: text.trim(),
      attachments: files.flatMap((file) => file.upload ?? []),
      fields: Object.fromEntries(filled) as Record<string, string>,
      ...(type && { type: type.code }),
      ...(volatile && { volatile }),
    });
  }

  async add(list: Iterable<File> | null | undefined): Promise<void> {
    const { t, desk, language } = this.#support;
    this.set({ problems: [], dropping: false });
    for (const file of list ?? []) {
      if (!desk) {
        this.set({ problems: [t('upload_failed', { name: file.name })] });
        return;
      }
      const count = desk.limits.uploads_per_message;
      const why = this.files.length >= count ? 'upload_many' : await unfit(file, desk.limits);
      if (why) {
        const limit = bytes(most(file, desk.limits), language);
        this.set({ problems: [...this.problems, t(why, { name: file.name, limit, count })] });
      } else {
        const picked = new Picked(file);
        this.set({ files: [...this.files, picked] });
        this.#support.attach(picked);
      }
    }
  }

  drop(picked: Picked): void {
    picked.cancel();
    this.set({ files: this.files.filter((file) => file !== picked) });
  }

  async #look(): Promise<Composer['found']> {
    for (const [place, value] of [['', this.text], ...Object.entries(this.fields)] as const) {
      for (const suspicion of suspicions(value)) {
        // Where a hash is asked for, hexadecimal digits are one.
        if (suspicion.kind === 'unproven_hex' && place) continue;
        const sure = suspicion.words
          ? await confirmed(suspicion, this.#support.api.base)
          : suspicion;
        if (sure) return { place, suspicion: sure };
      }
    }
    return null;
  }

  #cut(put: string): void {
    if (!this.found) return;
    const { place, suspicion } = this.found;
    const value = place ? (this.fields[place] ?? '') : this.text;
    const rest = (
      value.slice(0, suspicion.start) +
      (place ? '' : put) +
      value.slice(suspicion.end)
    ).trim();
    if (place) this.fill(place, rest);
    else this.text = rest;
  }
}

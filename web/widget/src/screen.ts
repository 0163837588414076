import type { Support } from './support.ts';
import type { Frame } from './view/app.tsx';

/** What the tree cannot say: focus, scrolling, the height of the text field, the keyboard of a phone. */
export class Screen {
  readonly #root: ShadowRoot;
  readonly #support: Support;
  readonly #frame: Frame;
  #opened = false;
  #view = '';
  #secret = false;
  #steps = false;
  /** Whether the end of the conversation is in sight: then new messages are followed. */
  #following = true;
  /** Distance from the end, kept when earlier messages are put on top. */
  #fromEnd = 0;
  #first = '';
  #overflow = '';

  constructor(root: ShadowRoot, support: Support, frame: Frame) {
    this.#root = root;
    this.#support = support;
    this.#frame = frame;
    const narrow = matchMedia('(max-width: 520px)');
    frame.phone = narrow.matches;
    narrow.addEventListener('change', () => {
      frame.phone = narrow.matches;
      support.onChange();
    });
    // A phone's keyboard covers the page; the panel keeps to what is visible.
    visualViewport?.addEventListener('resize', () => this.#fit());
    visualViewport?.addEventListener('scroll', () => this.#fit());
  }

  before(): void {
    const body = this.#find('.talk');
    if (!body) return;
    this.#fromEnd = body.scrollHeight - body.scrollTop;
    this.#following = this.#fromEnd - body.clientHeight < 80;
  }

  after(): void {
    const { opened, view, composer, entries, receipts } = this.#support;
    const place = `${view.name} ${view.pending ?? view.request ?? ''} ${composer.type === null}`;
    const moved = place !== this.#view;
    const body = this.#find('.talk');
    const first = String(entries[view.request ?? '']?.[0]?.seq);
    const steps = Boolean(receipts[view.request ?? '']?.secret);
    if (body) {
      const own = this.#support.sending.length > 0;
      // What protects the wallet comes before anything else.
      if (steps && (moved || !this.#steps)) body.scrollTop = 0;
      else if (moved || this.#following || own) body.scrollTop = body.scrollHeight;
      else if (first !== this.#first) body.scrollTop = body.scrollHeight - this.#fromEnd;
    }
    this.#first = first;
    this.#steps = steps;
    this.#grow();
    this.#focus(opened, moved);
    this.#view = place;
  }

  #focus(opened: boolean, moved: boolean): void {
    const secret = this.#support.composer.found !== null;
    if (opened !== this.#opened) {
      this.#opened = opened;
      this.#lock(opened);
      this.#fit();
      this.#find(opened ? '.panel' : '.launcher')?.focus();
    } else if (opened && secret && !this.#secret) this.#find('.secret .primary')?.focus();
    else if (opened && this.#secret && !secret) this.#find('textarea')?.focus();
    else if (opened && moved) {
      // Straight to writing, unless a phone's keyboard would cover what is to be read first.
      (this.#frame.phone ? null : (this.#find('textarea') ?? this.#find('.panel')))?.focus();
    }
    this.#secret = secret;
  }

  /** The page behind a panel that fills the screen does not scroll. */
  #lock(opened: boolean): void {
    const { style } = document.documentElement;
    if (opened && this.#frame.phone) {
      this.#overflow = style.overflow;
      style.overflow = 'hidden';
    } else style.overflow = this.#overflow;
  }

  #grow(): void {
    const area = this.#find('textarea');
    if (!area) return;
    area.style.height = 'auto';
    area.style.height = `${area.scrollHeight + 2}px`;
  }

  #fit(): void {
    const panel = this.#find('.panel');
    if (!visualViewport || !panel) return;
    panel.style.setProperty('--top', `${visualViewport.offsetTop}px`);
    panel.style.setProperty('--height', `${visualViewport.height}px`);
  }

  #find(selector: string): HTMLElement | null {
    return this.#root.querySelector<HTMLElement>(selector);
  }
}

import type { Support } from './support.ts';
import type { Frame } from './view/app.tsx';

/** What the tree cannot say: focus, scrolling, the height of the text field, the keyboard of a phone. */
export class Screen {
  readonly #root: ShadowRoot;
  readonly #support: Support;
  readonly #frame: Frame;
  #opened = false;
  #place = '';
  #secret = false;
  #steps = false;
  #sending = 0;
  /** Whether the focus was inside before the tree changed: then it must not be lost with a button that went. */
  #focused = false;
  /** What stays in sight when the conversation grows or a picture arrives. */
  #keep: 'start' | 'end' | 'place' = 'end';
  /** Where we scrolled to last. */
  #set = 0;
  /** Distance from the end, kept when earlier messages are put on top. */
  #fromEnd = 0;
  #first = 0;
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
    root.addEventListener('scroll', ({ target }) => this.#scrolled(target as HTMLElement), true);
    // A phone's keyboard covers the page; the panel keeps to what is visible.
    visualViewport?.addEventListener('resize', () => this.#fit());
    visualViewport?.addEventListener('scroll', () => this.#fit());
  }

  before(): void {
    this.#focused = this.#root.activeElement !== null;
    const body = this.#find('.talk');
    if (!body) return;
    this.#fromEnd = body.scrollHeight - body.scrollTop;
  }

  after(): void {
    const { view, composer } = this.#support;
    const place = `${view.name} ${view.pending ?? view.request ?? ''} ${composer.type === null}`;
    const moved = place !== this.#place;
    const count = this.#support.sending.length;
    const sent = count > this.#sending;
    this.#grow();
    this.#scroll(moved, sent);
    this.#focus(moved, sent);
    this.#place = place;
    this.#sending = count;
  }

  #scroll(moved: boolean, sent: boolean): void {
    const { view, entries, receipts, current } = this.#support;
    const id = view.request ?? '';
    const body = this.#find('.talk');
    const list = entries[id] ?? [];
    const first = list[0]?.seq ?? 0;
    const steps = Boolean(receipts[id]?.secret);
    // A conversation counts as newly opened until its record is there.
    const opened = moved || (this.#first === 0 && first > 0);
    if (body) {
      const unanswered = list[list.length - 1]?.author.kind === 'customer' || list.length === 0;
      const risk = steps || current?.at_risk || receipts[id]?.at_risk;
      // What protects the wallet comes before anything else.
      if (opened) this.#keep = risk && unanswered ? 'start' : 'end';
      else if (steps && !this.#steps) this.#keep = 'start';
      else if (sent) this.#keep = 'end';
      if (this.#keep === 'start') body.scrollTop = 0;
      else if (this.#keep === 'end') body.scrollTop = body.scrollHeight;
      else if (first !== this.#first) body.scrollTop = body.scrollHeight - this.#fromEnd;
      this.#set = body.scrollTop;
    }
    this.#first = first;
    this.#steps = steps;
  }

  /** Only where the person scrolls does the person decide; our own scrolling comes by here too. */
  #scrolled(body: HTMLElement): void {
    if (!body.classList.contains('talk') || Math.abs(body.scrollTop - this.#set) < 2) return;
    this.#set = -1;
    this.#keep = body.scrollHeight - body.scrollTop - body.clientHeight < 80 ? 'end' : 'place';
  }

  #focus(moved: boolean, sent: boolean): void {
    const { opened, composer } = this.#support;
    const secret = composer.found !== null;
    if (opened !== this.#opened) {
      this.#opened = opened;
      this.#lock(opened);
      this.#fit();
      this.#find(opened ? '.panel' : '.launcher')?.focus();
    } else if (opened && secret && !this.#secret) this.#find('.secret .primary')?.focus();
    else if (opened && ((this.#secret && !secret) || (sent && !this.#frame.phone))) this.#write();
    else if (opened && moved) {
      // Straight to writing, unless a phone's keyboard would cover what is to be read first.
      if (this.#frame.phone) this.#find('.panel')?.focus();
      else this.#write();
    } else if (opened && this.#focused && !this.#root.activeElement) this.#find('.panel')?.focus();
    this.#secret = secret;
  }

  #write(): void {
    (this.#find('#text') ?? this.#find('.panel'))?.focus();
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
    const area = this.#find('#text');
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

/** Keys as text: "mod+k", "shift+j", "g u", "?". Pure, so that it can be tested without a page. */

export interface Press {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  shiftKey: boolean;
  isComposing?: boolean;
  keyCode?: number;
}

/** The chord of one press; null for a lone modifier and for what an input method is composing. */
export function chordOf(press: Press): string | null {
  if (press.isComposing || press.keyCode === 229) return null;
  if (['Shift', 'Control', 'Meta', 'Alt', 'Dead', 'Process'].includes(press.key)) return null;
  const mod = press.ctrlKey || press.metaKey;
  const printable = [...press.key].length === 1;
  // What shift types ("?", "!", "#") is its own key; with letters and named keys shift counts.
  const letter = printable && press.key.toLowerCase() !== press.key.toUpperCase();
  const shift = press.shiftKey && (letter || !printable);
  const key = printable ? press.key.toLowerCase() : press.key;
  return [mod && 'mod', press.altKey && 'alt', shift && 'shift', key].filter(Boolean).join('+');
}

const SEQUENCE_MS = 1_200;

/** Finds what a chord means, two-step sequences ("g u") included. */
export class Keymap {
  readonly #meanings: ReadonlyMap<string, string>;
  readonly #prefixes: ReadonlySet<string>;
  #prefix: string | null = null;
  #at = 0;

  constructor(bindings: readonly (readonly [chord: string, meaning: string])[]) {
    this.#meanings = new Map(bindings);
    this.#prefixes = new Set(
      bindings.flatMap(([chord]) => (chord.includes(' ') ? [chord.split(' ')[0] ?? ''] : [])),
    );
  }

  /** `typing`: the focus is in a text field, where only chords with mod count. `now` in milliseconds. */
  press(chord: string, typing: boolean, singleKeys: boolean, now: number): string | null {
    const withMod = chord.startsWith('mod+') || chord.startsWith('alt+');
    const named = chord === 'Escape';
    if (!withMod && !named && (typing || !singleKeys)) {
      this.#prefix = null;
      return null;
    }
    const prefix = this.#prefix !== null && now - this.#at < SEQUENCE_MS ? this.#prefix : null;
    this.#prefix = null;
    const sequence = prefix === null ? undefined : this.#meanings.get(`${prefix} ${chord}`);
    if (sequence !== undefined) return sequence;
    if (this.#prefixes.has(chord)) {
      this.#prefix = chord;
      this.#at = now;
      return null;
    }
    return this.#meanings.get(chord) ?? null;
  }
}

/** Is this element one that takes typing? */
export function takesText(element: Element | null): boolean {
  if (!(element instanceof HTMLElement)) return false;
  if (
    element.isContentEditable ||
    element instanceof HTMLTextAreaElement ||
    element instanceof HTMLSelectElement
  )
    return true;
  return (
    element instanceof HTMLInputElement &&
    !['checkbox', 'radio', 'button', 'file'].includes(element.type)
  );
}

const MAC = typeof navigator !== 'undefined' && /Mac|iP(hone|ad)/.test(navigator.platform);

const SHOWN: Record<string, string> = {
  mod: MAC ? '⌘' : 'Ctrl',
  shift: MAC ? '⇧' : 'Shift',
  alt: MAC ? '⌥' : 'Alt',
  Enter: '↵',
  Escape: 'Esc',
  ArrowDown: '↓',
  ArrowUp: '↑',
};

/** A chord for a screen reader, with its named keys in words: "Ctrl+K", "⌘K", "Ctrl+Enter", "G U". */
export function spoken(chord: string): string {
  const name = (part: string) => (part === 'Enter' || part.startsWith('Arrow') ? part : caps(part));
  return chord
    .split(' ')
    .map((press) =>
      press
        .split('+')
        .map(name)
        .join(MAC ? '' : '+'),
    )
    .join(' ');
}

/** A chord as caps to draw: ["Ctrl", "K"]. */
export function caps(chord: string): string[] {
  return chord
    .split(/[ +]/)
    .map((part) => SHOWN[part] ?? (part.length === 1 ? part.toUpperCase() : part));
}

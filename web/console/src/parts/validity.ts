/**
 * What is wrong with a box of a form, in the reader's language: a browser says it in its own, whatever the console speaks. Forms
 * stay as they are; who listens on the document gives every box that is refused our words, and takes them back with the next change.
 */
import { t } from '../words.svelte';

type Box = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

/** What the words need to know of a box. */
export interface Asked {
  type: string;
  min: string;
  max: string;
  step: string;
  /** Shortest, in characters; -1 for none. */
  least: number;
}

export type Wrong = Pick<
  ValidityState,
  | 'badInput'
  | 'rangeOverflow'
  | 'rangeUnderflow'
  | 'stepMismatch'
  | 'tooShort'
  | 'typeMismatch'
  | 'valueMissing'
>;

/** The key of what is to be said, with its parameters; nothing where the browser knows best. */
export function wrongOf(
  wrong: Wrong,
  { type, min, max, step, least }: Asked,
): { key: string; params?: Record<string, string | number> } | null {
  if (type === 'number' || type === 'range') {
    if (wrong.valueMissing && !wrong.badInput && min === '' && max === '')
      return { key: 'box.number' };
    if (min !== '' && max !== '') {
      const whole = step === '' || Number.isInteger(Number(step));
      return { key: whole ? 'box.whole.between' : 'box.number.between', params: { min, max } };
    }
    if (min !== '') return { key: 'box.number.least', params: { min } };
    if (max !== '') return { key: 'box.number.most', params: { max } };
    return { key: 'box.number' };
  }
  if (['date', 'time', 'datetime-local'].includes(type)) {
    const bound = (text: string) => text.replace('T', ' ');
    if (wrong.rangeUnderflow) return { key: 'box.time.least', params: { min: bound(min) } };
    if (wrong.rangeOverflow) return { key: 'box.time.most', params: { max: bound(max) } };
    return { key: type === 'time' || type === 'date' ? `box.${type}` : 'box.moment' };
  }
  if (wrong.valueMissing) return { key: 'box.missing' };
  if (wrong.typeMismatch && type === 'email') return { key: 'box.email' };
  if (wrong.typeMismatch && type === 'url') return { key: 'box.url' };
  if (wrong.tooShort) return { key: 'box.short', params: { least } };
  return null;
}

function asked(box: Box): Asked {
  const own = (name: string) => box.getAttribute(name) ?? '';
  return {
    type: box.type,
    min: own('min'),
    max: own('max'),
    step: own('step'),
    least: 'minLength' in box ? box.minLength : -1,
  };
}

/** Speaks for the forms of a page. What comes back ends that. */
export function speakValidity(page: Document): () => void {
  const spoken = new Set<Box>();

  function take(boxes: Iterable<Box>) {
    for (const box of boxes) {
      box.setCustomValidity('');
      spoken.delete(box);
    }
  }
  function refuse({ target }: Event) {
    const box = target as Box;
    // A part that has said itself what is wrong.
    if (!spoken.has(box) && box.validity.customError) return;
    box.setCustomValidity('');
    const said = wrongOf(box.validity, asked(box));
    if (!said) return;
    box.setCustomValidity(t(said.key, said.params));
    spoken.add(box);
  }
  // Whatever is changed may be right now, also in the boxes beside it; a form is asked anew when it is sent.
  const change = () => take([...spoken]);
  const send = (event: Event) => {
    const isSending =
      event instanceof KeyboardEvent
        ? event.key === 'Enter'
        : event.target instanceof Element && event.target.closest('button, [type=submit]') !== null;
    if (isSending) take([...spoken]);
  };
  const heard = [
    ['invalid', refuse],
    ['input', change],
    ['change', change],
    ['click', send],
    ['keydown', send],
  ] as const;
  for (const [name, hear] of heard) page.addEventListener(name, hear, true);
  return () => {
    for (const [name, hear] of heard) page.removeEventListener(name, hear, true);
    take([...spoken]);
  };
}

/** Where the names of events stand above a time axis. Pure. */
import { fit, lanes, textWidth } from './label';

export interface Flagged<M> {
  mark: M;
  /** 0 is next to the plot; null: no room, only the line. */
  lane: number | null;
  text: string;
  /** Where the text starts. */
  left: number;
}

const LANES = 3;
const WIDEST = 132;

/** Flags of the marks within the plot, right of their lines, or left of them at the right edge. */
export function flags<M extends { at: number; until?: number; label: string }>(
  marks: readonly M[],
  x: (at: number) => number,
  [left, right]: readonly [number, number],
): { flags: Flagged<M>[]; lanes: number } {
  const inside = marks
    .filter(({ at, until }) => x(at) <= right && x(until ?? at) >= left)
    .toSorted((a, b) => a.at - b.at);
  const texts = inside.map((mark) => {
    const text = fit(mark.label, Math.min(WIDEST, right - left));
    const width = textWidth(text);
    const at = Math.max(x(mark.at), left);
    return { mark, text, width, line: at, x: at + 4 + width <= right ? at + 4 : at - 4 - width };
  });
  const places = lanes(texts, LANES);
  const used = Math.max(0, ...places.map((lane) => (lane === null ? 0 : lane + 1)));
  return {
    lanes: used,
    flags: texts.map(({ mark, text, x: start }, index) => ({
      mark,
      text,
      left: start,
      lane: places[index] ?? null,
    })),
  };
}

/** How the names of columns stand below them. Pure. */
import { fit, textWidth } from './label';

export interface Names {
  /** Degrees by which each is turned against the clock; it ends below the middle of its column then. */
  turn: 0 | 45 | 90;
  /** By column; empty for one that stands between named ones. */
  texts: string[];
  /** What they take below the columns. */
  height: number;
}

/** The height of names that stand level. */
export const LEVEL = 26;
/** Lines of names, turned, are not nearer to each other. */
const LINE = 14;
/** Longer names are cut. */
const MOST = 130;

interface Room {
  /** What there is before the first column. */
  left: number;
  /** The width of a column. */
  step: number;
  /** None may be left out. */
  all: boolean;
}

export function namesBelow(labels: readonly string[], { left, step, all }: Room): Names {
  const widest = Math.max(0, ...labels.map((label) => textWidth(label)));
  const every = [1, 2, 3, 4, 6, 12, 24].find((each) => each * step > widest + 8) ?? 24;
  if (every === 1 || !all) {
    const texts = labels.map((label, at) => (at % every === 0 ? label : ''));
    return { turn: 0, texts, height: LEVEL };
  }
  const turn = step * Math.SQRT1_2 >= LINE ? 45 : 90;
  const texts = labels.map((label, at) => {
    // Aslant they reach back below the columns before, and no further than the drawing.
    const back = (left + (at + 0.5) * step - 8) * Math.SQRT2;
    return fit(label, turn === 45 ? Math.min(MOST, back) : MOST);
  });
  const longest = Math.max(0, ...texts.map((text) => textWidth(text)));
  return {
    turn,
    texts,
    height: Math.ceil(longest * (turn === 45 ? Math.SQRT1_2 : 1)) + LEVEL,
  };
}

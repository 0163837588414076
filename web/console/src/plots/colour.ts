/**
 * Which colour a thing has. The same thing has the same colour on every page, whatever else is shown beside it, so the colour
 * follows from the thing's key and from all keys of its dimension, never from the order in one plot. Pure.
 */

/** Colours of `--plot-1` … in web/ui/plots.css. Beyond them, lines are told apart by dashes as well. */
export const SLOTS = 11;
const DASHES = ['', '6 3', '2 3', '8 3 2 3'] as const;

export interface Look {
  /** For a presentation attribute: a custom property, so that it follows the theme. */
  colour: string;
  /** `stroke-dasharray`; empty for a solid line. */
  dash: string;
  /** 0 where the colour is enough; from 1 on lines are dashed and areas hatched. */
  round: number;
}

/** What all others together, and comparison periods, look like. */
export const REST: Look = { colour: 'var(--plot-rest)', dash: '', round: 0 };
export const REST_KEY = '…';
/** Everything together, not split by anything. */
export const TOTAL: Look = { colour: 'var(--accent)', dash: '', round: 0 };
export const TOTAL_KEY = '*';

/** FNV-1a, 32 bit (Fowler, Noll, Vo): spreads short keys well. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) value = Math.imul(value ^ byte, 0x01000193);
  return value >>> 0;
}

/**
 * Gives every key of a dimension its look. `keys` are all keys there are, not those shown, in the catalogue's order, to which
 * new ones are added at the end. A key takes the slot that its hash names or the next free one; when all are taken a new round
 * with another dash begins, so the first keys have solid lines.
 */
export function looks(keys: Iterable<string>): (key: string) => Look {
  const given = new Map<string, Look>();
  let free = new Set<number>();
  let round = -1;
  for (const key of new Set(keys)) {
    if (key === REST_KEY || key === TOTAL_KEY) continue;
    if (free.size === 0) {
      free = new Set(Array.from({ length: SLOTS }, (_, slot) => slot));
      round += 1;
    }
    const wanted = hash(key) % SLOTS;
    const steps = Array.from({ length: SLOTS }, (_, step) => (wanted + step) % SLOTS);
    const slot = steps.find((each) => free.has(each)) ?? 0;
    free.delete(slot);
    given.set(key, look(slot, round));
  }
  return (key) => {
    if (key === TOTAL_KEY) return TOTAL;
    return key === REST_KEY ? REST : (given.get(key) ?? look(hash(key) % SLOTS, 0));
  };
}

/**
 * The looks of a plot's lines, of which no two have one colour while there are enough: of those that would, the one of the later
 * round takes a colour that is free in this plot, and keeps its dashes, by which it is known elsewhere.
 */
export function apart(keys: readonly string[], look: (key: string) => Look): (key: string) => Look {
  const free = new Set(Array.from({ length: SLOTS }, (_, slot) => colourOf(slot)));
  for (const key of keys) free.delete(look(key).colour);
  const taken = new Set<string>();
  const given = new Map<string, Look>();
  for (const key of keys.toSorted((a, b) => look(a).round - look(b).round)) {
    const own = look(key);
    const [other] = free;
    const colour = taken.has(own.colour) && other !== undefined ? other : own.colour;
    free.delete(colour);
    taken.add(colour);
    given.set(key, { ...own, colour });
  }
  return (key) => given.get(key) ?? look(key);
}

const colourOf = (slot: number) => `var(--plot-${slot + 1})`;

function look(slot: number, round: number): Look {
  return { colour: colourOf(slot), dash: DASHES[round % DASHES.length] ?? '', round };
}

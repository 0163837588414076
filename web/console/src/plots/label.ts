/** Labels that stand beside what they name without touching each other. */

const FAMILY =
  "system-ui, -apple-system, 'Segoe UI', Roboto, 'PingFang SC', 'Hiragino Sans GB', 'Microsoft YaHei', 'Noto Sans CJK SC', sans-serif";
const context =
  typeof document === 'undefined' ? null : document.createElement('canvas').getContext('2d');
const widths = new Map<string, number>();

/** Width of a text in pixels at a size: measured in a page, estimated where there is none. */
export function textWidth(text: string, size = 12, weight = 400): number {
  if (!context) return estimate(text) * size;
  const key = `${weight} ${size} ${text}`;
  let width = widths.get(key);
  if (width === undefined) {
    if (widths.size > 20_000) widths.clear();
    context.font = `${weight} ${size}px ${FAMILY}`;
    width = context.measureText(text).width;
    widths.set(key, width);
  }
  return width;
}

const SQUARE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;

/** In em: East Asian characters are square, Latin ones a little over half of that. */
function estimate(text: string): number {
  let em = 0;
  for (const character of text) {
    if (SQUARE.test(character)) em += 1;
    else if (/[A-ZMWmw%@—…]/.test(character)) em += 0.78;
    else if (/[iljtfrI.,:;'|()[\] ]/.test(character)) em += 0.38;
    else em += 0.62;
  }
  return em;
}

/** The text itself, or as much of it as fits with an ellipsis. */
export function fit(text: string, width: number, size = 12, weight = 400): string {
  if (textWidth(text, size, weight) <= width) return text;
  let kept = '';
  for (const character of text) {
    if (textWidth(`${kept}${character}…`, size, weight) > width) break;
    kept += character;
  }
  return kept === '' ? '' : `${kept.trimEnd()}…`;
}

export interface Place {
  /** Where the label would like to be: its middle. */
  wanted: number;
  /** The greater, the longer it is kept when there is no room for all. */
  weight: number;
}

/**
 * Middles for labels of one height between `top` and `bottom`, in the order given, none nearer to another than `height` and all
 * as near to what they name as that allows; null for those that find no room (the lightest go first).
 */
export function spread(
  places: readonly Place[],
  top: number,
  bottom: number,
  height: number,
): (number | null)[] {
  const room = Math.max(0, Math.floor((bottom - top) / height));
  const kept = places
    .map((place, index) => ({ ...place, index }))
    .toSorted((a, b) => b.weight - a.weight)
    .slice(0, room)
    .toSorted((a, b) => a.wanted - b.wanted || a.index - b.index);
  const result: (number | null)[] = places.map(() => null);
  // Pool neighbours that would touch into blocks, each centred on the mean of its wishes.
  const blocks: { sum: number; items: typeof kept }[] = [];
  const startOf = (block: { sum: number; items: unknown[] }) => {
    const size = block.items.length * height;
    const middle = block.sum / block.items.length;
    return Math.min(Math.max(middle - size / 2, top), bottom - size);
  };
  for (const item of kept) {
    let block = { sum: item.wanted, items: [item] };
    for (let last = blocks.at(-1); last; last = blocks.at(-1)) {
      if (startOf(last) + last.items.length * height <= startOf(block)) break;
      blocks.pop();
      block = { sum: last.sum + block.sum, items: [...last.items, ...block.items] };
    }
    blocks.push(block);
  }
  for (const block of blocks)
    for (const [at, item] of block.items.entries())
      result[item.index] = startOf(block) + (at + 0.5) * height;
  return result;
}

export interface Flag {
  x: number;
  width: number;
}

/**
 * Lanes (0 is the lowest) for flags that stand right of their lines; null when all lanes are taken at that place. Of flags that
 * would touch, the earlier stands higher: its line comes down left of the later one's text and never through it.
 */
export function lanes(flags: readonly Flag[], most: number, gap = 8): (number | null)[] {
  const order = flags.map((flag, index) => ({ ...flag, index })).toSorted((a, b) => b.x - a.x);
  const placed: { x: number; lane: number }[] = [];
  const result: (number | null)[] = flags.map(() => null);
  for (const { x, width, index } of order) {
    const met = placed.filter((other) => other.x < x + width + gap);
    const lane = Math.max(-1, ...met.map((other) => other.lane)) + 1;
    if (lane >= most) continue;
    placed.push({ x, lane });
    result[index] = lane;
  }
  return result;
}

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

/**
 * Lines that fit; SVG does not break them by itself. Breaks at blanks, and anywhere between East Asian characters; the last
 * of `most` lines is cut.
 */
export function breakLines(text: string, width: number, size: number, most = Infinity): string[] {
  const lines: string[] = [];
  let line = '';
  const words = text.match(/[\u2e80-\uffef]|[^\s\u2e80-\uffef]+\s*|\s+/g) ?? [];
  for (const [at, word] of words.entries()) {
    if (line !== '' && textWidth((line + word).trimEnd(), size) > width) {
      if (lines.length + 1 >= most) {
        line += words.slice(at).join('');
        break;
      }
      lines.push(line.trimEnd());
      line = '';
    }
    line += word;
  }
  if (line.trim() !== '') lines.push(line.trimEnd());
  return most === Infinity ? lines : lines.map((each) => fit(each, width, size));
}

/** Of a name beside a plot. */
export const NAME_LINE = 15;

/** How many lines the longest of them takes, three at most. */
export function linesFor(names: readonly string[], room: number): number {
  return Math.min(3, Math.max(1, ...names.map((name) => breakLines(name, room - 14, 12).length)));
}

/** How high a narrow plot must be for the names beside it: what does not fit in one line stands in more, and is not cut. */
export function heightFor(names: readonly string[], room: number): number {
  const lines = linesFor(names, room);
  // Above and below them stand events and dates.
  return lines > 1 ? names.length * (lines * NAME_LINE + 1) + 84 : 0;
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
  /** Where its line stands. */
  line: number;
  /** Where its text begins: right of the line, or left of it at the right edge. */
  x: number;
  width: number;
}

/**
 * Lanes (0 is the lowest) for flags above a plot; null when there is no room. No two texts touch, and no line, which comes down
 * from its own lane, goes through a text: of flags that would meet, the one whose line is further left stands higher.
 */
export function lanes(flags: readonly Flag[], most: number, gap = 8): (number | null)[] {
  const all = flags.map((flag, index) => ({ ...flag, index, turned: flag.x < flag.line }));
  // Turned flags first: they stand in the way of every line that is left of theirs.
  const order = all.toSorted((a, b) => Number(b.turned) - Number(a.turned) || b.line - a.line);
  const placed: ((typeof all)[number] & { lane: number })[] = [];
  const result: (number | null)[] = flags.map(() => null);
  for (const flag of order) {
    const end = flag.x + flag.width + gap;
    const met = placed.filter((other) => other.line < end && other.line >= flag.x - gap);
    const across = placed.some(
      (other) => other.turned && flag.line >= other.x - gap && flag.line <= other.line,
    );
    const touched = placed.some(
      (other) => other.turned && other.x < end && flag.x < other.x + other.width + gap,
    );
    // Turned flags are all in the lowest lane.
    const lane = Math.max(touched ? 0 : -1, ...met.map((other) => other.lane)) + 1;
    if (across || lane >= most) continue;
    placed.push({ ...flag, lane });
    result[flag.index] = lane;
  }
  return result;
}

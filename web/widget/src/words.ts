import type { Suspicion } from './secret.ts';

/** Word lists by script; for Latin letters English first, the rest only if English does not explain the words. */
const LISTS: readonly (readonly [RegExp, readonly string[]])[] = [
  [/\p{Script=Han}/u, ['chinese_simplified', 'chinese_traditional']],
  [/\p{Script=Hiragana}/u, ['japanese']],
  [/\p{Script=Hangul}/u, ['korean']],
  [/[a-z]/i, ['english', 'spanish', 'french', 'italian', 'portuguese', 'czech']],
];
/** Of so many consecutive words at most one may be missing from the list (mistyped). */
const WINDOW = 12;
const PROSE = /^(the|and|that|but|for|with|not)$/;

const loaded = new Map<string, Promise<Set<string>>>();

/**
 * Where in these words a phrase is: eleven of twelve neighbours stand in one list. Null: nowhere. When a list cannot be
 * fetched the whole run counts: a needless question harms less than a leaked wallet.
 */
export async function confirmed(suspicion: Suspicion, base: string): Promise<Suspicion | null> {
  const words = (suspicion.words ?? []).map((word) => fold(word.text));
  const [, names = []] = LISTS.find(([script]) => script.test(words.join(''))) ?? [];
  for (const name of names) {
    let list;
    try {
      list = await load(name, base);
    } catch {
      return suspicion;
    }
    const [first, last] = phrase(words, list);
    if (first !== undefined && last !== undefined) {
      const found = suspicion.words?.slice(first, last + 1) ?? [];
      const { start } = found[0] ?? suspicion;
      const { end } = found[found.length - 1] ?? suspicion;
      return { ...suspicion, words: found, start, end };
    }
    // No list has these: ordinary English, which no other list explains.
    if (name === 'english' && words.filter((word) => PROSE.test(word)).length > 1) break;
  }
  return null;
}

/** First and last index of the longest stretch whose windows are all but one word in the list. */
function phrase(words: readonly string[], list: ReadonlySet<string>): number[] {
  const width = Math.min(WINDOW, words.length);
  const inside = words.map((word) => list.has(word));
  const count = (from: number) => inside.slice(from, from + width).filter(Boolean).length;
  let first = 0;
  while (first + width <= words.length && count(first) < width - 1) first += 1;
  if (first + width > words.length) return [];
  let last = first + width - 1;
  while (inside[last + 1]) last += 1;
  while (!inside[first]) first += 1;
  while (!inside[last]) last -= 1;
  return [first, last];
}

function load(name: string, base: string): Promise<Set<string>> {
  const url = `${base}/widget/words/${name}.txt`;
  let list = loaded.get(url);
  if (!list) {
    list = fetch(url).then(async (response) => {
      if (!response.ok) throw new Error(name);
      return new Set((await response.text()).split(/\s+/).map(fold));
    });
    loaded.set(url, list);
    list.catch(() => loaded.delete(url));
  }
  return list;
}

/** As BIP-39 compares, and without accents, which people leave out. */
function fold(word: string): string {
  const folded = word.toLowerCase().normalize('NFKD');
  return /[a-z]/.test(folded) ? folded.replace(/\p{M}/gu, '') : folded;
}

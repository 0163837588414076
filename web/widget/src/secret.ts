/*
 * Warns before a secret leaves the device. Small on purpose: the desk's guard is the wall, this is the sign in front
 * of it. Formats: BIP-39, WIF, BIP-32, BIP-38, keystore v3, WalletConnect.
 */
export type Kind =
  'recovery_phrase' | 'private_key' | 'unproven_hex' | 'keystore' | 'wallet_connect';

/** Character range in the text as typed. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

export interface Word extends Range {
  readonly text: string;
}

export interface Suspicion extends Range {
  readonly kind: Kind;
  /** For a phrase: its words, to be looked up in the lists. */
  readonly words?: readonly Word[];
}

const KEY_WORDS = /私钥|密钥|助记|导入|private\s*key|secret\s*key|seed|mnemonic|import/i;
const HASH_WORDS = /哈希|交易|转账|区块|hash|txid|\btx\b|transaction|block/i;
const PATTERNS: readonly (readonly [Kind, RegExp])[] = [
  ['wallet_connect', /wc:[\w-]{8,}@\d\S*symkey=\S+/gi],
  ['keystore', /\{[^]*"crypto"[^]*"(?:kdf|ciphertext)"[^]*\}/gi],
  ['private_key', /\b[xyzt]prv[1-9A-HJ-NP-Za-km-z]{90,}/g],
  [
    'private_key',
    /\b(?:5[1-9A-HJ-NP-Za-km-z]{50}|[KL][1-9A-HJ-NP-Za-km-z]{51}|6P[1-9A-HJ-NP-Za-km-z]{56})\b/g,
  ],
  ['private_key', /\[(?:\s*\d{1,3}\s*,){63}\s*\d{1,3}\s*\]/g],
];
const HEX = /(^|[^0-9a-z/])(0x)?([0-9a-f]{64})(?![0-9a-z])/gi;
const LONG_BASE58 = /\b[1-9A-HJ-NP-Za-km-z]{86,88}\b/g;
const GAP = /^[\s\d.,;:()[\]{}#"'|/\\_*·•，。、；：（）【】-]{1,12}$/;
const WORD = /[\p{L}\p{M}]+/gu;
const FEWEST = 11;

/** What in this text might be a secret. A phrase still has to be confirmed against the word lists. */
export function suspicions(typed: string): Suspicion[] {
  const { text, at } = plain(typed);
  const found: Suspicion[] = [];
  const typedRange = (start: number, end: number): Range => ({
    start: at[start] ?? 0,
    end: (at[end - 1] ?? typed.length) + 1,
  });
  const add = (kind: Kind, start: number, length: number, words?: Word[]) => {
    const range = typedRange(start, start + length);
    if (found.some((each) => each.start < range.end && range.start < each.end)) return;
    found.push({ kind, ...range, ...(words && { words }) });
  };
  for (const [kind, pattern] of PATTERNS) {
    for (const match of text.matchAll(pattern)) add(kind, match.index, match[0].length);
  }
  for (const match of text.matchAll(HEX)) {
    const [, before = '', prefix = '', digits = ''] = match;
    const start = match.index + before.length;
    const around = text.slice(Math.max(0, start - 60), start) + text.slice(start + 64, start + 90);
    const length = prefix.length + digits.length;
    if (KEY_WORDS.test(around)) add('private_key', start, length);
    else if (!HASH_WORDS.test(around)) add('unproven_hex', start, length);
  }
  for (const match of text.matchAll(LONG_BASE58)) {
    if (KEY_WORDS.test(text)) add('private_key', match.index, match[0].length);
  }
  for (const run of runs(text)) {
    const words = run.map((word) => ({ ...word, ...typedRange(word.start, word.end) }));
    const [first, last] = [run[0]?.start ?? 0, run.at(-1)?.end ?? 0];
    add('recovery_phrase', first, last - first, words);
  }
  return found.sort((a, b) => a.start - b.start);
}

/** The text without what hides in it (zero-width, full-width), and where each character was. */
function plain(typed: string): { text: string; at: number[] } {
  let text = '';
  const at: number[] = [];
  for (let index = 0; index < typed.length; index += 1) {
    const code = typed.charCodeAt(index);
    if ((code >= 0x200b && code <= 0x200f) || code === 0x2060 || code === 0xfeff || code === 0xad)
      continue;
    const wide = code > 0xff00 && code < 0xff5f ? code - 0xfee0 : code;
    text += String.fromCharCode(wide === 0x3000 ? 32 : wide);
    at.push(index);
  }
  at.push(typed.length);
  return { text, at };
}

/** Eleven and more short words in a row with nothing but separators and numbers between them. */
function runs(text: string): Word[][] {
  const found: Word[][] = [];
  let run: Word[] = [];
  const close = () => {
    if (run.length >= FEWEST) found.push(run);
    run = [];
  };
  for (const match of text.matchAll(WORD)) {
    const [word] = match;
    const last = run[run.length - 1];
    if (last && !GAP.test(text.slice(last.end, match.index))) close();
    if (fits(word)) run.push({ text: word, start: match.index, end: match.index + word.length });
    else close();
  }
  close();
  return found;
}

/** Whether a word could stand in a word list of its script. */
function fits(word: string): boolean {
  const { length } = word.normalize('NFC');
  if (/^\p{Script=Han}+$/u.test(word)) return length === 1;
  if (/^[\p{Script=Latin}\p{M}]+$/u.test(word)) return length >= 3 && length <= 9;
  return /^[\p{Script=Hiragana}\p{Script=Hangul}\u3099-\u309c]+$/u.test(word) && length <= 9;
}

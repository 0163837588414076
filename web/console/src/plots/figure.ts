/** Figures as people read them, in both languages. Pure. */
import type { Language } from '@standfast/ui/i18n';

/**
 * What a figure measures: `count` whole things, `share` a part of one (0.25 is 25 %), `seconds` a length of time,
 * `rate` a quotient such as requests per 1,000 users, `score` a mark such as 4.3 of 5.
 */
export type Measured = 'count' | 'share' | 'seconds' | 'rate' | 'score';

const formats = new Map<string, Intl.NumberFormat>();

function format(language: Language, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = language + JSON.stringify(options);
  let found = formats.get(key);
  if (!found) {
    // Neither a zero nor what is rounded to one has a sign.
    found = new Intl.NumberFormat(language, { signDisplay: 'negative', ...options });
    formats.set(key, found);
  }
  return found;
}

/** Exact enough to be quoted: 12,345 · 12.3% · 3 h 05 min · 4.27. */
export function figure(value: number, measured: Measured, language: Language): string {
  switch (measured) {
    case 'count':
      return format(language, { maximumFractionDigits: 1 }).format(value);
    case 'share':
      return format(language, {
        style: 'percent',
        maximumFractionDigits: Math.abs(value) < 0.1 ? 2 : 1,
      }).format(value);
    case 'seconds':
      return span(value, language);
    case 'rate':
    case 'score':
      return format(language, { maximumSignificantDigits: 3 }).format(value);
  }
}

/** As short as an axis wants it: 12K, 1.2万 · 12% · 15 min. */
export function short(value: number, measured: Measured, language: Language): string {
  if (measured === 'seconds') return shortSpan(value, language);
  if (measured === 'share')
    return format(language, { style: 'percent', maximumFractionDigits: 1 }).format(value);
  const large = Math.abs(value) >= 10_000;
  return format(
    language,
    large
      ? { notation: 'compact', maximumFractionDigits: 1 }
      : { maximumFractionDigits: measured === 'count' ? 0 : 2 },
  ).format(value);
}

/** Both ends with one unit where it can be shared: "1,180–1,290". */
export function interval(
  low: number,
  high: number,
  measured: Measured,
  language: Language,
): string {
  return `${figure(low, measured, language)}–${figure(high, measured, language)}`;
}

/** A change with its sign: "+12%", "−3.5%"; of shares in percentage points. */
export function signed(change: number, language: Language, points = false): string {
  const text = format(language, {
    style: points ? 'decimal' : 'percent',
    maximumFractionDigits: Math.abs(change) < (points ? 10 : 0.1) ? 1 : 0,
    signDisplay: 'exceptZero',
  }).format(points ? change * 100 : change);
  return text.replace('-', '−');
}

/** How many more or fewer, in whole things: "+29", "−3"; nought has no sign. */
export function signedCount(difference: number, language: Language): string {
  return format(language, { maximumFractionDigits: 0, signDisplay: 'exceptZero' })
    .format(difference)
    .replace('-', '−');
}

/** How likely chance alone would make as much: a p or a q is never nought. */
export function chance(p: number, language: Language): string {
  return p < 0.001 ? '< 0.001' : format(language, { maximumFractionDigits: 3 }).format(p);
}

const UNITS: readonly (readonly [length: number, en: string, zh: string])[] = [
  [86_400, 'd', '天'],
  [3_600, 'h', '小时'],
  [60, 'min', '分'],
  [1, 's', '秒'],
];

/** Two units at most: 42 s · 12 min · 3 h 05 min · 2 d 4 h. */
function span(seconds: number, language: Language): string {
  const zh = language === 'zh-CN';
  const sign = seconds < 0 ? '−' : '';
  const size = Math.abs(seconds);
  const at = UNITS.findIndex(([length]) => size >= length);
  if (at < 0) return zh ? `${sign}${round1(size)}秒` : `${sign}${round1(size)} s`;
  const [length, en, word] = UNITS[at] ?? [1, 's', '秒'];
  const [small, enSmall, wordSmall] = UNITS[at + 1] ?? [1, '', ''];
  // Below ten, the next unit matters; a quarter past twenty days does not.
  const parts = Math.round(size / (at < 2 ? small : length)) * (at < 2 ? small : length);
  const next = UNITS[at - 1]?.[0] ?? Infinity;
  if (parts >= next) return sign + span(next, language);
  const whole = Math.floor(parts / length);
  const rest = at < 2 ? Math.round((parts - whole * length) / small) : 0;
  const sole = zh && word === '分' && rest === 0 ? '分钟' : word;
  const first = zh ? `${whole}${sole}` : `${whole} ${en}`;
  if (rest === 0) return sign + first;
  return sign + (zh ? `${first}${rest}${wordSmall}` : `${first} ${rest} ${enSmall}`);
}

/** One unit: 30 s · 15 min · 1.5 h · 2 d. */
function shortSpan(seconds: number, language: Language): string {
  const zh = language === 'zh-CN';
  if (seconds === 0) return '0';
  const [length, en, word] = UNITS.find(([size]) => Math.abs(seconds) >= size) ?? [1, 's', '秒'];
  const value = round1(seconds / length);
  return zh ? `${value}${word === '分' ? '分钟' : word}` : `${value} ${en}`;
}

function round1(value: number): number {
  return Math.round(value * 10) / 10;
}

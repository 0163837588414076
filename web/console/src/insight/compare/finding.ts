/** What a comparison found, in words: keys of the catalogue with their parameters, so that the page only has to say them. Pure. */
import type { Effect, EffectEstimate, Verdict } from '@standfast/api';

export type Saying = readonly [key: string, params?: Readonly<Record<string, string | number>>];

export interface Finding {
  /** `found`: a change. `open`: it cannot be told. `lacking`: something is missing to tell it. */
  tone: 'found' | 'open' | 'lacking';
  title: Saying;
  texts: readonly Saying[];
}

type Placebo = NonNullable<Effect['placebo']>;

interface Say {
  /** A part of one as a whole percentage. */
  percent: (part: number) => string;
  /** A change with its sign. */
  signed: (change: number) => string;
  p: (p: number) => string;
}

type Ratio = EffectEstimate['ratio'];

/** `against`: what it is compared with, as catalogue keys have it. */
export function findingOf(
  { code, days_needed: needed, missing_before: before, missing_after: after }: Verdict,
  estimate: EffectEstimate | null | undefined,
  against: 'expected' | 'earlier',
  say: Say,
): Finding {
  switch (code) {
    case 'fewer':
    case 'more':
      return {
        tone: 'found',
        title: estimate
          ? sizeOf(code, estimate.ratio, against, say)
          : [`compare.${code}.plain.${against}`],
        texts: estimate ? [['compare.chance.no', { p: say.p(estimate.p) }]] : [],
      };
    case 'cannot_tell':
      return {
        tone: 'open',
        title: [`compare.open.${standingOf(needed)}`],
        texts: [
          ...(estimate ? [rangeOf(estimate.ratio, say)] : []),
          [`compare.open.${standingOf(needed)}.text`, needed ? { count: needed } : {}],
        ],
      };
    case 'too_short':
      return {
        tone: 'lacking',
        title: ['compare.short'],
        texts: [
          ...(before ? ([[`compare.short.before.${against}`, { count: before }]] as const) : []),
          ...(after ? ([[`compare.short.after.${against}`, { count: after }]] as const) : []),
        ],
      };
    case 'nothing_counted':
      return { tone: 'lacking', title: ['compare.nothing'], texts: [['compare.nothing.text']] };
    case 'inseparable':
      return {
        tone: 'lacking',
        title: ['compare.inseparable'],
        texts: [['compare.inseparable.text']],
      };
  }
}

/** Nobody waits for longer; days. */
const PATIENCE = 180;

function standingOf(needed: number | null | undefined): 'enough' | 'wait' | 'long' | 'never' {
  if (needed === 0) return 'enough';
  if (!needed) return 'never';
  return needed > PATIENCE ? 'long' : 'wait';
}

/** "Between 12 % and 21 % fewer than expected." */
function sizeOf(
  code: 'fewer' | 'more',
  { value, low, high }: Ratio,
  against: string,
  { percent }: Say,
): Saying {
  const part = (ratio: number) => percent(Math.abs(ratio - 1));
  if (typeof high !== 'number') return [`compare.${code}.least.${against}`, { low: part(low) }];
  // What is nearer to "as many" stands first.
  const [near, far] = code === 'fewer' ? [part(high), part(low)] : [part(low), part(high)];
  if (near === far && typeof value === 'number')
    return [`compare.${code}.about.${against}`, { about: part(value) }];
  return [`compare.${code}.${against}`, { low: near, high: far }];
}

function rangeOf({ low, high }: Ratio, { signed }: Say): Saying {
  return typeof high === 'number'
    ? ['compare.range', { low: signed(low - 1), high: signed(high - 1) }]
    : ['compare.range.open', { low: signed(low - 1) }];
}

/** What a group's finding is called in a word. */
export function wordOf({ code }: Verdict): string {
  return `compare.word.${code}`;
}

/** Of fewer dates, none is left out at either end. */
const TELL_PERCENT = 41;

/** What both ends of what the past shows are called. */
export function endsOf(dates: number): { low: string; high: string } {
  return dates < TELL_PERCENT
    ? { low: 'compare.past.lower', high: 'compare.past.upper' }
    : { low: 'compare.past.low', high: 'compare.past.high' };
}

/** From so many dates on, the past overrules the interval. */
const ENOUGH_DATES = 20;

/** Where a change lies beside what was found at dates of the past; `apart` where these lie to one side of nothing: then the counts
 * move by themselves. */
export function placeOf({
  inside,
  low,
  high,
  dates,
}: Pick<Placebo, 'inside' | 'low' | 'high' | 'dates'>): 'inside' | 'outside' | 'apart' {
  if (inside) return 'inside';
  return dates >= ENOUGH_DATES && (low > 1 || high < 1) ? 'apart' : 'outside';
}

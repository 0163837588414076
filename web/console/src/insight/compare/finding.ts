/** What a comparison found, in words: keys of the catalogue with their parameters, so that the page only has to say them. Pure. */
import type { Effect, EffectEstimate, Verdict } from '@standfast/api';
import { MOST_DAYS } from '../study';

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

/** What was to be expected without a change; or an earlier period, of which as many days are compared as of the later one. */
export type Against = 'expected' | { days: number };

const nameOf = (against: Against) => (against === 'expected' ? against : 'earlier');

export function findingOf(
  verdict: Verdict,
  estimate: EffectEstimate | null | undefined,
  against: Against,
  say: Say,
): Finding {
  const { code } = verdict;
  switch (code) {
    case 'fewer':
    case 'more':
      return {
        tone: 'found',
        title: estimate
          ? sizeOf(code, estimate.ratio, nameOf(against), say)
          : [`compare.${code}.plain.${nameOf(against)}`],
        texts: estimate ? [['compare.chance.no', { p: say.p(estimate.p) }]] : [],
      };
    case 'cannot_tell': {
      const { title, text } =
        against === 'expected' ? openOf(verdict) : openBetween(verdict, against);
      return {
        tone: 'open',
        title,
        texts: [...(estimate ? [rangeOf(estimate.ratio, say)] : []), text],
      };
    }
    case 'too_short':
      return {
        tone: 'lacking',
        title: ['compare.short'],
        texts: against === 'expected' ? shortOf(verdict) : [shortBetween(verdict)],
      };
    case 'nothing_counted':
      return { tone: 'lacking', title: ['compare.nothing'], texts: [['compare.nothing.text']] };
    case 'inseparable':
      return against === 'expected'
        ? {
            tone: 'lacking',
            title: ['compare.inseparable'],
            texts: [['compare.inseparable.text']],
          }
        : {
            tone: 'lacking',
            title: ['compare.open.never'],
            texts: [['compare.inseparable.text.earlier']],
          };
  }
}

interface Open {
  title: Saying;
  text: Saying;
}

/** Nobody waits for longer; days. */
const PATIENCE = 180;

/** What would tell more of a change, of which the days before stay as they are. */
function openOf({ reason, days_needed: needed }: Verdict): Open {
  if (needed === 0) return { title: ['compare.open.enough'], text: ['compare.open.enough.text'] };
  if (needed) {
    const standing = needed > PATIENCE ? 'long' : 'wait';
    return {
      title: [`compare.open.${standing}`],
      text: [`compare.open.${standing}.text`, { count: needed }],
    };
  }
  const why = reason === 'undecided' || reason === 'past' ? reason : 'few';
  return { title: ['compare.open.never'], text: [`compare.open.${why}.text`] };
}

/** The same of two periods, both of which can be chosen longer. */
function openBetween({ reason, days_needed: needed }: Verdict, { days }: { days: number }): Open {
  if (needed === 0) return openOf({ code: 'cannot_tell', days_needed: 0 });
  const title: Saying = ['compare.open.never'];
  if (reason === 'undecided') return { title, text: ['compare.open.undecided.text'] };
  const more = needed ? eachOf(needed, days) : null;
  if (days + (more ?? 1) > MOST_DAYS)
    return { title, text: ['compare.open.wider.text', { most: MOST_DAYS }] };
  return {
    title,
    text: more ? ['compare.open.longer.text', { count: more }] : ['compare.open.far.text'],
  };
}

/**
 * How many days more each period needs, where the later one alone would need so many. The variance goes with `1/before + 1/after`:
 * `2/(days + each) = 1/days + 1/(days + needed)`.
 */
function eachOf(needed: number, days: number): number {
  return Math.max(1, Math.ceil((days * needed) / (2 * days + needed)));
}

function shortOf({ missing_before: before, missing_after: after }: Verdict): Saying[] {
  return [
    ...(before ? ([['compare.short.before', { count: before }]] as const) : []),
    ...(after ? ([['compare.short.after', { count: after }]] as const) : []),
  ];
}

/**
 * Of two periods a day counts only with its partner, so that both lack as many. Where only the later one is said to lack some, these
 * are of both together, for want of independent days or of days with requests; how many it takes then depends on the days to come.
 */
function shortBetween({ missing_before: before, missing_after: after }: Verdict): Saying {
  return before
    ? ['compare.short.partners', { count: Math.max(before, after ?? 0) }]
    : ['compare.short.alike'];
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

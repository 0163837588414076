/** What stands in small print behind a figure. */
import { language, t } from '../words.svelte';
import { standingOf, type Estimate, type Point, type Ranked, type Standing } from './data';
import { figure, interval, signed, type Measured } from './figure';
import { cutAt } from './time';
import { isoDate, type Unit } from './zone';

/** A figure in words, also that there is none. */
export function worded(each: Estimate | null | undefined, measured: Measured): string {
  const value = each?.value ?? null;
  return value === null ? t('plot.unmeasured') : figure(value, measured, language());
}

/** "(1,180–1,290) · n=310 · small sample". */
export function remark(each: Estimate | undefined, measured: Measured): string {
  if (!each) return '';
  const { low, high, n, small } = each;
  return together(
    typeof low === 'number' && typeof high === 'number'
      ? `(${interval(low, high, measured, language())})`
      : '',
    // A count stands on itself.
    typeof n === 'number' && measured !== 'count' ? `n=${figure(n, 'count', language())}` : '',
    small ? t('plot.small') : '',
  );
}

/** Why a bucket is not the whole of one: "up to 14:20 only". */
export function cut(point: Point | undefined, unit: Unit, zone: string): string {
  if (!point?.partial) return '';
  const { since, until, was, alike } = point;
  const words = together(
    since === undefined ? '' : t('plot.cut.since', { time: isoDate(since, zone) }),
    until === undefined
      ? ''
      : t(was !== undefined && alike ? 'plot.cut.before' : 'plot.cut.until', {
          time: cutAt(until, unit, zone),
        }),
  );
  return words || t('plot.partial');
}

/** "+12%", of shares "−3.5 pp"; nothing when either is unknown or there was nothing before. */
export function change(
  now: number | null | undefined,
  before: number | null | undefined,
  measured: Measured,
): string {
  if (typeof now !== 'number' || typeof before !== 'number') return '';
  if (measured === 'share') return `${signed(now - before, language(), true)} ${t('plot.points')}`;
  return before === 0 ? '' : signed(now / before - 1, language());
}

/** What a change is called in words: in short where it stands beside a bar, at length where its interval is told as well. */
const WORDS: Readonly<Record<Standing, { short: string; long: string }>> = {
  new: { short: 'plot.new', long: 'plot.new' },
  gone: { short: 'plot.gone', long: 'plot.gone' },
  unclear: { short: 'plot.unclear', long: 'plot.unclear' },
  one_of_many: { short: 'plot.unclear', long: 'plot.unclear.many' },
  cannot_tell: { short: 'plot.cannot_tell', long: 'plot.cannot_tell' },
};

/** The change of a line of a ranking: its size where it is proven, else what it is called. */
export function moved(each: Ranked, measured: Measured): string {
  const standing = standingOf(each, measured);
  return standing ? t(WORDS[standing].short) : change(each.value, each.before, measured);
}

/** The same with its size and its interval: "+23% (−11% … +72%)"; "Cannot tell" where there is none. */
export function movement(each: Ranked, measured: Measured): string {
  const standing = standingOf(each, measured);
  const word = standing ? t(WORDS[standing].long) : '';
  if (standing === 'new' || standing === 'gone') return word;
  const { low, high } = each.change ?? {};
  const one = (size: number) => signed(size, language(), measured === 'share');
  const spread =
    typeof low === 'number' && typeof high === 'number' ? `(${one(low)} … ${one(high)})` : '';
  const size = change(each.value, each.before, measured);
  return together([size, spread].filter(Boolean).join(' '), word);
}

export function together(...parts: readonly string[]): string {
  return parts.filter(Boolean).join(' · ');
}

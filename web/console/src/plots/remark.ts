/** What stands in small print behind a figure. */
import { language, t } from '../words.svelte';
import type { Estimate } from './data';
import { figure, interval, signed, type Measured } from './figure';

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

export function together(...parts: readonly string[]): string {
  return parts.filter(Boolean).join(' · ');
}

import type { Expected } from '@standfast/api';
import type { Language } from './i18n.ts';

type Span = 'second' | 'minute' | 'hour' | 'day';

const SPANS: readonly (readonly [Span, number])[] = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
];

/** Largest unit that says the length without false precision: 95 s is 2 minutes, 5,000 s is 1 hour. */
function span(seconds: number): [Span, number] {
  for (const [unit, length] of SPANS) {
    if (Math.abs(seconds) >= length * 0.95) return [unit, Math.round(seconds / length)];
  }
  return ['second', Math.round(seconds)];
}

function spell(unit: Span, value: number, language: Language): string {
  return new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'long' }).format(
    value,
  );
}

/** A length of time as people say it: "12 minutes", “12分钟”. Less than a minute counts as one. */
export function duration(seconds: number, language: Language): string {
  return spell(...span(Math.max(seconds, 60)), language);
}

/**
 * A range as the desk rounds it: "8 to 15 minutes", “8–15分钟”; one figure when both ends are the same. Minutes up to an hour and a
 * half, where hours would be too coarse.
 */
export function durationRange(
  { low_seconds: low, high_seconds: high }: Expected,
  language: Language,
): string {
  const [unit, length] = SPANS.find(([, length]) => high > length * 1.5) ?? ['minute', 60];
  const start = Math.round(low / length);
  const end = Math.round(high / length);
  return (
    (start && start < end ? start + (language === 'en' ? ' to ' : '–') : '') +
    spell(unit, end, language)
  );
}

/** How long ago, or until: "3 minutes ago", “3分钟前”. */
export function relative(at: string | number | Date, now: number, language: Language): string {
  const [unit, value] = span((new Date(at).getTime() - now) / 1000);
  const format = new Intl.RelativeTimeFormat(language, { numeric: 'auto' });
  return unit === 'second' ? format.format(0, 'minute') : format.format(value, unit);
}

/** Time of day where the reader is: "18:30". */
export function clock(at: string | number | Date, language: Language): string {
  return new Intl.DateTimeFormat(language, {
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).format(new Date(at));
}

/** The day, for a divider in a conversation: "today", "yesterday", then the date. */
export function day(at: string | number | Date, now: number, language: Language): string {
  const date = new Date(at);
  const days = Math.round((midnight(date) - midnight(new Date(now))) / 86_400_000);
  if (days === 0 || days === -1) {
    return new Intl.RelativeTimeFormat(language, { numeric: 'auto' }).format(days, 'day');
  }
  return new Intl.DateTimeFormat(language, {
    month: 'long',
    day: 'numeric',
    ...(date.getFullYear() === new Date(now).getFullYear() ? {} : { year: 'numeric' }),
  }).format(date);
}

/** Exact date and time with zone, for a tooltip. */
export function exact(at: string | number | Date, language: Language): string {
  return new Intl.DateTimeFormat(language, { dateStyle: 'long', timeStyle: 'long' }).format(
    new Date(at),
  );
}

function midnight(date: Date): number {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}

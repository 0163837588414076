import type { Driver, Timestamp } from '@standfast/api';
import type { Language } from '@standfast/ui/i18n';

/** Times as the browser's own inputs write them, in the reader's zone; and days, which are days in UTC. */

const two = (number: number) => String(number).padStart(2, '0');

/** 2026-11-10T08:00:00Z → 2026-11-10T16:00 in Shanghai. */
export function toInput(at: Timestamp | null | undefined): string {
  if (!at) return '';
  const date = new Date(at);
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day}T${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** The moment that an input means where the reader is; null while it is empty or half written. */
export function fromInput(text: string): Timestamp | null {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(text)) return null;
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}

/** The reader's zone: "Asia/Shanghai". */
export function zone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** "10 Nov, 16:00": short, where the reader is; with the year when it is another. */
export function shortTime(at: Timestamp, now: number, language: Language): string {
  const date = new Date(at);
  return new Intl.DateTimeFormat(language, {
    ...(date.getFullYear() !== new Date(now).getFullYear() && { year: 'numeric' }),
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).format(date);
}

/** "November 2026". */
export function monthOf(at: Timestamp, language: Language): string {
  return new Intl.DateTimeFormat(language, { year: 'numeric', month: 'long' }).format(new Date(at));
}

/** A day that was counted in UTC: "Fri, 20 Nov". */
export function dayName(day: string, language: Language): string {
  return new Intl.DateTimeFormat(language, {
    weekday: 'short',
    month: 'short',
    day: 'numeric',
    timeZone: 'UTC',
  }).format(new Date(`${day}T00:00:00Z`));
}

/** "20 Nov". */
export function dayShort(day: string, language: Language): string {
  return new Intl.DateTimeFormat(language, {
    month: 'short',
    day: 'numeric',
    timeZone: 'UTC',
  }).format(new Date(`${day}T00:00:00Z`));
}

export function number(value: number, language: Language): string {
  return new Intl.NumberFormat(language).format(value);
}

/** When an event was over, in milliseconds; of one that goes on, `now`. One without an end is a moment. */
export function endOf(event: Driver, now: number): number {
  const starts = Date.parse(event.starts_at);
  if (event.ends_at) return Date.parse(event.ends_at);
  return event.is_ongoing ? Math.max(starts, now) : starts;
}

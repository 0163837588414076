import type { Alarm } from '@standfast/api';
import { now } from '../clock.svelte';
import { shortTime } from '../drivers/when';
import { valueName } from '../session/values';
import { language, t } from '../words.svelte';
import { expectedOf, minutesOf, SEGMENT } from './alarm';

/** What rises, in the reader's words. Beside narrower alarms, whose requests are theirs, one about everything is about the others. */
export function nameOf(alarm: Alarm, beside: readonly Alarm[] = []): string {
  const parts = SEGMENT.flatMap((dimension) =>
    (alarm.segment[dimension] ?? []).map((value) => valueName(dimension, value)),
  );
  // One that is over, or decided, was about its own time.
  const isRest =
    beside.some(({ id }) => id === alarm.id) &&
    beside.some(({ segment }) => SEGMENT.some((name) => segment[name]?.length));
  return parts.join(' · ') || t(isRest ? 'alarm.everything_else' : 'alarm.everything');
}

/** How much it is. Of alike words, what else came in that time says nothing. */
export function sentenceOf(alarm: Alarm): string {
  if (alarm.kind === 'burst') {
    const time = shortTime(alarm.started_at, now(), language());
    return t('alarm.more.burst', { observed: alarm.observed, time });
  }
  const expected = expectedOf(alarm);
  const seen = { observed: alarm.observed, minutes: minutesOf(alarm) };
  return expected ? t('alarm.more', { ...seen, expected }) : t('alarm.more.rare', seen);
}

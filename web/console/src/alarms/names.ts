import type { Alarm } from '@standfast/api';
import { directory } from '../session/directory.svelte';
import { t } from '../words.svelte';
import { SEGMENT } from './alarm';

/** What rises, in the reader's words. */
export function nameOf(alarm: Alarm): string {
  const parts = SEGMENT.flatMap((dimension) =>
    (alarm.segment[dimension] ?? []).map((value) =>
      dimension === 'type' ? directory.typeName(value) : value,
    ),
  );
  return parts.join(' · ') || t('alarm.everything');
}

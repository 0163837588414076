import type { Surge } from '@standfast/api';
import { t } from '../words.svelte';

/**
 * "32 requests wait" and "1 person is there to answer", of what is seen at this moment. Null: not known; while processes are
 * replaced one after the other, one of the version before may say so.
 */
export function seenOf(
  measured: Pick<Surge['measured'], 'waiting' | 'present'> | null | undefined,
): { waiting: string; present: string } | null {
  if (!measured) return null;
  const { waiting, present } = measured;
  return {
    waiting: t('surge.waiting', { count: waiting }),
    present: t('surge.present', { count: present }),
  };
}

import type { Surge } from '@standfast/api';
import { t } from '../words.svelte';

/** "32 requests wait" and "1 person is there to answer", of what is seen at this moment. */
export function seenOf({ waiting, present }: Pick<Surge['measured'], 'waiting' | 'present'>): {
  waiting: string;
  present: string;
} {
  return {
    waiting: t('surge.waiting', { count: waiting }),
    present: t('surge.present', { count: present }),
  };
}

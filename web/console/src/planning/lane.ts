import type { WeekNeed } from '@standfast/api';
import { t } from '../words.svelte';

type Lane = Pick<WeekNeed['lanes'][number], 'language' | 'group'>;

/** A language, or a group of types in it, as the value of a choice. */
export const laneKey = ({ language, group }: Lane): string => `${language}/${group ?? ''}`;

/** A tier of which so many are to be there, as the value of a choice. */
export const tierKey = ({ tier }: { tier: number }): string => `tier/${tier}`;

/** "Chinese", "Chinese · Security". */
export function laneName({ language, group }: Lane, groups: readonly string[]): string {
  const spoken = t(`planning.language.${language}`);
  if (group === null || group === undefined) return spoken;
  return `${spoken} · ${groups[group] ?? t('planning.group.others')}`;
}

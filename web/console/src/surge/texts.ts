import type { SurgeActions, SurgeText } from '@standfast/api';
import { charactersOver } from '../parts/format';

/** Most characters of a level's texts, in each language. */
export const MOST = { banner: 300, answer: 1000 } as const;

/** Whether a level has a text that the desk would refuse. */
export function hasOverlong(actions: SurgeActions): boolean {
  const isOver = (text: SurgeText | null, most: number) =>
    text !== null && [text['zh-CN'], text.en].some((each) => charactersOver(each, most) > 0);
  return isOver(actions.banner, MOST.banner) || isOver(actions.answer, MOST.answer);
}

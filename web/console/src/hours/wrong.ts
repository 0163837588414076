import { weekdayName } from '../plots/time';
import { isZone } from '../plots/zone';
import { language, t } from '../words.svelte';
import { clashes, type Draft } from './draft';
import { exceptionOf } from './said';

/** Whether it can be read as a code of two letters, also at the end of a tag such as en-SG. */
export const isRegion = (text: string): boolean => /(?:^|[-_])[a-z]{2}$/i.test(text.trim());

/** Whether a season ends before it begins, or has no such day at all. */
export function isOddSeason({ from, until, yearly }: Draft['seasons'][number]): boolean {
  return from === '' || until === '' || (!yearly && until < from);
}

/** A week that has days with times that cannot be read; its name where it is a season's. */
export interface Unread {
  season?: string;
  days: readonly number[];
}

/** All that keeps hours from being saved, in words, in the order of the form: whoever reads one reads the others, too. */
export function wrongsOf(draft: Draft, unread: readonly Unread[]): string[] {
  const seasonOf = ({ name }: { name: string }, at: number) =>
    name || t('hours.season', { number: at + 1 });
  return [
    ...(draft.name.trim() ? [] : [t('hours.wrong.name.missing')]),
    ...(isZone(draft.zone) ? [] : [t('hours.wrong.zone.unknown')]),
    ...(draft.regions.every(isRegion) ? [] : [t('hours.wrong.regions.malformed')]),
    ...unread.flatMap(({ season, days }) =>
      days.map((day) =>
        t('hours.wrong.day', {
          day: [season, weekdayName(day, language())].filter(Boolean).join(' · '),
        }),
      ),
    ),
    ...clashes(draft.exceptions).map(([one, other]) =>
      t('hours.exceptions.meet', { one: exceptionOf(one), other: exceptionOf(other) }),
    ),
    ...draft.seasons.flatMap((season, at) =>
      isOddSeason(season) ? [t('hours.wrong.season', { name: seasonOf(season, at) })] : [],
    ),
  ];
}

import type { ScheduleView, WeekInterval } from '@standfast/api';
import type { Line } from '../parts/overtaken';
import { weekdayName } from '../plots/time';
import { language, t } from '../words.svelte';
import { spanOf, type Draft } from './draft';
import { daysAlike, openSpans, WEEK } from './week';

/** "Chinese · SG · widget"; everybody where nothing is named. */
export function coverageOf(of: ScheduleView['coverage']): string {
  const parts = [
    (of.languages ?? []).map((each) => t(`hours.language.${each}`)),
    of.regions ?? [],
    (of.channels ?? []).map((each) => t(`channel.${each}`)),
  ].filter((part) => part.length > 0);
  return parts.map((part) => part.join(', ')).join(' · ') || t('hours.everybody');
}

/** "Mon – Fri 09:00–12:00, 13:00–18:00", a line for days alike. */
export function weekLines(week: readonly WeekInterval[]): string[] {
  const [all, ...rest] = openSpans(week);
  if (!all) return [t('hours.week.never')];
  if (rest.length === 0 && all[0] === 0 && all[1] === WEEK) return [t('hours.week.always')];
  const name = (weekday: number) => weekdayName(weekday, language());
  return daysAlike(week).map(({ from, until, times }) => {
    const days = from === until ? name(from) : `${name(from)}–${name(until)}`;
    return `${days} ${times}`;
  });
}

/** "closed 2026-12-01 09:00–12:00 (stocktaking)". */
export function exceptionOf(one: Draft['exceptions'][number]): string {
  const what = `${t(one.open ? 'hours.open' : 'hours.closed')} ${spanOf(one)}`;
  return one.reason ? `${what} (${one.reason})` : what;
}

/** What hours say, line by line. */
export function linesOf(draft: Draft): Line[] {
  const { name, zone, week, seasons, days, exceptions } = draft;
  return [
    { label: t('hours.name'), text: name },
    { label: t('hours.for'), text: coverageOf(draft as ScheduleView['coverage']) },
    { label: t('hours.zone'), text: zone },
    { label: t('hours.week'), text: weekLines(week).join('\n') },
    {
      label: t('hours.days'),
      text: [
        ...days.map(
          ({ date, kind, name: called, like }) =>
            `${date} ${t(`hours.kind.${kind}`)}${like ? ` (${weekdayName(like, language())})` : ''} ${called ?? ''}`,
        ),
        ...exceptions.map(exceptionOf),
      ].join('\n'),
    },
    {
      label: t('hours.seasons'),
      text: seasons
        .map(
          (season) =>
            `${season.name} ${season.from}–${season.until}${season.yearly ? ` ${t('hours.season.yearly')}` : ''}: ` +
            weekLines(season.week).join('; '),
        )
        .join('\n'),
    },
  ];
}

/** Hours while they are edited: every part is there. Pure. */
import type { HoursDraft, Schedule, ScheduleView, Season } from '@standfast/api';

/** Most characters of a name or a reason, as the desk counts. */
export const WORDS = 100;

export type Draft = Required<Omit<Schedule, 'seasons'>> & {
  name: string;
  languages: string[];
  regions: string[];
  channels: string[];
  seasons: Required<Season>[];
};

export function draftOf(view: ScheduleView | null, zone: string): Draft {
  const { schedule, coverage, name } = view ?? {
    name: '',
    coverage: {},
    schedule: {
      zone,
      week: [1, 2, 3, 4, 5].map((weekday) => ({ weekday, opens: '09:00', closes: '18:00' })),
    },
  };
  return {
    name,
    zone: schedule.zone,
    week: schedule.week,
    seasons: (schedule.seasons ?? []).map((season) => ({ yearly: false, ...season })),
    days: schedule.days ?? [],
    exceptions: schedule.exceptions ?? [],
    languages: coverage.languages ?? [],
    regions: coverage.regions ?? [],
    channels: coverage.channels ?? [],
  };
}

export function wishOf(draft: Draft): HoursDraft {
  const { name, zone, week, seasons, days, exceptions } = draft;
  const { languages, regions, channels } = draft;
  return {
    name: name.trim(),
    coverage: { languages, regions, channels } as HoursDraft['coverage'],
    schedule: { zone, week, seasons, days, exceptions },
  };
}

/** "2026-12-01 09:00–12:00", with the second date only where it is another one. */
export function spanOf({ from, until }: { from: string; until: string }): string {
  const end = until.slice(0, 10) === from.slice(0, 10) ? until.slice(11) : until.replace('T', ' ');
  return `${from.replace('T', ' ')}–${end}`;
}

/** Exceptions that meet, each with the one before it: of such a time nobody could say whether the desk is open. */
export function clashes(
  exceptions: Draft['exceptions'],
): [Draft['exceptions'][number], Draft['exceptions'][number]][] {
  const order = exceptions.toSorted((a, b) => a.from.localeCompare(b.from));
  const found: ReturnType<typeof clashes> = [];
  let last: Draft['exceptions'][number] | undefined;
  for (const one of order) {
    if (last && one.from < last.until) found.push([last, one]);
    if (!last || one.until > last.until) last = one;
  }
  return found;
}

/** Days of a file beside those that are there: the file's word counts for its own dates. */
export function withDays(draft: Draft, days: Draft['days']): Draft {
  const dates = new Set(days.map(({ date }) => date));
  const others = draft.days.filter(({ date }) => !dates.has(date));
  return { ...draft, days: [...others, ...days].toSorted((a, b) => a.date.localeCompare(b.date)) };
}

/** Hours while they are edited: every part is there. Pure. */
import type { HoursDraft, Schedule, ScheduleView, Season } from '@standfast/api';

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

/** Days of a file beside those that are there: the file's word counts for its own dates. */
export function withDays(draft: Draft, days: Draft['days']): Draft {
  const dates = new Set(days.map(({ date }) => date));
  const others = draft.days.filter(({ date }) => !dates.has(date));
  return { ...draft, days: [...others, ...days].toSorted((a, b) => a.date.localeCompare(b.date)) };
}

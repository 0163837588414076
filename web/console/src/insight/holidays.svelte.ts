import type { ScheduleView } from '@standfast/api';
import * as api from '../api/endpoints';
import type { Range } from '../plots/data';
import { isoDate } from '../plots/zone';
import { language, t } from '../words.svelte';

/** A date that opening hours call a holiday, or a working day in exchange for one. */
export interface Marked {
  date: string;
  kind: 'holiday' | 'work_day';
  name: string;
}

/** The special days of all hours, each date once; a holiday that is worked in one of them still is a holiday. Pure. */
export function markedOf(schedules: readonly ScheduleView[]): Marked[] {
  const found = new Map<string, Marked>();
  for (const { schedule } of schedules) {
    for (const { date, kind, name } of schedule.days ?? []) {
      const known = found.get(date);
      if (!known || (known.kind === 'work_day' && kind === 'holiday'))
        found.set(date, { date, kind, name });
    }
  }
  return [...found.values()].toSorted((a, b) => a.date.localeCompare(b.date));
}

/** From Monday 1 to Sunday 7. */
export function weekdayOf(date: string): number {
  return ((new Date(`${date}T00:00:00Z`).getUTCDay() + 6) % 7) + 1;
}

/** Most dates that are named one by one. */
const FEW = 4;

class Holidays {
  all = $state.raw<readonly Marked[]>([]);

  /** Those of a range, and how they are said. */
  within({ from, until }: Range, zone: string) {
    const [first, last] = [isoDate(from, zone), isoDate(until - 1, zone)];
    const own = this.all.filter(({ date }) => first <= date && date <= last);
    const said = (days: readonly Marked[]) => {
      const names = days
        .slice(0, FEW)
        .map(({ date, kind, name }) => `${date} ${name || t(`insight.holiday.${kind}`)}`);
      const rest = days.length - names.length;
      return (
        names.join(language() === 'zh-CN' ? '、' : ', ') +
        (rest > 0 ? ` ${t('insight.holidays.more', { count: rest })}` : '')
      );
    };
    return {
      text: own.length > 0 ? t('insight.holidays', { days: said(own) }) : '',
      ofWeekday: (weekday: number) =>
        said(own.filter(({ date }) => weekdayOf(date) === weekday)) || undefined,
    };
  }
}

export const holidays = new Holidays();
let asked = false;

/** Figures are shown without marks where they cannot be had. */
export function loadHolidays(): void {
  if (asked) return;
  asked = true;
  api.hours().then(
    ({ items }) => (holidays.all = markedOf(items)),
    () => (asked = false),
  );
}

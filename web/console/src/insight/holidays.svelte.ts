import type { ScheduleView } from '@standfast/api';
import * as api from '../api/endpoints';
import CalendarHeart from '@lucide/svelte/icons/calendar-heart';
import type { Mark, Range } from '../plots/data';
import { advance, isoDate, readDate } from '../plots/zone';
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

/** Holidays that follow each other under one name, as one: first and last date. Pure. */
export function stretchesOf(days: readonly Marked[]): { name: string; from: string; to: string }[] {
  const found: { name: string; from: string; to: string }[] = [];
  for (const { date, kind, name } of days) {
    if (kind !== 'holiday') continue;
    const last = found.at(-1);
    const next = last && new Date(Date.parse(`${last.to}T00:00:00Z`) + 86_400_000);
    if (last?.name === name && next?.toISOString().slice(0, 10) === date) last.to = date;
    else found.push({ name, from: date, to: date });
  }
  return found;
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
    const free = own.filter(({ kind }) => kind === 'holiday');
    const worked = own.filter(({ kind }) => kind === 'work_day');
    const told = [
      free.length > 0 ? t('insight.holidays', { days: said(free) }) : '',
      worked.length > 0 ? t('insight.work_days', { days: said(worked) }) : '',
    ];
    return {
      text: told.filter(Boolean).join(' '),
      ofWeekday: (weekday: number) =>
        said(free.filter(({ date }) => weekdayOf(date) === weekday)) || undefined,
    };
  }

  /** For the axes of plots over time. */
  marks({ from, until }: Range, zone: string): Mark[] {
    return stretchesOf(this.all).flatMap(({ name, from: first, to }): Mark[] => {
      const [at, last] = [readDate(first, zone), readDate(to, zone)];
      if (at === null || last === null) return [];
      const end = advance(last, 'day', 1, zone);
      if (end <= from || at >= until) return [];
      const kind = t('insight.holiday.holiday');
      return [
        { key: `holiday:${first}`, at, until: end, label: name || kind, kind, icon: CalendarHeart },
      ];
    });
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

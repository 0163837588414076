/** Hours of the day and days of the week by the codes that the desk has for them. */
import { weekdayName } from '../plots/time';
import { two } from '../plots/zone';
import { language, t } from '../words.svelte';
import { unitOfCycle, type Occurring } from './plotted';

export const HOURS = Array.from({ length: 24 }, (_, hour) => String(hour));
export const DAYS = Array.from({ length: 7 }, (_, day) => String(day + 1));

export function codesOf(cycle: string): readonly string[] | null {
  if (cycle === 'hour_of_day') return HOURS;
  return cycle === 'weekday' ? DAYS : null;
}

/** "13:00", "Tuesday", "Tuesday 13:00". */
export function cycleName(cycle: string, code: string): string {
  if (cycle === 'hour_of_day') return `${two(Number(code))}:00`;
  const [day = '1', hour] = code.split('-');
  const name = weekdayName(Number(day), language());
  return hour === undefined ? name : `${name} ${two(Number(hour))}:00`;
}

/** What the axis of a plot by hours or days says: "Requests, average of an hour". */
export function occurringName(as: Occurring, cycle: string | undefined, measure: string): string {
  return as === 'average' || as === 'level'
    ? t(`insight.times.${as}.${unitOfCycle(cycle)}`, { measure })
    : measure;
}

import type { Alarm } from '@standfast/api';

/** Minutes from the beginning of the rise to its end, or to the last look. */
export function minutesOf(alarm: Alarm): number {
  const until = Date.parse(alarm.ended_at ?? alarm.updated_at);
  return Math.max(1, Math.round((until - Date.parse(alarm.started_at)) / 60_000));
}

/** How many were to be expected, as precisely as is worth saying; nothing where it was fewer than one. */
export function expectedOf(alarm: Alarm): string | null {
  if (alarm.expected < 0.95) return null;
  return alarm.expected >= 9.5 ? String(Math.round(alarm.expected)) : alarm.expected.toFixed(1);
}

/** The values of a segment, in the order in which people ask: type, version, chain, region. */
export const SEGMENT = ['type', 'app_version', 'chain', 'region'] as const;

export interface Bar {
  x: number;
  height: number;
  observed: number;
  rises: boolean;
}

/** A course as bars, and the expectation as a line, in a box of this size. */
export function drawn(alarm: Alarm, width: number, height: number): { bars: Bar[]; line: string } {
  const { course } = alarm;
  const most = Math.max(1, ...course.map((point) => Math.max(point.observed, point.expected)));
  const step = width / Math.max(1, course.length);
  const started = Date.parse(alarm.started_at);
  const from = Date.parse(alarm.course_from);
  const bars = course.map((point, index) => ({
    x: index * step,
    height: (point.observed / most) * height,
    observed: point.observed,
    rises: from + index * 300_000 >= started,
  }));
  const line = course
    .map((point, index) => {
      const y = (height - (point.expected / most) * height).toFixed(1);
      return `${index === 0 ? 'M' : 'L'}${(index * step).toFixed(1)},${y}H${((index + 1) * step).toFixed(1)}`;
    })
    .join('');
  return { bars, line };
}

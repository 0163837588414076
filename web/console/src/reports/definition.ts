/** What a report says, as the form holds it. Pure. */
import type { ReportDefinition, ReportSchedule, ReportSection } from '@standfast/api';

export const KINDS = ['overview', 'course', 'ranking', 'week', 'backlog', 'satisfaction'] as const;
export type Kind = ReportSection['kind'];

/** A section as it is when somebody adds it. */
export function newSection(kind: Kind): ReportSection {
  switch (kind) {
    case 'overview':
      return {
        kind,
        measures: [
          'requests',
          'contact_rate',
          'first_response',
          'service_level',
          'reopened',
          'backlog',
        ],
      };
    case 'course':
      return { kind, measure: 'requests' };
    case 'ranking':
      return { kind, measure: 'requests', dimension: 'type', most: 10 };
    default:
      return { kind };
  }
}

export function newDefinition(language: 'en' | 'zh-CN', zone: string): ReportDefinition {
  return {
    sections: (['overview', 'course', 'ranking', 'satisfaction'] as const).map(newSection),
    filter: {},
    period: 'last_week',
    zone,
    language,
    recipients: [],
    attached: ['html'],
    schedule: null,
  };
}

/** A schedule of another rhythm, at the same time of day. */
export function scheduleOf(every: string, at: string): ReportSchedule | null {
  switch (every) {
    case 'day':
      return { every, at };
    case 'week':
      return { every, weekday: 1, at };
    case 'month':
      return { every, day: 1, at };
    default:
      return null;
  }
}

/** Addresses written with commas, semicolons, blanks or line ends between them. */
export function addressesOf(text: string): string[] {
  return [...new Set(text.split(/[\s,;，；、]+/).filter(Boolean))];
}

/** The list with one of its members moved by so many places. */
export function moved<T>(list: readonly T[], at: number, by: number): T[] {
  const next = [...list];
  const [taken] = next.splice(at, 1);
  if (taken !== undefined) next.splice(Math.max(0, at + by), 0, taken);
  return next;
}

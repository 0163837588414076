/** What a report says, as the form holds it. Pure. */
import type { ReportDefinition, ReportSchedule, ReportSection } from '@standfast/api';

export const KINDS = [
  'overview',
  'course',
  'movements',
  'why',
  'effects',
  'ranking',
  'week',
  'backlog',
  'satisfaction',
] as const;
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
    case 'movements':
      return { kind, most: 8 };
    case 'why':
      return { kind, dimension: 'app_version' };
    case 'effects':
      return { kind, most: 4 };
    default:
      return { kind };
  }
}

/** A measure as a report names it: with its parameter, where it is not the usual one. */
export function measureNamed(code: string, parameter: number | null): string {
  return parameter === null ? code : `${code}:${parameter}`;
}

/** Its code, and its parameter where one is said. */
export function partsOf(measure: string): { code: string; parameter: number | null } {
  const [code = '', parameter] = measure.split(':');
  return { code, parameter: parameter === undefined ? null : Number(parameter) };
}

/** Within how many seconds an answer may be called in time. */
export const WITHIN = [60, 300, 600, 1_800, 3_600, 14_400, 28_800, 86_400] as const;

export function newDefinition(language: 'en' | 'zh-CN', zone: string): ReportDefinition {
  return {
    sections: (
      ['overview', 'course', 'movements', 'why', 'effects', 'ranking', 'satisfaction'] as const
    ).map(newSection),
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

/**
 * The desk's counting: what can be asked, and what comes back. The desk answers in axes and cells; plots want groups with keys.
 * This is the one place that knows both.
 */
import type {
  ExportProgress,
  InsightAnswer,
  InsightCatalogue,
  InsightChange,
  InsightFigure,
  InsightMovementQuery,
  InsightMovements,
  InsightPromises,
  InsightQuery,
  InsightRows,
  InsightStaffing,
  InsightSurvival,
  SurvivalQuestion,
} from '@standfast/api';
import { ask, asProblem, BASE, problemOf, spoken } from '../api/http';
import type { Unit } from '../plots/zone';
import type { Filter } from './view';

/** Names in the language of the reader. */
export interface Measure {
  code: string;
  /** What its values are: `count`, `share`, `seconds`, `per_customer`, `per_thousand`. */
  unit: string;
  name: string;
  /** How it is computed, in words. */
  formula: string;
  /** What it leaves out, in words. */
  excludes: string;
  /** What is counted: `requests`, `customers`, … */
  counts: InsightAnswer['unit'];
  /** What it takes, with the usual value. */
  parameters: Readonly<Record<string, number>>;
  /** Which time it goes by. */
  time: InsightCatalogue['measures'][number]['time_base'];
}

export interface Value {
  code: string;
  name: string;
}

export interface Dimension {
  code: string;
  name: string;
  values: readonly Value[];
}

export interface Catalogue {
  measures: readonly Measure[];
  dimensions: readonly Dimension[];
  /** Requests of every kind that the figures are of. */
  requests: number;
  /** When the first of them came, in milliseconds; null while there is none. */
  since: number | null;
  /** Since when they come regularly, by where they came: what lies before is no period to compare with. */
  history: Readonly<Record<'all' | 'desk' | 'imported', number | null>>;
}

/** A dimension, a bucket of time, or time that comes again and again. */
export type Group = string | { time: Unit };
export const CYCLES = ['hour_of_day', 'weekday', 'hour_of_week'] as const;
/** Such a group lies in many places of the range; its beginning there says nothing. */
export const isCycle = (group: Group | undefined): boolean => CYCLES.some((each) => each === group);

export interface Query {
  measure: string;
  /** RFC 3339; `until` is not included. */
  from: string;
  until: string;
  /** IANA: where days begin. */
  zone: string;
  /** Whose clock hours of days and weeks are told by; that of the zone unless said. */
  clock?: 'zone' | 'region';
  filters: readonly Filter[];
  group: readonly Group[];
  /** Of `repeat_contact`: within how many days. */
  days?: number;
  /** Of `service_level`: within how many seconds. */
  within?: number;
  /** What it is compared with. */
  against?: { from: string; until: string };
  /** Asks for what an earlier answer counted, which said that it was of this time. */
  asOf?: string | undefined;
}

export interface Figure {
  value: number | null;
  /** How many requests it stands on. */
  n: number;
  numerator?: number;
  denominator?: number;
  /** 95 % interval. */
  low?: number | null;
  high?: number | null;
  /** How many customers asked how often. */
  often?: readonly { requests: number; customers: number }[];
  /** Of durations. */
  percentiles?: { p50: number; p75: number; p90: number; p95: number };
  /** Durations that have not ended: percentiles are of the others alone. */
  pending?: number;
  /** Of what came and what ended; what was open before and after, where groups of time follow each other. */
  flow?: { opened: number; closed: number; before?: number | null; after?: number | null };
  /** Too few to rely on. */
  small: boolean;
  /** The time of the answer. */
  asOf?: string | undefined;
}

/** How far a figure moved: shares in parts of one, everything else relative. No interval where none is known. */
export interface Change {
  value: number;
  low: number | null;
  high: number | null;
  /** Of one among several: the corrected test. */
  q: number | null;
}

export interface Grouped extends Figure {
  /** One for each group that was asked for; a bucket of time is the RFC 3339 instant at which it starts. */
  keys: readonly string[];
  /** The desk's names for the same, with which it finds the requests behind the figure. */
  cell: readonly string[];
  /** How far it moved, where the question compares. */
  change?: Change;
  /** By what it comes before others, where that is not how many requests it stands on. */
  weight?: number;
}

export interface Answer {
  measure: string;
  unit: string;
  excluded: { spam: number; merged: number; test: number };
  /** Counted requests that do not meet the measure's own condition. */
  left_out: number;
  /**
   * For each grouping by hours of the day or days of the week, by key: how many seconds of it lie in the range. Null for any
   * other grouping.
   */
  seconds?: readonly (ReadonlyMap<string, number> | null)[];
  /** The same for what ended: by each region's own clock it ended in other regions than it came, so that its hours are others. */
  closedSeconds?: Answer['seconds'];
  groups: readonly Grouped[];
  total: Figure;
  /** How far the total moved, where the question compares and there is something to compare with. */
  change?: Change | undefined;
}

const PATH = '/console/insight';
const UNITS: Readonly<Record<InsightAnswer['unit'], string>> = {
  requests: 'count',
  customers: 'count',
  messages: 'count',
  transfers: 'count',
  requests_per_customer: 'per_customer',
  share: 'share',
  seconds: 'seconds',
  open_seconds: 'seconds',
  per_thousand_user_days: 'per_thousand',
};

function instant(time: string | null | undefined): number | null {
  return time ? Date.parse(time) : null;
}

/** What the desk tells, with its names in one language. */
export function catalogueOf(
  told: InsightCatalogue,
  titled: (titles: Readonly<Record<string, string>> | undefined, fallback: string) => string,
  regions: (code: string) => string,
): Catalogue {
  return {
    requests: told.requests,
    since: told.since ? Date.parse(told.since) : null,
    history: {
      all: instant(told.history.all),
      desk: instant(told.history.desk),
      imported: instant(told.history.imported),
    },
    measures: told.measures.map(
      ({ code, unit, name, formula, leaves_out, time_base, parameters }) => ({
        code,
        unit: UNITS[unit],
        name: titled(name, code),
        formula: titled(formula, ''),
        excludes: titled(leaves_out, ''),
        counts: unit,
        parameters,
        time: time_base,
      }),
    ),
    dimensions: told.dimensions.map(({ code, name, values }) => ({
      code,
      name: titled(name, code),
      values: values.map((value) => ({
        code: value.code,
        name: titled(value.name ?? undefined, code === 'region' ? regions(value.code) : value.code),
      })),
    })),
  };
}

/** It counts whole seconds. */
const second = (at: string) => at.replace(/\.\d+Z$/, 'Z');

/** Filters as the desk takes them: what is let through, and what is not. */
export function filtered(filters: readonly Filter[]) {
  const named = (not: boolean): Record<string, string[]> =>
    Object.fromEntries(
      filters
        .filter((filter) => (filter.not ?? false) === not)
        .map(({ dimension, values }) => [dimension, [...values]]),
    );
  return { filter: named(false), except: named(true) };
}

/** The question as the desk takes it. */
export function asked({
  measure,
  from,
  until,
  zone,
  clock = 'zone',
  filters,
  group,
  days,
  within,
  against,
  asOf,
}: Query): InsightQuery {
  return {
    measure,
    ...(days === undefined ? {} : { days }),
    ...(within === undefined ? {} : { within }),
    ...(against ? { against: { from: second(against.from), until: second(against.until) } } : {}),
    from: second(from),
    until: second(until),
    zone,
    ...(clock === 'region' ? { clock } : {}),
    ...filtered(filters),
    group: group.map((each) => (typeof each === 'string' ? each : each.time)),
    ...(asOf === undefined ? {} : { as_of: asOf }),
  };
}

export function answerOf(told: InsightAnswer): Answer {
  const { spam = 0, merged = 0, test = 0 } = told.excluded;
  return {
    measure: told.measure,
    unit: UNITS[told.unit],
    excluded: { spam, merged, test },
    left_out: told.left_out,
    total: { ...figureOf(told.total), asOf: told.as_of },
    ...(told.change ? { change: changeOf(told.change) } : {}),
    seconds: secondsOf(told, ({ seconds }) => seconds),
    closedSeconds: secondsOf(told, ({ closed_seconds, seconds }) => closed_seconds ?? seconds),
    groups: told.cells.map(({ at, figure, change }) => {
      const members = at.map((place, axis) => told.axes[axis]?.members[place]);
      return {
        ...figureOf(figure),
        asOf: told.as_of,
        ...(change ? { change: changeOf(change) } : {}),
        cell: members.map((member) => member?.code ?? ''),
        keys: members.map((member, axis) => keyOf(told.axes[axis]?.code, member)),
      };
    }),
  };
}

type Member = InsightAnswer['axes'][number]['members'][number];

/** How much of the range each hour of the day or day of the week has. */
function secondsOf(
  { axes }: InsightAnswer,
  of: (member: Member) => number | null | undefined,
): Answer['seconds'] {
  return axes.map(({ code, members }) =>
    isCycle(code) ? new Map(members.map((member) => [keyOf(code, member), of(member) ?? 0])) : null,
  );
}

function changeOf({ value, low, high, q }: InsightChange): Change {
  return { value, low: low ?? null, high: high ?? null, q: q ?? null };
}

/** The key of a group of an axis. */
function keyOf(
  axis: string | undefined,
  member: { code: string; from?: string | null } | undefined,
): string {
  if (axis === 'hour_of_week') return hourOfWeek(member?.code);
  return isCycle(axis) ? (member?.code ?? '') : (member?.from ?? member?.code ?? '');
}

/** "1-13" is Monday 13:00: hour 13 of the week. */
function hourOfWeek(code = ''): string {
  const [day = '1', hour = '0'] = code.split('-');
  return String((Number(day) - 1) * 24 + Number(hour));
}

function figureOf({ value, n, small, ...more }: InsightFigure): Figure {
  const { numerator, denominator, low, high, percentiles, pending, flow, often } = more;
  return {
    value: value ?? null,
    n,
    small,
    ...known({ numerator, denominator, low, high, percentiles, pending, flow, often }),
  };
}

/** Without the members that the desk leaves out or has no value for. */
function known<T extends object>(members: T): { [K in keyof T]?: NonNullable<T[K]> } {
  const there = Object.entries(members).filter(
    ([, value]) => value !== null && value !== undefined,
  );
  return Object.fromEntries(there) as { [K in keyof T]?: NonNullable<T[K]> };
}

export const catalogue = (signal?: AbortSignal) =>
  ask<InsightCatalogue>(`${PATH}/catalogue`, { signal });

export async function query(body: Query, signal?: AbortSignal): Promise<Answer> {
  return answerOf(
    await ask<InsightAnswer>(`${PATH}/query`, { method: 'POST', body: asked(body), signal }),
  );
}

/** What is waited for. */
export type WaitedFor = SurvivalQuestion['duration'];

/** How long requests of a query wait, by the values of its one grouping, or all together; its measure does not matter. */
export const survival = (duration: WaitedFor, body: Query, signal?: AbortSignal) => {
  const [group] = body.group;
  const question: SurvivalQuestion = {
    duration,
    from: second(body.from),
    until: second(body.until),
    zone: body.zone,
    ...filtered(body.filters),
    ...(typeof group === 'string' ? { group } : {}),
  };
  return ask<InsightSurvival>(`${PATH}/survival`, { method: 'POST', body: question, signal });
};

/** Whether promised waits were kept. */
export const promises = (
  body: { from: string; until: string; zone: string },
  signal?: AbortSignal,
) => ask<InsightPromises>(`${PATH}/promises?${new URLSearchParams(body).toString()}`, { signal });

/** How many came in each hour of the week, and how many people were there. */
export const staffing = (
  body: { from: string; until: string; zone: string },
  signal?: AbortSignal,
) => ask<InsightStaffing>(`${PATH}/staffing?${new URLSearchParams(body).toString()}`, { signal });

/** Two periods of whole days, both ends included, and the dimensions whose values are looked at. */
export type MovementQuery = InsightMovementQuery;

export const movements = (body: MovementQuery, signal?: AbortSignal) =>
  ask<InsightMovements>(`${PATH}/movements`, { method: 'POST', body, signal });

/** Which of a figure's requests: of a share those that meet it and those that do not, of durations those that have one. */
export type Part = 'all' | 'met' | 'unmet';

/** The requests behind a figure, a page at a time; no cell: those of the total. */
export const rows = (
  body: Query,
  cell: readonly string[],
  part: Part,
  cursor: string | null,
  signal?: AbortSignal,
) =>
  ask<InsightRows>(`${PATH}/rows`, {
    method: 'POST',
    body: { query: asked(body), cell, part, ...(cursor ? { cursor } : {}) },
    signal,
  });

/** What rows are exported as. */
export const EXPORT_FORMATS = ['csv', 'xlsx'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];
/** More are not in one file. */
export const MOST_EXPORTED = 200_000;
/** How often it is asked how far a workbook is. */
const LOOK_MS = 700;

/** All of them as a file, for the password once more. `progress` is told how many have been written. */
export async function exported(
  body: Query,
  cell: readonly string[],
  part: Part,
  format: ExportFormat,
  password: string,
  progress: (rows: number) => void,
  signal: AbortSignal,
): Promise<Blob> {
  // A workbook comes when it is whole: until then the desk is asked.
  const id = crypto.randomUUID();
  const look = async () => {
    try {
      progress((await ask<ExportProgress>(`${PATH}/exports/${id}`, { signal })).written);
    } catch {
      // Not begun, or made: what comes next says so.
    }
  };
  const looking = format === 'xlsx' ? setInterval(() => void look(), LOOK_MS) : undefined;
  try {
    const response = await fetch(`${BASE}${PATH}/export`, {
      method: 'POST',
      credentials: 'same-origin',
      headers: { 'Content-Type': 'application/json', 'Accept-Language': spoken() },
      body: JSON.stringify({ query: asked(body), cell, part, format, id, password }),
      signal,
    });
    if (!response.ok || !response.body) throw await problemOf(response);
    const chunks: Uint8Array<ArrayBuffer>[] = [];
    const reader = response.body.getReader();
    // The head is a line of its own; no field has a line end in it.
    let lines = -1;
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return new Blob(chunks, { type: response.headers.get('Content-Type') ?? '' });
      chunks.push(value);
      if (format !== 'csv') continue;
      lines += value.reduce((count, byte) => count + (byte === 10 ? 1 : 0), 0);
      progress(Math.max(0, lines));
    }
  } catch (error) {
    if (signal.aborted) throw error;
    throw asProblem(error);
  } finally {
    clearInterval(looking);
  }
}

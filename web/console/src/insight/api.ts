/** The desk's counting: what can be asked, and what comes back. */
import { ask } from '../api/http';
import type { Unit } from '../plots/zone';
import type { Filter } from './view';

export interface Measure {
  code: string;
  /** What its values are: `count`, `share`, `seconds`, `per_thousand`, `score`. */
  unit: string;
  name: string;
  /** How it is computed, in words. */
  formula: string;
  /** What it leaves out, in words. */
  excludes: string;
}

export interface Value {
  code: string;
  name: string;
  count: number;
}

export interface Dimension {
  code: string;
  name: string;
  values: readonly Value[];
}

export interface Catalogue {
  measures: readonly Measure[];
  dimensions: readonly Dimension[];
}

/** A dimension, a bucket of time, or the 168 hours of a week (0 is Monday 00:00). */
export type Group = string | { time: Unit } | 'hour_of_week';

export interface Query {
  measure: string;
  /** RFC 3339; `until` is not included. */
  from: string;
  until: string;
  /** IANA: where days begin. */
  zone: string;
  filters: readonly Filter[];
  group: readonly Group[];
  parameters?: Readonly<Record<string, unknown>>;
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
  /** Too few to rely on. */
  small: boolean;
}

export interface Grouped extends Figure {
  /** One for each group that was asked for; a bucket of time is the RFC 3339 instant at which it starts. */
  keys: readonly string[];
}

export interface Answer {
  measure: string;
  unit: string;
  /** The moment up to which everything is counted. */
  as_of: string;
  excluded: { spam: number; merged: number; test: number };
  groups: readonly Grouped[];
  total: Figure;
}

export interface CountedRequest {
  number: string;
  type: string;
  created_at: string;
  subject: string;
}

export interface Rows {
  requests: readonly CountedRequest[];
  next: string | null;
}

const PATH = '/console/insight';

export const catalogue = (signal?: AbortSignal) => ask<Catalogue>(`${PATH}/catalogue`, { signal });
export const query = (body: Query, signal?: AbortSignal) =>
  ask<Answer>(`${PATH}/query`, { method: 'POST', body, signal });
/** The requests behind a figure, a page at a time. */
export const rows = (body: Query & { after?: string }, signal?: AbortSignal) =>
  ask<Rows>(`${PATH}/rows`, { method: 'POST', body, signal });

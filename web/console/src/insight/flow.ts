/** What came and what ended: one measure with two sides. Pure. */
import { looks } from '../plots/colour';
import type { Estimate } from '../plots/data';
import type { Pair } from '../plots/Pairs.svelte';
import type { Answer, Figure, Grouped, Measure, Part } from './api';
import { codesOf } from './cycle';
import { occurring, type Occurring } from './plotted';

export const SIDES = ['opened', 'closed'] as const;
export type Side = (typeof SIDES)[number];

/** The two have the same colours by whatever they are shown. */
export const FLOW_LOOK = looks(SIDES);

/** The sides of a measure, each of which is a map of its own; null: all others have none, and are one map. */
export function sidesOf(measure: Pick<Measure, 'time'> | undefined): readonly (Side | null)[] {
  return measure?.time === 'created_and_ended' ? SIDES : [null];
}

/** Which of a figure's requests a side counts. */
export function partOf(side: Side | null): Part | undefined {
  if (side === null) return undefined;
  return side === 'closed' ? 'met' : 'all';
}

/** The same of one of two bars; undefined where none was chosen. */
export function partAt(side: 0 | 1 | null): Part | undefined {
  return partOf(side === null ? null : (SIDES[side] ?? null));
}

/** A side of an answer that has both, as if it had been counted alone; null: the answer as it is. */
export function flowing(answer: Answer, side: Side | null): Answer {
  if (side === null) return answer;
  const groups = answer.groups.flatMap(({ keys, cell, flow }) => {
    // Both sides weigh: in both plots the same values stand by themselves.
    const weight = (flow?.opened ?? 0) + (flow?.closed ?? 0);
    const n = flow?.[side] ?? 0;
    // What was only open all the time neither came nor ended.
    return weight > 0 ? [{ keys, cell, value: n, n, weight, small: false }] : [];
  });
  const seconds = side === 'closed' ? (answer.closedSeconds ?? answer.seconds) : answer.seconds;
  return { ...answer, seconds, groups };
}

/** What came and what ended by one dimension, those first of which most came. */
export function pairsOf(answer: Answer, nameOf: (key: string) => string): Pair[] {
  const sides = (each: Grouped) => [each.flow?.opened ?? 0, each.flow?.closed ?? 0] as const;
  return answer.groups
    .map((each) => ({ key: each.keys[0] ?? '', sides: sides(each) }))
    .filter(({ sides: [opened, closed] }) => opened + closed > 0)
    .toSorted((a, b) => b.sides[0] - a.sides[0] || b.sides[1] - a.sides[1])
    .map(({ key, sides: [opened, closed] }) => ({
      key,
      label: nameOf(key),
      values: [{ value: opened }, { value: closed }],
    }));
}

/** The same by hours of the day or days of the week, in their own order. */
export function cyclePairsOf(
  answer: Answer,
  cycle: string,
  as: Occurring,
  nameOf: (key: string) => string,
): Pair[] {
  const estimates = (side: Side) => {
    const { groups, seconds } = flowing(answer, side);
    const byKey = new Map(groups.map((each) => [each.keys[0], each]));
    return (key: string): Estimate =>
      occurring(byKey.get(key), cycle, seconds?.[0]?.get(key) ?? 0, as) ?? { value: null };
  };
  const [opened, closed] = [estimates('opened'), estimates('closed')];
  return (codesOf(cycle) ?? []).map((key) => ({
    key,
    label: nameOf(key),
    values: [opened(key), closed(key)],
  }));
}

/** Several groups as one; undefined where they have no sides. */
export function turnoverOf(groups: readonly Figure[]): Figure['flow'] {
  const flows = groups.flatMap(({ flow }) => (flow ? [flow] : []));
  if (flows.length === 0) return undefined;
  const sum = (side: Side) => flows.reduce((total, each) => total + each[side], 0);
  return { opened: sum('opened'), closed: sum('closed') };
}

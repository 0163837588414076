// @vitest-environment happy-dom
import type { InsightAnswer } from '@standfast/api';
import { describe, expect, it } from 'vitest';
import { answerOf, type Answer, type Figure } from '../src/insight/api';
import {
  cyclePairsOf,
  flowing,
  pairsOf,
  partAt,
  partOf,
  SIDES,
  sidesOf,
  turnoverOf,
} from '../src/insight/flow';
import { hasBehind, partsOf } from '../src/insight/parts';
import { linesOf, weekOf, weightsOf } from '../src/insight/plotted';
import { REST_KEY } from '../src/plots/colour';
import { highestOf } from '../src/plots/heat';

const group = (key: string, opened: number, closed: number) => ({
  keys: [key],
  cell: [key],
  value: opened - closed,
  n: opened,
  small: false,
  flow: { before: 2, opened, closed, after: 2 + opened - closed },
});

describe('what came and what ended', () => {
  it('open the part whose bar was chosen, and none by keys', () => {
    expect([partAt(0), partAt(1), partAt(null)]).toEqual(['all', 'met', undefined]);
  });

  const answer = {
    measure: 'flow',
    groups: [group('swap', 5, 9), group('idle', 0, 0), group('theft', 7, 2), group('old', 0, 3)],
  } as unknown as Answer;

  it('stand beside each other, those first of which most came', () => {
    const told = pairsOf(answer, (key) => key.toUpperCase());
    expect(told.map(({ label, values }) => [label, ...values.map(({ value }) => value)])).toEqual([
      ['THEFT', 7, 2],
      ['SWAP', 5, 9],
      ['OLD', 0, 3],
    ]);
  });

  it('can be drawn each by itself, without what was only open', () => {
    const values = (side: 'opened' | 'closed') =>
      flowing(answer, side).groups.map(({ keys, value }) => [keys[0], value]);
    expect(values('opened')).toEqual([
      ['swap', 5],
      ['theft', 7],
      ['old', 0],
    ]);
    expect(values('closed')).toEqual([
      ['swap', 9],
      ['theft', 2],
      ['old', 3],
    ]);
    expect(flowing(answer, null)).toBe(answer);
    // Each stands on its own requests, however much both of them weigh.
    const stands = SIDES.map((side) =>
      flowing(answer, side).groups.map(({ n, weight }) => [n, weight]),
    );
    expect(stands).toEqual([
      [
        [5, 14],
        [7, 9],
        [0, 3],
      ],
      [
        [9, 14],
        [2, 9],
        [3, 3],
      ],
    ]);
  });

  it('have the same lines and columns in both of their maps', () => {
    const [came, ended] = SIDES.map((side) => weightsOf(flowing(answer, side).groups, 0));
    expect(came).toEqual(['swap', 'theft', 'old']);
    expect(ended).toEqual(came);
  });

  it('have the same lines by themselves over time', () => {
    const range = { from: Date.UTC(2026, 10, 2), until: Date.UTC(2026, 10, 3) };
    const timed = { range, unit: 'day', zone: 'UTC', now: range.until, measured: 'count' } as const;
    const byDay = {
      ...answer,
      groups: answer.groups.map((each) => ({
        ...each,
        keys: ['2026-11-02T00:00:00Z', ...each.keys],
      })),
    };
    // Most came of one and most ended of the other: both together decide.
    const lines = SIDES.map((side) =>
      linesOf(flowing(byDay, side), (key) => key, timed, { most: 1, rest: 'others' }).map(
        ({ key, points }) => [key, points[0]?.value, points[0]?.n],
      ),
    );
    expect(lines).toEqual([
      [
        ['swap', 5, 5],
        [REST_KEY, 7, 7],
      ],
      [
        ['swap', 9, 9],
        [REST_KEY, 5, 5],
      ],
    ]);
  });

  it('are two maps, and any other measure is one', () => {
    expect(sidesOf({ time: 'created_and_ended' })).toEqual(['opened', 'closed']);
    expect(sidesOf({ time: 'created' })).toEqual([null]);
    expect(sidesOf(undefined)).toEqual([null]);
  });

  it('have one scale', () => {
    const cells = (value: number) => [[{ value }, null]];
    expect(highestOf([cells(3), cells(8)])).toBe(8);
    expect(highestOf([[], [[null]]])).toBe(0);
  });
});

describe('what came and what ended at hours and days that come again', () => {
  // The desk says nothing of what was open: there are many beginnings and ends.
  const told: InsightAnswer = {
    measure: 'flow',
    unit: 'requests',
    from: '2026-11-02T00:00:00Z',
    until: '2026-11-12T00:00:00Z',
    excluded: {},
    left_out: 0,
    as_of: '2026-11-12T10:11:12Z',
    axes: [
      {
        code: 'weekday',
        members: [
          { code: '1', seconds: 2 * 86_400 },
          { code: '2', seconds: 2 * 86_400 },
          { code: '4', seconds: 3_600 },
        ],
      },
    ],
    cells: [
      { at: [0], figure: { n: 6, small: false, value: 5, flow: turned(6, 1) } },
      { at: [1], figure: { n: 0, small: false, value: -3, flow: turned(0, 3) } },
    ],
    total: { n: 6, small: false, value: 2, flow: { before: 4, opened: 6, closed: 4, after: 6 } },
  };
  const answer = answerOf(told);

  function turned(opened: number, closed: number) {
    return { opened, closed } as NonNullable<InsightAnswer['total']['flow']>;
  }

  it('are averages of the days that the period has', () => {
    const pairs = cyclePairsOf(answer, 'weekday', 'average', (key) => `day ${key}`);
    expect(pairs.map(({ label }) => label)).toEqual(
      [1, 2, 3, 4, 5, 6, 7].map((day) => `day ${day}`),
    );
    expect(pairs[0]?.values).toEqual([
      { value: 3, n: 6 },
      { value: 0.5, n: 1 },
    ]);
    expect(pairs[1]?.values).toEqual([
      { value: 0, n: 0 },
      { value: 1.5, n: 3 },
    ]);
    // Of an hour of a day there is no average.
    expect(pairs[3]?.values).toEqual([{ value: null }, { value: null }]);
  });

  it('make a week each', () => {
    const week = answerOf({
      ...told,
      axes: [{ code: 'hour_of_week', members: [{ code: '2-13', seconds: 4 * 3_600 }] }],
      cells: [{ at: [0], figure: { n: 2, small: false, value: -6, flow: turned(2, 8) } }],
    });
    const at = (side: 'opened' | 'closed') => weekOf(flowing(week, side), 'average')[1]?.[13];
    expect(at('opened')).toEqual({ value: 0.5, n: 2 });
    expect(at('closed')).toEqual({ value: 2, n: 8 });
  });

  it('are divided each by its own hours where every region goes by its own clock', () => {
    const day = { code: '1', seconds: 2 * 86_400, closed_seconds: 4 * 86_400 };
    const regions = answerOf({
      ...told,
      axes: [{ code: 'weekday', members: [day, { code: '2', seconds: 86_400 }] }],
    });
    const pairs = cyclePairsOf(regions, 'weekday', 'average', (key) => key);
    expect(pairs[0]?.values.map(({ value }) => value)).toEqual([3, 0.25]);
    // What is not told of what ended is as of what came.
    expect(pairs[1]?.values.map(({ value }) => value)).toEqual([0, 3]);
    const week = answerOf({
      ...told,
      axes: [
        {
          code: 'hour_of_week',
          members: [{ code: '2-13', seconds: 3_600, closed_seconds: 7_200 }],
        },
      ],
      cells: [{ at: [0], figure: { n: 2, small: false, value: -6, flow: turned(2, 8) } }],
    });
    const at = (side: 'opened' | 'closed') =>
      weekOf(flowing(week, side), 'average')[1]?.[13]?.value;
    expect([at('opened'), at('closed')]).toEqual([2, 4]);
    expect(flowing(week, 'closed').seconds?.[0]?.get('37')).toBe(7_200);
    expect(week.seconds?.[0]?.get('37')).toBe(3_600);
  });

  it('have their own requests behind them, and none that were open', () => {
    const figure = answer.groups[0] as Figure;
    const parts = partsOf(figure, 'count').map(({ code, count }) => [code, count]);
    expect(parts).toEqual([
      ['all', 6],
      ['met', 1],
    ]);
    expect([...SIDES, null].map(partOf)).toEqual(['all', 'met', undefined]);
  });

  it('are opened where there are any', () => {
    const only = answer.groups[1] as Figure;
    const parts = [undefined, 'all', 'met'] as const;
    expect(parts.map((part) => hasBehind(only, part))).toEqual([true, false, true]);
    const none = { ...only, flow: { opened: 0, closed: 0 } };
    expect(hasBehind(none, undefined)).toBe(false);
    const plain: Figure = { value: 3, n: 3, small: false };
    expect([hasBehind(plain, undefined), hasBehind({ ...plain, n: 0 }, undefined)]).toEqual([
      true,
      false,
    ]);
  });

  it('are added up where several groups are opened as one', () => {
    expect(turnoverOf(answer.groups)).toEqual({ opened: 6, closed: 4 });
    expect(turnoverOf([{ value: 3, n: 3, small: false }])).toBeUndefined();
  });
});

import type { InsightAnswer } from '@standfast/api';
import { describe, expect, it } from 'vitest';
import { answerOf, asked, CYCLES, type Measure } from '../src/insight/api';
import { groupingOf, groupsFor, splitsFor } from '../src/insight/grouping';
import { movedOf, peaksOf, toldOf } from '../src/insight/plotted';

const told: InsightAnswer = {
  measure: 'one_contact',
  unit: 'share',
  from: '2026-11-01T00:00:00Z',
  until: '2026-11-03T00:00:00Z',
  excluded: { spam: 3 },
  left_out: 4,
  as_of: '2026-11-02T10:11:12.345678Z',
  axes: [
    {
      code: 'day',
      members: [
        { code: '2026-11-01', from: '2026-11-01T00:00:00Z' },
        { code: '2026-11-02', from: '2026-11-02T00:00:00Z' },
      ],
    },
    {
      code: 'hour_of_week',
      members: [
        { code: '1-0', seconds: 3_600 },
        { code: '7-23', seconds: 7_200 },
      ],
    },
  ],
  cells: [
    {
      at: [1, 1],
      figure: {
        n: 8,
        small: true,
        value: 0.5,
        numerator: 4,
        denominator: 8,
        low: 0.22,
        high: 0.78,
      },
    },
  ],
  total: { n: 0, small: true, value: null },
};

describe('what the desk answers', () => {
  it('has its cells by the starts of their times and the hours of the week', () => {
    const answer = answerOf(told);
    expect(answer.groups).toEqual([
      {
        keys: ['2026-11-02T00:00:00Z', '167'],
        cell: ['2026-11-02', '7-23'],
        n: 8,
        small: true,
        value: 0.5,
        numerator: 4,
        denominator: 8,
        low: 0.22,
        high: 0.78,
        asOf: told.as_of,
      },
    ]);
    expect(answer.total).toEqual({ n: 0, small: true, value: null, asOf: told.as_of });
    expect(answer.seconds?.map((each) => each && [...each])).toEqual([
      null,
      [
        ['0', 3_600],
        ['167', 7_200],
      ],
    ]);
    expect(answer.excluded).toEqual({ spam: 3, merged: 0, test: 0 });
  });
});

describe('a question', () => {
  const question = {
    measure: 'requests',
    from: '2026-11-01T00:00:00.000Z',
    until: '2026-11-02T10:11:12.345Z',
    zone: 'UTC',
    filters: [
      { dimension: 'chain', values: ['tron'], not: true },
      { dimension: 'type', values: ['theft'] },
    ],
    group: [],
  };

  it('leaves it to the desk what is not among those that the reader excepted', () => {
    expect(asked(question)).toMatchObject({
      filter: { type: ['theft'] },
      except: { chain: ['tron'] },
    });
  });

  it('can be about what an earlier answer counted', () => {
    expect(asked(question)).not.toHaveProperty('as_of');
    const asOf = '2026-11-02T10:11:12.345678Z';
    expect(asked({ ...question, asOf }).as_of).toBe(asOf);
  });

  it('is about whole seconds', () => {
    const query = asked({
      measure: 'requests',
      from: '2026-11-01T00:00:00.000Z',
      until: '2026-11-02T10:11:12.345Z',
      zone: 'UTC',
      filters: [{ dimension: 'chain', values: ['tron'] }],
      group: [{ time: 'day' }, 'type'],
    });
    expect(query).toMatchObject({
      from: '2026-11-01T00:00:00Z',
      until: '2026-11-02T10:11:12Z',
      filter: { chain: ['tron'] },
      group: ['day', 'type'],
    });
  });
});

describe('what the explorer offers', () => {
  const measure = (unit: string, time: Measure['time']): Measure => ({
    code: 'x',
    unit,
    time,
    name: '',
    formula: '',
    excludes: '',
    counts: 'requests',
    parameters: {},
  });
  const dimensions = ['type', 'app_version', 'region', 'platform'];

  it('fits the measure: the desk refuses none of it', () => {
    const rate = measure('per_thousand', 'created');
    expect(groupsFor(rate, dimensions)).toEqual(['time', ...dimensions, ...CYCLES, 'nothing']);
    expect(splitsFor(rate, dimensions, 'time')).toEqual(dimensions);
    const stock = measure('count', 'instant');
    expect(groupsFor(stock, dimensions)).toEqual(['time', ...dimensions, 'nothing']);
    expect(groupsFor(measure('count', 'created_and_ended'), dimensions)).toEqual([
      'time',
      'nothing',
    ]);
  });

  it('leaves out of an address what does not fit', () => {
    const stock = measure('count', 'instant');
    expect(groupingOf({ group: 'weekday', split: 'hour_of_day' }, stock, dimensions)).toEqual({
      group: 'time',
      split: '',
      kind: 'course',
    });
    const count = measure('count', 'created');
    const kind = (group: string, split = '') =>
      groupingOf({ group, split }, count, dimensions).kind;
    expect(kind('')).toBe('course');
    expect(kind('time', 'type')).toBe('parts');
    expect(kind('time', 'weekday')).toBe('course');
    expect(kind('type')).toBe('ranking');
    expect(kind('type', 'weekday')).toBe('grid');
    expect(kind('weekday')).toBe('cycle');
    expect(kind('hour_of_week', 'type')).toBe('week');
    expect(kind('nothing', 'type')).toBe('total');
  });
});

describe('peaks', () => {
  it('are the busiest hour and the busiest three in a row, also over midnight', () => {
    const cells = Array.from({ length: 7 }, () =>
      Array.from({ length: 24 }, (_, hour) => ({ value: [23, 0, 1].includes(hour) ? 4 : 1 })),
    );
    (cells[2] ?? [])[0] = { value: 9 };
    expect(peaksOf(cells)).toMatchObject({ day: 2, hour: 0, value: 9, from: 23, until: 2 });
    expect(peaksOf(cells.map((row) => row.map(() => null)))).toBeNull();
    // Hours that have not been yet make no other hour the busiest.
    const early = Array.from({ length: 7 }, (_, day) =>
      Array.from({ length: 24 }, (__, hour) =>
        day > 0 && hour < 12 ? null : { value: hour < 12 ? 6 : 2 },
      ),
    );
    expect(peaksOf(early)).toMatchObject({ day: 0, hour: 0, from: 0 });
  });
});

describe('what moved', () => {
  const estimate = (value: number | null, low: number, high: number | null) => ({
    ratio: { value, low, high },
    p: 0.01,
    dispersion: 2,
    autocorrelation: 0.3,
    effective_days: 20,
  });
  const moved = (before: number, after: number, found: ReturnType<typeof estimate> | null) =>
    movedOf({
      before,
      after,
      days: 28,
      verdict: { code: found ? 'fewer' : 'too_short' },
      estimate: found,
    });

  it('is what the desk found of the days compared, and has no interval where it found none', () => {
    expect(moved(400, 300, estimate(0.75, 0.5, 0.9))).toEqual({
      value: -0.25,
      low: -0.5,
      high: 0.9 - 1,
    });
    expect(moved(400, 0, estimate(0, 0, 0.02))?.value).toBe(-1);
    expect(moved(40, 44, null)).toEqual({ value: 44 / 40 - 1 });
    expect(moved(0, 44, estimate(null, 5, null))).toBeUndefined();
    expect(moved(0, 44, null)).toBeUndefined();
  });

  it('is told of what was found, and of what is new or gone, the largest first', () => {
    const value = (
      code: string,
      before: number,
      after: number,
      verdict: 'more' | 'cannot_tell',
    ) => ({
      code,
      movement: { before, after, days: 28, verdict: { code: verdict } },
    });
    const told = toldOf([
      value('found', 100, 160, 'more'),
      value('noise', 100, 190, 'cannot_tell'),
      value('gone', 400, 0, 'cannot_tell'),
      value('new', 0, 12, 'cannot_tell'),
    ]);
    expect(told.map(({ code }) => code)).toEqual(['gone', 'found', 'new']);
  });
});

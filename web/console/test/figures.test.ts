import type { InsightAnswer } from '@standfast/api';
import { describe, expect, it } from 'vitest';
import { answerOf, asked, onlyThese, type Catalogue } from '../src/insight/api';

const told: InsightAnswer = {
  measure: 'one_contact',
  unit: 'share',
  from: '2026-11-01T00:00:00Z',
  until: '2026-11-03T00:00:00Z',
  excluded: { spam: 3 },
  left_out: 4,
  axes: [
    {
      code: 'day',
      members: [
        { code: '2026-11-01', from: '2026-11-01T00:00:00Z' },
        { code: '2026-11-02', from: '2026-11-02T00:00:00Z' },
      ],
    },
    { code: 'hour_of_week', members: [{ code: '1-0' }, { code: '7-23' }] },
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
      },
    ]);
    expect(answer.total).toEqual({ n: 0, small: true, value: null });
    expect(answer.excluded).toEqual({ spam: 3, merged: 0, test: 0 });
  });
});

describe('a question', () => {
  const catalogue: Catalogue = {
    requests: 1,
    measures: [],
    dimensions: [
      {
        code: 'chain',
        name: 'Chain',
        values: ['tron', 'ton', ''].map((code) => ({ code, name: code })),
      },
    ],
  };

  it('names what is let through, also where the reader said what is not', () => {
    const view = [
      { dimension: 'chain', values: ['tron'], not: true },
      { dimension: 'type', values: ['theft'] },
    ];
    expect(onlyThese(view, catalogue)).toEqual([
      { dimension: 'chain', values: ['ton', ''] },
      { dimension: 'type', values: ['theft'] },
    ]);
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

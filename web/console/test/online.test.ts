import { describe, expect, it } from 'vitest';
import { lostOf, mostLost, rateOf, spanOf, tellingParts, totalOf } from '../src/insight/online';

const none = {
  promised: 0,
  online: 0,
  unrostered: 0,
  missing: 0,
  away: 0,
  full: 0,
  technical: 0,
  maintenance: 0,
};
const item = (over: object) => ({
  id: '1',
  name: 'All',
  coverage: { languages: [], regions: [], channels: [] },
  zone: 'Asia/Shanghai',
  kept: none,
  rate: null,
  days: [],
  week: Array.from({ length: 168 }, () => none),
  wins: [],
  ...over,
});

describe('the online rate', () => {
  it('is not known of a day without promises', () => {
    const days = [
      { date: '2026-11-27', kept: none },
      { date: '2026-11-28', kept: { ...none, promised: 60, online: 45, away: 15 } },
    ];
    const points = rateOf(item({ days }) as never);
    expect(points.map(({ value, partial }) => [value, partial])).toEqual([
      [null, false],
      [0.75, true],
    ]);
    // Midnight in Shanghai.
    expect(new Date(points[1]?.at ?? 0).toISOString()).toBe('2026-11-27T16:00:00.000Z');
  });

  it('says by weekday and hour what was lost', () => {
    const week = Array.from({ length: 168 }, (_, place) =>
      place === 6 * 24 + 2 ? { ...none, promised: 60, online: 20, away: 40 } : none,
    );
    const cells = lostOf(item({ week }) as never);
    expect(cells[6]?.[2]).toEqual({ value: 40, n: 60 });
    expect(cells[6]?.[3]).toBeNull();
    expect(totalOf(item({ kept: { ...none, promised: 9, online: 4, full: 5 } }) as never)).toBe(5);
  });

  it('tells parts apart where they differ', () => {
    const part = (language: string, over: object) => ({
      language,
      channel: null,
      region: null,
      kept: { ...none, promised: 60, online: 50, away: 10, ...over },
      rate: 0.5,
    });
    const never = part('fr', { promised: 0, online: 0, away: 0 });
    const told = (parts: object[]) => tellingParts(parts as never).map(({ language }) => language);
    expect(told([part('en', {}), part('zh-CN', {}), never])).toEqual([]);
    expect(told([part('en', {}), part('zh-CN', { online: 60, away: 0 }), never])).toEqual([
      'en',
      'zh-CN',
    ]);
    // As much was lost, for another reason.
    expect(told([part('en', {}), part('zh-CN', { away: 0, full: 10 })])).toHaveLength(2);
    expect(mostLost({ ...none, away: 3, technical: 7 })).toBe('technical');
    expect(mostLost(none)).toBeNull();
  });

  it('has events from its first day to the end of its last', () => {
    const day = Date.parse('2026-11-01T16:00:00Z');
    const points = [day, day + 86_400_000].map((at) => ({ at, value: 1 }));
    expect(spanOf(points)).toEqual({ from: day, until: day + 2 * 86_400_000 });
    expect(spanOf([])).toEqual({ from: 0, until: 0 });
  });
});

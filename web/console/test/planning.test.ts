import { describe, expect, it } from 'vitest';
import {
  binsOf,
  camePoints,
  daysOf,
  hoursIn,
  readStarts,
  weeksFrom,
  worstOf,
  writeStarts,
} from '../src/planning/planning';

describe('weeks', () => {
  it('begin on Mondays of the clock, also where clocks change', () => {
    // Sunday evening in New York is Monday in UTC; clocks go back on 2026-11-01.
    const weeks = weeksFrom(Date.parse('2026-10-26T01:00:00Z'), 'America/New_York', 3);
    expect(weeks.map(({ date }) => date)).toEqual(['2026-10-19', '2026-10-26', '2026-11-02']);
    expect(new Date(weeks[2]?.at ?? 0).toISOString()).toBe('2026-11-02T05:00:00.000Z');
  });

  it('have days of as many half hours as clocks show', () => {
    const from = Date.parse('2026-10-26T04:00:00Z');
    const days = daysOf(from, 338, 'America/New_York');
    expect(days.map(({ from: begin, until }) => until - begin)).toEqual([
      48, 48, 48, 48, 48, 48, 50,
    ]);
    expect(days.at(-1)?.until).toBe(338);
  });
});

describe('need', () => {
  it('is told in hours of one person', () => {
    expect(hoursIn([2, 0, 1, 0])).toBe(1.5);
    expect(hoursIn([2, 2, 1, 3], 1, 3)).toBe(1.5);
  });
});

describe('drawings', () => {
  it('put every week into one part', () => {
    const bins = binsOf([0, 0.1, 0.25, 0.999, 1], 4);
    expect(bins.map(({ count }) => count)).toEqual([2, 1, 0, 2]);
  });

  it('say of today that it is not over', () => {
    const day = (starts: string, came: number[] | null) => ({
      day: starts.slice(0, 10),
      starts_at: starts,
      expected: [],
      low: [],
      high: [],
      special: [],
      total: null,
      came,
    });
    const points = camePoints([
      day('2026-11-28T00:00:00Z', [1, 2]),
      day('2026-11-29T00:00:00Z', [4]),
      day('2026-11-30T00:00:00Z', null),
    ]);
    expect(points.map(({ value, partial }) => [value, partial])).toEqual([
      [3, false],
      [4, true],
    ]);
  });
});

describe('a week that is played', () => {
  const lane = (name: string, within: number, most = 10) => ({
    name,
    changed: { requests: [0, 1, most], within: [0, within, 1] },
  });

  it('is as good as the worst of its languages to which somebody comes', () => {
    const lanes = [lane('zh', 0.9), lane('en', 0.4), lane('nobody', 0, 0), lane('fr', 0.4)];
    expect(worstOf(lanes)?.name).toBe('en');
    expect(worstOf([])).toBeUndefined();
  });
});

describe('beginnings of shifts', () => {
  it('are read as people write them', () => {
    expect(readStarts('08:00, 9:15，16：00')).toEqual([480, 555, 960]);
    for (const wrong of ['', '八点', '25:00', '08:70', '08:00 to 16:00'])
      expect(readStarts(wrong)).toBeNull();
    expect(writeStarts([960, 480])).toBe('08:00, 16:00');
  });
});

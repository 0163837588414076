import { describe, expect, it } from 'vitest';
import { clashes, spanOf } from '../src/hours/draft';
import { together, ranges } from '../src/hours/gap';
import { dateAfter, monthAfter, weeksOf } from '../src/hours/month';
import {
  isOpen,
  openSpans,
  paint,
  printDay,
  readDay,
  WEEK,
  weekOf,
  withDay,
} from '../src/hours/week';

const of = (weekday: number, opens: string, closes: string) => ({ weekday, opens, closes });

describe('exceptions', () => {
  const one = (from: string, until: string, open = false) => ({ from, until, open, reason: '' });

  it('that meet are found, also where one lies between, and named', () => {
    const long = one('2026-12-01T09:00', '2026-12-02T12:00');
    const short = one('2026-12-01T10:00', '2026-12-01T11:00', true);
    const late = one('2026-12-02T11:00', '2026-12-02T13:00');
    expect(clashes([late, short, long])).toEqual([
      [long, short],
      [long, late],
    ]);
    expect(spanOf(short)).toBe('2026-12-01 10:00–11:00');
    expect(spanOf(long)).toBe('2026-12-01 09:00–2026-12-02 12:00');
  });

  it('that only touch do not meet', () => {
    const first = one('2026-12-01T09:00', '2026-12-01T12:00');
    expect(clashes([first, one('2026-12-01T12:00', '2026-12-01T13:00')])).toEqual([]);
    const same = { ...first };
    expect(clashes([first, same])).toEqual([[first, same]]);
  });
});

describe('the week', () => {
  it('is read as people write it', () => {
    expect(readDay('9:00-12:00, 13:00–18:00', 2)).toEqual([
      of(2, '09:00', '12:00'),
      of(2, '13:00', '18:00'),
    ]);
    expect(readDay('22：00 至 06：00', 5)).toEqual([of(5, '22:00', '06:00')]);
    expect(readDay('00:00–24:00', 1)).toEqual([of(1, '00:00', '24:00')]);
    expect(readDay('', 1)).toEqual([]);
    for (const wrong of ['nine', '9:00', '09:00-25:00', '09:00-09:00', '24:00-06:00', '9:60-10:00'])
      expect(readDay(wrong, 1), wrong).toBeNull();
  });

  it('prints what it reads', () => {
    const week = [of(1, '09:00', '12:00'), of(1, '13:00', '18:00'), of(2, '22:00', '06:00')];
    expect(printDay(week, 1)).toBe('09:00–12:00, 13:00–18:00');
    expect(readDay(printDay(week, 2), 2)).toEqual([of(2, '22:00', '06:00')]);
    expect(withDay(week, 1, [of(1, '10:00', '11:00')])).toEqual([
      of(1, '10:00', '11:00'),
      of(2, '22:00', '06:00'),
    ]);
  });

  it('goes round', () => {
    expect(openSpans([of(7, '22:00', '02:00')])).toEqual([
      [0, 120],
      [WEEK - 120, WEEK],
    ]);
    expect(weekOf(openSpans([of(7, '22:00', '02:00')]))).toEqual([of(7, '22:00', '02:00')]);
    const always = [1, 2, 3, 4, 5, 6, 7].map((day) => of(day, '00:00', '24:00'));
    expect(weekOf(openSpans(always))).toEqual(always);
  });

  it('is painted half hour by half hour, and every minute is what was painted', () => {
    let week = [of(1, '09:00', '18:00'), of(3, '20:00', '04:00'), of(7, '23:00', '01:30')];
    const slow = Array.from({ length: WEEK / 30 }, (_, slot) => isOpen(week, slot * 30));
    let seed = 7;
    const draw = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below;
    for (let round = 0; round < 60; round++) {
      const [weekday, from, length, open] = [draw(7) + 1, draw(48), draw(12) + 1, draw(3) > 0];
      const until = Math.min(from + length, 48);
      week = paint(week, weekday, [from * 30, until * 30], open);
      slow.fill(open, (weekday - 1) * 48 + from, (weekday - 1) * 48 + until);
      const found = slow.map((_, slot) => isOpen(week, slot * 30));
      expect(found).toEqual(slow);
      for (const { opens, closes } of week) expect(opens).not.toBe(closes);
    }
  });
});

describe('gaps', () => {
  it('of several days are told together', () => {
    const gap = (weekday: number, from: string, until: string) => ({ weekday, from, until });
    const gaps = [gap(1, '18:00', '24:00'), gap(2, '18:00', '24:00'), gap(7, '02:00', '09:00')];
    expect(together(gaps)).toEqual([
      { days: [1, 2], from: '18:00', until: '24:00' },
      { days: [7], from: '02:00', until: '09:00' },
    ]);
    expect(ranges([1, 2, 3, 6])).toEqual([
      [1, 3],
      [6, 6],
    ]);
  });
});

describe('a month', () => {
  it('has whole weeks from Monday', () => {
    const weeks = weeksOf('2026-11');
    expect(weeks.map((week) => week[0])).toEqual([
      '2026-10-26',
      '2026-11-02',
      '2026-11-09',
      '2026-11-16',
      '2026-11-23',
      '2026-11-30',
    ]);
    expect(weeks.every((week) => week.length === 7)).toBe(true);
    expect(weeksOf('2027-02')).toHaveLength(4);
    expect(monthAfter('2026-12', 1)).toBe('2027-01');
    expect(dateAfter('2026-02-28', 1)).toBe('2026-03-01');
  });
});

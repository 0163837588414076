import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bucketName, timeTicks, weekdayName } from '../src/plots/time';
import {
  advance,
  atHour,
  HOUR,
  instant,
  isoDate,
  isoTime,
  isoWeek,
  isZone,
  offset,
  readDate,
  startOf,
  utcOffset,
  wall,
  weekday,
  type Unit,
} from '../src/plots/zone';

const ZONES = [
  'UTC',
  'Asia/Shanghai',
  'America/New_York',
  'Europe/Berlin',
  'Asia/Kolkata',
  'Australia/Lord_Howe',
  'America/St_Johns',
  'Africa/Cairo',
  'Pacific/Apia',
];
const zone = fc.constantFrom(...ZONES);
const moment = fc.integer({ min: Date.UTC(2000, 0), max: Date.UTC(2037, 0) });
const unit = fc.constantFrom<Unit>('hour', 'day', 'week', 'month');
const at = (text: string) => Date.parse(text);

describe('the calendar of a zone', () => {
  it('finds an hour by the clock, also on days on which clocks change', () => {
    const noon = (day: string) => atHour(at(day), 12, 'Europe/Berlin');
    expect(noon('2026-10-24T22:00:00Z')).toBe(at('2026-10-25T11:00:00Z'));
    expect(noon('2026-03-28T23:00:00Z')).toBe(at('2026-03-29T10:00:00Z'));
    expect(noon('2026-03-30T22:00:00Z')).toBe(at('2026-03-31T10:00:00Z'));
  });

  it('starts buckets at or before the moment, and the next one after it', () => {
    fc.assert(
      fc.property(moment, unit, zone, (now, each, where) => {
        const start = startOf(now, each, where);
        expect(start).toBeLessThanOrEqual(now);
        expect(advance(start, each, 1, where)).toBeGreaterThan(
          now - (each === 'hour' ? HOUR / 2 : 0),
        );
        expect(startOf(start, each, where)).toBe(start);
      }),
      { numRuns: 400 },
    );
  });

  it('goes there and back', () => {
    fc.assert(
      fc.property(moment, zone, (now, where) => {
        const day = startOf(now, 'day', where);
        expect(advance(advance(day, 'day', 40, where), 'day', -40, where)).toBe(day);
        expect(readDate(isoDate(day, where), where)).toBe(day);
      }),
      { numRuns: 200 },
    );
  });

  it('has weeks from Monday', () => {
    const sunday = at('2026-11-29T12:00:00Z');
    expect(weekday(sunday, 'UTC')).toBe(7);
    expect(isoDate(startOf(sunday, 'week', 'UTC'), 'UTC')).toBe('2026-11-23');
    expect([1, 7].map((day) => weekdayName(day, 'zh-CN'))).toEqual(['周一', '周日']);
  });

  it('knows days of 23, 24.5 and 25 hours', () => {
    const length = (date: string, where: string) => {
      const start = readDate(date, where) ?? 0;
      return (advance(start, 'day', 1, where) - start) / HOUR;
    };
    expect(length('2026-03-08', 'America/New_York')).toBe(23);
    expect(length('2026-11-01', 'America/New_York')).toBe(25);
    expect(length('2026-04-05', 'Australia/Lord_Howe')).toBe(24.5);
    expect(length('2026-11-01', 'Asia/Shanghai')).toBe(24);
  });

  it('starts a day whose midnight does not exist at its first moment', () => {
    // Cairo went from 00:00 to 01:00 on 2026-04-24.
    const day = readDate('2026-04-24', 'Africa/Cairo') ?? 0;
    expect(wall(day, 'Africa/Cairo')).toMatchObject({ day: 24, hour: 1 });
    expect(wall(day - 1_000, 'Africa/Cairo')).toMatchObject({ day: 23, hour: 23 });
  });

  it('takes the first of two equal hours and skips what does not exist', () => {
    const twice = instant(
      { year: 2026, month: 11, day: 1, hour: 1, minute: 30 },
      'America/New_York',
    );
    expect(new Date(twice).toISOString()).toBe('2026-11-01T05:30:00.000Z');
    const never = instant(
      { year: 2026, month: 3, day: 8, hour: 2, minute: 30 },
      'America/New_York',
    );
    expect(new Date(never).toISOString()).toBe('2026-03-08T07:00:00.000Z');
  });

  it('says offsets, and says them with the hours that come twice', () => {
    expect(utcOffset(at('2026-07-01T00:00:00Z'), 'America/St_Johns')).toBe('UTC−2:30');
    expect(utcOffset(0, 'UTC')).toBe('UTC');
    expect(offset(at('2026-07-01T00:00:00Z'), 'Asia/Kolkata')).toBe(5.5 * HOUR);
    expect(isoTime(at('2026-11-01T05:00:00Z'), 'America/New_York')).toBe('01:00 UTC−4');
    expect(isoTime(at('2026-11-01T06:00:00Z'), 'America/New_York')).toBe('01:00 UTC−5');
    expect(isoTime(at('2026-11-02T06:00:00Z'), 'America/New_York')).toBe('01:00');
  });

  it('numbers weeks as ISO 8601 does', () => {
    // Published examples: 2021-01-03 is 2020-W53, 2024-12-30 is 2025-W01, 2026-01-01 is 2026-W01.
    for (const [date, year, week] of [
      ['2021-01-03', 2020, 53],
      ['2024-12-30', 2025, 1],
      ['2026-01-01', 2026, 1],
      ['2026-11-28', 2026, 48],
    ] as const)
      expect(isoWeek(readDate(date, 'UTC') ?? 0, 'UTC')).toEqual({ year, week });
  });

  it('reads only dates that exist, and only zones', () => {
    for (const text of ['2026-02-29', '2026-13-01', '2026-1-1', 'today', '', '0001-01-01'])
      expect(readDate(text, 'UTC')).toBeNull();
    expect(['Asia/Shanghai', 'UTC'].every(isZone)).toBe(true);
    expect(['', 'Mars/Base', '<b>'].some(isZone)).toBe(false);
  });

  it('names buckets', () => {
    const monday = readDate('2026-11-23', 'Asia/Shanghai') ?? 0;
    const name = (each: Unit) => bucketName(monday, each, 'Asia/Shanghai', 'en');
    expect(name('hour')).toBe('2026-11-23 Mon 00:00');
    expect(name('day')).toBe('2026-11-23 Mon');
    expect(name('week')).toBe('2026-11-23 to 2026-11-29 (W48)');
    expect(bucketName(monday, 'week', 'Asia/Shanghai', 'zh-CN')).toBe(
      '2026-11-23 至 2026-11-29 (W48)',
    );
    expect(name('month')).toBe('2026-11');
  });
});

describe('ticks of time', () => {
  it('are few, ascending, inside, on round times and not finer than the buckets', () => {
    fc.assert(
      fc.property(
        moment,
        fc.integer({ min: HOUR, max: 5 * 365 * 24 * HOUR }),
        zone,
        fc.integer({ min: 2, max: 14 }),
        unit,
        (from, length, where, most, finest) => {
          const ticks = timeTicks(from, from + length, where, most, finest);
          expect(ticks.length).toBeLessThanOrEqual(most + 2);
          for (const [index, tick] of ticks.entries()) {
            expect(tick.at).toBeGreaterThanOrEqual(from);
            expect(tick.at).toBeLessThanOrEqual(from + length);
            if (index > 0) expect(tick.at).toBeGreaterThan(ticks[index - 1]?.at ?? 0);
            expect(
              startOf(
                tick.at,
                finest === 'week' && tick.label.length > 5 ? 'month' : finest,
                where,
              ),
            ).toBe(tick.at);
          }
        },
      ),
      { numRuns: 150 },
    );
  });

  it('keep 6, 12, 18 on the day the clocks go back', () => {
    const from = readDate('2026-11-01', 'America/New_York') ?? 0;
    const ticks = timeTicks(from, from + 49 * HOUR, 'America/New_York', 12);
    expect(ticks.map(({ label }) => label)).toEqual([
      '00:00',
      '06:00',
      '12:00',
      '18:00',
      '00:00',
      '06:00',
      '12:00',
      '18:00',
      '00:00',
    ]);
    expect(ticks.map(({ context }) => context).filter(Boolean)).toEqual([
      '2026-11-01',
      '2026-11-02',
      '2026-11-03',
    ]);
  });

  it('say the year where it changes', () => {
    const from = readDate('2026-12-07', 'UTC') ?? 0;
    const ticks = timeTicks(from, from + 42 * 24 * HOUR, 'UTC', 8, 'day');
    expect(ticks.map(({ label, context }) => (context ? `${label} ${context}` : label))).toEqual([
      '12-07 2026',
      '12-14',
      '12-21',
      '12-28',
      '01-04 2027',
      '01-11',
      '01-18',
    ]);
  });
});

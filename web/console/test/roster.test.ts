import type { Shift, WeekNeed } from '@standfast/api';
import { describe, expect, it } from 'vitest';
import {
  atClock,
  brokenBy,
  coverOf,
  type Day,
  daysOf,
  hoursOf,
  iso,
  minutesOf,
  movedTo,
  needOf,
  shiftsOn,
  spanOn,
  spanText,
} from '../src/roster/week';

const SHANGHAI = 'Asia/Shanghai';
const BERLIN = 'Europe/Berlin';
/** Monday 2026-11-23 in Shanghai. */
const MONDAY = Date.parse('2026-11-22T16:00:00Z');

const shift = (agent: string | null, from: string, until: string): Shift => ({
  id: `${agent}-${from}`,
  agent_id: agent,
  starts_at: `2026-11-${from}:00Z`,
  ends_at: `2026-11-${until}:00Z`,
  language: null,
  skill: null,
  published: true,
  version: 1,
});

/** A day of a week, which has seven. */
function at(days: readonly Day[], place: number): Day {
  const day = days[place];
  if (!day) throw new Error(`day ${place}`);
  return day;
}

describe('the week', () => {
  const days = daysOf(MONDAY, SHANGHAI);

  it('has the days of its zone, however long they are', () => {
    expect(days.map(({ date }) => date)).toEqual(
      ['23', '24', '25', '26', '27', '28', '29'].map((day) => `2026-11-${day}`),
    );
    const berlin = daysOf(Date.parse('2026-10-18T22:00:00Z'), BERLIN);
    expect(berlin.map(({ at, until }) => (until - at) / 3_600_000)).toEqual([
      24, 24, 24, 24, 24, 24, 25,
    ]);
  });

  it('puts a shift on the day on which it begins', () => {
    const night = shift('a', '23T14:00', '23T22:00');
    expect(shiftsOn([night], 'a', at(days, 0))).toEqual([night]);
    expect(shiftsOn([night], 'a', at(days, 1))).toEqual([]);
    expect(shiftsOn([night], null, at(days, 0))).toEqual([]);
  });

  it('counts minutes within it and people by half hour', () => {
    const shifts = [
      shift('a', '22T12:00', '22T20:00'),
      shift('a', '23T01:00', '23T02:15'),
      shift('b', '23T01:30', '23T02:30'),
      shift(null, '23T01:00', '23T09:00'),
    ];
    expect(minutesOf(shifts, 'a', [at(days, 0).at, at(days, 6).until])).toBe(4 * 60 + 75);
    const cover = coverOf(shifts, at(days, 0));
    expect(cover).toHaveLength(48);
    // 09:00 in Shanghai is slot 18; what ends at 10:15 does not cover the half hour from 10:00 on.
    expect(cover.slice(0, 9)).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 0]);
    expect(cover.slice(17, 22)).toEqual([0, 1, 2, 1, 0]);
  });

  it('moves a shift with the hands of its clock', () => {
    const moved = movedTo(shift('a', '23T01:00', '23T09:00'), at(days, 3), 'b', SHANGHAI);
    expect(moved).toMatchObject({
      agent_id: 'b',
      starts_at: '2026-11-26T01:00:00.000Z',
      ends_at: '2026-11-26T09:00:00.000Z',
    });
    const berlin = daysOf(Date.parse('2026-10-18T22:00:00Z'), BERLIN);
    const early = {
      ...shift('a', '23T01:00', '23T09:00'),
      starts_at: '2026-10-20T06:00:00Z',
      ends_at: '2026-10-20T14:00:00Z',
    };
    // Eight in the morning before the clocks change, and after.
    expect(movedTo(early, at(berlin, 6), 'a', BERLIN).starts_at).toBe('2026-10-25T07:00:00.000Z');
  });

  it('reads times past midnight as those of the next day', () => {
    const [from, until] = spanOn(at(days, 0), '22:00', '06:00', SHANGHAI).map(iso);
    expect([from, until]).toEqual(['2026-11-23T14:00:00.000Z', '2026-11-23T22:00:00.000Z']);
    expect(atClock(at(days, 0), '24:00', SHANGHAI)).toBe(at(days, 1).at);
    expect(spanOn(at(days, 0), '09:00', '09:00', SHANGHAI)[1]).toBe(
      atClock(at(days, 1), '09:00', SHANGHAI),
    );
  });

  it('says lengths, and gathers what is broken by shift', () => {
    expect([spanText(510, 'en'), spanText(480, 'en'), spanText(510, 'zh-CN')]).toEqual([
      '8 h 30',
      '8 h',
      '8 小时 30 分',
    ]);
    const rest = { shift_id: '1', rule: 'rest', other_id: null, found: 1, limit: 2 } as const;
    expect(brokenBy([rest, { ...rest, rule: 'week' }]).get('1')).toHaveLength(2);
  });
});

describe('what a day needs', () => {
  const week: WeekNeed = {
    zone: SHANGHAI,
    from: '2026-11-23T16:00:00Z',
    until: '2026-11-24T16:00:00Z',
    is_known: true,
    groups: [],
    lanes: [],
    tiers: [],
    need: Array.from({ length: 48 }, (_, slot) => (slot < 2 ? 3 : 1)),
    missing_published: [],
    missing: Array.from({ length: 48 }, (_, slot) => (slot < 3 ? 1 : 0)),
    expected: Array.from({ length: 48 }, () => 0.5),
    published: [],
    planned: [],
  };

  it('is known of the days that the answer reaches, by the instants of its half hours', () => {
    const days = daysOf(MONDAY, SHANGHAI);
    expect(needOf(week, at(days, 0))).toBeNull();
    const tuesday = needOf(week, at(days, 1));
    expect(tuesday?.need.slice(0, 3)).toEqual([3, 3, 1]);
    expect([hoursOf(tuesday?.missing ?? []), hoursOf(tuesday?.expected ?? [])]).toEqual([1.5, 12]);
    // On the clocks of Berlin the same Tuesday begins seven hours later, and its end is not known.
    const berlin = needOf(week, at(daysOf(MONDAY + 7 * 3_600_000, BERLIN), 1));
    expect(berlin?.need.filter((count) => count === null)).toHaveLength(14);
    expect(berlin?.need[0]).toBe(1);
  });

  it('is not known without a forecast', () => {
    expect(needOf({ ...week, is_known: false }, at(daysOf(MONDAY, SHANGHAI), 1))).toBeNull();
    expect(needOf(null, at(daysOf(MONDAY, SHANGHAI), 1))).toBeNull();
  });
});

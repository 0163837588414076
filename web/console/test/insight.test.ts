import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Answer, Figure } from '../src/insight/api';
import {
  bucketsOf,
  comparedWith,
  datesOf,
  daysOf,
  rangeOf,
  sinceFirst,
  unitOf,
  wholeDays,
  wholeUnits,
} from '../src/insight/period';
import {
  averagedOver,
  changeOf,
  lineOf,
  linesOf,
  occurring,
  occurringAs,
  overlaid,
  rankedOf,
  weekOf,
  type Occurring,
} from '../src/insight/plotted';
import {
  COMPARISONS,
  DEFAULT_VIEW,
  PRESETS,
  printView,
  readView,
  UNITS,
  withFilter,
  type View,
} from '../src/insight/view';
import type { Rows } from '../src/insight/rows';
import type { Study } from '../src/insight/study';
import { REST_KEY } from '../src/plots/colour';
import { HOUR, isoDate, readDate, weekday } from '../src/plots/zone';
import { allows } from '../src/session/roles';

const code = fc.stringMatching(/^[\w.:-]{1,20}$/);
const value = fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme' });
const date = fc
  .integer({ min: Date.UTC(1990, 0), max: Date.UTC(2040, 0) })
  .map((at) => isoDate(at, 'UTC'));
const days = fc.tuple(date, date).map(([a, b]) => (a < b ? [a, b] : [b, a]) as [string, string]);
const spans = fc.option(days.map(([from, until]) => ({ from, until })));
const id = fc.bigInt({ min: 1n, max: 2n ** 62n }).map(String);
/** An event or a date, or neither. */
const study: fc.Arbitrary<Study> = fc
  .record({
    what: fc.constantFrom('change' as const, 'periods' as const),
    about: fc.oneof(
      fc.constant({ event: '', date: '' }),
      id.map((event) => ({ event, date: '' })),
      date.map((day) => ({ event: '', date: day })),
    ),
    before: fc.option(fc.integer({ min: 14, max: 366 })),
    after: fc.option(fc.integer({ min: 7, max: 366 })),
    control: fc.oneof(
      fc.constantFrom('auto' as const, 'none' as const),
      fc.record({
        dimension: code,
        values: fc.uniqueArray(value, { minLength: 1, maxLength: 3 }),
      }),
    ),
    account: fc.uniqueArray(id, { maxLength: 10 }),
    earlier: spans,
    later: spans,
    uneven: fc.boolean(),
    wide: fc.boolean(),
  })
  .map(({ about, ...rest }) => ({ ...rest, ...about }));
const rows: fc.Arbitrary<Rows> = fc.record({
  measure: code,
  cell: fc.array(fc.record({ group: code, code: value }), { maxLength: 2 }),
  part: fc.constantFrom('all' as const, 'met' as const, 'unmet' as const),
  span: fc.option(
    fc
      .tuple(fc.integer({ min: 0, max: 2_000_000_000 }), fc.integer({ min: 1, max: 40_000_000 }))
      .map(([from, lasts]) => ({ from: from * 1_000, until: (from + lasts) * 1_000 })),
  ),
  days: fc.option(fc.integer({ min: 1, max: 999 })),
  only: fc.option(
    fc.record({
      dimension: code,
      values: fc.uniqueArray(value, { minLength: 1, maxLength: 3 }),
    }),
  ),
});
const view: fc.Arbitrary<View> = fc.record({
  period: fc.oneof(
    fc.constantFrom(...PRESETS).map((preset) => ({ kind: 'preset' as const, preset })),
    fc.tuple(date, date).map(([a, b]) => ({
      kind: 'dates' as const,
      from: a < b ? a : b,
      to: a < b ? b : a,
    })),
  ),
  compare: fc.constantFrom(...COMPARISONS),
  zone: fc.constantFrom('', 'UTC', 'Asia/Shanghai', 'America/New_York'),
  clock: fc.constantFrom('zone' as const, 'region' as const),
  within: fc.constantFrom(null, 60, 3_600, 86_400),
  filters: fc.array(
    fc
      .record({
        dimension: code,
        values: fc.uniqueArray(value, { minLength: 1, maxLength: 4 }),
        not: fc.boolean(),
      })
      .map(({ dimension, values, not }) => ({ dimension, values, ...(not ? { not: true } : {}) })),
    { maxLength: 4 },
  ),
  measure: fc.oneof(fc.constant(''), code),
  group: fc.oneof(fc.constant(''), code),
  split: fc.oneof(fc.constant(''), code),
  by: fc.constantFrom(null, ...UNITS),
  events: fc.option(fc.uniqueArray(fc.constantFrom('release', 'incident', 'price'))),
  study,
  rows: fc.option(rows),
});

describe('the view in an address', () => {
  it('comes back as it was', () => {
    fc.assert(
      fc.property(view, (each) => {
        expect(readView(printView(each))).toEqual(each);
      }),
    );
  });

  it('is read from any address, and then stays', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.webQueryParameters()), (text) => {
        const read = readView(text);
        expect(readView(printView(read))).toEqual(read);
      }),
    );
    expect(readView('')).toEqual(DEFAULT_VIEW);
    expect(printView(DEFAULT_VIEW)).toBe('');
    expect(readView('period=9d&compare=x&zone=Mars&by=year&where=type&from=2026-02-01')).toEqual(
      DEFAULT_VIEW,
    );
  });

  it('opens no other requests than those that it names', () => {
    const named = 'rows=requests&cell=day,2026-11-21&cell=type,theft';
    expect(readView(named).rows).toMatchObject({
      measure: 'requests',
      cell: [
        { group: 'day', code: '2026-11-21' },
        { group: 'type', code: 'theft' },
      ],
    });
    for (const odd of [
      'cell=nonsense',
      'cell=a,b',
      'part=some',
      'span=2026-11-21..2026-11-22',
      'span=2026-11-31T00:00:00Z..2026-12-02T00:00:00Z',
      'days=0',
      'only=type',
    ])
      expect(readView(`${named}&${odd}`).rows, odd).toBeNull();
    expect(readView('cell=type,theft&part=met').rows).toBeNull();
  });

  it('keeps the order of its filters and drops empty ones', () => {
    const two = withFilter(withFilter(DEFAULT_VIEW, 'type', ['theft']), 'chain', ['tron']);
    expect(withFilter(two, 'type', ['fees'], true).filters).toEqual([
      { dimension: 'type', values: ['fees'], not: true },
      { dimension: 'chain', values: ['tron'] },
    ]);
    expect(withFilter(two, 'type', []).filters).toEqual([{ dimension: 'chain', values: ['tron'] }]);
  });
});

describe('periods', () => {
  const zone = 'America/New_York';
  const now = Date.parse('2026-11-03T15:00:00Z');
  const later = now + 9 * 24 * HOUR;
  const said = (range: { from: number; until: number }) =>
    [range.from, range.until].map((at) => isoDate(at, zone)).join(' ');

  it('are whole days of the zone, over the change of clocks too', () => {
    const range = rangeOf({ kind: 'preset', preset: '7d' }, zone, now);
    expect(said(range)).toBe('2026-10-28 2026-11-04');
    expect(range.until - range.from).toBe((7 * 24 + 1) * HOUR);
    expect(daysOf(range)).toBe(7);
    // Nothing is known of days to come.
    const dates = (from: string, to: string) => rangeOf({ kind: 'dates', from, to }, zone, now);
    expect(dates('2126-01-01', '2126-02-01')).toEqual(
      rangeOf({ kind: 'preset', preset: '28d' }, zone, now),
    );
    expect(dates('2020-01-01', '2126-02-01').until).toBe(range.until);
    expect(said(rangeOf({ kind: 'preset', preset: 'week' }, zone, now))).toBe(
      '2026-11-02 2026-11-04',
    );
    expect(said(rangeOf({ kind: 'preset', preset: 'month' }, zone, now))).toBe(
      '2026-11-01 2026-11-04',
    );
    expect(said(rangeOf({ kind: 'dates', from: '2026-11-01', to: '2026-11-01' }, zone, now))).toBe(
      '2026-11-01 2026-11-02',
    );
    expect(said(rangeOf({ kind: 'dates', from: '2026-02-30', to: '2026-13-01' }, zone, now))).toBe(
      '2026-10-07 2026-11-04',
    );
  });

  it('are compared with as many days before, or with the same weekdays', () => {
    const range = rangeOf({ kind: 'dates', from: '2026-10-28', to: '2026-11-03' }, zone, now);
    expect(said(comparedWith(range, 'previous', zone, later) ?? range)).toBe(
      '2026-10-21 2026-10-28',
    );
    const ten = rangeOf({ kind: 'dates', from: '2026-10-25', to: '2026-11-03' }, zone, now);
    const same = comparedWith(ten, 'weekdays', zone, later) ?? ten;
    expect(said(same)).toBe('2026-10-11 2026-10-21');
    expect(weekday(same.from, zone)).toBe(weekday(ten.from, zone));
    expect(same.until).toBeLessThanOrEqual(ten.from);
    expect(comparedWith(range, 'none', zone, later)).toBeNull();
  });

  it('that are not over are compared with as much as has passed', () => {
    const range = rangeOf({ kind: 'preset', preset: '7d' }, zone, now);
    const before = comparedWith(range, 'previous', zone, now);
    // 10:00 in New York on both days, an hour further from UTC before the clocks went back.
    expect(new Date(before?.until ?? 0).toISOString()).toBe('2026-10-27T14:00:00.000Z');
  });

  it('are compared by the days that are over, and as many before', () => {
    const range = rangeOf({ kind: 'preset', preset: '7d' }, zone, now);
    const before = comparedWith(range, 'previous', zone, now) ?? range;
    const whole = wholeDays(range, before, zone, now);
    expect(said(whole?.later ?? range)).toBe('2026-10-28 2026-11-03');
    expect(said(whole?.earlier ?? range)).toBe('2026-10-21 2026-10-27');
    const today = rangeOf({ kind: 'preset', preset: '1d' }, zone, now);
    expect(wholeDays(today, before, zone, now)).toBeNull();
    const years = rangeOf({ kind: 'dates', from: '2024-01-01', to: '2025-12-31' }, zone, now);
    expect(wholeDays(years, before, zone, now)).toBeNull();
  });

  it('end for averages with the last whole hour or day, if there is one', () => {
    const range = rangeOf({ kind: 'preset', preset: '7d' }, zone, now);
    const twenty = now + 20 * 60_000;
    const end = (unit: 'hour' | 'day', at: number) =>
      new Date(wholeUnits(range, unit, zone, at).until).toISOString();
    expect(end('hour', twenty)).toBe('2026-11-03T15:00:00.000Z');
    expect(end('day', twenty)).toBe('2026-11-03T05:00:00.000Z');
    // Where clocks are half an hour off, so are their hours.
    const kolkata = wholeUnits(range, 'hour', 'Asia/Kolkata', twenty);
    expect(new Date(kolkata.until).toISOString()).toBe('2026-11-03T14:30:00.000Z');
    // What is over stays as it is, and so does what has no whole one yet.
    expect(wholeUnits(range, 'hour', zone, later)).toBe(range);
    const today = rangeOf({ kind: 'preset', preset: '1d' }, zone, now);
    expect(wholeUnits(today, 'day', zone, now)).toBe(today);
    const midnight = today.from + 20 * 60_000;
    expect(wholeUnits(today, 'hour', zone, midnight)).toBe(today);
    expect(wholeUnits(today, 'hour', zone, now).until).toBe(now);
  });

  it('are cut for averages alone, which say so', () => {
    const range = rangeOf({ kind: 'preset', preset: '7d' }, zone, now);
    const over = (as: Occurring, cycle: string | undefined) =>
      averagedOver({ range, zone, now: now + 60_000 }, as, cycle);
    expect(over('average', 'hour_of_week').range.until).toBe(now);
    expect(over('level', 'hour_of_day').left).toBe('hour');
    expect(over('average', 'weekday')).toMatchObject({ left: 'day' });
    for (const [as, cycle] of [
      ['share', 'weekday'],
      ['rate', 'hour_of_day'],
      ['count', undefined],
    ] as const)
      expect(over(as, cycle)).toEqual({ range, left: null, as });
    // Today alone is no whole day, but has whole hours.
    const today = rangeOf({ kind: 'preset', preset: '1d' }, zone, now);
    const of = (cycle: string) =>
      averagedOver({ range: today, zone, now: now + 60_000 }, 'average', cycle);
    expect(of('weekday')).toEqual({ range: today, left: 'part', as: 'count' });
    expect(of('hour_of_day').left).toBe('hour');
  });

  it('begin with the first request, and say what of chosen dates is not shown', () => {
    const day = (text: string) => readDate(text, zone) ?? 0;
    const now = day('2026-11-29') + 14 * HOUR;
    const since = day('2026-09-01') + 9 * HOUR;
    const shown = (from: string, to: string, first: number | null = since) => {
      const period = { kind: 'dates' as const, from, to };
      const { range, left } = sinceFirst(period, rangeOf(period, zone, now), first, zone);
      return [isoDate(range.from, zone), isoDate(range.until - 1, zone), left];
    };
    expect(shown('1970-01-01', '2026-11-29')).toEqual(['2026-09-01', '2026-11-29', 'first']);
    expect(shown('2026-08-31', '2026-09-02')).toEqual(['2026-09-01', '2026-09-02', 'first']);
    expect(shown('2026-09-01', '2026-09-02')).toEqual(['2026-09-01', '2026-09-02', null]);
    expect(shown('1970-01-01', '1970-12-31')).toEqual(['1970-01-01', '1970-12-31', 'empty']);
    expect(shown('1999-01-01', '2026-11-29', day('2009-05-01'))[2]).toBe('longest');
    // Days to come, and what is no day.
    for (const [from, to] of [
      ['2027-01-01', '2027-01-02'],
      ['1969-01-01', '2026-11-29'],
      ['2026-02-30', '2026-11-29'],
    ] as const)
      expect(shown(from, to)).toEqual(['2026-11-02', '2026-11-29', 'none']);
    expect(shown('1970-01-01', '1970-12-31', null)[2]).toBeNull();
    const preset = { kind: 'preset' as const, preset: '365d' as const };
    const whole = rangeOf(preset, zone, now);
    expect(sinceFirst(preset, whole, since, zone)).toEqual({ range: whole, left: null });
  });

  it('come back from a brushed range', () => {
    const range = rangeOf({ kind: 'dates', from: '2026-10-28', to: '2026-11-03' }, zone, now);
    expect(rangeOf(datesOf(range, zone), zone, now)).toEqual(range);
  });

  it('have buckets that cover them without gaps', () => {
    const ranges = fc.tuple(date, fc.integer({ min: 1, max: 800 }));
    fc.assert(
      fc.property(ranges, fc.constantFrom(null, ...UNITS), ([first, days], wanted) => {
        const from = readDate(first, zone) ?? 0;
        const range = { from, until: from + days * 24 * HOUR };
        const unit = unitOf(range, wanted);
        const starts = bucketsOf(range, unit, zone);
        expect(starts[0]).toBeLessThanOrEqual(range.from);
        expect(starts.at(-1)).toBeLessThan(range.until);
        expect(starts.every((at, index) => index === 0 || at > (starts[index - 1] ?? 0))).toBe(
          true,
        );
      }),
      { numRuns: 40 },
    );
    expect(unitOf({ from: 0, until: 24 * HOUR }, null)).toBe('hour');
    expect(unitOf({ from: 0, until: 5_000 * 24 * HOUR }, 'hour')).toBe('day');
  });
});

describe('answers as plots', () => {
  const zone = 'Asia/Shanghai';
  const day = (text: string) => readDate(text, zone) ?? 0;
  const range = { from: day('2026-11-01'), until: day('2026-11-04') };
  const timed = {
    range,
    unit: 'day' as const,
    zone,
    now: day('2026-11-03') + HOUR,
    measured: 'count' as const,
  };
  const answer = (groups: [string[], number][]): Answer => ({
    measure: 'requests',
    unit: 'count',
    left_out: 0,
    excluded: { spam: 0, merged: 0, test: 0 },
    groups: groups.map(([keys, count]) => ({
      keys,
      cell: keys,
      value: count,
      n: count,
      small: false,
    })),
    total: { value: 0, n: 0, small: false },
  });
  const at = (text: string) => new Date(day(text)).toISOString();

  it('count nothing as zero, and know which day is not over', () => {
    const line = lineOf(answer([[[at('2026-11-01')], 5]]), 'Requests', timed);
    expect(line.points.map((each) => each.value)).toEqual([5, 0, 0]);
    expect(line.points.map((each) => each.partial)).toEqual([false, false, true]);
    const share = lineOf(answer([]), '', { ...timed, measured: 'share' });
    expect(share.points.map((each) => each.value)).toEqual([null, null, null]);
  });

  it('know up to when a bucket is counted, in the earlier period as well', () => {
    const now = day('2026-11-03') + 14 * HOUR;
    const range = { from: day('2026-11-01'), until: day('2026-11-04') };
    const line = lineOf(answer([]), '', { ...timed, range, now });
    expect(line.points.at(-1)).toMatchObject({ partial: true, until: now });
    const past = comparedWith(range, 'previous', timed.zone, now);
    expect(past).not.toBeNull();
    if (!past) return;
    const before = lineOf(answer([]), '', { ...timed, range: past, now });
    const points = overlaid(before, line).points;
    expect(points.map((each) => each.partial)).toEqual([false, false, true]);
    expect(points.at(-1)?.until).toBe(day('2026-10-31') + 14 * HOUR);
  });

  it('know that weeks reach out of a period', () => {
    // From Tuesday to the Wednesday of the week after.
    const range = { from: day('2026-10-20'), until: day('2026-10-29') };
    const { points } = lineOf(answer([]), '', { ...timed, range, unit: 'week' });
    expect(points.map(({ since, until }) => [since, until])).toEqual([
      [range.from, undefined],
      [undefined, range.until],
    ]);
  });

  it('lay another period over this one', () => {
    const line = lineOf(answer([[[at('2026-11-01')], 5]]), '', timed);
    const past = { from: day('2026-10-29'), until: day('2026-11-01') };
    const before = lineOf(answer([[[at('2026-10-30')], 2]]), '', { ...timed, range: past });
    const points = overlaid(before, line).points;
    expect(points.map((each) => each.at)).toEqual(line.points.map((each) => each.at));
    expect(points.map((each) => each.value)).toEqual([0, 2, 0]);
    expect(points[1]?.was).toBe(day('2026-10-30'));
  });

  it('put the small ones together', () => {
    const groups = ['a', 'b', 'c', 'd'].map((key, index): [string[], number] => [
      [at('2026-11-02'), key],
      4 - index,
    ]);
    const lines = linesOf(answer(groups), (key) => key, timed, { most: 2, rest: 'others' });
    expect(lines.map(({ key }) => key)).toEqual(['a', 'b', REST_KEY]);
    expect(lines[2]?.points[1]?.value).toBe(3);
  });

  it('rank, with the period before', () => {
    const ranked = rankedOf(
      answer([
        [['b'], 1],
        [['a'], 7],
      ]),
      (key) => key.toUpperCase(),
      answer([[['a'], 3]]),
    );
    expect(ranked.map(({ label, value: now, before }) => [label, now, before])).toEqual([
      ['A', 7, 3],
      ['B', 1, 0],
    ]);
    // A share of nothing is not a share of zero.
    const shares = (told: Answer): Answer => ({ ...told, unit: 'share' });
    const unknown = rankedOf(shares(answer([[['b'], 0.5]])), String, shares(answer([])));
    expect(unknown.map(({ before }) => before)).toEqual([null]);
  });

  it('count hours and weekdays by how often they came', () => {
    // Five Mondays and four Tuesdays: as many requests on each.
    const figure = (count: number): Figure => ({ value: count, n: count, small: false });
    const day = (count: number, days: number) =>
      occurring(figure(count), 'weekday', days * 86_400, 'average');
    expect(day(50, 5)).toEqual({ value: 10, n: 50 });
    expect(day(40, 4)?.value).toBe(10);
    expect(occurring(undefined, 'weekday', 86_400, 'average')?.value).toBe(0);
    // An hour that has hardly begun says nothing yet, and shares are no counts.
    expect(occurring(figure(3), 'hour_of_day', 900, 'average')).toBeNull();
    expect(occurring(figure(0.4), 'hour_of_day', 900, 'share')?.value).toBe(0.4);
    // The customers of all Mondays are no sum of those of each.
    expect(occurringAs('count', { counts: 'customers' })).toBe('count');
    expect(occurringAs('count', { counts: 'requests' })).toBe('average');
    // What is open at instants comes as an average; nothing open is none, where the hour has been.
    expect(occurringAs('count', { counts: 'requests', time: 'instant' })).toBe('level');
    expect(occurring(figure(7.5), 'weekday', 86_400, 'level')?.value).toBe(7.5);
    expect(occurring(undefined, 'weekday', 86_400, 'level')?.value).toBe(0);
    expect(occurring(undefined, 'weekday', 0, 'level')).toBeNull();
  });

  it('make a week of hours', () => {
    const hours = Array.from({ length: 168 }, (_, hour) => [String(hour), 7_200] as const);
    const cells = weekOf(
      {
        ...answer([
          [['0'], 6],
          [['167'], 18],
        ]),
        seconds: [new Map(hours)],
      },
      'average',
    );
    expect([cells.length, cells[0]?.length]).toEqual([7, 24]);
    expect([cells[0]?.[0]?.value, cells[6]?.[23]?.value, cells[3]?.[3]?.value]).toEqual([3, 9, 0]);
    expect(weekOf(answer([]), 'share')[0]?.[0]).toBeNull();
  });

  it('say how counts changed, and how sure that is', () => {
    const figure = (count: number | null): Figure => ({
      value: count,
      n: count ?? 0,
      small: false,
    });
    // How much a count varies is not in the count.
    expect(changeOf(figure(120), figure(100), 'count')).toEqual({ value: 120 / 100 - 1 });
    expect(changeOf(figure(5), figure(0), 'count')).toBeUndefined();
    expect(changeOf(figure(null), figure(3), 'count')).toBeUndefined();
    expect(changeOf(figure(0.5), figure(0.4), 'share')?.value).toBeCloseTo(0.1);
    // Newcombe, "Interval estimation for the difference between independent proportions", 1998, table II, method 10:
    // 56/70 − 48/80 is 0.2 with 0.0524 to 0.3339.
    const share = (hits: number, n: number): Figure => {
      const [z, p] = [1.959964, hits / n];
      const middle = (p + z ** 2 / (2 * n)) / (1 + z ** 2 / n);
      const half = (z / (1 + z ** 2 / n)) * Math.sqrt((p * (1 - p)) / n + z ** 2 / (4 * n ** 2));
      return { value: p, n, low: middle - half, high: middle + half, small: false };
    };
    const difference = changeOf(share(56, 70), share(48, 80), 'share');
    expect(difference?.value).toBeCloseTo(0.2);
    expect(difference?.low).toBeCloseTo(0.0524, 4);
    expect(difference?.high).toBeCloseTo(0.3339, 4);
    const times = changeOf(
      { value: 60, low: 50, high: 72, n: 9, small: false },
      { value: 60, low: 50, high: 72, n: 9, small: false },
      'seconds',
    );
    expect(times?.value).toBe(0);
    expect((1 + (times?.low ?? 0)) * (1 + (times?.high ?? 0))).toBeCloseTo(1);
  });
});

describe('Insight', () => {
  it('is for analysts, leads and administrators', () => {
    const who = (['analyst', 'agent', 'lead', 'admin'] as const).filter((role) =>
      allows(role, 'insight'),
    );
    expect(who).toEqual(['analyst', 'lead', 'admin']);
    expect(allows(undefined, 'insight')).toBe(false);
  });
});

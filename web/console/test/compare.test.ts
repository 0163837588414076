import type { Driver } from '@standfast/api';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Catalogue } from '../src/insight/api';
import { countOf, daysOf, gappedOf, namedOf } from '../src/insight/compare/partners';
import {
  courseOf,
  isSure,
  lastCounted,
  othersOf,
  testedOf,
  wordOf,
  type Segment,
} from '../src/insight/compare/plotted';
import {
  changeQuestion,
  effectQuestion,
  groupOf,
  type Setting,
} from '../src/insight/compare/question';
import { about, filtersOf, first, meets, namedBy, narrowed, shown } from '../src/insight/events';
import { DEFAULT_STUDY, plusDays, usualPeriods, windowFor } from '../src/insight/study';
import { DEFAULT_VIEW, printView, type View } from '../src/insight/view';
import { happening, HEAD, heads, markName, markTime, within } from '../src/plots/event';
import { changeBins, ends, ratioAxis } from '../src/plots/ratio';
import { readDate, DAY } from '../src/plots/zone';

function event(id: string, starts: string, more: Partial<Driver> = {}): Driver {
  return {
    id,
    version: 1,
    kind: 'release',
    title: `event ${id}`,
    note: '',
    starts_at: `${starts}T08:00:00.000Z`,
    ends_at: null,
    is_ongoing: false,
    scope: {},
    source: 'person',
    external_id: null,
    agent_id: null,
    created_at: `${starts}T08:00:00.000Z`,
    updated_at: `${starts}T08:00:00.000Z`,
    ...more,
  };
}

const catalogue: Catalogue = {
  requests: 100,
  since: 0,
  history: { all: null, desk: null, imported: null },
  measures: [],
  dimensions: [
    ['type', ['pending', 'fee', 'swap']],
    ['chain', ['tron', 'bnb']],
    ['app_version', ['7.1.0', '7.2.0']],
    ['agent', ['1']],
  ].map(([code, values]) => ({
    code: code as string,
    name: code as string,
    values: (values as string[]).map((each) => ({ code: each, name: each })),
  })),
};
const setting = (view: Partial<View>): Setting => ({
  view: { ...DEFAULT_VIEW, ...view },
  catalogue,
  zone: 'Asia/Shanghai',
  today: '2026-11-28',
  since: '2026-01-01',
});

describe('an event', () => {
  it('meets filters that it shares a value with, and those of dimensions that it does not name', () => {
    const scope = { chain: ['tron', 'bnb'], type: ['fee'] };
    const is = (dimension: string, values: string[], not = false) =>
      meets(scope, [{ dimension, values, not }]);
    expect(is('chain', ['bnb', 'ton'])).toBe(true);
    expect(is('chain', ['ton'])).toBe(false);
    expect(is('region', ['CN'])).toBe(true);
    expect(is('chain', ['tron'], true)).toBe(true);
    expect(is('type', ['fee'], true)).toBe(false);
    expect(meets({}, [{ dimension: 'chain', values: ['ton'] }])).toBe(true);
  });

  it('is shown in the time that it touches, if its kind is', () => {
    const lasting = event('1', '2026-11-01', { ends_at: '2026-11-05T00:00:00.000Z' });
    const going = event('8', '2026-10-01', { kind: 'incident', is_ongoing: true });
    const range = (from: string, until: string) => ({
      from: Date.parse(from),
      until: Date.parse(until),
    });
    const view = { filters: [], events: null };
    expect(shown([lasting], view, range('2026-11-04', '2026-11-08'))).toEqual([lasting]);
    expect(shown([lasting], view, range('2026-11-06', '2026-11-08'))).toEqual([]);
    expect(shown([lasting], view, range('2026-10-01', '2026-11-01'))).toEqual([]);
    expect(shown([going], view, range('2026-11-01', '2026-11-08'))).toEqual([going]);
    const over = { ...going, is_ongoing: false };
    expect(shown([over], view, range('2026-11-01', '2026-11-08'))).toEqual([]);
    const only = { filters: [], events: ['incident'] };
    expect(shown([lasting], only, range('2026-11-01', '2026-11-08'))).toEqual([]);
  });

  it('names what it touches, but not a version that did not exist before', () => {
    expect(filtersOf({ app_version: ['7.2.0'], chain: ['tron'] })).toEqual([
      { dimension: 'chain', values: ['tron'] },
    ]);
  });

  it('narrows its own question, and never the view', () => {
    const one = event('1', '2026-11-01', { scope: { type: ['fee'] } });
    const other = event('2', '2026-11-02', { scope: { chain: ['tron'] } });
    const own: View = { ...DEFAULT_VIEW, filters: [{ dimension: 'region', values: ['CN'] }] };
    const asked = about(own, one);
    expect(asked.filters).toEqual(own.filters);
    expect(asked.study).toMatchObject({ what: 'change', event: '1', date: '' });
    // What an address, another page or the question about two periods gets.
    expect(printView(asked)).toBe('where=region%2CCN&event=1');
    expect(narrowed(asked, one)).toEqual({
      ...asked,
      filters: [...own.filters, { dimension: 'type', values: ['fee'] }],
    });
    // What the event before named goes with it, the reader's own stays.
    expect(narrowed(about(asked, other), other).filters).toEqual([
      ...own.filters,
      { dimension: 'chain', values: ['tron'] },
    ]);
    const held: View = { ...DEFAULT_VIEW, filters: [{ dimension: 'type', values: ['swap'] }] };
    expect(namedBy(one, held.filters)).toEqual([]);
    expect(narrowed(about(held, one), one).filters).toEqual(held.filters);
    expect(narrowed(asked, null)).toEqual(asked);
  });

  it('does not narrow it where the reader wishes, until another one is chosen', () => {
    const one = event('1', '2026-11-01', { scope: { type: ['fee'] } });
    const asked = about(DEFAULT_VIEW, one);
    const wide: View = { ...asked, study: { ...asked.study, wide: true } };
    expect(narrowed(wide, one).filters).toEqual([]);
    expect(printView(wide)).toBe('event=1&scope=no');
    expect(about(wide, event('2', '2026-11-02')).study.wide).toBe(false);
  });

  it('to begin with is the latest that stays, says what it is about, and is long enough past', () => {
    const events = [
      event('fresh', '2026-11-25', { scope: { type: ['fee'] } }),
      event('short', '2026-10-20', { ends_at: '2026-10-20T12:00:00.000Z' }),
      event('whole', '2026-10-15'),
      event('narrow', '2026-10-10', { scope: { type: ['fee'] } }),
      event('older', '2026-09-10', { scope: { type: ['fee'] } }),
      event('first', '2026-01-02', { scope: { type: ['fee'] } }),
    ];
    const of = (all: Driver[]) =>
      first(all, '2026-11-28', '2026-01-01', (at) => new Date(at).toISOString().slice(0, 10))?.id;
    expect(of(events)).toBe('narrow');
    expect(of(events.slice(0, 3))).toBe('whole');
    expect(of(events.slice(0, 2))).toBe('short');
    expect(of(events.slice(0, 1))).toBeUndefined();
    expect(of(events.slice(5))).toBeUndefined();
  });
});

describe('days', () => {
  it('are eight weeks and four where the past is long, and fewer where it is not', () => {
    expect(windowFor('2026-11-01', '2025-11-01')).toEqual({ before: 56, after: 28 });
    expect(windowFor('2026-10-30', '2026-08-31')).toEqual({ before: 28, after: 21 });
  });

  it('of the usual periods are four weeks each, without today', () => {
    expect(usualPeriods('2026-11-28')).toEqual({
      earlier: { from: '2026-10-03', until: '2026-10-30' },
      later: { from: '2026-10-31', until: '2026-11-27' },
    });
    expect(plusDays('2026-03-01', -1)).toBe('2026-02-28');
  });
});

describe('a question', () => {
  const fee = { dimension: 'type', values: ['fee'] };

  it('names the event, its days, and everything else as untouched', () => {
    const asked = effectQuestion(
      setting({ filters: [fee], study: { ...DEFAULT_STUDY, event: '5', account: ['7', '5'] } }),
      '2026-11-01',
    );
    expect(asked).toEqual({
      measure: 'requests',
      filter: { type: ['fee'] },
      except: {},
      zone: 'Asia/Shanghai',
      event: '5',
      before_days: 56,
      after_days: 28,
      group: 'chain',
      controls: { type: ['pending', 'swap'] },
      events: ['7'],
    });
  });

  it('keeps the other filters for the controls', () => {
    const region = { dimension: 'chain', values: ['tron'] };
    const study = { ...DEFAULT_STUDY, date: '2026-11-01' };
    const controls = (control: typeof study.control) =>
      effectQuestion(
        setting({ filters: [fee, region], study: { ...study, control } }),
        '2026-11-01',
      )?.controls;
    expect(controls('auto')).toEqual({ type: ['pending', 'swap'], chain: ['tron'] });
    expect(controls('none')).toEqual({});
    expect(controls({ dimension: 'type', values: ['swap'] })).toEqual({
      type: ['swap'],
      chain: ['tron'],
    });
  });

  it('is none without an event or a date', () => {
    expect(effectQuestion(setting({}), '')).toBeNull();
  });

  it('of rates is split by what users are known by, and never by who answered', () => {
    expect(groupOf(setting({}))).toBe('type');
    expect(groupOf(setting({ measure: 'contact_rate' }))).toBe('app_version');
    expect(groupOf(setting({ measure: 'contact_rate', group: 'type' }))).toBe('app_version');
    expect(groupOf(setting({ group: 'agent' }))).toBe('type');
    expect(groupOf(setting({ group: 'nothing' }))).toBe('nothing');
    expect(changeQuestion(setting({ group: 'chain' }))).toMatchObject({
      dimension: 'chain',
      like_for_like: true,
      later: { until: '2026-11-27' },
    });
  });
});

describe('days without a partner', () => {
  const row = (from: number, until = from) => ({
    from: `2026-11-${String(from).padStart(2, '0')}`,
    until: `2026-11-${String(until).padStart(2, '0')}`,
  });

  it('are counted from their rows, across a month as well', () => {
    expect(countOf([row(17, 21)])).toBe(5);
    expect(countOf([row(3), { from: '2026-11-29', until: '2026-12-02' }])).toBe(5);
    expect(countOf([])).toBe(0);
  });

  it('make a gap only between those that are compared', () => {
    expect(gappedOf({ ...row(10, 23), without_partner: [row(17, 21)] })).toBe(14);
    expect(gappedOf({ ...row(10, 16), without_partner: [row(3, 9), row(17, 23)] })).toBeNull();
    expect(gappedOf({ ...row(10, 23), without_partner: [] })).toBeNull();
  });

  it('are named, of many rows the first', () => {
    const rows = [1, 3, 5, 7, 9, 11].map((day) => row(day));
    expect(namedOf(rows)).toEqual({ named: rows.slice(0, 4), more: 2 });
    expect(namedOf(rows.slice(0, 4)).more).toBe(0);
    expect(namedOf([...rows.slice(0, 4), row(20, 25)]).more).toBe(6);
  });

  it('are others than those of which users are not known', () => {
    expect(daysOf({ days: 26, days_left_out: 2 })).toBe(28);
  });
});

describe('what else happened', () => {
  const day = (date: string, more: object = {}) => ({
    day: date,
    observed: 30 as number | null,
    ...more,
  });
  const series = [
    day('2026-11-02'),
    day('2026-11-03'),
    day('2026-11-04'),
    day('2026-11-05', { observed: null }),
  ];
  const seen = (events: Driver[], more: object = {}) =>
    othersOf(
      {
        series,
        measure: 'requests',
        events: events.map((each) => ({
          event: each,
          is_change: false,
          is_accounted: false,
          ...more,
        })),
      },
      'Asia/Shanghai',
    ).map(({ event: { id } }) => id);

  it('overlaps the days that are counted, by the clocks of the zone', () => {
    const at = (id: string, starts_at: string, ends_at: string | null = null, is_ongoing = false) =>
      event(id, '2026-11-01', { starts_at, ends_at, is_ongoing });
    expect(
      seen([
        at('over', '2026-10-30T00:00:00Z', '2026-11-01T16:00:00Z'),
        at('reaches in', '2026-10-30T00:00:00Z', '2026-11-01T16:00:01Z'),
        at('moment', '2026-11-01T16:00:00Z'),
        at('moment before', '2026-11-01T15:59:59Z'),
        at('last', '2026-11-04T15:59:59Z'),
        at('next day', '2026-11-04T16:00:00Z'),
        at('ahead', '2026-12-24T00:00:00Z', '2026-12-26T00:00:00Z'),
        at('goes on', '2026-10-01T00:00:00Z', null, true),
      ]),
    ).toEqual(['reaches in', 'moment', 'last', 'goes on']);
  });

  it('has not the change itself, and what is accounted for wherever it lies', () => {
    const far = event('1', '2026-12-24');
    expect(seen([far], { is_accounted: true })).toEqual(['1']);
    expect(seen([event('2', '2026-11-03')], { is_change: true, is_accounted: true })).toEqual([]);
  });
});

describe('a segment', () => {
  const segment = (before: number, after: number, more: Partial<Segment> = {}): Segment => ({
    code: 'x',
    before,
    after,
    small: Math.min(before, after) < 20,
    ...more,
  });

  it('is found with the correction and enough cases', () => {
    const segment = { code: 'x', before: 40, after: 20, small: false, q: 0.04 };
    expect(isSure(segment)).toBe(true);
    expect(isSure({ ...segment, small: true })).toBe(false);
    expect(isSure({ ...segment, q: 0.06 })).toBe(false);
    expect(isSure({ ...segment, q: null })).toBe(false);
  });

  it('is called new or gone where there is no change to test, and only else a small sample', () => {
    expect(wordOf(segment(0, 537))).toBe('plot.new');
    expect(wordOf(segment(40, 0))).toBe('plot.gone');
    expect(wordOf(segment(3, 9, { q: 0.01 }))).toBe('plot.small');
    expect(wordOf(segment(477, 560))).toBe('compare.word.cannot_tell');
    expect(wordOf(segment(477, 560, { q: 0.3 }))).toBe('compare.unsure');
    expect(wordOf(segment(477, 960, { q: 0.001 }))).toBe('compare.sure');
  });

  it('is counted among the tested where it has a test', () => {
    expect(testedOf([segment(0, 5), segment(40, 50, { q: null }), segment(40, 50, { q: 1 })])).toBe(
      1,
    );
  });
});

describe('the course', () => {
  const day = { day: '2026-11-01', observed: 30, users: 2_000, expected: 40, low: 30, high: 50 };
  const names = { observed: 'counted', expected: 'expected' };

  it('has the band on what was expected, and rates per 1,000 users', () => {
    const [expected, observed] = courseOf(
      { series: [day], measure: 'contact_rate' },
      'Asia/Shanghai',
      names,
    );
    const at = readDate('2026-11-01', 'Asia/Shanghai');
    expect(expected?.points).toEqual([{ at, value: 20, low: 15, high: 25 }]);
    expect(observed?.points).toEqual([{ at, value: 15 }]);
  });

  it('ends with the last day that is counted', () => {
    const on = (date: string, more: object = {}) => ({ ...day, day: date, ...more });
    const series = [
      on('2026-11-27'),
      on('2026-11-28', { users: null }),
      on('2026-11-29', { observed: null, users: null }),
    ];
    expect(lastCounted({ series, measure: 'requests' })).toBe('2026-11-28');
    expect(lastCounted({ series, measure: 'contact_rate' })).toBe('2026-11-27');
    expect(lastCounted({ series: [], measure: 'requests' })).toBeUndefined();
  });

  it('leaves a gap where the desk was closed or users are not known', () => {
    const closed = { ...day, observed: null, users: null };
    const [, counted] = courseOf({ series: [closed], measure: 'requests' }, 'UTC', names);
    const [expected] = courseOf({ series: [closed], measure: 'contact_rate' }, 'UTC', names);
    expect(counted?.points[0]?.value).toBeNull();
    expect(expected?.points[0]?.value).toBeNull();
  });
});

describe('heads of events', () => {
  const mark = (key: string, at: number, label = 'a long name of an event') => ({ key, at, label });
  const x = (at: number) => at;

  it('never stand over each other, and no event is lost', () => {
    const marks = fc.array(
      fc.integer({ min: -50, max: 1_050 }).map((at) => at),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(marks, (ats) => {
        const all = ats.map((at, index) => mark(String(index), at));
        const raised = heads(all, x, [0, 1_000], 1_010, ', ');
        expect(raised.flatMap((head) => head.marks).length).toBe(all.length);
        for (const [index, head] of raised.entries()) {
          const next = raised[index + 1];
          expect(head.x).toBeGreaterThanOrEqual(0);
          expect(head.x).toBeLessThanOrEqual(1_000);
          if (next) expect(next.x - head.x).toBeGreaterThanOrEqual(HEAD);
        }
      }),
    );
  });

  it('have a name where there is room for one', () => {
    const [near, next, far] = heads(
      [mark('a', 0), mark('b', 40), mark('c', 400)],
      x,
      [0, 1_000],
      1_000,
      ', ',
    );
    expect(near?.text).toBe('');
    expect(next?.text).toBe('a long name of an event');
    expect(far?.text).toBe('a long name of an event');
  });

  it('say what, when and how long', () => {
    const at = Date.parse('2026-11-10T08:00:00Z');
    const release = { ...mark('a', at, '7.2.0'), kind: 'Release' };
    expect(markName(release, 'en')).toBe('Release: 7.2.0');
    expect(markName(release, 'zh-CN')).toBe('Release：7.2.0');
    expect(markTime(release, 'Asia/Shanghai')).toBe('2026-11-10 16:00');
    expect(markTime({ ...release, until: at + 3_600_000 }, 'UTC')).toBe('2026-11-10 08:00 – 09:00');
    expect(markTime({ ...release, until: at + DAY }, 'UTC')).toBe(
      '2026-11-10 08:00 – 2026-11-11 08:00',
    );
    expect(happening([{ ...release, until: at + DAY }], at + 10, at + 20)).toHaveLength(1);
    expect(happening([release], at + 10, at + 20)).toHaveLength(0);
    // A day that ends at midnight is not in the next one.
    expect(happening([{ ...release, until: at + DAY }], at + DAY, at + 2 * DAY)).toHaveLength(0);
    expect(happening([release], at, at + 1)).toHaveLength(1);
    const midnight = readDate('2026-11-10', 'UTC') ?? 0;
    expect(within([release], [midnight - DAY, midnight], 'day', 'UTC')).toHaveLength(1);
    expect(within([release], [midnight - DAY], 'day', 'UTC')).toHaveLength(0);
    expect(within([release], [], 'day', 'UTC')).toHaveLength(0);
  });
});

describe('an axis of ratios', () => {
  it('always has the middle, and its ticks apart', () => {
    const ratios = fc.array(fc.double({ min: 0.0001, max: 1e6, noNaN: true }), { maxLength: 20 });
    fc.assert(
      fc.property(ratios, fc.integer({ min: 120, max: 900 }), (all, width) => {
        const { x, ticks } = ratioAxis(all, [0, width]);
        expect(ticks).toContain(1);
        for (const [index, tick] of ticks.entries()) {
          expect(x(tick)).toBeGreaterThanOrEqual(0);
          expect(x(tick)).toBeLessThanOrEqual(width);
          const next = ticks[index + 1];
          if (next !== undefined) expect(x(next) - x(tick)).toBeGreaterThanOrEqual(60);
        }
      }),
    );
  });

  it('tells where an interval goes on beyond it', () => {
    const axis = ratioAxis([0.5, 2], [0, 300]);
    expect(ends(axis, 0, null)).toEqual({ from: 0, until: 300, goesOn: [true, true] });
    expect(ends(axis, 0.9, 1.1).goesOn).toEqual([false, false]);
  });

  it('has bins that hold every ratio once, with no change at an edge', () => {
    const ratios = fc.array(fc.double({ min: 0.05, max: 6, noNaN: true }), {
      minLength: 1,
      maxLength: 60,
    });
    fc.assert(
      fc.property(ratios, fc.double({ min: -0.95, max: 5, noNaN: true }), (all, own) => {
        const bins = changeBins(all, [own]);
        expect(bins.reduce((sum, { count }) => sum + count, 0)).toBe(all.length);
        const low = Math.min(own, ...all.map((each) => each - 1));
        expect(bins[0]?.from).toBeLessThanOrEqual(low + 1e-6);
        if (bins.some(({ from }) => from < 0) && bins.some(({ until }) => until > 0))
          expect(bins.some(({ from }) => from === 0)).toBe(true);
      }),
    );
    expect(changeBins([])).toEqual([]);
  });
});

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { apart, looks, REST, REST_KEY, SLOTS, TOTAL, TOTAL_KEY } from '../src/plots/colour';
import { csv, field } from '../src/plots/csv';
import { standingOf, toneOf, withoutEmpty, type Point } from '../src/plots/data';
import { chance, figure, short, signed } from '../src/plots/figure';
import { flags } from '../src/plots/flag';
import { classOf, CLASSES, limits, reliable } from '../src/plots/heat';
import { fit, heightFor, lanes, spread, textWidth } from '../src/plots/label';
import {
  bandPath,
  linePath,
  lonely,
  nearest,
  partialRuns,
  stepBand,
  stepPath,
  thin,
} from '../src/plots/shape';
import { fileName, tableCsv } from '../src/plots/share';

describe('CSV', () => {
  it('never hands a spreadsheet a formula', () => {
    for (const text of ['=1+1', '+86 13', '-1', '@cmd', '\t=1', '\r=1', ' =1', '＝1', '\n=1'])
      expect(field(text).replace(/^"/, '')).toMatch(/^'/);
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(field(text)).not.toMatch(/^[=+\-@\t\r]/);
      }),
    );
    expect(field(-3.5)).toBe('-3.5');
  });

  it('can be read back', () => {
    const plain = fc.string().filter((text) => !/^\s*[=+\-@＝＋－＠]|^[\t\r\n]/.test(text));
    fc.assert(
      fc.property(fc.array(fc.array(plain, { minLength: 2, maxLength: 2 })), (rows) => {
        expect(parse(csv(['a', 'b'], rows))).toEqual([['a', 'b'], ...rows]);
      }),
    );
  });

  it('writes exact values where short ones are shown', () => {
    const table = {
      columns: [{ label: 'Type' }, { label: 'Share', numeric: true }],
      rows: [
        ['转账, 未到账', { value: 0.123456, text: '12%' }],
        ['x', null],
      ],
    };
    expect(tableCsv(table)).toBe('\uFEFFType,Share\r\n"转账, 未到账",0.123456\r\nx,\r\n');
  });

  it('is saved under a name that every system takes', () => {
    expect(fileName('A/B: "what"? <1>\n')).toBe('A B what 1');
    expect(fileName('???')).toBe('plot');
    expect(fileName('转'.repeat(200))).toHaveLength(80);
  });
});

/** RFC 4180, for reading back what was written. */
function parse(text: string): string[][] {
  const rows: string[][] = [[]];
  const pattern = /(?:"((?:[^"]|"")*)"|([^,\r\n]*))(,|\r\n)/gy;
  for (const [, quoted, bare = '', end] of text.slice(1).matchAll(pattern)) {
    rows.at(-1)?.push(quoted === undefined ? bare : quoted.replace(/""/g, '"'));
    if (end !== ',') rows.push([]);
  }
  return rows.slice(0, -1);
}

describe('colours', () => {
  const codes = fc.uniqueArray(fc.string({ minLength: 1 }), { maxLength: 30 });

  it('stay when something is added at the end, and differ as long as they can', () => {
    fc.assert(
      fc.property(codes, fc.string({ minLength: 1 }), (keys, more) => {
        const before = looks(keys);
        const after = looks([...keys, more]);
        for (const key of keys) expect(after(key)).toEqual(before(key));
        const first = keys.filter((key) => key !== REST_KEY && key !== TOTAL_KEY).slice(0, SLOTS);
        expect(new Set(first.map((key) => before(key).colour)).size).toBe(first.length);
        expect(first.every((key) => before(key).dash === '')).toBe(true);
        const all = keys.filter((key) => key !== REST_KEY && key !== TOTAL_KEY).slice(0, 4 * SLOTS);
        expect(new Set(all.map((key) => JSON.stringify(before(key)))).size).toBe(all.length);
      }),
    );
  });

  it('are never shared by lines of one plot, while there are enough', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string({ minLength: 1 }), { maxLength: 60 }), (all) => {
        const keys = all.filter((key) => key !== REST_KEY && key !== TOTAL_KEY);
        const known = looks(keys);
        const shown = keys.toReversed().slice(0, 7);
        const look = apart(shown, known);
        expect(new Set(shown.map((key) => look(key).colour)).size).toBe(shown.length);
        for (const key of shown) expect(look(key).dash).toBe(known(key).dash);
        // Whose colour nobody else has keeps it.
        for (const key of shown)
          if (shown.every((other) => other === key || known(other).colour !== known(key).colour))
            expect(look(key)).toEqual(known(key));
      }),
    );
  });

  it('are fixed for all others together and for the whole', () => {
    expect(looks([REST_KEY, 'a'])(REST_KEY)).toEqual(REST);
    expect(looks([])(TOTAL_KEY)).toEqual(TOTAL);
    expect(looks([])('unknown')).toEqual(looks([])('unknown'));
  });
});

describe('figures', () => {
  it('of chance are never nought', () => {
    expect([0, 0.0004, 0.001, 0.0344, 1].map((p) => chance(p, 'en'))).toEqual([
      '< 0.001',
      '< 0.001',
      '0.001',
      '0.034',
      '1',
    ]);
  });

  it('are exact, in both languages', () => {
    expect(figure(12_345, 'count', 'en')).toBe('12,345');
    expect(figure(0.0123, 'share', 'en')).toBe('1.23%');
    expect(figure(0.5, 'share', 'zh-CN')).toBe('50%');
    expect(figure(8.4217, 'rate', 'en')).toBe('8.42');
    expect([-0, -0.04].map((value) => figure(value, 'count', 'zh-CN'))).toEqual(['0', '0']);
    const spans = [0, 0.5, 42, 59.7, 60, 720, 3_599, 11_100, 86_399, 187_200, -3_600];
    expect(spans.map((seconds) => figure(seconds, 'seconds', 'en'))).toEqual([
      '0 s',
      '0.5 s',
      '42 s',
      '1 min',
      '1 min',
      '12 min',
      '1 h',
      '3 h 5 min',
      '1 d',
      '2 d 4 h',
      '−1 h',
    ]);
    expect(
      [42, 720, 11_100, 187_200].map((seconds) => figure(seconds, 'seconds', 'zh-CN')),
    ).toEqual(['42秒', '12分钟', '3小时5分', '2天4小时']);
  });

  it('are short beside an axis', () => {
    expect([0, 950, 12_000, 3.4e6, 1.2e9].map((value) => short(value, 'count', 'en'))).toEqual([
      '0',
      '950',
      '12K',
      '3.4M',
      '1.2B',
    ]);
    expect([12_000, 3.4e6, 2e8].map((value) => short(value, 'count', 'zh-CN'))).toEqual([
      '1.2万',
      '340万',
      '2亿',
    ]);
    expect([0, 90, 5_400, 43_200, 129_600].map((value) => short(value, 'seconds', 'en'))).toEqual([
      '0',
      '1.5 min',
      '1.5 h',
      '12 h',
      '1.5 d',
    ]);
  });

  it('say changes with their sign', () => {
    expect([signed(0.123, 'en'), signed(-0.035, 'en'), signed(0, 'en')]).toEqual([
      '+12%',
      '−3.5%',
      '0%',
    ]);
    expect(signed(0.031, 'en', true)).toBe('+3.1');
  });
});

describe('labels', () => {
  it('ask for more height where they stand in two lines', () => {
    expect(heightFor(['Swap', 'Other'], 90)).toBe(0);
    const long = ['Transfer failed or stuck', 'Swap'];
    expect(heightFor(long, 90)).toBeGreaterThan(2 * 31);
    expect(heightFor([], 90)).toBe(0);
  });

  it('keep apart, inside and in order, the heaviest first', () => {
    const place = fc.record({
      wanted: fc.double({ min: -50, max: 400, noNaN: true }),
      weight: fc.double({ min: 0, max: 9, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(place, { maxLength: 40 }), (places) => {
        const found = spread(places, 0, 200, 16);
        const kept = found.filter((middle) => middle !== null).toSorted((a, b) => a - b);
        expect(kept.length).toBe(Math.min(places.length, 12));
        for (const [index, middle] of kept.entries()) {
          expect(middle).toBeGreaterThanOrEqual(8 - 1e-6);
          expect(middle).toBeLessThanOrEqual(192 + 1e-6);
          if (index > 0) expect(middle - (kept[index - 1] ?? 0)).toBeGreaterThanOrEqual(16 - 1e-6);
        }
      }),
    );
    expect(
      spread(
        [
          { wanted: 100, weight: 1 },
          { wanted: 20, weight: 1 },
        ],
        0,
        200,
        16,
      ),
    ).toEqual([100, 20]);
  });

  it('are cut to fit', () => {
    expect(fit('转账未到账', 1_000)).toBe('转账未到账');
    expect(fit('转账未到账', 40)).toMatch(/^转.*…$/);
    expect(textWidth(fit('Sent over the wrong network', 80))).toBeLessThanOrEqual(80);
    expect(fit('anything', 0)).toBe('');
  });

  it('of events never lie on each other, and no line goes through a name', () => {
    const flag = fc
      .record({
        line: fc.integer({ min: 0, max: 800 }),
        width: fc.integer({ min: 5, max: 140 }),
        turned: fc.boolean(),
      })
      .map(({ line, width, turned }) => ({ line, width, x: turned ? line - 4 - width : line + 4 }));
    fc.assert(
      fc.property(fc.array(flag, { maxLength: 20 }), (all) => {
        const found = lanes(all, 3);
        const shown = all.flatMap((each, index) => {
          const lane = found[index] ?? null;
          return lane === null ? [] : [{ ...each, lane, end: each.x + each.width }];
        });
        for (const a of shown)
          for (const b of shown) {
            if (a === b) continue;
            if (a.lane === b.lane) expect(a.end <= b.x || b.end <= a.x).toBe(true);
            // The line of a comes down through the lanes below its own.
            if (a.lane >= b.lane) expect(a.line > b.x && a.line < b.end).toBe(false);
          }
      }),
      { numRuns: 500 },
    );
    expect(
      flags(
        [
          { at: 99, label: 'Release 5.2.0' },
          { at: 500, label: 'outside' },
        ],
        (at) => at,
        [0, 100],
      ).flags,
    ).toMatchObject([{ text: 'Release 5.2.0', lane: 0 }]);
  });
});

describe('a change', () => {
  it('is shown by its size alone where it is proven', () => {
    const of = (value: number, before: number, change = {}) => ({
      value,
      before,
      change: { value: value / before - 1, ...change },
    });
    expect(standingOf(of(30, 20, { low: 0.1, high: 0.9 }), 'count')).toBeNull();
    expect(standingOf(of(30, 20, { low: -0.1, high: 0.9 }), 'count')).toBe('unclear');
    expect(standingOf(of(30, 20, { low: 0.1, high: 0.9, q: 0.2 }), 'count')).toBe('one_of_many');
    // Nine times as many at one instant, and nothing tells how much instants vary.
    expect(standingOf(of(27, 3), 'count')).toBe('cannot_tell');
    expect(standingOf({ value: 0.2, before: 0 }, 'share')).toBe('cannot_tell');
  });

  it('is none where there was nothing before, or is nothing now', () => {
    expect(standingOf({ value: 12, before: 0 }, 'count')).toBe('new');
    expect(standingOf({ value: 0, before: 12 }, 'count')).toBe('gone');
    expect(standingOf({ value: 0, before: 0 }, 'count')).toBeNull();
    expect(standingOf({ value: 12, before: 0 }, 'rate')).toBeNull();
    expect(standingOf({ value: 12, before: null }, 'count')).toBeNull();
  });

  it('is good or bad only where its interval leaves out zero', () => {
    const change = { value: -0.2, low: -0.3, high: -0.1 };
    expect(toneOf(change, 'lower')).toBe('good');
    expect(toneOf(change, 'higher')).toBe('bad');
    expect(toneOf(change, undefined)).toBe('');
    expect(toneOf({ value: -0.2, low: -0.3, high: 0.1 }, 'lower')).toBe('');
    expect(toneOf({ value: -0.2 }, 'lower')).toBe('');
    expect(toneOf({ value: -0.2, low: -0.3, high: null }, 'lower')).toBe('');
  });
});

describe('shapes', () => {
  it('draw what is not whole where it is, with its neighbours', () => {
    const points = [1, 2, 3, 4, 5, 6].map((at) => ({
      at,
      value: at,
      partial: [1, 5, 6].includes(at),
    }));
    const runs = (some: readonly Point[]) =>
      partialRuns(some).map((run) => run.map(({ at }) => at));
    // The cut first one is drawn, and of the whole ones only the neighbours of those that are not.
    expect(runs(points)).toEqual([
      [1, 2],
      [4, 5, 6],
    ]);
    expect(runs(points.slice(1, 4))).toEqual([]);
    expect(runs(points.slice(0, 1))).toEqual([[1]]);
  });

  const same = (value: number) => value;
  const point = (at: number, value: number | null, low?: number, high?: number): Point => ({
    at,
    value,
    low,
    high,
  });

  it('break where a value is missing', () => {
    const points = [
      point(0, 1),
      point(1, 2),
      point(2, null),
      point(3, 4),
      point(4, null),
      point(5, 6),
      point(6, 7),
    ];
    expect(linePath(points, same, same)).toBe('M0 1L1 2M3 4M5 6L6 7');
    expect(lonely(points)).toEqual([point(3, 4)]);
    expect(bandPath([point(0, 1, 0, 2), point(1, 1, 0, 3), point(2, 1)], same, same)).toBe(
      'M0 2L1 3L1 0L0 0Z',
    );
  });

  it('of a year of minutes keep their lowest and highest', () => {
    const points = Array.from({ length: 50_000 }, (_, at) =>
      point(at, at === 33_333 ? 1_000 : at === 44_444 ? -9 : at % 7),
    );
    const fewer = thin(points, (at) => at / 100, 500);
    expect(fewer.length).toBeLessThanOrEqual(4 * 501);
    expect(fewer.some(({ value }) => value === 1_000)).toBe(true);
    expect(fewer.some(({ value }) => value === -9)).toBe(true);
    expect(fewer.every((each, index) => index === 0 || each.at > (fewer[index - 1]?.at ?? 0))).toBe(
      true,
    );
  });

  it('step', () => {
    const steps = [
      { t: 0, value: 1, low: 1, high: 1 },
      { t: 5, value: 0.5, low: 0.2, high: 0.8 },
    ];
    expect(stepPath(steps, 9, same, same)).toBe('M0 1H5V0.5H9');
    expect(stepBand(steps, 9, same, same)).toBe('M0 1H5V0.8H9L9 0.2L5 0.2L5 1L0 1Z');
    expect(stepPath([], 9, same, same)).toBe('');
  });

  it('find the nearest moment', () => {
    expect([-5, 4, 6, 99].map((wanted) => nearest([0, 10, 20], wanted))).toEqual([0, 0, 1, 2]);
    expect(nearest([], 3)).toBe(-1);
  });
});

describe('heat', () => {
  it('has at most seven classes with round limits that hold all values', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 1_000_000 }), { minLength: 1, maxLength: 168 }),
        (values) => {
          const bounds = limits(values, 'count');
          expect(bounds.length).toBeLessThan(CLASSES);
          expect(
            bounds.every((limit, index) => index === 0 || limit > (bounds[index - 1] ?? 0)),
          ).toBe(true);
          const classes = values.map((value) => classOf(value, bounds));
          for (const [index, value] of values.entries()) {
            expect(classes[index] === 0).toBe(value === 0);
            expect(classes[index]).toBeLessThanOrEqual(CLASSES);
          }
        },
      ),
    );
    expect(limits([125], 'count')).toEqual([20, 40, 60, 80, 100, 120]);
    expect(classOf(null, [])).toBe(0);
  });

  it('has limits of time that people count in', () => {
    const minutes = (highest: number) => limits([highest], 'seconds').map((each) => each / 60);
    expect(minutes(5_100)).toEqual([15, 30, 45, 60, 75]);
    expect(minutes(12 * 3_600)).toEqual([120, 240, 360, 480, 600]);
    expect(limits([20], 'seconds')).toEqual([5, 10, 15]);
    fc.assert(
      fc.property(fc.double({ min: 1, max: 1e9, noNaN: true }), (highest) => {
        expect(limits([highest], 'seconds').length).toBeLessThan(CLASSES);
      }),
    );
  });

  it('has a scale of large samples where there are any', () => {
    const [low, high] = [
      { value: 2, small: false },
      { value: 900, small: true },
    ];
    expect(reliable([low, null, high, { value: null }])).toEqual([2]);
    expect(reliable([high])).toEqual([900]);
    // Of a small desk all but the hours without a request are small.
    expect(reliable([{ value: 0, small: false }, high])).toEqual([0, 900]);
    expect(classOf(high.value, limits(reliable([low, high]), 'rate'))).toBe(CLASSES);
  });
});

describe('tables', () => {
  it('leave out columns that nobody filled', () => {
    const table = withoutEmpty({
      columns: ['a', 'b', 'c', 'd'].map((label) => ({ label })),
      rows: [
        [1, null, null, ''],
        [2, null, 3, ''],
      ],
    });
    expect(table.columns.map(({ label }) => label)).toEqual(['a', 'b', 'c']);
    expect(table.rows).toEqual([
      [1, null, null],
      [2, null, 3],
    ]);
  });
});

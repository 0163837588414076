import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  band,
  extent,
  linear,
  logarithmic,
  niceAxis,
  niceStep,
  spanAxis,
  spanTicks,
} from '../src/plots/scale';

const finite = fc.double({ min: -1e12, max: 1e12, noNaN: true });

describe('scales', () => {
  it('lead there and back', () => {
    fc.assert(
      fc.property(
        finite,
        fc.double({ min: 1e-3, max: 1e9, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (low, size, part) => {
          const scale = linear([low, low + size], [40, 900]);
          const value = low + size * part;
          expect(scale.invert(scale(value))).toBeCloseTo(
            value,
            -Math.log10(size * 1e-6 + Math.abs(low) * 1e-9),
          );
        },
      ),
    );
    const log = logarithmic([60, 86_400], [0, 300]);
    expect(log(60)).toBe(0);
    expect(log(86_400)).toBeCloseTo(300);
    expect(log.invert(log(3_600))).toBeCloseTo(3_600);
    expect(Number.isFinite(logarithmic([0, 0], [0, 300])(0))).toBe(true);
  });

  it('put a single value in the middle', () => {
    expect(linear([5, 5], [0, 100])(5)).toBe(50);
  });

  it('give equal places', () => {
    const places = band(4, [0, 100], 0.2);
    expect([places(0), places(3) + places.width]).toEqual([2.5, 97.5]);
    expect(band(0, [0, 100]).width).toBe(0);
  });
});

describe('round numbers', () => {
  it('are 1, 2 or 5 times a power of ten', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1e-6, max: 1e12, noNaN: true }),
        fc.integer({ min: 1, max: 12 }),
        (size, count) => {
          const step = niceStep(size, count);
          const lead = step / 10 ** Math.floor(Math.log10(step) + 1e-9);
          expect([1, 2, 5].some((nice) => Math.abs(lead - nice) < 1e-6)).toBe(true);
        },
      ),
    );
  });

  it('hold every value, start at zero and are not many', () => {
    fc.assert(
      fc.property(finite, finite, fc.boolean(), (a, b, whole) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)];
        const axis = niceAxis(low, high, 5, whole);
        // A ten-thousandth of a pixel outside is inside.
        const hair = (axis.high - axis.low) * 1e-8;
        expect(axis.low).toBeLessThanOrEqual(Math.min(0, low) + hair);
        expect(axis.high).toBeGreaterThanOrEqual(Math.max(0, high) - hair);
        expect(axis.ticks).toContain(0);
        expect(axis.ticks.length).toBeLessThanOrEqual(10);
        if (whole) expect(axis.ticks.every(Number.isInteger)).toBe(true);
      }),
    );
  });

  it('are what one would write by hand', () => {
    expect(niceAxis(0, 97, 5).ticks).toEqual([0, 20, 40, 60, 80, 100]);
    expect(niceAxis(0, 0.3, 3).ticks).toEqual([0, 0.1, 0.2, 0.3]);
    expect(niceAxis(0, 2, 5, true).ticks).toEqual([0, 1, 2]);
    expect(niceAxis(-3, 8, 5).ticks).toEqual([-4, -2, 0, 2, 4, 6, 8]);
    expect(niceAxis(0, 0, 5).ticks).toEqual([0, 1]);
    expect(niceAxis(0, Infinity, 5).ticks).toEqual([0, 1]);
  });

  it('of time are minutes, hours and days', () => {
    expect(spanAxis(5_400, 6).ticks).toEqual(
      [0, 900, 1_800, 2_700, 3_600, 4_500, 5_400].filter((tick) => tick % 1_800 === 0),
    );
    expect(spanAxis(3 * 86_400, 12).ticks).toEqual(
      [0, 0.5, 1, 1.5, 2, 2.5, 3].map((days) => days * 86_400),
    );
    expect(spanAxis(100, 4).ticks).toEqual([0, 30, 60, 90, 120]);
    fc.assert(
      fc.property(
        fc.double({ min: 1, max: 1e9, noNaN: true }),
        fc.integer({ min: 2, max: 12 }),
        (highest, count) => {
          const axis = spanAxis(highest, count);
          expect(axis.high).toBeGreaterThanOrEqual(highest * (1 - 1e-8));
          expect(axis.ticks.length).toBeLessThanOrEqual(2 * count + 2);
        },
      ),
    );
    expect(spanTicks(60, 122_880, 10)).toEqual([60, 600, 3_600, 21_600, 86_400]);
  });

  it('come from the values that are there', () => {
    expect(extent([null, 3, undefined, -2, NaN])).toEqual([-2, 3]);
    expect(extent([])).toEqual([0, 0]);
  });
});

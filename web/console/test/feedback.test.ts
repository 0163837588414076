import type { InsightCurve } from '@standfast/api';
import { array, assert, integer, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Answer, Figure } from '../src/insight/api';
import { curveOf, horizonOf, returnedOf, silenceOf } from '../src/insight/feedback';
import { dropped } from '../src/insight/grouping';
import { spreadOf } from '../src/plots/split';

const share = (numerator: number, denominator: number): Figure => ({
  value: denominator ? numerator / denominator : null,
  n: denominator,
  small: denominator < 30,
  numerator,
  denominator,
});

describe('silence', () => {
  it('leaves the bounds of Manski: 90 % of 15 % is anything from 13.5 to 98.5 %', () => {
    const said = silenceOf(share(150, 1000), share(135, 150));
    expect(said).toMatchObject({ asked: 1000, satisfied: 135, dissatisfied: 15, silent: 850 });
    expect(said?.low).toBeCloseTo(0.135);
    expect(said?.high).toBeCloseTo(0.985);
  });

  it('is told of nobody who was not asked, and adds up when answers come in between', () => {
    expect(silenceOf(share(0, 0), share(0, 0))).toBeNull();
    const said = silenceOf(share(9, 10), share(11, 12));
    expect(said).toMatchObject({ asked: 10, satisfied: 10, dissatisfied: 0, silent: 0 });
  });
});

it('of repeat contacts, those too young to tell are told apart', () => {
  const answer: Answer = {
    measure: 'repeat_contact',
    unit: 'share',
    excluded: { spam: 0, merged: 0, test: 0 },
    left_out: 7,
    groups: [],
    total: share(3, 20),
  };
  expect(returnedOf(answer)).toEqual({ back: 3, away: 17, young: 7 });
});

describe('curves', () => {
  const curve = (steps: [number, number][], seen: number): InsightCurve => ({
    code: null,
    n: 100,
    over: 90,
    censored: 10,
    small: false,
    seen,
    median: { seconds: 10, low: 8, high: 12 },
    p90: { seconds: null, low: null, high: null },
    steps: steps.map(([seconds, waiting]) => ({
      seconds,
      waiting,
      low: waiting - 0.01,
      high: waiting + 0.01,
      at_risk: 50,
    })),
  });
  const long = curve(
    [
      [10, 0.5],
      [100, 0.02],
      [9_000, 0.01],
    ],
    20_000,
  );

  it('are drawn until few still wait, or as far as anybody was seen', () => {
    expect(horizonOf([long])).toBeCloseTo(110);
    expect(horizonOf([long, curve([[10, 0.4]], 300)])).toBe(300);
    expect(horizonOf([])).toBe(1);
  });

  it('begin with everybody waiting and end where they are drawn to', () => {
    const drawn = curveOf(long, 'k', 'All', 110);
    expect(drawn.steps.map(({ t, value }) => [t, value])).toEqual([
      [0, 1],
      [10, 0.5],
      [100, 0.02],
    ]);
    expect([drawn.end, drawn.n, drawn.steps[0]?.at_risk]).toEqual([110, 100, 100]);
  });
});

describe('a dimension that is dropped', () => {
  it('goes where it is put, and what was there takes its place', () => {
    const now = { group: 'type', split: 'channel' };
    expect(dropped(now, 'channel', 'group')).toEqual({ group: 'channel', split: 'type' });
    expect(dropped(now, 'type', 'split')).toEqual({ group: 'channel', split: 'type' });
    expect(dropped(now, 'region', 'split')).toEqual({ group: 'type', split: 'region' });
    expect(dropped(now, 'type', 'group')).toEqual(now);
    expect(dropped({ group: 'time', split: 'type' }, 'type', 'group')).toEqual({
      group: 'type',
      split: '',
    });
    expect(dropped({ group: 'nothing', split: '' }, 'type', 'split')).toEqual({
      group: 'time',
      split: 'type',
    });
    expect(dropped({ group: 'type', split: '' }, 'type', 'split')).toEqual({
      group: 'time',
      split: 'type',
    });
  });
});

describe('the parts of a whole', () => {
  it('fill the bar in their order, and what there is can be seen', () => {
    assert(
      property(
        array(integer({ min: 0, max: 100_000 }), { minLength: 1, maxLength: 6 }),
        integer({ min: 200, max: 1400 }),
        (values, width) => {
          const spans = spreadOf(values, width);
          if (values.every((value) => value === 0)) {
            expect(spans.every(({ from, until }) => from === until)).toBe(true);
            return;
          }
          expect(spans.at(-1)?.until).toBeCloseTo(width, 6);
          spans.forEach(({ from, until }, at) => {
            const size = until - from;
            if (values[at] === 0) expect(size).toBe(0);
            else expect(size).toBeGreaterThanOrEqual(3 - 1e-9);
            if (at > 0) expect(from).toBe(spans[at - 1]?.until);
          });
        },
      ),
    );
  });
});

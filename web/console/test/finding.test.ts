import type { Verdict } from '@standfast/api';
import { describe, expect, it } from 'vitest';
import zhCompare from '../../../locales/zh-CN/compare.json';
import { endsOf, findingOf, placeOf, type Saying } from '../src/insight/compare/finding';

describe('a finding', () => {
  const say = {
    percent: (part: number) => `${Math.round(part * 100)} %`,
    signed: (change: number) => `${Math.round(change * 100)} %`,
    p: (p: number) => `= ${p}`,
  };
  const verdict = (code: Verdict['code'], more: Partial<Verdict> = {}): Verdict => ({
    code,
    days_needed: null,
    missing_before: null,
    missing_after: null,
    ...more,
  });
  const estimate = (low: number, high: number | null, value = low) => ({
    ratio: { value, low, high },
    p: 0.01,
    dispersion: 1,
    autocorrelation: 0,
    effective_days: 40,
  });
  const title = (found: Verdict, size: ReturnType<typeof estimate> | null): Saying =>
    findingOf(found, size, 'expected', say).title;

  it('says how many fewer or more, the smaller change first', () => {
    expect(title(verdict('fewer'), estimate(0.79, 0.88))).toEqual([
      'compare.fewer.expected',
      { low: '12 %', high: '21 %' },
    ]);
    expect(title(verdict('more'), estimate(1.1, 1.4))).toEqual([
      'compare.more.expected',
      { low: '10 %', high: '40 %' },
    ]);
    expect(title(verdict('more'), estimate(1.5, null))).toEqual([
      'compare.more.least.expected',
      { low: '50 %' },
    ]);
    expect(title(verdict('fewer'), estimate(0.799, 0.801, 0.8))).toEqual([
      'compare.fewer.about.expected',
      { about: '20 %' },
    ]);
  });

  it('that is none says what to wait for, and never that there was no effect', () => {
    const open = (needed: number | null) =>
      findingOf(
        verdict('cannot_tell', { days_needed: needed }),
        estimate(0.9, 1.2),
        'expected',
        say,
      );
    expect(open(20)).toMatchObject({
      tone: 'open',
      title: ['compare.open.wait'],
      texts: [
        ['compare.range', { low: '-10 %', high: '20 %' }],
        ['compare.open.wait.text', { count: 20 }],
      ],
    });
    expect(open(0).title).toEqual(['compare.open.enough']);
    expect(open(null).title).toEqual(['compare.open.never']);
  });

  it('that days may not settle says why', () => {
    const why = (reason: NonNullable<Verdict['reason']>) =>
      findingOf(verdict('cannot_tell', { reason }), null, 'expected', say).texts.map(
        ([key]) => key,
      );
    expect(why('power')).toEqual(['compare.open.few.text']);
    expect(why('undecided')).toEqual(['compare.open.undecided.text']);
    expect(why('past')).toEqual(['compare.open.past.text']);
  });

  it('between two periods never says that more days do not help, nor to lengthen one of them', () => {
    const between = (found: Verdict, days = 14) =>
      findingOf(found, null, { days }, say).texts.at(-1);
    const open = (needed: number | null, days?: number) =>
      between(verdict('cannot_tell', { reason: 'power', days_needed: needed }), days);
    // 1/14 + 1/(14 + 28) days have the variance of twice 1/21.
    expect(open(28)).toEqual(['compare.open.longer.text', { count: 7 }]);
    expect(open(1)).toEqual(['compare.open.longer.text', { count: 1 }]);
    expect(open(null)).toEqual(['compare.open.far.text']);
    // No longer ones can be compared.
    expect(open(700, 300)).toEqual(['compare.open.wider.text', { most: 366 }]);
    expect(open(null, 366)).toEqual(['compare.open.wider.text', { most: 366 }]);
    expect(open(0)).toEqual(['compare.open.enough.text']);
    expect(between(verdict('cannot_tell', { reason: 'undecided' }))).toEqual([
      'compare.open.undecided.text',
    ]);
    const short = (before: number, after: number) =>
      between(verdict('too_short', { missing_before: before, missing_after: after }));
    expect(short(2, 2)).toEqual(['compare.short.partners', { count: 2 }]);
    expect(short(0, 1)).toEqual(['compare.short.alike']);
    expect(between(verdict('inseparable'))).toEqual(['compare.inseparable.text.earlier']);
  });

  it('between two periods speaks in Chinese of no event, and of nothing to wait for', () => {
    const keys = [
      verdict('cannot_tell', { reason: 'power' }),
      verdict('cannot_tell', { reason: 'power', days_needed: 9 }),
      verdict('cannot_tell', { reason: 'power', days_needed: 400 }),
      verdict('cannot_tell', { reason: 'undecided' }),
      verdict('cannot_tell', { reason: 'small', days_needed: 0 }),
      verdict('too_short', { missing_before: 1, missing_after: 1 }),
      verdict('too_short', { missing_after: 1 }),
      verdict('inseparable'),
    ].flatMap((one) => {
      const { title: head, texts } = findingOf(one, null, { days: 300 }, say);
      return [head, ...texts].map(([key]) => key);
    });
    const words: Record<string, string> = zhCompare;
    const said = keys.map((key) => words[key] ?? words[`${key}_other`] ?? '');
    expect(said.filter((text) => text === '')).toEqual([]);
    for (const text of said) expect(text).not.toMatch(/这件事|事件|再等|到时|到那时|暂时/);
  });

  it('between two periods names the earlier one', () => {
    const found = findingOf(verdict('fewer'), estimate(0.79, 0.88), { days: 28 }, say);
    expect(found.title).toEqual(['compare.fewer.earlier', { low: '12 %', high: '21 %' }]);
  });

  it('that lacks days says on which side', () => {
    const short = findingOf(
      verdict('too_short', { missing_before: 0, missing_after: 3 }),
      null,
      'expected',
      say,
    );
    expect(short.texts).toEqual([['compare.short.after', { count: 3 }]]);
    expect(findingOf(verdict('inseparable'), null, 'expected', say).tone).toBe('lacking');
  });
});

describe('what the past shows', () => {
  it('has ends in percent where there are dates enough for them', () => {
    expect(endsOf(40)).toEqual({ low: 'compare.past.lower', high: 'compare.past.upper' });
    expect(endsOf(41)).toEqual({ low: 'compare.past.low', high: 'compare.past.high' });
  });

  it('beside a past that stands still a change lies outside; beside one that moves to one side, apart', () => {
    const of = (low: number, high: number, dates: number, inside = false) =>
      placeOf({ low, high, dates, inside });
    expect(of(0.98, 1.02, 30)).toBe('outside');
    expect(of(1.03, 1.24, 30)).toBe('apart');
    expect(of(0.7, 0.9, 30)).toBe('apart');
    expect(of(1.03, 1.24, 19)).toBe('outside');
    expect(of(1.03, 1.24, 30, true)).toBe('inside');
  });
});

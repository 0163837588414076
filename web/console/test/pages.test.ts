/** Pages of Insight as they are written before anything is measured of the window: what they ask, and what they say. */
import type { InsightAnswer, InsightCatalogue } from '@standfast/api';
import { render } from 'svelte/server';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { answerOf, asked, catalogueOf, type Query } from '../src/insight/api';
import Compare from '../src/insight/pages/Compare.svelte';
import Grid from '../src/insight/pages/Grid.svelte';
import Times from '../src/insight/pages/Times.svelte';
import Week from '../src/insight/pages/Week.svelte';
import { Scope } from '../src/insight/scope.svelte';
import { worded } from '../src/plots/remark';
import { useArea, useLanguage } from '../src/words.svelte';

const measure = (code: string, time_base: string) => ({
  code,
  unit: 'requests',
  name: { en: code },
  time_base,
  parameters: {},
});
const value = (code: string) => ({ code, name: { en: code } });
const { catalogue, questions } = vi.hoisted(() => ({
  catalogue: { data: null as unknown },
  questions: [] as unknown[],
}));

// Pages are written as on a server, which has no window.
vi.mock('../src/session/preferences.svelte', () => ({ preferences: { language: 'en' } }));
vi.mock('../src/routing/router.svelte', () => ({ router: { go: () => {} }, follow: () => {} }));
vi.mock('../src/insight/beat.svelte', () => ({
  beat: { at: Date.UTC(2026, 10, 9), now: () => {} },
}));
vi.mock('../src/insight/holidays.svelte', () => ({
  loadHolidays: () => {},
  holidays: { within: () => ({ text: '', ofWeekday: () => '' }), marks: () => [] },
}));
vi.mock('../src/insight/answers.svelte', () => ({
  known: { asked: catalogue, events: { data: [], state: { kind: 'ready' } } },
  answerTo: (question: () => Query | null) => ({
    get data() {
      const query = question();
      return query && answerOf(answered(query));
    },
    state: { kind: 'ready' },
  }),
  answering: (question: () => unknown) => {
    questions.push(question());
    return { data: null, state: { kind: 'loading' } };
  },
  staffingTo: () => ({ data: null, state: { kind: 'ready' } }),
}));

const lasts = (code: string) => (code === 'hour_of_week' ? 3_600 : 86_400);

/** Of every group the desk names the same two members: the more has come of one, the more has ended of the other. */
function answered(query: Query): InsightAnswer {
  questions.push(query);
  const { group = [] } = asked(query);
  const codes: Record<string, string[]> = {
    hour_of_week: ['1-9', '2-13'],
    type: ['swap', 'theft'],
  };
  const day = { from: '2026-11-02T00:00:00Z', until: '2026-11-03T00:00:00Z' };
  const cell = (at: number, opened: number, closed: number) => ({
    at: group.map(() => at),
    figure: { n: opened, small: false, value: opened, flow: { opened, closed } },
  });
  return {
    measure: query.measure,
    unit: 'requests',
    from: query.from,
    until: query.until,
    as_of: query.until,
    excluded: { spam: 5 },
    left_out: 0,
    axes: group.map((code) => ({
      code,
      members: (codes[code] ?? ['1', '2']).map((each) => ({
        code: each,
        // What ended had twice as much of each.
        seconds: 10 * lasts(code),
        closed_seconds: 20 * lasts(code),
        ...(code === 'day' ? day : {}),
      })),
    })),
    cells: [cell(0, 40, 10), cell(1, 20, 90)],
    total: { n: 60, small: false, value: 60, flow: { opened: 60, closed: 100 } },
  } as unknown as InsightAnswer;
}

function scoped(search: string): Scope {
  return new Scope(() => ({ page: 'times', search: `zone=UTC&period=7d&${search}` }));
}
const told = (body: string) => body.replaceAll(/<!--.*?-->/g, '');
const count = (text: string, part: string) => text.split(part).length - 1;

beforeAll(async () => {
  useLanguage('en');
  await useArea('insight');
  catalogue.data = {
    requests: 9,
    since: '2026-01-01T00:00:00Z',
    history: {},
    measures: [measure('requests', 'created'), measure('flow', 'created_and_ended')],
    dimensions: [{ ...value('type'), values: [value('swap'), value('theft')] }],
  } as unknown as InsightCatalogue;
  expect(catalogueOf(catalogue.data as InsightCatalogue, () => '', String).measures).toHaveLength(
    2,
  );
});

describe('two maps of what came and what ended', () => {
  it('have the note that holds for both once, and each its own peaks', () => {
    const props = { scope: scoped('measure=flow'), measure: 'flow', title: 'T' };
    const { body } = render(Week, { props });
    expect(count(told(body), 'Busiest:')).toBe(2);
    expect(told(body)).toContain('Busiest: Mon at 09:00 (4 an hour');
    expect(told(body)).toContain('Busiest: Tue at 13:00 (4.5 an hour');
    expect(count(told(body), '5 spam')).toBe(1);
  });

  it('have it once by two groupings too', () => {
    const props = { scope: scoped('measure=flow'), measure: 'flow', title: 'T' };
    const grid = { ...props, group: 'type', split: 'weekday' };
    const body = told(render(Grid, { props: grid }).body);
    expect(count(body, '5 spam')).toBe(1);
    const numbers = [...body.matchAll(/<td class="numeric">([\d.]+)<\/td>/g)].map(
      ([, text]) => text,
    );
    expect(numbers.filter((text) => text !== '0')).toEqual(['2', '4', '4.5', '0.5']);
  });
});

describe('the page of times', () => {
  const headings = (search: string) => {
    const { body } = render(Times, { props: { scope: scoped(search) } });
    return [...told(body).matchAll(/<h2[^>]*>(.*?)<\/h2>/gs)].map(([, text = '']) =>
      text.replaceAll(/<[^>]*>/g, '').trim(),
    );
  };

  it('shows what came and what ended, where its address asks for it', () => {
    questions.length = 0;
    const shown = headings('measure=flow');
    expect(shown.slice(0, 2)).toEqual(['Came by Hour of the week', 'Ended by Hour of the week']);
    expect(new Set(questions.map((each) => (each as Query).measure))).toEqual(new Set(['flow']));
    expect(headings('')[0]).toBe('At which hours do people write?');
  });

  it('shows both of each value, those first of which most came or ended', () => {
    expect(headings('measure=flow&group=type').slice(0, 4)).toEqual([
      'theft · Came',
      'theft · Ended',
      'swap · Came',
      'swap · Ended',
    ]);
    expect(headings('group=type').slice(0, 2)).toEqual(['swap', 'theft']);
  });
});

describe('the page of comparisons', () => {
  const ask = (search: string) => {
    questions.length = 0;
    // It is written when it is read.
    expect(render(Compare, { props: { scope: scoped(search) } }).body).toBeTruthy();
    return questions;
  };

  it('asks by what the desk knows, and leaves the rest as usual', () => {
    const change = 'date=2026-10-01&where=type,swap&where=mood,bad';
    const usual = { filter: { type: ['swap'] }, controls: { type: ['theft'] } };
    expect(ask(`${change}&control=mood,bad`)[0]).toMatchObject(usual);
    expect(ask(`${change}&control=type,nonsense`)[0]).toMatchObject(usual);
    expect(ask(`${change}&control=none`)[0]).toMatchObject({ ...usual, controls: {} });
    expect(ask('what=periods&where=mood,bad')[0]).toMatchObject({ filter: {} });
  });
});

describe('a figure in words', () => {
  it('says that nothing was measured', () => {
    expect(worded({ value: null }, 'rate')).toBe('not measured');
    expect(worded(null, 'count')).toBe('not measured');
    expect(worded({ value: 0 }, 'count')).toBe('0');
  });
});

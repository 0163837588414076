import type { InsightAnswer } from '@standfast/api';
import { describe, expect, it } from 'vitest';
import { answerOf, asked, CYCLES } from '../src/insight/api';
import { groupingOf, groupsFor, splitsFor } from '../src/insight/grouping';
import {
  hasUsers,
  isFew,
  peaksOf,
  restsOn,
  timesOf,
  toldOf,
  unknownOf,
} from '../src/insight/plotted';
import { shortOf } from '../src/insight/staffing';
import { reversedOf, unheardOf, unreadOf, unusedOf } from '../src/insight/unread';
import type { InsightPage } from '../src/routing/address';
import { readView, understood } from '../src/insight/view';

const told: InsightAnswer = {
  measure: 'one_contact',
  unit: 'share',
  from: '2026-11-01T00:00:00Z',
  until: '2026-11-03T00:00:00Z',
  excluded: { spam: 3 },
  left_out: 4,
  as_of: '2026-11-02T10:11:12.345678Z',
  axes: [
    {
      code: 'day',
      members: [
        { code: '2026-11-01', from: '2026-11-01T00:00:00Z' },
        { code: '2026-11-02', from: '2026-11-02T00:00:00Z' },
      ],
    },
    {
      code: 'hour_of_week',
      members: [
        { code: '1-0', seconds: 3_600 },
        { code: '7-23', seconds: 7_200 },
      ],
    },
  ],
  cells: [
    {
      at: [1, 1],
      figure: {
        n: 8,
        small: true,
        value: 0.5,
        numerator: 4,
        denominator: 8,
        low: 0.22,
        high: 0.78,
      },
    },
  ],
  total: { n: 0, small: true, value: null },
};

describe('what the desk answers', () => {
  it('has its cells by the starts of their times and the hours of the week', () => {
    const answer = answerOf(told);
    expect(answer.groups).toEqual([
      {
        keys: ['2026-11-02T00:00:00Z', '167'],
        cell: ['2026-11-02', '7-23'],
        n: 8,
        small: true,
        value: 0.5,
        numerator: 4,
        denominator: 8,
        low: 0.22,
        high: 0.78,
        asOf: told.as_of,
      },
    ]);
    expect(answer.total).toEqual({ n: 0, small: true, value: null, asOf: told.as_of });
    expect(answer.seconds?.map((each) => each && [...each])).toEqual([
      null,
      [
        ['0', 3_600],
        ['167', 7_200],
      ],
    ]);
    expect(answer.excluded).toEqual({ spam: 3, merged: 0, test: 0 });
  });
});

describe('a question', () => {
  const question = {
    measure: 'requests',
    from: '2026-11-01T00:00:00.000Z',
    until: '2026-11-02T10:11:12.345Z',
    zone: 'UTC',
    filters: [
      { dimension: 'chain', values: ['tron'], not: true },
      { dimension: 'type', values: ['theft'] },
    ],
    group: [],
  };

  it('leaves it to the desk what is not among those that the reader excepted', () => {
    expect(asked(question)).toMatchObject({
      filter: { type: ['theft'] },
      except: { chain: ['tron'] },
    });
  });

  it('can be about what an earlier answer counted', () => {
    expect(asked(question)).not.toHaveProperty('as_of');
    const asOf = '2026-11-02T10:11:12.345678Z';
    expect(asked({ ...question, asOf }).as_of).toBe(asOf);
  });

  it('is about whole seconds', () => {
    const query = asked({
      measure: 'requests',
      from: '2026-11-01T00:00:00.000Z',
      until: '2026-11-02T10:11:12.345Z',
      zone: 'UTC',
      filters: [{ dimension: 'chain', values: ['tron'] }],
      group: [{ time: 'day' }, 'type'],
    });
    expect(query).toMatchObject({
      from: '2026-11-01T00:00:00Z',
      until: '2026-11-02T10:11:12Z',
      filter: { chain: ['tron'] },
      group: ['day', 'type'],
    });
  });
});

describe('what the explorer offers', () => {
  const dimensions = ['type', 'app_version', 'region', 'platform'];

  it('is every grouping, and once more what makes a plot of its own', () => {
    expect(groupsFor(dimensions)).toEqual(['time', ...dimensions, ...CYCLES, 'nothing']);
    expect(splitsFor(dimensions, 'time')).toEqual(dimensions);
    expect(splitsFor(dimensions, 'type')).toEqual([
      'app_version',
      'region',
      'platform',
      'hour_of_day',
      'weekday',
    ]);
    // Each hour of a weekday is the hours of the week.
    expect(splitsFor(dimensions, 'weekday')).toEqual(dimensions);
    expect(splitsFor(dimensions, 'hour_of_week')).toEqual([]);
  });

  it('leaves out of an address what it does not offer', () => {
    expect(groupingOf({ group: 'weekday', split: 'hour_of_day' }, dimensions)).toEqual({
      group: 'weekday',
      split: '',
      kind: 'cycle',
    });
    expect(groupingOf({ group: 'moon', split: 'region' }, dimensions)).toEqual({
      group: 'time',
      split: 'region',
      kind: 'parts',
    });
    const kind = (group: string, split = '') => groupingOf({ group, split }, dimensions).kind;
    expect(kind('')).toBe('course');
    expect(kind('time', 'type')).toBe('parts');
    expect(kind('time', 'weekday')).toBe('course');
    expect(kind('type')).toBe('ranking');
    expect(kind('type', 'weekday')).toBe('grid');
    expect(kind('weekday')).toBe('cycle');
    expect(kind('hour_of_week', 'type')).toBe('week');
    expect(kind('nothing', 'type')).toBe('total');
  });
});

describe('peaks', () => {
  it('are the busiest hour and the busiest three in a row, also over midnight', () => {
    const cells = Array.from({ length: 7 }, () =>
      Array.from({ length: 24 }, (_, hour) => ({ value: [23, 0, 1].includes(hour) ? 4 : 1 })),
    );
    (cells[2] ?? [])[0] = { value: 9 };
    expect(peaksOf(cells)).toMatchObject({ day: 2, hour: 0, value: 9, from: 23, until: 2 });
    expect(peaksOf(cells.map((row) => row.map(() => null)))).toBeNull();
    // Hours that have not been yet make no other hour the busiest.
    const early = Array.from({ length: 7 }, (_, day) =>
      Array.from({ length: 24 }, (__, hour) =>
        day > 0 && hour < 12 ? null : { value: hour < 12 ? 6 : 2 },
      ),
    );
    expect(peaksOf(early)).toMatchObject({ day: 0, hour: 0, from: 0 });
  });

  it('are told with how often the period has that hour, and on how many of them the average rests', () => {
    const at = { day: 1, hour: 13 };
    const seconds = [new Map([['37', 4 * 3_600]])];
    expect(timesOf({ seconds, groups: [] } as never, at)).toBe(4);
    expect(timesOf({ groups: [] } as never, at)).toBe(0);
    const weeks = ['2026-11-02', '2026-11-09', '2026-11-16'];
    const groups = weeks.flatMap((week, n) => [
      { keys: [week, '37'], n },
      { keys: [week, '38'], n: 9 },
    ]);
    expect(restsOn({ groups } as never, at, 4)).toBe(2);
    // Where the clock is put back a week has the hour twice, and still once in words.
    expect(restsOn({ groups } as never, at, 1)).toBe(1);
    expect([0, 1, 2, 4, 13, 14, 52].filter(isFew)).toEqual([2, 4, 13]);
  });
});

describe('a rate that no request has', () => {
  const groups = (...cells: [string, string, number | null][]) =>
    cells.map(([row, column, value]) => ({ keys: [row, column], value })) as never;

  it('leaves out requests of whose users nothing is known, also those that have no group', () => {
    const told = [
      { value: 1, n: 4 },
      { value: null, n: 3 },
    ];
    expect(unknownOf({ groups: told, total: { n: 10 } } as never)).toBe(6);
  });

  it('is nought where its users are known', () => {
    // By type and chain all rates are divided by the same users.
    const plain = hasUsers(groups(['fee', 'tron', 2]), ['type', 'chain']);
    expect(plain(['swap', 'bnb'])).toBe(true);
    // A version's users are known where it has a rate with any other type.
    const cells = groups(['7.1.0', 'fee', 2], ['7.0.0', 'fee', null], ['', 'swap', null]);
    const versions = hasUsers(cells, ['app_version', 'type']);
    expect(['7.1.0', '7.0.0', ''].map((version) => versions([version, 'swap']))).toEqual([
      true,
      false,
      false,
    ]);
    const turned = hasUsers(groups(['fee', 'ios', 1]), ['type', 'platform']);
    expect(turned(['swap', 'ios'])).toBe(true);
    expect(turned(['swap', 'web'])).toBe(false);
  });

  it('is unknown where both axes choose the users, or nobody told of any', () => {
    const both = hasUsers(groups(['7.1.0', 'CN', 2], ['7.0.0', 'DE', 1]), [
      'app_version',
      'region',
    ]);
    expect(both(['7.1.0', 'DE'])).toBe(false);
    expect(hasUsers(groups(['fee', 'tron', null]), ['type', 'chain'])(['swap', 'bnb'])).toBe(false);
    // A weekday without a whole day has no users.
    const days = hasUsers(groups(['fee', '1', 2]), ['type', 'weekday']);
    expect([days(['swap', '1']), days(['swap', '2'])]).toEqual([true, false]);
  });
});

describe('what moved', () => {
  it('is told of what was found, and of what is new or gone, the largest first', () => {
    const value = (code: string, before: number, after: number, found: boolean) => ({
      code,
      found,
      movement: { before, after },
    });
    const told = toldOf([
      value('found', 100, 160, true),
      value('noise', 100, 190, false),
      value('gone', 400, 0, false),
      value('new', 0, 12, false),
    ]);
    expect(told.map(({ code }) => code)).toEqual(['gone', 'found', 'new']);
  });
});

describe('peaks against people', () => {
  it('name the hour in which most are missing, of those of which it is known', () => {
    const hour = (requests: number, present: number | null, needed: number | null) => ({
      requests,
      rostered: present,
      present,
      needed,
      is_short: present !== null && needed !== null && needed - present >= 0.5,
    });
    const hours = Array.from({ length: 168 }, () => hour(1, 2, 1));
    hours[9] = hour(8, 2, 3);
    hours[24 + 14] = hour(12, 1.5, 4);
    hours[30] = hour(9, 0, null);
    hours[31] = hour(9, null, 5);
    const view = {
      from: '2026-11-01T00:00:00Z',
      until: '2026-11-29T00:00:00Z',
      has_roster: true,
      handling: 240,
      answers: 1,
      share: 80,
      within: 300,
      hours,
    };
    const { count, open, worst } = shortOf(view);
    expect([count, open, worst?.day, worst?.hour, worst?.missing]).toEqual([2, 166, 1, 14, 2.5]);
    expect(shortOf({ ...view, hours: [] })).toEqual({ count: 0, open: 0, worst: null });
  });
});

describe('an address that cannot be read', () => {
  const catalogue = {
    measures: [
      {
        code: 'requests',
        unit: 'count',
        name: 'Requests',
        formula: '',
        excludes: '',
        counts: 'requests' as const,
        parameters: {},
        time: 'created' as const,
      },
    ],
    dimensions: [{ code: 'type', name: 'Type', values: [{ code: 'swap', name: 'Swap' }] }],
    requests: 1,
    history: { all: null, desk: null, imported: null },
    since: 0,
  };
  const unread = (search: string) =>
    unreadOf(search, catalogue).map(({ name, value }) => `${name}=${value}`);

  it('is told part by part, and what can be read is not', () => {
    expect(unread('measure=nonsense&zone=Mars/Phobos')).toEqual([
      'measure=nonsense',
      'zone=Mars/Phobos',
    ]);
    expect(unread('measure=requests&zone=Asia/Shanghai&group=type&split=weekday')).toEqual([]);
    expect(unread('period=9d&by=eon&within=soon&clock=cuckoo&group=moon')).toEqual([
      'period=9d',
      'by=eon',
      'within=soon',
      'clock=cuckoo',
      'group=moon',
    ]);
    expect(unread('from=2026-11-01&to=2026-11-09&period=7d&compare=none')).toEqual([]);
    expect(unread('where=mood,bad&where=type,swap&not=type')).toEqual([
      'where=mood,bad',
      'not=type',
    ]);
    expect(unread('event=5&earlier=2026-10-01..2026-10-07&like=no&events=none')).toEqual([]);
    const compared = 'event=5&scope=no&control=type,swap&account=6,7';
    expect(unread(compared)).toEqual([]);
    expect(unread('event=5&control=none')).toEqual([]);
    expect(unread('scope=wide&control=mood,bad&account=6,x&like=maybe')).toEqual([
      'scope=wide',
      'control=mood,bad',
      'account=x',
      'like=maybe',
    ]);
    expect(unread('foo=1&page=7')).toEqual(['foo=1', 'page=7']);
    expect(unread('toString=1&__proto__=2')).toEqual(['toString=1', '__proto__=2']);
  });

  it('is told of events only as far as they are not accounted for', () => {
    expect(unread('account=6,')).toEqual([]);
    expect(unread('account=x,6,,y')).toEqual(['account=x,y']);
    expect(unread('account=1,2,3,4,5,6,7,8,9,10,11,12')).toEqual(['account=11,12']);
    expect(unread('account=6&account=7')).toEqual(['account=7']);
  });

  it('is told of what stands in it a second time', () => {
    for (const [search, second] of [
      ['scope=no&scope=x', 'scope=x'],
      ['scope=&scope=no', 'scope=no'],
      ['like=no&like=x', 'like=x'],
      ['control=none&control=type,swap', 'control=type,swap'],
      ['control=type,swap&control=none', 'control=none'],
      ['within=60&within=90', 'within=90'],
      ['group=type&group=weekday', 'group=weekday'],
      ['events=release&events=incident', 'events=incident'],
    ] as const)
      expect(unread(search), search).toEqual([second]);
    // The same twice is what it was.
    expect(unread('scope=no&scope=no&where=type,swap&not=type,theft')).toEqual([]);
  });

  it('says of two dates that they are the wrong way round', () => {
    expect(reversedOf('from=2026-11-20&to=2026-11-01')).toEqual([
      { from: '2026-11-20', to: '2026-11-01' },
    ]);
    const compared = 'what=periods&earlier=2026-11-10..2026-11-01&later=2026-11-23..2026-11-29';
    expect(reversedOf(compared)).toEqual([{ from: '2026-11-10', to: '2026-11-01' }]);
    expect(unread(compared)).toEqual([]);
    expect(unread('from=2026-11-20&to=2026-11-01&foo=1')).toEqual(['foo=1']);
    for (const search of [
      '',
      'from=2026-11-01&to=2026-11-20',
      'from=2026-11-01&to=2026-11-01',
      'from=2026-11-20',
    ])
      expect(reversedOf(search), search).toEqual([]);
    // What is no date is not understood, whatever it would come before.
    expect(reversedOf('from=soon&to=2026-11-01')).toEqual([]);
    expect(unread('from=soon&to=2026-11-01')).toEqual(['from=soon', 'to=2026-11-01']);
  });

  it('says what of a comparison is no period, no day and no event', () => {
    expect(unread('what=times&earlier=abc&later=2026-02-01..2026-02-31&event=x&before=3')).toEqual([
      'what=times',
      'earlier=abc',
      'later=2026-02-01..2026-02-31',
      'event=x',
      'before=3',
    ]);
    expect(unread('date=2026-11-01&before=28&after=21')).toEqual([]);
  });

  it('names a second grouping that is not used', () => {
    const unused = (page: InsightPage, search: string) =>
      unusedOf(page, search, catalogue).map(({ value }) => value);
    expect(unused('times', 'split=type')).toEqual(['type']);
    expect(unused('explorer', 'group=hour_of_week&split=type')).toEqual(['type']);
    expect(unused('explorer', 'group=weekday&split=type')).toEqual([]);
    expect(unused('explorer', 'split=moon')).toEqual([]);
    expect(unused('times', 'group=type')).toEqual([]);
    expect(unused('explorer', 'group=type&split=time')).toEqual(['time']);
    // Also what came and what ended, at other hours.
    expect(unused('explorer', 'measure=flow&group=type&split=weekday')).toEqual([]);
    expect(unused('explorer', 'measure=flow&group=weekday&split=hour_of_day')).toEqual([
      'hour_of_day',
    ]);
  });

  it('names values that no request has had', () => {
    const view = readView('where=type,swap,nonsense&where=mood,bad');
    expect(unheardOf(view, catalogue)).toEqual([{ dimension: 'type', value: 'nonsense' }]);
  });

  it('names no requests as untouched that there are not', () => {
    const control = (search: string) =>
      understood(readView(search), catalogue.dimensions).study.control;
    expect(control('control=mood,bad')).toBe('auto');
    expect(control('control=none')).toBe('none');
    expect(control('control=type,swap,nonsense')).toEqual({ dimension: 'type', values: ['swap'] });
    expect(control('control=type,nonsense')).toBe('auto');
    const unheard = (search: string) =>
      unheardOf(readView(search), catalogue).map(({ value }) => value);
    expect(unheard('control=type,swap,nonsense')).toEqual(['nonsense']);
    expect(unheard('control=mood,bad')).toEqual([]);
    // What is left of it is used; where nothing is, it is as usual.
    expect(unread('control=type,swap,nonsense')).toEqual([]);
    expect(unread('control=type,nonsense')).toEqual(['control=type,nonsense']);
    const { filters } = understood(
      readView('where=mood,bad&where=type,swap'),
      catalogue.dimensions,
    );
    expect(filters).toEqual([{ dimension: 'type', values: ['swap'] }]);
  });
});

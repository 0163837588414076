import { describe, expect, it } from 'vitest';
import { readStudy } from '../src/insight/study';
import { unreadOf } from '../src/insight/unread';

const catalogue = {
  requests: 1,
  since: 0,
  history: { all: null, desk: null, imported: null },
  measures: [],
  dimensions: [],
};

describe('the day of a change', () => {
  const dateOf = (search: string) => readStudy(new URLSearchParams(search)).date;

  it('is one that the calendar has', () => {
    expect(dateOf('date=2026-02-28')).toBe('2026-02-28');
    expect(dateOf('date=2028-02-29')).toBe('2028-02-29');
    for (const none of ['2026-02-31', '2026-02-29', '2026-13-01', '2026-00-10', '2026-2-3', 'soon'])
      expect(dateOf(`date=${none}`)).toBe('');
  });

  it('is said not to be understood where it is none', () => {
    expect(unreadOf('date=2026-02-31', catalogue)).toEqual([{ name: 'date', value: '2026-02-31' }]);
    expect(unreadOf('date=2026-02-28', catalogue)).toEqual([]);
  });
});

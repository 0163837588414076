import { describe, expect, it } from 'vitest';
import type { Catalogue } from '../src/insight/api';
import { rowsFor } from '../src/insight/rows';
import { unheardOf, unreadOf } from '../src/insight/unread';
import { readView } from '../src/insight/view';
import { cutAt } from '../src/plots/time';
import { readDate } from '../src/plots/zone';

const catalogue: Catalogue = {
  measures: [
    {
      code: 'requests',
      unit: 'count',
      name: 'Requests',
      formula: '',
      excludes: '',
      counts: 'requests',
      parameters: {},
      time: 'created',
    },
  ],
  dimensions: [{ code: 'type', name: 'Type', values: [{ code: 'theft', name: 'Theft' }] }],
  requests: 1,
  since: 0,
  history: { all: null, desk: null, imported: null },
};

describe('requests in an address', () => {
  const open = (search: string) => rowsFor(readView(search).rows, catalogue) !== null;
  const unread = (search: string) => unreadOf(search, catalogue).map(({ name }) => name);

  it('are opened where the desk has what they are named by', () => {
    for (const search of [
      'rows=requests',
      'rows=requests&cell=day,2026-11-21&cell=type,theft&part=met',
      'rows=requests&cell=hour_of_week,1-13&only=type,theft',
      'rows=requests&span=2026-11-01T00:00:00Z..2026-11-02T00:00:00Z&days=7',
    ]) {
      expect(open(search), search).toBe(true);
      expect(unread(search), search).toEqual([]);
    }
  });

  it('are not opened otherwise, and what was not understood is named', () => {
    for (const [search, name] of [
      ['rows=nonsense', 'rows'],
      ['rows=requests&cell=nonsense,1', 'cell'],
      ['rows=requests&cell=type,a,b', 'cell'],
      ['rows=requests&only=nonsense,1', 'only'],
      ['rows=requests&span=yesterday', 'span'],
      ['rows=requests&days=many', 'days'],
      ['rows=requests&part=some', 'part'],
      ['part=met', 'part'],
      ['rows=&part=met', 'part'],
      // Each is understood; that many make no plot.
      ['rows=requests&cell=type,theft&cell=type,a&cell=day,2026-11-21', 'rows'],
    ] as const) {
      expect(open(search), search).toBe(false);
      expect(unread(search), search).toEqual([name]);
    }
  });

  it('know which values of filters nobody has', () => {
    const view = readView('where=type,theft,nonsense&where=other,1');
    expect(unheardOf(view, catalogue)).toEqual([{ dimension: 'type', value: 'nonsense' }]);
  });
});

describe('a bucket that is cut off', () => {
  const zone = 'Asia/Shanghai';
  const noon = (readDate('2026-11-25', zone) ?? 0) + 12 * 3_600_000;

  it('says up to when it is counted', () => {
    expect(cutAt(noon, 'day', zone)).toBe('12:00');
    expect(cutAt(noon, 'week', zone)).toBe('2026-11-25 12:00');
    expect(cutAt(readDate('2026-11-25', zone) ?? 0, 'week', zone)).toBe('2026-11-24');
  });
});

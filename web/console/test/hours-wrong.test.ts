// @vitest-environment happy-dom
import { describe, expect, it } from 'vitest';
import { draftOf } from '../src/hours/draft';
import { isOddSeason, isRegion, wrongsOf } from '../src/hours/wrong';

describe('hours that cannot be saved', () => {
  const season = { name: '', from: '2026-12-01', until: '2026-12-24', yearly: false, week: [] };

  it('say all that is wrong, not the first alone', () => {
    const draft = draftOf(null, 'Asia/Nowhere');
    const said = wrongsOf({ ...draft, regions: ['SG', 'Singapore'] }, [{ days: [1] }]);
    expect(said).toHaveLength(4);
    expect(wrongsOf({ ...draftOf(null, 'UTC'), name: 'Desk' }, [{ days: [] }])).toEqual([]);
  });

  it('know a region and a season as the desk does', () => {
    expect(['SG', 'en-sg', 'zh_CN', ' my '].every(isRegion)).toBe(true);
    expect(['Singapore', 'S', '65', ''].some(isRegion)).toBe(false);
    expect(isOddSeason(season)).toBe(false);
    expect(isOddSeason({ ...season, until: '2026-11-30' })).toBe(true);
    expect(isOddSeason({ ...season, until: '2026-11-30', yearly: true })).toBe(false);
    expect(isOddSeason({ ...season, until: '' })).toBe(true);
  });
});

// @vitest-environment happy-dom
import type { Roster, Shift } from '@standfast/api';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import * as api from '../src/api/endpoints';
import { Problem } from '../src/api/http';
import { notices } from '../src/parts/notices.svelte';
import { week } from '../src/roster/roster.svelte';

vi.mock('../src/api/endpoints', () => ({ roster: vi.fn() }));

const SHIFT = {
  id: '7',
  version: 1,
  agent_id: null,
  starts_at: '2026-11-25T08:00:00Z',
  ends_at: '2026-11-25T16:00:00Z',
  published: false,
} as unknown as Shift;
const refusal = (code: string) => new Problem({ code, title: code, status: 409 });

/** The desk has this shift, and tells of what lies between two times. */
function has(shift: Shift | null) {
  vi.mocked(api.roster).mockImplementation(
    async (from, until) =>
      ({
        people: [],
        violations: [],
        time_off: [],
        shifts: shift && from <= shift.starts_at && shift.starts_at < until ? [shift] : [],
      }) as unknown as Roster,
  );
}
const on = (day: string): Shift => ({
  ...SHIFT,
  version: 2,
  starts_at: `${day}T08:00:00.000Z`,
  ends_at: `${day}T16:00:00.000Z`,
});

beforeEach(() => {
  vi.spyOn(notices, 'failed').mockReset();
  vi.spyOn(notices, 'done').mockReset();
  week.monday = Date.parse('2026-11-23T00:00:00Z');
  vi.mocked(api.roster).mockReset();
});

describe('a shift that somebody else has changed', () => {
  it('is found in the week that is shown', async () => {
    has(on('2026-11-26'));
    await week.load();
    expect((await week.find(SHIFT))?.version).toBe(2);
    expect(api.roster).toHaveBeenCalledTimes(1);
  });

  it.each(['2026-12-02', '2026-11-10', '2026-12-25'])(
    'is found where it is now: %s',
    async (day) => {
      has(on(day));
      await week.load();
      expect(await week.find(SHIFT)).toEqual(on(day));
    },
  );

  it('is not found more than a month away', async () => {
    has(on('2027-01-20'));
    await week.load();
    expect(await week.find(SHIFT)).toBeUndefined();
    // The desk tells of 62 days at most.
    for (const [from, until] of vi.mocked(api.roster).mock.calls)
      expect(Date.parse(until) - Date.parse(from)).toBeLessThanOrEqual(62 * 86_400_000);
  });
});

describe('what somebody else was faster with', () => {
  it.each(['outdated_version', 'changed_meanwhile', 'not_found'])(
    'is looked at once what there is is known: %s',
    async (code) => {
      has(on('2026-11-26'));
      const told = vi.fn(async () => undefined);
      const done = await week.attempt(() => Promise.reject(refusal(code)), told);
      expect(done).toBe(false);
      expect(told).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code }));
      expect(week.data?.shifts).toHaveLength(1);
      expect(notices.failed).not.toHaveBeenCalled();
    },
  );

  it('is said where nothing was typed', async () => {
    has(null);
    await week.attempt(() => Promise.reject(refusal('not_found')));
    expect(notices.failed).toHaveBeenCalledOnce();
  });
});

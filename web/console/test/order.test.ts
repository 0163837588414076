import { describe, expect, it } from 'vitest';
import { anchored } from '../src/inbox/anchor';
import { append, belongs, compare, mergeInPlace, mergeLive, unreadAfter } from '../src/inbox/order';
import { at, query, summary } from './fixtures';

const how = { query: query('unassigned'), me: '101', complete: true, open: null, seen: () => 0 };
const ids = (items: readonly { id: string }[]) => items.map((item) => item.id);

describe('order', () => {
  it('puts assets at risk first, then who waits longest, then those where nobody waits', () => {
    const items = [
      summary('1', { waiting_since: at(50) }),
      summary('2', { waiting_since: null, updated_at: at(90) }),
      summary('3', { waiting_since: at(10) }),
      summary('4', { waiting_since: at(80), at_risk: true }),
      summary('5', { waiting_since: null, updated_at: at(95) }),
      summary('6', { waiting_since: null, at_risk: true }),
    ];
    expect(ids(items.sort(compare('all')))).toEqual(['4', '6', '3', '1', '2', '5']);
  });

  it('puts whoever is doubted behind the others whose assets are at risk, and before everybody else', () => {
    const items = [
      summary('1', { waiting_since: at(1), urgency: 4 }),
      summary('2', { waiting_since: null, at_risk: true, urgency: 4 }),
      summary('3', { waiting_since: null, at_risk: true, urgency: 0 }),
      summary('4', { waiting_since: at(10), at_risk: true, urgency: 4 }),
      summary('5', { waiting_since: at(90), at_risk: true, urgency: 1 }),
    ];
    expect(ids(items.sort(compare('all')))).toEqual(['5', '4', '3', '2', '1']);
  });

  it('shows solved requests newest first', () => {
    const items = [summary('1', { updated_at: at(5) }), summary('2', { updated_at: at(9) })];
    expect(ids(items.sort(compare('solved')))).toEqual(['2', '1']);
  });

  it('breaks ties by id as a number, not as a text', () => {
    const items = [summary('10', { waiting_since: at(1) }), summary('9', { waiting_since: at(1) })];
    expect(ids(items.sort(compare('all')))).toEqual(['9', '10']);
  });
});

describe('membership', () => {
  it('follows state, assignee, risk, type and team', () => {
    const open = summary('1', { assignee_id: '101', at_risk: true, type: 'theft', team_id: '501' });
    expect(belongs(query('mine'), open, '101')).toBe(true);
    expect(belongs(query('mine'), open, '102')).toBe(false);
    expect(belongs(query('unassigned'), open, '101')).toBe(false);
    expect(belongs(query('at_risk'), open, '101')).toBe(true);
    expect(belongs(query('all', { type: 'gas' }), open, '101')).toBe(false);
    expect(belongs(query('all', { team: '502' }), open, '101')).toBe(false);
    for (const state of ['spam', 'merged', 'closed', 'solved'] as const) {
      expect(belongs(query('all'), { ...open, state }, '101')).toBe(false);
      expect(belongs(query('solved'), { ...open, state }, '101')).toBe(true);
    }
    expect(belongs(query('solved'), { ...open, state: 'closed' }, '101')).toBe(true);
  });
});

describe('somebody who is kept for assets at risk', () => {
  it('sees nothing else but what is theirs and what is done', () => {
    const ordinary = summary('1', { assignee_id: null });
    const risky = summary('2', { assignee_id: null, at_risk: true });
    for (const view of ['unassigned', 'all'] as const) {
      expect(belongs(query(view), ordinary, '101', true)).toBe(false);
      expect(belongs(query(view), ordinary, '101', false)).toBe(true);
      expect(belongs(query(view), risky, '101', true)).toBe(true);
    }
    expect(belongs(query('mine'), { ...ordinary, assignee_id: '101' }, '101', true)).toBe(true);
    expect(belongs(query('solved'), { ...ordinary, state: 'solved' }, '101', true)).toBe(true);
    expect(ids(mergeLive([], [ordinary, risky], { ...how, reserved: true }))).toEqual(['2']);
  });
});

describe('live changes', () => {
  it('adds, moves and removes', () => {
    const list = [summary('1', { waiting_since: at(10) }), summary('2', { waiting_since: at(20) })];
    const changed = mergeLive(
      list,
      [
        summary('1', { assignee_id: '102', last_seq: 2, updated_at: at(30) }),
        summary('3', { waiting_since: at(15), at_risk: true }),
      ],
      how,
    );
    expect(ids(changed)).toEqual(['3', '2']);
  });

  it('keeps what is newer when a late frame comes', () => {
    const list = [summary('1', { last_seq: 5, updated_at: at(50), subject: 'new' })];
    const [item] = mergeLive(
      list,
      [summary('1', { last_seq: 4, updated_at: at(40), subject: 'old' })],
      how,
    );
    expect(item?.subject).toBe('new');
  });

  it('takes nothing beyond the end of a list that has further pages', () => {
    const list = [summary('1', { waiting_since: at(10) })];
    const late = summary('2', { waiting_since: at(99) });
    expect(ids(mergeLive(list, [late], { ...how, complete: false }))).toEqual(['1']);
    expect(ids(mergeLive(list, [late], how))).toEqual(['1', '2']);
  });

  it('adds nothing to a search, but keeps its rows current and in their order', () => {
    const list = [summary('2'), summary('1')];
    const searched = { ...how, query: query('all', { q: 'usdt' }) };
    const next = mergeLive(
      list,
      [summary('3'), summary('1', { state: 'solved', last_seq: 2 })],
      searched,
    );
    expect(ids(next)).toEqual(['2', '1']);
    expect(next[1]?.state).toBe('solved');
  });

  it('changes rows in place while the pointer rests on the list', () => {
    const list = [summary('1', { waiting_since: at(10) }), summary('2', { waiting_since: at(20) })];
    const next = mergeInPlace(
      list,
      [summary('2', { at_risk: true, last_seq: 3 }), summary('9')],
      how,
    );
    expect(ids(next)).toEqual(['1', '2']);
    expect(next[1]?.at_risk).toBe(true);
  });

  it('survives any order of frames: the result is what a reload would show', () => {
    const frames = Array.from({ length: 60 }, (_, index) =>
      summary(String(index % 12), {
        last_seq: index,
        updated_at: at(index),
        waiting_since: at((index * 7) % 50),
        at_risk: index % 5 === 0,
        assignee_id: index % 3 === 0 ? '102' : null,
      }),
    );
    const last = new Map(frames.map((frame) => [frame.id, frame]));
    const truth = [...last.values()]
      .filter((item) => belongs(how.query, item, '101'))
      .sort(compare('unassigned'));
    for (let round = 0; round < 20; round += 1) {
      const shuffled = frames.toSorted(
        (a, b) => ((a.last_seq * 31 + round * 17) % 61) - ((b.last_seq * 31 + round * 17) % 61),
      );
      let list: typeof frames = [];
      const newest = new Map<string, number>();
      for (const frame of shuffled) {
        // The link hands frames of one request on in order; across requests anything goes.
        if (frame.last_seq < (newest.get(frame.id) ?? -1)) continue;
        newest.set(frame.id, frame.last_seq);
        list = mergeLive(list, [frame], how);
      }
      expect(ids(list)).toEqual(ids(truth));
    }
  });
});

describe('unread', () => {
  const written = (last_seq: number, author_kind: 'customer' | 'agent' = 'customer') =>
    summary('1', { last_seq, last_entry: { seq: last_seq, author_kind, text: '?' } });

  it('counts what the customer wrote since, and nothing while the request is open', () => {
    const known = { ...written(3), unread: 1 };
    expect(unreadAfter(known, written(5), false, 2)).toBe(3);
    expect(unreadAfter(known, written(5), true, 2)).toBe(0);
    expect(unreadAfter(known, written(5, 'agent'), false, 2)).toBe(0);
  });

  it('is at least one where nobody has looked, and none where somebody has', () => {
    expect(unreadAfter(undefined, written(4), false, 0)).toBe(1);
    expect(unreadAfter(undefined, written(4), false, 4)).toBe(0);
  });
});

describe('pages and places', () => {
  it('appends without doubles', () => {
    expect(ids(append([summary('1'), summary('2')], [summary('2'), summary('3')]))).toEqual([
      '1',
      '2',
      '3',
    ]);
  });

  it('keeps the row that is looked at where it is', () => {
    const before = ['a', 'b', 'c', 'd'].map((id) => ({ id }));
    expect(
      anchored(
        before,
        ['x', 'y', 'a', 'b', 'c', 'd'].map((id) => ({ id })),
        90,
        40,
      ),
    ).toBe(170);
    expect(
      anchored(
        before,
        ['b', 'd'].map((id) => ({ id })),
        90,
        40,
      ),
    ).toBe(10);
    expect(anchored(before, [], 90, 40)).toBe(90);
  });
});

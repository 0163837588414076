import type { Outgoing } from '@standfast/ui/outbox';
import { describe, expect, it } from 'vitest';
import { hole, mergeEntries, rowsOf } from '../src/conversation/thread';
import { at, entry } from './fixtures';

const plain = { moreBefore: false, seenBefore: 0, readByCustomer: 0 };
const agent = { kind: 'agent', id: '101', name: 'Lin' } as const;

function outgoing(clientId: string): Outgoing {
  const frame = { t: 'note', client_id: clientId, request: '1', text: 'x' } as const;
  return { client_id: clientId, frame, created_at: at(0), state: 'sending', order: 1 };
}

describe('entries', () => {
  it('are kept once and in order, whatever comes when', () => {
    const merged = mergeEntries([entry(2), entry(4)], [entry(3), entry(1), entry(4)]);
    expect(merged.map((each) => each.seq)).toEqual([1, 2, 3, 4]);
  });

  it('are replaced by a later copy', () => {
    const erased = entry(2, { text: null, erased: { at: at(9), reason: 'ID' } });
    expect(mergeEntries([entry(1), entry(2)], [erased])[1]).toBe(erased);
  });

  it('have no holes unseen', () => {
    expect(hole([entry(1), entry(2), entry(5)])).toEqual({ after: 2, before: 5 });
    expect(hole([entry(7), entry(8)])).toBeNull();
    expect(hole([])).toBeNull();
  });
});

describe('rows', () => {
  it('leave out what is withheld, which keeps its place in the sequence', () => {
    const withheld = entry(2, { kind: 'event', event: null, text: null });
    const entries = [entry(1), withheld, entry(3)];
    expect(hole(entries)).toBeNull();
    const rows = rowsOf(entries, [], plain).filter((row) => row.kind === 'entry');
    expect(rows.map((row) => row.kind === 'entry' && row.entry.seq)).toEqual([1, 3]);
  });

  it('begin with a day and put one author together', () => {
    const rows = rowsOf([entry(1), entry(2), entry(3, { author: agent })], [], plain);
    expect(rows.map((row) => row.kind)).toEqual(['day', 'entry', 'entry', 'entry']);
    expect(rows.slice(1).map((row) => row.kind === 'entry' && row.first)).toEqual([
      true,
      false,
      true,
    ]);
  });

  it('show a new day once', () => {
    const rows = rowsOf(
      [
        entry(1),
        entry(2, { created_at: at(48 * 3600) }),
        entry(3, { created_at: at(48 * 3600 + 5) }),
      ],
      [],
      plain,
    );
    expect(rows.filter((row) => row.kind === 'day')).toHaveLength(2);
  });

  it("mark where the unread begins, once, and only for the customer's texts", () => {
    const entries = [entry(1), entry(2, { author: agent }), entry(3), entry(4)];
    const rows = rowsOf(entries, [], { ...plain, seenBefore: 1 });
    const unread = rows.findIndex((row) => row.kind === 'unread');
    expect(rows[unread]).toMatchObject({ count: 2 });
    expect(rows[unread + 1]).toMatchObject({ entry: { seq: 3 } });
    expect(
      rowsOf(entries, [], { ...plain, seenBefore: 4 }).some((row) => row.kind === 'unread'),
    ).toBe(false);
  });

  it('show the read mark at the last reply that was read', () => {
    const entries = [
      entry(1, { author: agent }),
      entry(2),
      entry(3, { author: agent }),
      entry(4, { author: agent, kind: 'note' }),
    ];
    const marked = (seq: number) =>
      rowsOf(entries, [], { ...plain, readByCustomer: seq }).flatMap((row) =>
        row.kind === 'entry' && row.readHere ? [row.entry.seq] : [],
      );
    expect(marked(0)).toEqual([]);
    expect(marked(2)).toEqual([1]);
    expect(marked(4)).toEqual([3]);
  });

  it('end with what is on its way, until the desk has it', () => {
    const entries = [entry(1), entry(2, { author: agent, client_id: 'a' })];
    const rows = rowsOf(entries, [outgoing('a'), outgoing('b')], plain);
    expect(rows.filter((row) => row.kind === 'outgoing').map((row) => row.key)).toEqual(['ob']);
  });

  it('have keys of their own', () => {
    const entries = Array.from({ length: 200 }, (_, index) =>
      entry(index + 1, { created_at: at(index * 4000) }),
    );
    const keys = rowsOf(entries, [outgoing('z')], {
      moreBefore: true,
      seenBefore: 100,
      readByCustomer: 50,
    }).map((row) => row.key);
    expect(new Set(keys).size).toBe(keys.length);
  });
});

import type { Outgoing } from '@standfast/ui/outbox';
import type { Entry } from '@standfast/api';

/** What a conversation is made of on screen, computed from its entries. Pure. */
export type Row =
  | { kind: 'day'; key: string; at: string }
  | { kind: 'unread'; key: string; count: number }
  | { kind: 'entry'; key: string; entry: Entry; first: boolean; readHere: boolean }
  | { kind: 'outgoing'; key: string; item: Outgoing; first: boolean };

/** Entries in order of `seq`, each once; a later copy (erased, joined with its attachments) replaces the earlier one. */
export function mergeEntries(known: readonly Entry[], fresh: readonly Entry[]): Entry[] {
  if (fresh.length === 0) return [...known];
  const last = known.at(-1)?.seq ?? 0;
  if (fresh.every((entry, index) => entry.seq > (fresh[index - 1]?.seq ?? last)))
    return [...known, ...fresh];
  const bySeq = new Map([...known, ...fresh].map((entry) => [entry.seq, entry]));
  return [...bySeq.values()].sort((a, b) => a.seq - b.seq);
}

/** An agent's sequence has no holes; the first hole found, as the range to ask for. */
export function hole(entries: readonly Entry[]): { after: number; before: number } | null {
  for (let index = 1; index < entries.length; index += 1) {
    const after = entries[index - 1]?.seq ?? 0;
    const before = entries[index]?.seq ?? 0;
    if (before - after > 1) return { after, before };
  }
  return null;
}

/** Texts of one author within this time stand together under one name. */
const TOGETHER_MS = 5 * 60_000;

function sameBreath(a: Entry | null, b: Entry): boolean {
  return (
    a !== null &&
    a.kind === b.kind &&
    b.kind !== 'event' &&
    a.author.kind === b.author.kind &&
    (a.author.id ?? a.author.name) === (b.author.id ?? b.author.name) &&
    Date.parse(b.created_at) - Date.parse(a.created_at) < TOGETHER_MS
  );
}

function dayOf(at: string): string {
  const date = new Date(at);
  return `${date.getFullYear()}-${date.getMonth() + 1}-${date.getDate()}`;
}

export interface Shape {
  moreBefore: boolean;
  /** Last entry that this agent had seen when the conversation was opened; 0 hides the line. */
  seenBefore: number;
  /** How far the customer has read. */
  readByCustomer: number;
}

export function rowsOf(
  entries: readonly Entry[],
  outgoing: readonly Outgoing[],
  shape: Shape,
): Row[] {
  const rows: Row[] = [];
  const mark = lastReadReply(entries, shape.readByCustomer);
  const unread = entries.filter(
    (entry) => entry.seq > shape.seenBefore && entry.author.kind === 'customer',
  ).length;
  let previous: Entry | null = null;
  let divided = shape.seenBefore === 0 || unread === 0;
  for (const entry of entries) {
    // Withheld from this agent: it keeps its place in the sequence, and that is all.
    if (entry.kind === 'event' && !entry.event) continue;
    const begins = !previous || dayOf(previous.created_at) !== dayOf(entry.created_at);
    // Whether the day begins with the first entry that is here is only known when nothing lies before it.
    if (begins && (entry !== entries[0] || !shape.moreBefore)) {
      rows.push({ kind: 'day', key: `day-${dayOf(entry.created_at)}`, at: entry.created_at });
      previous = null;
    }
    if (!divided && entry.seq > shape.seenBefore && entry.author.kind === 'customer') {
      rows.push({ kind: 'unread', key: 'unread', count: unread });
      divided = true;
      previous = null;
    }
    rows.push({
      kind: 'entry',
      key: `e${entry.seq}`,
      entry,
      first: !sameBreath(previous, entry),
      readHere: entry.seq === mark,
    });
    previous = entry;
  }
  const there = new Set(entries.map((entry) => entry.client_id).filter(Boolean));
  const unsent = outgoing.filter((item) => !there.has(item.client_id));
  for (const [index, item] of unsent.entries()) {
    rows.push({ kind: 'outgoing', key: `o${item.client_id}`, item, first: index === 0 });
  }
  return rows;
}

/** The last of our replies that the customer has read carries the mark; 0 when none. */
function lastReadReply(entries: readonly Entry[], readByCustomer: number): number {
  return (
    entries.findLast(
      (entry) =>
        entry.kind === 'text' && entry.author.kind === 'agent' && entry.seq <= readByCustomer,
    )?.seq ?? 0
  );
}

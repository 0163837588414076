import type { Entry, RequestSummary, ViewName } from '@standfast/api';
import type { ListQuery } from '../src/inbox/order';

/** A moment `seconds` after an arbitrary beginning. */
export function at(seconds: number): string {
  return new Date(Date.UTC(2026, 10, 21, 8) + seconds * 1000).toISOString();
}

export function summary(id: string, more: Partial<RequestSummary> = {}): RequestSummary {
  return {
    id,
    number: 'K7M39QX24J',
    subject: 'subject',
    state: 'open',
    type: 'gas',
    urgency: 3,
    at_risk: false,
    channel: 'widget',
    language: 'en',
    customer: { id: '1', name: null, verified: false },
    team_id: null,
    assignee_id: null,
    chain: null,
    created_at: at(0),
    updated_at: at(0),
    waiting_since: at(0),
    last_seq: 1,
    last_entry: null,
    tags: [],
    ...more,
  };
}

export function query(view: ViewName, more: Partial<ListQuery> = {}): ListQuery {
  return { view, q: '', type: '', team: '', ...more };
}

export function entry(seq: number, more: Partial<Entry> = {}): Entry {
  return {
    seq,
    kind: 'text',
    author: { kind: 'customer', id: '1', name: 'Ann' },
    text: `text ${seq}`,
    erased: null,
    event: null,
    attachments: [],
    identifiers: [],
    created_at: at(seq),
    client_id: null,
    ...more,
  };
}

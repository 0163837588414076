/** Objects of the REST API as both applications read them. Ids are decimal strings, times RFC 3339 UTC. */
import type { Language } from './i18n.ts';

export type State = 'open' | 'waiting' | 'on_hold' | 'solved' | 'closed' | 'merged' | 'spam';
export type AuthorKind = 'customer' | 'agent' | 'system';
export type Texts = Readonly<Record<Language, string>>;

export interface Expected {
  low_seconds: number;
  high_seconds: number;
}

export interface Identifier {
  kind: string;
  chain: string | null;
  value: string;
  checksum: boolean | string | null;
}

export interface Attachment {
  id: string;
  name: string;
  media_type: string;
  size: number;
  picture: boolean;
}

export interface Entry {
  seq: number;
  kind: 'text' | 'note' | 'event';
  author: { kind: AuthorKind; id?: string | null; name?: string | null };
  text: string | null;
  erased: { at: string; reason: string } | null;
  event: { type: string; [detail: string]: unknown } | null;
  attachments: Attachment[];
  identifiers: Identifier[];
  created_at: string;
  client_id?: string | null;
}

export interface RequestSummary {
  id: string;
  number: string;
  subject: string;
  state: State;
  type: string;
  urgency: number;
  at_risk: boolean;
  channel: string;
  language: string;
  customer: { id: string; name: string | null; verified: boolean };
  team_id: string | null;
  assignee_id: string | null;
  chain: string | null;
  created_at: string;
  updated_at: string;
  waiting_since: string | null;
  last_seq: number;
  last_entry: { seq: number; author_kind: AuthorKind; text: string } | null;
  tags: string[];
  unread?: number | null;
}

export interface Receipt {
  request_id: string;
  number: string;
  seq: number;
  link: string;
  joined: boolean;
  state: State;
  at_risk: boolean;
  place: number | null;
  expected: Expected | null;
  next: { code: string; text: string };
  secret: { kinds: string[]; steps: { title: string; items: string[] } } | null;
  head: string;
  received_at: string;
}

export interface RequestType {
  code: string;
  urgency: number;
  at_risk: boolean;
  title: Texts;
  fields: string[];
}

export interface Field {
  code: string;
  title: Texts;
  hint: Texts;
  kind: 'text' | 'chain' | 'transaction' | 'address' | 'version' | 'device';
}

/** GET /desk: what a customer's page needs to know before anybody is known. */
export interface Desk {
  name: string;
  languages: string[];
  types: RequestType[];
  fields: Field[];
  limits: {
    text_bytes: number;
    upload_bytes: number;
    text_upload_bytes: number;
    uploads_per_message: number;
    media_types: string[];
  };
  waiting: { count: number; expected: Expected | null; agents_present: number };
  safety_line: Texts;
}

export interface Upload {
  id: string;
  name: string;
  media_type: string;
  size: number;
}

/** RFC 9457 problem document. `code` is stable, `title` and `detail` are in the caller's language. */
export interface Problem {
  code: string;
  status: number;
  title: string;
  detail?: string;
  retry_after?: number;
  [extension: string]: unknown;
}

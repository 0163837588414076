import type { Counts, Viewer } from '@standfast/ui/frame';
import type { Entry, Identifier, RequestSummary } from '@standfast/ui/model';

/** The wire shapes of /api/v1 that only the console reads; what it shares with the widget is in web/ui. */

export type {
  Attachment,
  AuthorKind,
  Desk,
  Entry,
  Field,
  Identifier,
  RequestSummary,
  RequestType,
  State,
} from '@standfast/ui/model';
export type { Counts, Viewer } from '@standfast/ui/frame';

/** 64 bits as a decimal string. */
export type Id = string;
/** RFC 3339, UTC. */
export type Timestamp = string;

export type Role = 'agent' | 'lead' | 'analyst' | 'admin';
export type ViewName = 'unassigned' | 'mine' | 'all' | 'at_risk' | 'solved';
export type Transition = 'solve' | 'close' | 'reopen' | 'hold' | 'spam' | 'not_spam';
/** What a reply leaves the request in. */
export type AfterReply = 'waiting' | 'solved' | 'on_hold' | 'open';
export type Presence = 'online' | 'away' | 'offline';

export interface Agent {
  id: Id;
  name: string;
  email?: string;
  role: Role;
  teams?: Id[];
  status?: Presence;
  disabled?: boolean;
}

export interface Team {
  id: Id;
  name: string;
}

export interface RequestDetail extends RequestSummary {
  fields: Record<string, string>;
  context: Record<string, unknown>;
  identifiers: Identifier[];
  /** Number (or id) of the request this one was merged into. */
  merged_into: string | null;
  reopen_count: number;
  follow_up_count: number;
  link: string | null;
  read_seq_customer: number;
  read_seq_agents: Record<Id, number>;
  first_reply_at?: Timestamp | null;
}

export interface CustomerPanel {
  id: Id;
  name: string | null;
  verified: boolean;
  email?: string | null;
  created_at?: Timestamp;
  requests?: RequestSummary[];
  request_count?: number;
}

export interface InboxPage {
  items: RequestSummary[];
  next: string | null;
  counts: Counts;
  feed: string;
}

export interface ConversationPage {
  request: RequestDetail;
  entries: Entry[];
  more_before: boolean;
  customer: CustomerPanel;
  viewers: Viewer[];
}

export interface DeadJob {
  id: Id;
  kind: string;
  attempts: number;
  error: string | null;
  /** When it was last to run. */
  run_at: Timestamp;
}

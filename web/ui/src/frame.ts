/** Frames of the live protocol (docs/dev/live-protocol.md). */
import type {
  AfterReply,
  AuthorKind,
  Counts,
  Entry,
  Expected,
  Problem,
  Receipt,
  RequestSummary,
  Viewer,
} from '@standfast/api';

export type Presence = 'online' | 'away' | 'offline';

/** What a person sends and must not lose: it goes through the outbox and is acknowledged by `client_id`. */
export type Sending =
  | {
      t: 'send';
      client_id: string;
      text: string;
      request?: string;
      attachments?: string[];
      type?: string;
      fields?: Record<string, string>;
      context?: Record<string, unknown>;
      language?: string;
      join?: 'auto' | 'new';
    }
  | {
      t: 'reply';
      client_id: string;
      request: string;
      text: string;
      seen_seq: number;
      attachments?: string[];
      then?: AfterReply;
      worked_seconds?: number;
    }
  | {
      t: 'note';
      client_id: string;
      request: string;
      text: string;
      attachments?: string[];
      worked_seconds?: number;
    };

/** What may be lost without harm. */
export type Signal =
  | { t: 'typing'; request: string; on: boolean }
  | { t: 'read'; request: string; seq: number }
  | { t: 'viewing'; request: string | null }
  | { t: 'status'; status: 'online' | 'away' };

export type ServerFrame =
  | {
      t: 'ready';
      session: string;
      now: string;
      heartbeat_s: number;
      /** Within how long all who are connected are to come back, if all are lost at once. */
      return_ms: number;
      customer?: { id: string; name: string | null; verified: boolean };
      agent?: { id: string; name: string };
    }
  | { t: 'entry'; request: string; entry: Entry }
  | { t: 'erased'; request: string; seq: number; entry: Entry }
  | { t: 'request'; request: RequestSummary }
  | { t: 'inbox'; feed: string; items: RequestSummary[]; counts: Counts }
  | { t: 'inbox_reset'; feed: string }
  | { t: 'ack'; client_id: string; receipt: Receipt }
  | { t: 'nack'; client_id: string; request?: string; problem: Problem }
  | {
      t: 'typing';
      request: string;
      author: { kind: AuthorKind; id?: string; name?: string };
      on: boolean;
    }
  | { t: 'read'; request: string; by: 'customer' | 'agent'; agent?: string; seq: number }
  | { t: 'viewers'; request: string; agents: Viewer[] }
  | { t: 'presence'; agents: { id: string; status: Presence }[] }
  | { t: 'alarm'; alarm: string }
  | { t: 'waiting'; request: string; place: number | null; expected: Expected | null }
  | { t: 'pong'; return_ms: number }
  | { t: 'bye'; reason: 'drain' | 'slow' | 'revoked' | 'protocol'; retry_after_ms?: number };

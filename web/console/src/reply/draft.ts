import type { Attachment, Id } from '@standfast/api';
import { forget, keysUnder, loadJson, saveJson } from '../session/storage';

export type Tab = 'reply' | 'note';

/** What somebody has written and not sent, for one request: both tabs, and what they have uploaded for each. */
export interface Draft {
  tab: Tab;
  reply: string;
  note: string;
  replyFiles: Attachment[];
  noteFiles: Attachment[];
  /** Milliseconds since 1970. */
  at: number;
}

const KEEP_MS = 60 * 24 * 3_600_000;

export function emptyDraft(): Draft {
  return { tab: 'reply', reply: '', note: '', replyFiles: [], noteFiles: [], at: 0 };
}

export function isEmpty(draft: Draft): boolean {
  return (
    !draft.reply.trim() &&
    !draft.note.trim() &&
    draft.replyFiles.length === 0 &&
    draft.noteFiles.length === 0
  );
}

function key(agent: Id, request: Id): string {
  return `standfast.draft.${agent}.${request}`;
}

export function loadDraft(agent: Id, request: Id): Draft {
  return { ...emptyDraft(), ...loadJson<Partial<Draft>>(key(agent, request)) };
}

/** False when this browser cannot keep it: the box then says so. */
export function saveDraft(agent: Id, request: Id, draft: Draft, now: number): boolean {
  if (isEmpty(draft)) {
    forget(key(agent, request));
    return true;
  }
  return saveJson(key(agent, request), { ...draft, at: now });
}

/** Requests for which this agent has begun to write. */
export function draftsOf(agent: Id): Set<Id> {
  const prefix = key(agent, '');
  return new Set(keysUnder(prefix).map((name) => name.slice(prefix.length)));
}

/** Forgets what nobody came back to. */
export function pruneDrafts(now: number): void {
  for (const name of keysUnder('standfast.draft.')) {
    const draft = loadJson<Draft>(name);
    if (!draft || now - draft.at > KEEP_MS) forget(name);
  }
}

/** A text that comes back from a refused send is put before what has been typed since; nothing is overwritten. */
export function putBack(typed: string, returned: string): string {
  if (!typed.trim() || typed.trim() === returned.trim()) return returned;
  return `${returned}\n\n${typed}`;
}

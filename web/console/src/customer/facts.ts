import type { Entry, RequestDetail, Timestamp } from '@standfast/api';

/** What the host application told about itself, as rows of text; nested values as JSON. */
export function contextFacts(context: Record<string, unknown>): [name: string, value: string][] {
  return Object.entries(context)
    .filter(([, value]) => value !== null && value !== undefined && value !== '')
    .map(([name, value]) => [
      name,
      typeof value === 'object' ? JSON.stringify(value) : String(value),
    ]);
}

/** A browser's own name is long and rarely of use: the page folds it, under whatever name it came. */
export function isUserAgent([name, value]: readonly [string, string]): boolean {
  return name === 'user_agent' || value.startsWith('Mozilla/');
}

/** When we first answered: as the desk says it, otherwise from the entries when all of them are here. */
export function firstReplyAt(
  request: RequestDetail,
  entries: readonly Entry[],
  moreBefore: boolean,
): Timestamp | null {
  if (request.first_reply_at) return request.first_reply_at;
  if (moreBefore) return null;
  return (
    entries.find((entry) => entry.kind === 'text' && entry.author.kind === 'agent')?.created_at ??
    null
  );
}

import type { Id } from '@standfast/api';

/**
 * The scroll offset at which the row that was on top before a change is where it was. When that row has left the list,
 * the next one that stayed takes its place. All in pixels; rows have one height.
 */
export function anchored(
  before: readonly { id: Id }[],
  after: readonly { id: Id }[],
  top: number,
  row: number,
): number {
  const first = Math.floor(top / row);
  const now = new Map(after.map((item, index) => [item.id, index]));
  for (let index = first; index < before.length; index += 1) {
    const at = now.get(before[index]?.id ?? '');
    if (at !== undefined) return Math.max(0, top + (at - index) * row);
  }
  return top;
}

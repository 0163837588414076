/** Does `text` answer to what was typed? Every typed word must occur; case and width do not matter. */
export function matches(text: string, typed: string): boolean {
  const hay = text.normalize('NFKC').toLowerCase();
  return typed
    .normalize('NFKC')
    .toLowerCase()
    .split(/\s+/)
    .every((word) => hay.includes(word));
}

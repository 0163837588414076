/** What a text is made of, in order. Rendering is the page's; nothing here is HTML. */
export type Segment =
  | { readonly kind: 'plain'; readonly text: string }
  /** A secret was here: `⟦redacted:recovery_phrase:12⟧`. `detail` is the third part, often a count. */
  | { readonly kind: 'mark'; readonly secret: string; readonly detail: string | null }
  | { readonly kind: 'identifier'; readonly text: string }
  | { readonly kind: 'link'; readonly text: string };

const MARK = /⟦redacted:([a-z0-9_]+)(?::([^⟧]*))?⟧/;
const LINK = /https?:\/\/[^\s<>"'⟦⟧，。；！？、）】》]+[^\s<>"'⟦⟧，。；！？、）】》.,;:!?)\]]/;

/**
 * Cuts a text into plain runs, redaction marks, links and the given identifiers (values that the server recognised).
 * An identifier inside a link stays part of the link.
 */
export function segments(text: string, identifiers: readonly string[] = []): Segment[] {
  const values = [...new Set(identifiers)]
    .filter((value) => value.length > 16)
    .sort((a, b) => b.length - a.length)
    .map((value) => value.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  const pattern = new RegExp(
    [MARK.source, `(${LINK.source})`, `(${values.join('|') || '(?!)'})`].join('|'),
    'g',
  );
  const found: Segment[] = [];
  let end = 0;
  const plain = (upTo: number) => {
    if (upTo > end) found.push({ kind: 'plain', text: text.slice(end, upTo) });
  };
  for (const match of text.matchAll(pattern)) {
    plain(match.index);
    const [whole, secret, detail, link] = match;
    if (secret !== undefined) found.push({ kind: 'mark', secret, detail: detail ?? null });
    else if (link !== undefined) found.push({ kind: 'link', text: whole });
    else found.push({ kind: 'identifier', text: whole });
    end = match.index + whole.length;
  }
  plain(text.length);
  return found;
}

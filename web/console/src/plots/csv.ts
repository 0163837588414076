/** Tables as CSV (RFC 4180), safe to open in a spreadsheet. Pure. */

export type Field = string | number | null | undefined;

/**
 * One field. A text that a spreadsheet would run as a formula (it starts with = + - @, a tab or a carriage return, full-width
 * forms included) gets an apostrophe in front (OWASP, "CSV Injection"); numbers are written as they are.
 */
export function field(value: Field): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : '';
  const safe = /^\s*[=+\-@＝＋－＠]|^[\t\r\n]/.test(value) ? `'${value}` : value;
  return /[",\r\n\t;']/.test(safe) ? `"${safe.replace(/"/g, '""')}"` : safe;
}

/** Lines end in CRLF; the byte order mark tells Excel that this is UTF-8, without it Chinese is garbled. */
export function csv(header: readonly string[], rows: readonly (readonly Field[])[]): string {
  return `\uFEFF${[header, ...rows].map((row) => row.map(field).join(',')).join('\r\n')}\r\n`;
}

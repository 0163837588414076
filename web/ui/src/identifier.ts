/**
 * Shortens an address or a hash for display, keeping what people compare: its beginning and its end.
 * The whole value belongs into the copy button and the tooltip.
 */
export function shorten(value: string): string {
  if (value.length <= 16) return value;
  const head = /^0x/i.test(value) ? 6 : value.includes('1') && /^(bc|tb|ltc)1/i.test(value) ? 7 : 5;
  return `${value.slice(0, head)}…${value.slice(-6)}`;
}

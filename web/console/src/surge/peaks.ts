import type { DriverKind, Peaks } from '@standfast/api';

/** Kinds of events for which many may be expected; the server leaves out the others. */
export const PEAKS: readonly DriverKind[] = [
  'fork',
  'upgrade',
  'unlock',
  'listing',
  'campaign',
  'release',
  'price',
  'webinar',
  'other',
];

export type PeakKind = Peaks['kinds'][number];

/** "3.2": as precisely as is worth saying. */
export function times(ratio: number): string {
  return ratio >= 10 ? String(Math.round(ratio)) : ratio.toFixed(1);
}

import type { Query } from './api';

/** A figure whose requests are looked at. */
export interface Wanted {
  title: string;
  query: Query;
  /** The cell of the answer; none: the total. */
  cell: readonly string[];
  /** What the figure says it stands on. */
  n: number;
}

class Behind {
  wanted = $state.raw<Wanted | null>(null);

  open(wanted: Wanted): void {
    this.wanted = wanted;
  }

  close(): void {
    this.wanted = null;
  }
}

export const behind = new Behind();

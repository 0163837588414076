/** What flows of a whole period come to. Pure. */
import type { Figure } from './api';

export interface Balance {
  opened: number;
  closed: number;
  /** How many more are open than before; fewer where it is below zero. */
  difference: number;
  /** What was open at both ends, where the answer says so. */
  open: { before: number; after: number } | null;
}

/** Null where the figure has no sides. */
export function balanceOf({ flow }: Pick<Figure, 'flow'>): Balance | null {
  if (!flow) return null;
  const { opened, closed, before, after } = flow;
  const isKnown = typeof before === 'number' && typeof after === 'number';
  return {
    opened,
    closed,
    difference: opened - closed,
    open: isKnown ? { before, after } : null,
  };
}

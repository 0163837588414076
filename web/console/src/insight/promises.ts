/** Whether promised waits were kept, as plots and tables want it. */
import type { InsightPromiseCount } from '@standfast/api';
import type { Ranked } from '../plots/data';

/** The share of promised waits that is to be kept, and how far from it is still as promised. */
export const AIM = 0.8;
const NEAR = 0.05;

export type Verdict = 'kept' | 'low' | 'high' | 'unclear';

/** What a count says of the promise; nothing is said that its interval does not bear. */
export function verdictOf({ share, low, high }: InsightPromiseCount): Verdict {
  if (typeof share !== 'number' || typeof low !== 'number' || typeof high !== 'number')
    return 'unclear';
  if (high < AIM - NEAR) return 'low';
  if (low > AIM + NEAR) return 'high';
  if (low < AIM - 2 * NEAR || high > AIM + 2 * NEAR) return 'unclear';
  if (share < AIM - NEAR) return 'low';
  return share > AIM + NEAR ? 'high' : 'kept';
}

/** A bar: what was kept, with what was promised as the mark. */
export function barOf(key: string, label: string, count: InsightPromiseCount): Ranked {
  const { share, low, high, kept, broken, small } = count;
  return {
    key,
    label,
    value: share ?? null,
    low: low ?? null,
    high: high ?? null,
    n: kept + broken,
    small,
    before: typeof share === 'number' ? AIM : null,
  };
}

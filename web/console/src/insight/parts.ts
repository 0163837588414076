/** Which requests are behind a figure: all of them, or a part. */
import type { Measured } from '../plots/figure';
import { t } from '../words.svelte';
import type { Figure, Part } from './api';

/** Whether a figure has requests behind it; `part` undefined: of whatever part. */
export function hasBehind({ n, flow }: Figure, part: Part | undefined): boolean {
  if (!flow) return n > 0;
  if (part === undefined) return flow.opened + flow.closed > 0;
  return (part === 'met' ? flow.closed : flow.opened) > 0;
}

/** The parts that a figure is made of, with how many requests each has. */
export function partsOf(
  { n, numerator, pending, flow }: Figure,
  measured: Measured,
): { code: Part; label: string; count: number }[] {
  const counts = (kind: string, met: number, all: number, unmet: number | null) => [
    {
      code: 'all' as const,
      label: t(kind === 'flow' ? 'insight.behind.all.flow' : 'insight.behind.all'),
      count: all,
    },
    { code: 'met' as const, label: t(`insight.behind.met.${kind}`), count: met },
    ...(unmet === null
      ? []
      : [{ code: 'unmet' as const, label: t(`insight.behind.unmet.${kind}`), count: unmet }]),
  ];
  if (flow) return counts('flow', flow.closed, flow.opened, null);
  if (measured === 'share' && numerator !== undefined)
    return counts('share', numerator, n, n - numerator);
  if (measured === 'seconds' && pending !== undefined)
    return counts('seconds', n - pending, n, pending);
  return [];
}

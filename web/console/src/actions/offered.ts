import type { Agent, Id } from '@standfast/api';
import type { Presence } from '@standfast/ui/frame';

const RANK: Readonly<Record<Presence, number>> = { online: 0, away: 1, offline: 2 };

/** Somebody to whom a request can be given. */
export interface Offered {
  agent: Agent;
  /** The request reached a tier beyond the first, and they are of it or above. */
  fits: boolean;
}

/** Whom a request can be given to: those of the tier that it has reached first, then oneself, then whoever is there. */
export function offered(
  agents: readonly Agent[],
  tier: number,
  me: Id | null,
  presence: (id: Id) => Presence,
): Offered[] {
  return agents
    .filter((agent) => !agent.disabled && agent.role !== 'analyst')
    .map((agent) => ({ agent, fits: tier > 1 && agent.tier >= tier }))
    .toSorted(
      (a, b) =>
        Number(b.fits) - Number(a.fits) ||
        Number(b.agent.id === me) - Number(a.agent.id === me) ||
        RANK[presence(a.agent.id)] - RANK[presence(b.agent.id)] ||
        a.agent.name.localeCompare(b.agent.name),
    );
}

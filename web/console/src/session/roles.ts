import type { Role } from '@standfast/api';

/** What a person may do at the desk. The server decides; this only hides what it would refuse. */
export type Deed = 'write' | 'erase' | 'agents' | 'jobs' | 'settings';

const ALLOWED: Record<Role, readonly Deed[]> = {
  analyst: [],
  agent: ['write'],
  lead: ['write', 'erase', 'settings'],
  admin: ['write', 'erase', 'settings', 'agents', 'jobs'],
};

export function allows(role: Role | undefined, deed: Deed): boolean {
  return role !== undefined && ALLOWED[role].includes(deed);
}

import type { Role } from '@standfast/api';

/** What a person may do at the desk. The server decides; this only hides what it would refuse. */
export type Deed = 'write' | 'erase' | 'agents' | 'jobs' | 'settings' | 'insight';

const ALLOWED: Record<Role, readonly Deed[]> = {
  analyst: ['insight'],
  agent: ['write'],
  lead: ['write', 'erase', 'settings', 'insight'],
  admin: ['write', 'erase', 'settings', 'agents', 'jobs', 'insight'],
};

export function allows(role: Role | undefined, deed: Deed): boolean {
  return role !== undefined && ALLOWED[role].includes(deed);
}

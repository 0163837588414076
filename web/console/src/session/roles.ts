import type { Role } from '@standfast/api';

/** What a person may do at the desk. The server decides; this only hides what it would refuse. */
export type Deed =
  | 'write'
  | 'erase'
  | 'review'
  | 'explain'
  | 'agents'
  | 'jobs'
  | 'tokens'
  | 'hours'
  | 'roster'
  | 'maintenance'
  | 'tell'
  | 'surge'
  | 'settings'
  | 'insight';

const ALLOWED: Record<Role, readonly Deed[]> = {
  analyst: ['explain', 'insight'],
  agent: ['write'],
  lead: [
    'write',
    'erase',
    'review',
    'explain',
    'hours',
    'roster',
    'tell',
    'surge',
    'settings',
    'insight',
  ],
  admin: [
    'write',
    'erase',
    'review',
    'explain',
    'hours',
    'roster',
    'tell',
    'surge',
    'settings',
    'agents',
    'jobs',
    'tokens',
    'maintenance',
    'insight',
  ],
};

export function allows(role: Role | undefined, deed: Deed): boolean {
  return role !== undefined && ALLOWED[role].includes(deed);
}

import type { Id, ViewName } from '@standfast/api';

/** Every place in the console, and its address below /console. Pure: the browser's history is in `router.svelte.ts`. */
export type Place = Known & {
  /** An address that names no place, as it was typed; the rest is the nearest that there is. */
  lost?: string | undefined;
};

type Known =
  | { room: 'desk'; view: ViewName; request: Id | null; q: string; type: string; team: string }
  | { room: 'feedback'; section: 'open' | 'done' }
  | { room: 'drivers'; section: DriversSection }
  | { room: 'alarms'; section: AlarmsSection }
  | { room: 'planning'; section: PlanningSection }
  | { room: 'roster'; section: RosterSection }
  | { room: 'surge'; section: SurgeSection }
  | { room: 'wallboard' }
  | { room: 'settings'; section: SettingsSection }
  /**
   * `search`: what is looked at, in the words of `insight/view.ts`, which is loaded with that room. `start`: wherever it begins
   * for this person, which that room knows.
   */
  | { room: 'insight'; page: InsightPage; search: string; start?: true };

export type DriversSection = 'events' | 'active-users';
export type AlarmsSection = 'now' | 'past';
export type PlanningSection = (typeof PLANNING)[number];
export type RosterSection = 'week' | 'mine' | 'requests' | 'now' | 'people';
export type SurgeSection = 'now' | 'plan' | 'peaks' | 'past';
export type SettingsSection = 'agents' | 'hours' | 'tokens' | 'jobs' | 'maintenance';

export const VIEWS: readonly ViewName[] = ['unassigned', 'mine', 'all', 'at_risk', 'solved'];
export const DRIVERS: readonly DriversSection[] = ['events', 'active-users'];
export const ALARMS: readonly AlarmsSection[] = ['now', 'past'];
export const PLANNING = ['forecast', 'need', 'plan', 'what-if', 'rules'] as const;
export const ROSTER: readonly RosterSection[] = ['week', 'mine', 'requests', 'now', 'people'];
export const SURGE: readonly SurgeSection[] = ['now', 'plan', 'peaks', 'past'];
export const SETTINGS: readonly SettingsSection[] = [
  'agents',
  'hours',
  'tokens',
  'jobs',
  'maintenance',
];
export const INSIGHT_PAGES = [
  'overview',
  'types',
  'times',
  'novel',
  'people',
  'online',
  'satisfaction',
  'promises',
  'compare',
  'explorer',
  'reports',
] as const;
export type InsightPage = (typeof INSIGHT_PAGES)[number];
export const BASE_PATH = '/console';

const HOME: Known = { room: 'desk', view: 'unassigned', request: null, q: '', type: '', team: '' };

export function deskPlace(
  view: ViewName,
  request: Id | null = null,
  filters: Partial<Filters> = {},
): Known {
  return {
    room: 'desk',
    view,
    request,
    q: filters.q ?? '',
    type: filters.type ?? '',
    team: filters.team ?? '',
  };
}

export function insightPlace(page: InsightPage = 'overview', search = ''): Known {
  return { room: 'insight', page, search };
}

/** Insight, wherever it begins. */
export function insightStart(): Known {
  return { room: 'insight', page: 'overview', search: '', start: true };
}

export interface Filters {
  q: string;
  type: string;
  team: string;
}

/** Rooms and what there is in them. */
const ROOMS: ReadonlyMap<string, readonly string[]> = new Map<string, readonly string[]>([
  ['drivers', DRIVERS],
  ['alarms', ALARMS],
  ['planning', PLANNING],
  ['roster', ROSTER],
  ['wallboard', []],
  ['surge', SURGE],
  ['settings', SETTINGS],
  ['feedback', ['open', 'done']],
  ['insight', INSIGHT_PAGES],
]);

/** Addresses under which people look for what has its place elsewhere. */
const ELSEWHERE: ReadonlyMap<string, Known> = new Map<string, Known>([
  ['insight/drivers', { room: 'drivers', section: 'events' }],
  ['insight/events', { room: 'drivers', section: 'events' }],
]);

/** Where that is; null of any other address. */
export function movedTo(path: string): Place | null {
  return ELSEWHERE.get(partsOf(path).slice(0, 2).join('/')) ?? null;
}

function partsOf(path: string): string[] {
  return path.replace(BASE_PATH, '').split('/').filter(Boolean).map(decode);
}

/** Whether an address names nothing that there is. Without a section it is the first one. */
function isLost([room, section]: readonly string[]): boolean {
  if (room === undefined) return false;
  const sections = ROOMS.get(room);
  if (!sections) return !VIEWS.some((name) => name === room.replace('-', '_'));
  // The wallboard is one page, whatever follows.
  return section !== undefined && sections.length > 0 && !sections.includes(section);
}

/** The place that an address names; of an unknown address it says so, and which place is the nearest. */
export function readAddress(path: string, search = ''): Place {
  const moved = movedTo(path);
  if (moved) return moved;
  const parts = partsOf(path);
  const place = placeOf(parts, search);
  return isLost(parts) ? { ...place, lost: path + search } : place;
}

function placeOf(parts: readonly string[], search: string): Known {
  if (parts[0] === 'drivers')
    return { room: 'drivers', section: DRIVERS.find((name) => name === parts[1]) ?? 'events' };
  if (parts[0] === 'alarms')
    return { room: 'alarms', section: ALARMS.find((name) => name === parts[1]) ?? 'now' };
  if (parts[0] === 'planning')
    return { room: 'planning', section: PLANNING.find((name) => name === parts[1]) ?? 'forecast' };
  if (parts[0] === 'roster')
    return { room: 'roster', section: ROSTER.find((name) => name === parts[1]) ?? 'week' };
  if (parts[0] === 'wallboard') return { room: 'wallboard' };
  if (parts[0] === 'surge')
    return { room: 'surge', section: SURGE.find((name) => name === parts[1]) ?? 'now' };
  if (parts[0] === 'settings')
    return { room: 'settings', section: SETTINGS.find((name) => name === parts[1]) ?? 'agents' };
  if (parts[0] === 'feedback')
    return { room: 'feedback', section: parts[1] === 'done' ? 'done' : 'open' };
  if (parts[0] === 'insight') {
    if (parts.length === 1 && search === '') return insightStart();
    const page = INSIGHT_PAGES.find((name) => name === parts[1]) ?? 'overview';
    return { room: 'insight', page, search: search.replace(/^\?/, '') };
  }
  const view = VIEWS.find((name) => name === parts[0]?.replace('-', '_'));
  if (!view) return HOME;
  const wanted = new URLSearchParams(search);
  return deskPlace(view, parts[1] ?? null, {
    q: wanted.get('q') ?? '',
    type: wanted.get('type') ?? '',
    team: wanted.get('team') ?? '',
  });
}

export function writeAddress(place: Place): string {
  if (place.lost !== undefined) return place.lost;
  if (place.room === 'insight' && place.start) return `${BASE_PATH}/insight`;
  if (place.room === 'insight')
    return `${BASE_PATH}/insight/${place.page}${place.search ? `?${place.search}` : ''}`;
  if (place.room === 'wallboard') return `${BASE_PATH}/wallboard`;
  if (place.room !== 'desk') return `${BASE_PATH}/${place.room}/${place.section}`;
  const filters = new URLSearchParams();
  for (const name of ['q', 'type', 'team'] as const)
    if (place[name]) filters.set(name, place[name]);
  const request = place.request ? `/${encodeURIComponent(place.request)}` : '';
  const search = filters.size > 0 ? `?${filters.toString()}` : '';
  return `${BASE_PATH}/${place.view.replace('_', '-')}${request}${search}`;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

const LARGEST_ID = 2n ** 63n - 1n;

/** Whether an address names a request by its id: a positive number of 64 bits. */
export function isRequestId(text: string): boolean {
  return /^[1-9]\d{0,18}$/.test(text) && BigInt(text) <= LARGEST_ID;
}

const NUMBER = /^[23456789ABCDEFGHJKMNPQRSTUVWXYZ]{10}$/;

/** A request number as people type it (hyphens, blanks, small letters), in its stored form; null when it is none. */
export function requestNumber(text: string): string | null {
  const bare = text.replace(/[\s-]/g, '').toUpperCase();
  return NUMBER.test(bare) ? bare : null;
}

/** K7M39QX24J → K7M-39Q-X24J. */
export function spokenNumber(number: string): string {
  const bare = number.replace(/-/g, '');
  return bare.length === 10 ? `${bare.slice(0, 3)}-${bare.slice(3, 6)}-${bare.slice(6)}` : number;
}

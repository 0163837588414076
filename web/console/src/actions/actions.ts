import type { RequestDetail, RequestSummary, ViewName } from '@standfast/api';
import { open } from '../conversation/open.svelte';
import { questionOf } from '../conversation/question';
import { panel } from '../customer/panel.svelte';
import { inbox } from '../inbox/inbox.svelte';
import { focusComposer, focusRow, focusSearch } from '../parts/focus';
import { deskPlace, insightStart, VIEWS, type Place } from '../routing/address';
import { router } from '../routing/router.svelte';
import { preferences } from '../session/preferences.svelte';
import { session } from '../session/session.svelte';
import { t } from '../words.svelte';
import * as deeds from './deeds';
import { overlay } from './overlay.svelte';

/** Everything that can be done from the keyboard. The palette, the key sheet and the key handler all read this one list. */
export interface Action {
  id: string;
  group: 'go' | 'request' | 'desk';
  /** Key of the catalogue. */
  label: string;
  keys: readonly string[];
  allowed: () => boolean;
  run: () => void;
  /** Shown on the key sheet only. */
  quiet?: boolean;
}

const onDesk = () => router.place.room === 'desk';
/** The open one; in other rooms there is none, whatever was open before. */
const request = (): RequestDetail | null => (onDesk() ? (open.current?.request ?? null) : null);
const writable = () => request() !== null && session.may('write');
const inState = (...states: string[]) => writable() && states.includes(request()?.state ?? '');
const onRequest = (run: (request: RequestDetail) => unknown) => () => {
  const current = request();
  if (current) void run(current);
};
const always = () => true;

export function placeOfView(view: ViewName): Place {
  return deskPlace(view);
}

export function placeOfRequest(item: Pick<RequestSummary, 'id'>): Place {
  const { place } = router;
  return place.room === 'desk' ? { ...place, request: item.id } : deskPlace('all', item.id);
}

export function closeRequest(): void {
  const { place } = router;
  if (place.room !== 'desk') router.go(deskPlace('unassigned'));
  else if (place.request) router.go({ ...place, request: null });
}

function step(by: number): void {
  const item = inbox.neighbour(by);
  if (!item) return;
  inbox.cursor = item.id;
  focusRow(item.id);
}

function openNeighbour(by: number): void {
  inbox.cursor = inbox.open ?? inbox.cursor;
  const item = inbox.neighbour(by);
  if (item) router.go(placeOfRequest(item));
}

function openCursor(): void {
  const item = inbox.cursor ? inbox.find(inbox.cursor) : null;
  if (item) router.go(placeOfRequest(item));
}

const VIEW_KEYS: Record<ViewName, string> = {
  unassigned: 'g u',
  mine: 'g m',
  all: 'g a',
  at_risk: 'g r',
  solved: 'g s',
};

export const ACTIONS: readonly Action[] = [
  {
    id: 'palette',
    group: 'go',
    label: 'action.palette',
    keys: ['mod+k'],
    allowed: always,
    run: () => overlay.show({ kind: 'palette' }),
    quiet: true,
  },
  {
    id: 'next',
    group: 'go',
    label: 'action.next',
    keys: ['j', 'ArrowDown'],
    allowed: onDesk,
    run: () => step(1),
    quiet: true,
  },
  {
    id: 'previous',
    group: 'go',
    label: 'action.previous',
    keys: ['k', 'ArrowUp'],
    allowed: onDesk,
    run: () => step(-1),
    quiet: true,
  },
  {
    id: 'open',
    group: 'go',
    label: 'action.open',
    keys: ['Enter', 'o'],
    allowed: onDesk,
    run: openCursor,
    quiet: true,
  },
  {
    id: 'open-next',
    group: 'go',
    label: 'action.open_next',
    keys: [']', 'shift+j'],
    allowed: onDesk,
    run: () => openNeighbour(1),
    quiet: true,
  },
  {
    id: 'open-previous',
    group: 'go',
    label: 'action.open_previous',
    keys: ['[', 'shift+k'],
    allowed: onDesk,
    run: () => openNeighbour(-1),
    quiet: true,
  },
  {
    id: 'back',
    group: 'go',
    label: 'action.back',
    keys: ['Escape'],
    // Other rooms are left by the ways that lead elsewhere: a key that also closes boxes in them would lose what is on the page.
    allowed: () => request() !== null,
    run: closeRequest,
    quiet: true,
  },
  {
    id: 'search',
    group: 'go',
    label: 'action.search',
    keys: ['/'],
    allowed: always,
    run: focusSearch,
  },
  ...VIEWS.map((view): Action => ({
    id: `view-${view}`,
    group: 'go',
    label: `view.${view}`,
    keys: [VIEW_KEYS[view]],
    allowed: always,
    run: () => router.go(placeOfView(view)),
  })),
  {
    id: 'insight',
    group: 'go',
    label: 'insight.title',
    keys: ['g i'],
    allowed: () => session.may('insight'),
    run: () => router.go(insightStart()),
  },
  {
    id: 'planning',
    group: 'go',
    label: 'planning.title',
    keys: ['g c'],
    allowed: () => session.may('roster'),
    run: () => router.go({ room: 'planning', section: 'forecast' }),
  },
  {
    id: 'alarms',
    group: 'go',
    label: 'alarms.title',
    keys: ['g l'],
    allowed: always,
    run: () => router.go({ room: 'alarms', section: 'now' }),
  },
  {
    id: 'roster',
    group: 'go',
    label: 'roster.title',
    keys: ['g w'],
    allowed: always,
    run: () => router.go({ room: 'roster', section: 'week' }),
  },
  {
    id: 'surge',
    group: 'go',
    label: 'surge.title',
    keys: ['g o'],
    allowed: always,
    run: () => router.go({ room: 'surge', section: 'now' }),
  },
  {
    id: 'wallboard',
    group: 'go',
    label: 'wallboard.title',
    keys: ['g b'],
    allowed: () => session.may('insight'),
    run: () => router.go({ room: 'wallboard' }),
  },
  {
    id: 'events',
    group: 'go',
    label: 'drivers.events',
    keys: ['g e'],
    allowed: always,
    run: () => router.go({ room: 'drivers', section: 'events' }),
  },
  {
    id: 'active-users',
    group: 'go',
    label: 'drivers.active-users',
    keys: ['g p'],
    allowed: always,
    run: () => router.go({ room: 'drivers', section: 'active-users' }),
  },
  {
    id: 'feedback',
    group: 'go',
    label: 'feedback.title',
    keys: ['g f'],
    allowed: () => session.may('review'),
    run: () => router.go({ room: 'feedback', section: 'open' }),
  },
  {
    id: 'settings',
    group: 'go',
    label: 'settings.title',
    keys: ['g ,'],
    allowed: () => session.may('settings'),
    run: () => router.go({ room: 'settings', section: 'agents' }),
  },

  {
    id: 'reply',
    group: 'request',
    label: 'action.reply',
    keys: ['r'],
    allowed: writable,
    run: () => focusComposer('reply'),
  },
  {
    id: 'note',
    group: 'request',
    label: 'action.note',
    keys: ['n'],
    allowed: writable,
    run: () => focusComposer('note'),
  },
  {
    id: 'take',
    group: 'request',
    label: 'action.take',
    keys: ['i'],
    allowed: writable,
    run: onRequest((it) => deeds.assign(it, session.me)),
  },
  {
    id: 'assign',
    group: 'request',
    label: 'action.assign',
    keys: ['a'],
    allowed: writable,
    run: () => overlay.show({ kind: 'assign' }),
  },
  {
    id: 'type',
    group: 'request',
    label: 'action.type',
    keys: ['t'],
    allowed: writable,
    run: () => overlay.show({ kind: 'type' }),
  },
  ...['1', '2', '3'].map((key, at): Action => {
    const asked = () => {
      const current = request();
      return (current && questionOf(current)?.options[at]) ?? null;
    };
    return {
      id: `type.${key}`,
      group: 'request',
      label: `action.type.${key}`,
      keys: [key],
      allowed: () => writable() && asked() !== null,
      run: onRequest((current) => {
        const option = asked();
        if (option) void deeds.setType(current, option.type);
      }),
      quiet: true,
    };
  }),
  {
    id: 'tags',
    group: 'request',
    label: 'action.tags',
    keys: ['l'],
    allowed: writable,
    run: () => overlay.show({ kind: 'tags' }),
  },
  {
    id: 'not-at-risk',
    group: 'request',
    label: 'action.not_at_risk',
    keys: ['x'],
    allowed: () => inState('open', 'waiting', 'on_hold', 'solved') && request()?.at_risk === true,
    run: () => overlay.show({ kind: 'claim' }),
  },
  {
    id: 'at-risk',
    group: 'request',
    label: 'action.at_risk',
    keys: ['shift+x'],
    allowed: () => inState('open', 'waiting', 'on_hold', 'solved') && request()?.at_risk === false,
    run: onRequest((it) => deeds.putAtRisk(it)),
  },
  {
    id: 'solve',
    group: 'request',
    label: 'action.solve',
    keys: ['e'],
    allowed: () => inState('open', 'waiting', 'on_hold'),
    run: onRequest((it) => deeds.transition(it, 'solve')),
  },
  {
    id: 'reopen',
    group: 'request',
    label: 'action.reopen',
    keys: ['shift+e'],
    allowed: () => inState('waiting', 'solved', 'on_hold', 'closed'),
    run: onRequest((it) => deeds.transition(it, 'reopen')),
  },
  {
    id: 'hold',
    group: 'request',
    label: 'action.hold',
    keys: ['h'],
    allowed: () => inState('open', 'waiting'),
    run: onRequest((it) => deeds.transition(it, 'hold')),
  },
  {
    id: 'close',
    group: 'request',
    label: 'action.close',
    keys: [],
    allowed: () => inState('solved'),
    run: onRequest((it) => deeds.transition(it, 'close')),
  },
  {
    id: 'merge',
    group: 'request',
    label: 'action.merge',
    keys: ['m'],
    allowed: () => inState('open', 'waiting', 'on_hold', 'solved'),
    run: () => overlay.show({ kind: 'merge' }),
  },
  {
    id: 'incident',
    group: 'request',
    label: 'action.incident',
    keys: [],
    allowed: () => inState('open', 'waiting', 'on_hold', 'solved') && session.may('write'),
    run: () => overlay.show({ kind: 'incident' }),
  },
  {
    id: 'spam',
    group: 'request',
    label: 'action.spam',
    keys: ['!'],
    allowed: () => inState('open', 'waiting', 'on_hold', 'solved', 'closed'),
    run: () => overlay.show({ kind: 'spam' }),
  },
  {
    id: 'not-spam',
    group: 'request',
    label: 'action.not_spam',
    keys: [],
    allowed: () => inState('spam') && session.may('write'),
    run: onRequest((it) => deeds.transition(it, 'not_spam')),
  },
  {
    id: 'context',
    group: 'request',
    label: 'action.context',
    keys: ['c'],
    allowed: () => request() !== null,
    run: () => panel.toggle(),
  },

  {
    id: 'filter',
    group: 'desk',
    label: 'action.filter',
    keys: ['f'],
    allowed: () => router.place.room === 'desk',
    run: () => overlay.show({ kind: 'filter' }),
  },
  {
    id: 'incident-view',
    group: 'desk',
    label: 'action.incident_view',
    keys: [],
    allowed: () =>
      router.place.room === 'desk' && router.place.view !== 'solved' && session.may('tell'),
    run: () => overlay.show({ kind: 'incident-view' }),
  },
  {
    id: 'fold',
    group: 'desk',
    label: 'action.fold',
    keys: ['v'],
    allowed: always,
    run: () => preferences.set({ viewsFolded: !preferences.viewsFolded }),
  },
  {
    id: 'theme',
    group: 'desk',
    label: 'action.theme',
    keys: [],
    allowed: always,
    run: () =>
      preferences.set({
        theme: document.documentElement.matches('[data-theme=dark]') ? 'light' : 'dark',
      }),
  },
  {
    id: 'keys',
    group: 'desk',
    label: 'action.keys',
    keys: ['?'],
    allowed: always,
    run: () => overlay.show({ kind: 'keys' }),
  },
];

export function action(id: string): Action | undefined {
  return ACTIONS.find((each) => each.id === id);
}

export function labelOf(each: Action): string {
  return t(each.label);
}

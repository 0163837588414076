import type { Entry } from '../api/types';
import { spokenNumber } from '../routing/address';

interface Names {
  t: (key: string, params?: Record<string, string | number>) => string;
  agent: (id: string | null | undefined) => string;
  team: (id: string | null | undefined) => string;
  type: (code: string | null | undefined) => string;
}

/** One line that says what happened; an event that this console does not know is shown by its name. Pure. */
export function eventText(entry: Entry, names: Names): string {
  const event = entry.event ?? { type: 'unknown' };
  const who =
    entry.author.kind === 'system'
      ? names.t('author.system')
      : entry.author.name || names.agent(entry.author.id);
  const field = (key: string): string => {
    const value = event[key];
    return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  };
  const say = (key: string, params: Record<string, string> = {}) => {
    const full = `event.${key}`;
    const text = names.t(full, { who, ...params });
    return text === full ? names.t('event.unknown', { who, type: event.type }) : text;
  };
  switch (event.type) {
    case 'assigned': {
      const agent = field('agent_id');
      if (agent)
        return agent === entry.author.id
          ? say('taken')
          : say('assigned', { name: names.agent(agent) });
      const team = field('team_id');
      return team ? say('team', { name: names.team(team) || team }) : say('unassigned');
    }
    case 'retyped':
      return say('retyped', { type: names.type(field('to')) });
    case 'state':
      return say(`state.${field('to')}`);
    case 'tagged':
      return say('tagged', {
        tags: [...listOf(event.added), ...listOf(event.removed).map((tag) => `−${tag}`)].join(', '),
      });
    case 'merged_into':
    case 'merged_from':
    case 'continues':
      return say(event.type, { number: spokenNumber(field('number')) });
    case 'at_risk':
      return event.secret ? say('at_risk.secret') : say('at_risk');
    default:
      return say(event.type);
  }
}

function listOf(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

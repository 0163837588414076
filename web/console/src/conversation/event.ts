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
  const field = (...keys: string[]): string => {
    for (const key of keys) {
      const value = event[key];
      if (typeof value === 'string' || typeof value === 'number') return String(value);
    }
    return '';
  };
  const say = (key: string, params: Record<string, string> = {}) => {
    const full = `event.${key}`;
    const text = names.t(full, { who, ...params });
    return text === full ? names.t('event.unknown', { who, type: event.type }) : text;
  };
  switch (event.type) {
    case 'assigned':
    case 'assign': {
      const agent = field('agent_id', 'agent');
      if (agent)
        return agent === entry.author.id
          ? say('taken')
          : say('assigned', { name: field('agent_name') || names.agent(agent) });
      const team = field('team_id', 'team');
      return team ? say('team', { name: names.team(team) || team }) : say('unassigned');
    }
    case 'type':
      return say('type', { type: names.type(field('to', 'type_code', 'code')) });
    case 'state':
      return say(`state.${field('to', 'state')}`);
    case 'tags':
      return say('tags', {
        tags: listOf(event.add)
          .concat(listOf(event.remove).map((tag) => `−${tag}`))
          .join(', '),
      });
    case 'merged':
    case 'merge':
      return say('merged', { number: spokenNumber(field('into', 'number')) });
    case 'merged_from':
      return say('merged_from', { number: spokenNumber(field('from', 'number')) });
    case 'erased':
      return say('erased', { seq: field('seq') });
    default:
      return say(event.type);
  }
}

function listOf(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

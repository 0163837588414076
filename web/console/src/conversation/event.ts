import type { Entry } from '@standfast/api';
import { spokenNumber } from '../routing/address';

interface Names {
  t: (key: string, params?: Record<string, string | number>) => string;
  agent: (id: string | null | undefined) => string;
  team: (id: string | null | undefined) => string;
  type: (code: string | null | undefined) => string;
}

/** One line that says what happened; an event that this console does not know is shown by its name. Pure. */
export function eventText(entry: Entry, names: Names): string {
  const { event } = entry;
  const type: string = event?.type ?? 'unknown';
  const who =
    entry.author.kind === 'system'
      ? names.t('author.system')
      : entry.author.name || names.agent(entry.author.id);
  const say = (key: string, params: Record<string, string> = {}) => {
    const full = `event.${key}`;
    const text = names.t(full, { who, ...params });
    return text === full ? names.t('event.unknown', { who, type }) : text;
  };
  switch (event?.type) {
    case 'assigned': {
      const { agent_id: agent, team_id: team } = event;
      if (agent)
        return agent === entry.author.id
          ? say('taken')
          : say('assigned', { name: names.agent(agent) });
      return team ? say('team', { name: names.team(team) || team }) : say('unassigned');
    }
    case 'retyped':
      return say('retyped', { type: names.type(event.to) });
    case 'state':
      return say(`state.${event.to}`);
    case 'tagged':
      return say('tagged', {
        tags: [...event.added, ...event.removed.map((tag) => `−${tag}`)].join(', '),
      });
    case 'merged_into':
    case 'merged_from':
    case 'continues':
      return say(event.type, { number: spokenNumber(event.number) });
    case 'rated':
      return say('rated', {
        score: String(event.score),
        word: names.t(`score.${event.score}`),
        reason: event.reason ? names.t(`reason.${event.reason}`) : '',
      }).trim();
    case 'resolution':
      return say(`resolution.${event.state}`);
    case 'not_at_risk':
      return say('not_at_risk', { reason: names.t(`claim.${event.reason}`) });
    case 'at_risk':
      return event.secret ? say('at_risk.secret') : say('at_risk');
    default:
      return say(type);
  }
}

/** The files out of which a key was taken after they had come, by what the record says. Pure. */
export function cleanedIn(entries: readonly Entry[]): Set<string> {
  return new Set(
    entries.flatMap(({ event }) => (event?.type === 'file_redacted' ? [event.file] : [])),
  );
}

import type { Event } from '@standfast/api';
import { describe, expect, it } from 'vitest';
import { cleanedIn, eventText } from '../src/conversation/event';
import { shortSpan, initials, fileSize } from '../src/parts/format';
import { allows } from '../src/session/roles';
import { entry } from './fixtures';

const names = {
  t: (key: string, params: Record<string, string | number> = {}) =>
    key.includes('strange') ? key : `${key}(${Object.values(params).join(',')})`,
  agent: (id: string | null | undefined) => (id === '102' ? 'Sofia' : 'Lin'),
  team: () => 'Security',
  type: (code: string | null | undefined) => `type:${code}`,
};
const event = (what: Event) =>
  eventText(
    entry(1, { kind: 'event', event: what, author: { kind: 'agent', id: '101', name: 'Lin' } }),
    names,
  );

describe('event lines', () => {
  it('say who did what', () => {
    expect(event({ type: 'assigned', agent_id: '102' })).toBe('event.assigned(Lin,Sofia)');
    expect(event({ type: 'assigned', agent_id: '101' })).toBe('event.taken(Lin)');
    expect(event({ type: 'assigned', agent_id: null })).toBe('event.unassigned(Lin)');
    expect(event({ type: 'assigned', team_id: '5' })).toBe('event.team(Lin,Security)');
    expect(event({ type: 'state', from: 'open', to: 'solved' })).toBe('event.state.solved(Lin)');
    expect(event({ type: 'merged_into', number: 'K7M39QX24J' })).toBe(
      'event.merged_into(Lin,K7M-39Q-X24J)',
    );
  });

  it('say what the customer thinks of the help', () => {
    expect(event({ type: 'rated', episode: 1, score: 2, reason: 'slow' })).toBe(
      'event.rated(Lin,2,score.2(),reason.slow())',
    );
    expect(event({ type: 'resolution', episode: 1, state: 'confirmed' })).toBe(
      'event.resolution.confirmed(Lin)',
    );
    expect(event({ type: 'complained' })).toBe('event.complained(Lin)');
  });

  it('show an unknown event by its name', () => {
    expect(event({ type: 'strange' } as unknown as Event)).toBe('event.unknown(Lin,strange)');
  });
});

describe('figures', () => {
  it('are short', () => {
    expect(shortSpan(30_000, 'en')).toBe('now');
    expect(shortSpan(12 * 60_000, 'en')).toBe('12 min');
    expect(shortSpan(185 * 60_000, 'en')).toBe('3 h 05');
    expect(shortSpan(185 * 60_000, 'zh-CN')).toBe('3小时5分');
    expect(shortSpan(30 * 3_600_000, 'en')).toBe('30 h');
    expect(shortSpan(5 * 86_400_000, 'zh-CN')).toBe('5天');
    expect(fileSize(1_240_000, 'en')).toBe('1.2 MB');
    expect(initials('欧阳晓雯')).toBe('欧');
    expect(initials('Maria dos Santos')).toBe('MS');
    expect(initials('')).toBe('?');
  });
});

describe('roles', () => {
  it('hide what the desk would refuse', () => {
    expect(allows('analyst', 'write')).toBe(false);
    expect(allows('lead', 'review')).toBe(true);
    expect(allows('agent', 'review')).toBe(false);
    expect(allows('agent', 'erase')).toBe(false);
    expect(allows('lead', 'erase')).toBe(true);
    expect(allows('lead', 'agents')).toBe(false);
    expect(allows('admin', 'jobs')).toBe(true);
    expect(allows(undefined, 'write')).toBe(false);
  });
});

describe('a file out of which a key was taken', () => {
  it('is known by the record, whichever entry it came with', () => {
    const what = { type: 'file_redacted', file: '9', seq: 1, sha256: '', size: 3 } as Event;
    const entries = [entry(1, {}), entry(2, { kind: 'event', event: what })];
    expect([...cleanedIn(entries)]).toEqual(['9']);
    expect(cleanedIn(entries.slice(0, 1)).size).toBe(0);
  });
});

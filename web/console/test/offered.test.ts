import type { Agent } from '@standfast/api';
import { describe, expect, it } from 'vitest';
import { offered } from '../src/actions/offered';

const agent = (id: string, tier: number, more: Partial<Agent> = {}): Agent => ({
  id,
  name: `name ${id}`,
  email: '',
  role: 'agent',
  language: 'en',
  teams: [],
  tier,
  disabled: false,
  ...more,
});
const there = (id: string) => (id === '4' ? 'offline' : 'online');
const told = (agents: Agent[], tier: number) =>
  offered(agents, tier, '1', there).map((one) => `${one.agent.id}${one.fits ? '!' : ''}`);

describe('whom a request is offered to', () => {
  const agents = [agent('1', 1), agent('2', 2), agent('3', 1), agent('4', 3), agent('5', 2)];

  it('is oneself first, then whoever is there', () => {
    expect(told(agents, 1)).toEqual(['1', '2', '3', '5', '4']);
  });

  it('is those of the tier that it has reached first, also before oneself', () => {
    expect(told(agents, 2)).toEqual(['2!', '5!', '4!', '1', '3']);
    expect(told(agents, 3)).toEqual(['4!', '1', '2', '3', '5']);
  });

  it('is nobody who answers no more', () => {
    const gone = [agent('6', 3, { disabled: true }), agent('7', 3, { role: 'analyst' })];
    expect(told([...gone, agent('3', 1)], 3)).toEqual(['3']);
  });
});

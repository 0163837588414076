import type { Agent, Desk, Field, Id, RequestType, Team } from '@standfast/api';
import * as api from '../api/endpoints';
import type { Presence } from '@standfast/ui/frame';
import { link } from '../live/link.svelte';
import { t, titled } from '../words.svelte';
import { allows } from './roles';

/** Whether somebody may answer requests, as the roster has it (`Role::may` of the server). */
export const answers = ({ disabled, role }: Agent): boolean => !disabled && allows(role, 'write');

/** The desk's own people and vocabulary: agents, teams, types, fields; loaded once, presence kept live. */
class Directory {
  agents = $state.raw<Agent[]>([]);
  teams = $state.raw<Team[]>([]);
  desk = $state.raw<Desk | null>(null);
  presence = $state.raw<Record<Id, Presence>>({});

  async load(): Promise<void> {
    // Each may fail alone: the console then shows codes and ids instead of names, and still works.
    await Promise.all([
      api.agents().then((page) => (this.agents = page.items), ignore),
      api.teams().then((page) => (this.teams = page.items), ignore),
      api.desk().then((desk) => (this.desk = desk), ignore),
    ]);
  }

  async reloadAgents(): Promise<void> {
    this.agents = (await api.agents()).items;
  }

  setPresence(seen: readonly { id: Id; status: Presence }[]): void {
    this.presence = {
      ...this.presence,
      ...Object.fromEntries(seen.map(({ id, status }) => [id, status])),
    };
  }

  presenceOf(id: Id): Presence {
    if (link.down) return 'offline';
    return this.presence[id] ?? 'offline';
  }

  agentName(id: Id | null | undefined): string {
    if (!id) return t('nobody');
    return this.agents.find((agent) => agent.id === id)?.name ?? t('agent.unknown');
  }

  teamName(id: Id | null | undefined): string {
    return this.teams.find((team) => team.id === id)?.name ?? '';
  }

  get types(): readonly RequestType[] {
    return this.desk?.types ?? [];
  }

  typeName(code: string | null | undefined): string {
    if (!code) return t('type.none');
    return titled(this.types.find((type) => type.code === code)?.title, code);
  }

  field(code: string): Field | undefined {
    return this.desk?.fields.find((field) => field.code === code);
  }
}

function ignore(): void {}

export const directory = new Directory();

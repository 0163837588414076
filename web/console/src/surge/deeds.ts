import type { SurgeActions } from '@standfast/api';
import { directory } from '../session/directory.svelte';
import { t } from '../words.svelte';

/** What is done at a level, each as a short sentence. */
export function deedsOf(actions: SurgeActions): string[] {
  const { banner, answer, help_first, promise_hours, team, pause_asking, pause_reports, call_out } =
    actions;
  return [
    banner && t('surge.deed.banner'),
    answer && t(help_first ? 'surge.deed.help' : 'surge.deed.answer'),
    promise_hours && t('surge.deed.promise', { count: promise_hours }),
    team && t('surge.deed.team', { team: directory.teamName(team.team_id) }),
    pause_asking && t('surge.deed.asking'),
    pause_reports && t('surge.deed.reports'),
    call_out.length > 0 && t('surge.deed.call', { count: call_out.length }),
  ].filter((deed) => typeof deed === 'string');
}

import type { Planning } from '@standfast/api';
import * as api from '../api/endpoints';

/** How people are planned, as the pages of this room share it. */
class PlanningState {
  settings = $state.raw<Planning | null>(null);
  failed = $state(false);

  async load() {
    this.failed = false;
    try {
      this.settings = await api.planning();
    } catch {
      this.failed = true;
    }
  }
}

export const planning = new PlanningState();

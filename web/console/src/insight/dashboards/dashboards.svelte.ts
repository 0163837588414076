import type { Dashboard, DashboardDraft, Dashboards } from '@standfast/api';
import * as api from '../../api/endpoints';
import { asProblem } from '../../api/http';
import { notices } from '../../parts/notices.svelte';
import { t } from '../../words.svelte';

/** The views that this person keeps or is shown, and where Insight begins. */
class Kept {
  items = $state.raw<readonly Dashboard[]>([]);
  start = $state<string | null>(null);
  /** Asked for, and answered or given up. */
  known = $state(false);

  readonly own = $derived(this.items.filter(({ shared }) => !shared));
  readonly shared = $derived(this.items.filter(({ shared }) => shared));
  /** Where Insight begins, if that is still there. */
  readonly first = $derived(this.items.find(({ id }) => id === this.start) ?? null);

  async load(): Promise<void> {
    try {
      this.#take(await api.dashboards());
    } catch {
      // Insight works without; the menu says that there is none, and asks again when it is opened next.
    }
    this.known = true;
  }

  #take({ items, start }: Dashboards): void {
    this.items = items;
    this.start = start ?? null;
  }

  /** Keeps a view; returns why not. */
  async add(clientId: string, draft: DashboardDraft): Promise<string> {
    return this.#try(draft.name, async () => {
      const made = await api.addDashboard(clientId, draft);
      this.items = [...this.items.filter(({ id }) => id !== made.id), made];
    });
  }

  /** Changes one; when somebody else was first, it is shown as it is now and nothing is changed. Returns why not. */
  async change(old: Dashboard, change: Partial<DashboardDraft>): Promise<string> {
    const { name, page, search, shared } = { ...old, ...change };
    return this.#try(old.name, async () => {
      const draft = { name, page, search, shared };
      const made = await api.changeDashboard(old.id, old.version, draft);
      this.items = this.items.map((each) => (each.id === made.id ? made : each));
    });
  }

  async remove(old: Dashboard): Promise<string> {
    return this.#try(old.name, async () => {
      await api.removeDashboard(old.id);
      this.items = this.items.filter(({ id }) => id !== old.id);
      if (this.start === old.id) this.start = null;
      notices.done(t('dashboard.removed', { name: old.name }));
    });
  }

  async begin(at: Dashboard | null): Promise<string> {
    return this.#try(at?.name ?? '', async () => {
      await api.startWithDashboard(at?.id ?? null);
      this.start = at?.id ?? null;
    });
  }

  async #try(name: string, run: () => Promise<void>): Promise<string> {
    try {
      await run();
      return '';
    } catch (error) {
      const problem = asProblem(error);
      if (problem.code === 'changed_meanwhile' || problem.code === 'not_found') {
        await this.load();
        return problem.code === 'not_found' ? problem.message : t('dashboard.conflict', { name });
      }
      return problem.code === 'offline' ? t('insight.offline') : problem.message;
    }
  }
}

export const kept = new Kept();

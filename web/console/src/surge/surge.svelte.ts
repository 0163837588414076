import type { Level, Surge, SurgePlan } from '@standfast/api';
import * as api from '../api/endpoints';

const INTERVAL_MS = 15_000;
/** While the room is looked at: two people who decide about a level see each other's hold. */
const WATCHED_MS = 2_500;

export const LEVELS: readonly Level[] = ['normal', 'busy', 'surge', 'storm'];
/** Levels at which something is done. */
export const RAISED = ['busy', 'surge', 'storm'] as const;
export type Raised = (typeof RAISED)[number];
/** A part of the plan that is shown by itself. */
export type PlanPart = Raised | 'reserve' | 'rules';

/** How far the desk is from its ordinary course. */
class Course {
  view = $state.raw<Surge | null>(null);
  failed = $state(false);
  /** The part of the plan that is looked at: other rooms lead to it. */
  part = $state<PlanPart>('busy');
  #interval: ReturnType<typeof setInterval> | undefined;
  /** How often something was asked or done: an answer that was overtaken is not shown. */
  #asked = 0;

  /** The level, while it is not the normal one. */
  get raised(): Surge | null {
    return this.view && this.view.level !== 'normal' ? this.view : null;
  }

  start(): void {
    void this.load();
    this.#interval = setInterval(() => void this.load(), INTERVAL_MS);
  }

  stop(): void {
    clearInterval(this.#interval);
    this.view = null;
  }

  /** Follows closely while a page shows it; what comes back ends that. */
  watch(): () => void {
    const often = setInterval(() => {
      if (!document.hidden) void this.load();
    }, WATCHED_MS);
    return () => clearInterval(often);
  }

  async load(): Promise<void> {
    const own = ++this.#asked;
    try {
      const found = await api.surge();
      if (own === this.#asked) this.view = found;
      this.failed = false;
    } catch {
      // What was known stays.
      this.failed = this.view === null;
    }
  }

  /** Throw `Problem`. */
  hold = (level: Level, until: string, reason: string, replaces: string | null) =>
    this.#put(api.holdSurge({ level, until, reason, replaces }));
  release = (reason: string, replaces: string | null) =>
    this.#put(api.releaseSurge({ reason, replaces }));
  choose = (version: number, plan: SurgePlan) => this.#put(api.chooseSurgePlan({ version, plan }));

  async #put(call: Promise<Surge>): Promise<void> {
    const done = await call;
    this.#asked += 1;
    this.view = done;
  }
}

export const course = new Course();

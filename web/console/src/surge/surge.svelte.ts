import type { Level, Surge, SurgePlan } from '@standfast/api';
import * as api from '../api/endpoints';

const INTERVAL_MS = 15_000;

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

  async load(): Promise<void> {
    try {
      this.view = await api.surge();
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
    this.view = await call;
  }
}

export const course = new Course();

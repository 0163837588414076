import type { Alarm, AlarmDetail, AlarmList, DismissReason, DriverDraft, Id } from '@standfast/api';
import * as api from '../api/endpoints';
import { loadValueNames } from '../session/values';

/** What was told of one alarm may be told of the next in the same moment. */
const PAUSE_MS = 500;
const INTERVAL_MS = 60_000;

/** More requests than were to be expected. */
class Alarms {
  items = $state.raw<readonly Alarm[]>([]);
  watch = $state.raw<AlarmList['watch'] | null>(null);
  status = $state<'loading' | 'ready' | 'failed'>('loading');
  #interval: ReturnType<typeof setInterval> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Those that go on and wait for somebody to decide. */
  get waiting(): readonly Alarm[] {
    return this.items.filter((alarm) => !alarm.ended_at && waits(alarm));
  }

  start(): void {
    void this.load();
    this.#interval = setInterval(() => void this.load(), INTERVAL_MS);
  }

  stop(): void {
    clearInterval(this.#interval);
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.items = [];
    this.status = 'loading';
  }

  /** The desk says that something changed. */
  stale(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.load();
    }, PAUSE_MS);
  }

  async load(): Promise<void> {
    try {
      const list = await api.alarms();
      this.items = list.items;
      this.watch = list.watch;
      this.status = 'ready';
      if (list.items.some(({ segment }) => (segment['chain'] ?? []).length > 0)) loadValueNames();
    } catch {
      if (this.status === 'loading') this.status = 'failed';
    }
  }

  /** Throw `Problem`. */
  acknowledge = (id: Id) => this.#put(api.acknowledgeAlarm(id));
  dismiss = (id: Id, reason: DismissReason) => this.#put(api.dismissAlarm(id, reason));
  confirm = (id: Id, incident: DriverDraft) => this.#put(api.confirmAlarm(id, incident));

  detail(id: Id): Promise<AlarmDetail> {
    return api.alarm(id);
  }

  async #put(call: Promise<Alarm>): Promise<void> {
    const changed = await call;
    this.items = this.items.map((each) => (each.id === changed.id ? changed : each));
  }
}

/** Nobody has decided what to make of it. */
export function waits(alarm: Alarm): boolean {
  return alarm.state === 'open' || alarm.state === 'acknowledged';
}

export const alarms = new Alarms();

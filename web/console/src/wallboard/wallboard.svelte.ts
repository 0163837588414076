import type { Wallboard } from '@standfast/api';
import * as api from '../api/endpoints';
import { setServerTime } from '../clock.svelte';

const INTERVAL_MS = 5_000;

/** What the room sees. It asks again and again, so that a lost connection mends itself; nobody sits at this screen. */
class Board {
  seen = $state.raw<Wallboard | null>(null);
  /** Since when nothing new has come. */
  lostAt = $state<number | null>(null);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isShown = false;

  start(): void {
    this.#isShown = true;
    void this.#turn();
  }

  stop(): void {
    this.#isShown = false;
    clearTimeout(this.#timer);
  }

  async #turn(): Promise<void> {
    try {
      this.seen = await api.wallboard();
      setServerTime(this.seen.at);
      this.lostAt = null;
    } catch {
      this.lostAt ??= Date.now();
    }
    if (this.#isShown) this.#timer = setTimeout(() => void this.#turn(), INTERVAL_MS);
  }
}

export const board = new Board();

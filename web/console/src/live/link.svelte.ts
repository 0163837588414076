import { Live, type Connection } from '@standfast/ui/live';
import type { ServerFrame } from '@standfast/ui/frame';
import type { Id } from '@standfast/api';
import { isRequestId } from '../routing/address';
import { language } from '../words.svelte';

/** The console's one live connection. Who hears what is decided in `frames.ts`. */
class Link {
  connection = $state<Connection>('stopped');
  /** True once it has been live: before that, "connecting" is nothing to report. */
  hadContact = $state(false);
  /** The browser itself says that there is no network. */
  cutOff = $state(false);

  #onFrame: (frame: ServerFrame) => void = () => {};
  #onBack: () => void = () => {};
  #onRefused: () => void = () => {};
  #viewing: Id | null = null;
  #status: 'online' | 'away' = 'online';
  #live = new Live({
    base: '',
    language: () => language(),
    onFrame: (frame) => {
      if (frame.t === 'ready') this.#greet();
      this.#onFrame(frame);
    },
    onConnection: (connection) => this.#changed(connection),
  });

  listen(to: { frame: (frame: ServerFrame) => void; back: () => void; refused: () => void }): void {
    this.#onFrame = to.frame;
    this.#onBack = to.back;
    this.#onRefused = to.refused;
  }

  /** Nothing that only the live link tells (presence, new entries) can be believed now. */
  get down(): boolean {
    const { connection } = this;
    if (this.cutOff || connection === 'offline' || connection === 'refused') return true;
    return connection === 'connecting' && this.hadContact;
  }

  start(feed: string): void {
    this.cutOff = false;
    this.#live.feed = feed;
    this.#live.start();
  }

  stop(): void {
    this.cutOff = false;
    this.#live.stop();
    this.hadContact = false;
  }

  /** The network is gone: the socket would only notice with the next heartbeat, so it is given up now. */
  cut(): void {
    if (this.connection === 'stopped' || this.connection === 'refused') return;
    this.cutOff = true;
    this.#live.stop();
  }

  wake(): void {
    if (!this.cutOff) {
      this.#live.wake();
      return;
    }
    this.cutOff = false;
    this.#live.start();
  }

  subscribe(request: Id, after: number): void {
    if (!isRequestId(request)) return;
    this.#live.subscribe(request, after);
  }

  unsubscribe(request: Id): void {
    this.#live.unsubscribe(request);
  }

  viewing(request: Id | null): void {
    if (request !== null && !isRequestId(request)) return;
    this.#viewing = request;
    this.#live.signal({ t: 'viewing', request });
  }

  typing(request: Id, on: boolean): void {
    this.#live.signal({ t: 'typing', request, on });
  }

  /** False: it did not go out, REST is to say it. */
  read(request: Id, seq: number): boolean {
    return this.#live.signal({ t: 'read', request, seq });
  }

  status(status: 'online' | 'away'): void {
    this.#status = status;
    this.#live.signal({ t: 'status', status });
  }

  /** What the server forgets with every lost connection. */
  #greet(): void {
    this.#live.signal({ t: 'status', status: this.#status });
    if (this.#viewing) this.#live.signal({ t: 'viewing', request: this.#viewing });
  }

  #changed(connection: Connection): void {
    const back = (connection === 'live' || connection === 'polling') && this.connection !== 'live';
    // A link that was cut is not stopped for good: whoever asks is told that it is offline.
    this.connection = this.cutOff && connection === 'stopped' ? 'offline' : connection;
    if (connection === 'refused') this.#onRefused();
    if (back) {
      this.hadContact = true;
      this.#onBack();
    }
  }
}

export const link = new Link();

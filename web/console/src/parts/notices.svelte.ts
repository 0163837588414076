export interface Notice {
  id: number;
  kind: 'done' | 'failed';
  text: string;
  action?: { label: string; run: () => void };
}

const STAY_MS = 6_000;

/** Short messages over the list, never over the reply box: what was done (with a way back) or what could not be done. */
class Notices {
  items = $state.raw<Notice[]>([]);
  #next = 1;

  done(text: string, action?: Notice['action']): void {
    this.#show({ id: this.#next++, kind: 'done', text, action });
  }

  /** The number of the notice: what is tried again and done takes it back. */
  failed(text: string, action?: Notice['action']): number {
    const id = this.#next++;
    this.#show({ id, kind: 'failed', text, action });
    return id;
  }

  dismiss(id: number): void {
    this.items = this.items.filter((notice) => notice.id !== id);
  }

  #show(notice: Notice): void {
    // What was done is old news when the next thing is done; what failed stays until read.
    this.items = [...this.items.filter((each) => each.kind === 'failed').slice(-2), notice];
    setTimeout(() => this.dismiss(notice.id), notice.kind === 'failed' ? STAY_MS * 2 : STAY_MS);
  }
}

export const notices = new Notices();

import type { Id } from '@standfast/api';

/** What lies over the page; at most one thing at a time. */
export type Overlay =
  | { kind: 'palette' }
  | { kind: 'keys' }
  | { kind: 'assign' }
  | { kind: 'type' }
  | { kind: 'tags' }
  | { kind: 'filter' }
  | { kind: 'merge' }
  | { kind: 'erase'; seq: number }
  | { kind: 'link'; href: string }
  | { kind: 'incident' }
  | { kind: 'incident-view' }
  | { kind: 'spam' }
  | { kind: 'claim' }
  | { kind: 'picture'; id: Id; name: string };

class OverlayState {
  current = $state.raw<Overlay | null>(null);
  /** Where the focus goes back to. */
  #origin: HTMLElement | null = null;

  show(overlay: Overlay): void {
    if (!this.current)
      this.#origin = document.activeElement instanceof HTMLElement ? document.activeElement : null;
    this.current = overlay;
  }

  close(): void {
    if (!this.current) return;
    this.current = null;
    const origin = this.#origin;
    this.#origin = null;
    // After the dialog has left the page.
    queueMicrotask(() => origin?.isConnected && origin.focus({ preventScroll: true }));
  }
}

export const overlay = new OverlayState();

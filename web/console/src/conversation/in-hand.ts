/** The clock of this window on [the requests in hand](./handling.ts). */
import { Handling } from './handling';
import { open } from './open.svelte';

const EVERY_MS = 1_000;
const SIGNS = ['keydown', 'pointerdown', 'pointermove', 'wheel', 'touchstart'] as const;

class InHand extends Handling {
  /** From sign-in on; returns what ends it. */
  start(): () => void {
    const touched = (): void => this.touch(performance.now());
    for (const sign of SIGNS) addEventListener(sign, touched, { passive: true, capture: true });
    const timer = setInterval(() => {
      const isInFront = !document.hidden && document.hasFocus();
      this.tick(performance.now(), isInFront ? (open.current?.id ?? null) : null);
    }, EVERY_MS);
    return () => {
      clearInterval(timer);
      for (const sign of SIGNS) removeEventListener(sign, touched, { capture: true });
    };
  }
}

export const inHand = new InHand();

import { untrack } from 'svelte';
import { instant } from '../clock.svelte';
import { link } from '../live/link.svelte';
import { pulse } from '../live/pulse.svelte';

/** The desk counts what is committed within about a second. */
const SETTLE_MS = 2_000;
/** Figures move at most this often, however much happens. */
const CALM_MS = 15_000;
/** Without the live link, and for the clock itself: hours begin, open requests grow older. */
const ANYWAY_MS = 60_000;

/** When figures that reach up to now were last asked for. They follow what happens, unless somebody is reading them. */
class Beat {
  at = $state(instant());
  /** Somebody wants them to stand still. */
  held = $state(false);

  now(): void {
    this.at = instant();
  }
}

export const beat = new Beat();

/** A plot under the hand, a menu, a dialog, a page that nobody sees: what moves then is a nuisance. */
function isBusy(): boolean {
  return (
    document.hidden ||
    document.querySelector('[role=dialog], [role=menu]') !== null ||
    document.querySelector('[data-plot] [role=slider]:is(:hover, :focus)') !== null
  );
}

/** Keeps figures current while the component that calls it is shown; `also` is done each time. */
export function followTheDesk(also: () => void): void {
  $effect(() => {
    let last = instant();
    // Read aside: what happens is noticed by the clock, it does not begin anew.
    let seen = untrack(() => pulse.count);
    let heard: number | null = null;
    const timer = setInterval(() => {
      if (pulse.count !== seen) {
        seen = pulse.count;
        heard ??= instant();
      }
      const due =
        (heard !== null && instant() - heard >= SETTLE_MS && instant() - last >= CALM_MS) ||
        instant() - last >= ANYWAY_MS ||
        (link.down && instant() - last >= ANYWAY_MS / 2);
      if (!due || beat.held || isBusy()) return;
      [last, heard] = [instant(), null];
      beat.now();
      also();
    }, 1_000);
    return () => clearInterval(timer);
  });
}

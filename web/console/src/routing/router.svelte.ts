import { movedTo, readAddress, writeAddress, type Place } from './address';

/** The place that the browser's address names; what is elsewhere gets its own address. */
function here(): Place {
  const moved = movedTo(location.pathname);
  if (moved) history.replaceState(history.state, '', writeAddress(moved));
  return readAddress(location.pathname, location.search);
}

/** Where the console is, kept in step with the browser's history. */
class Router {
  place = $state.raw<Place>(here());
  /** How many steps back stay inside the console: the browser keeps it with each of them, over a reload as well. */
  #depth = depthOf(history.state);

  constructor() {
    addEventListener('popstate', (event) => {
      this.#depth = depthOf(event.state);
      this.place = here();
    });
  }

  go(wanted: Place, { replace = false } = {}): void {
    // Whoever goes on from an address that names no place may have kept that.
    const place: Place = { ...wanted, lost: undefined };
    const address = writeAddress(place);
    if (address === location.pathname + location.search) {
      this.place = place;
      return;
    }
    if (!replace) this.#depth += 1;
    const state = { depth: this.#depth };
    if (replace) history.replaceState(state, '', address);
    else history.pushState(state, '', address);
    this.place = place;
  }

  /** Back to where one came from, or to `otherwise` when this was the first page. */
  back(otherwise: Place): void {
    if (this.#depth > 0) history.back();
    else this.go(otherwise, { replace: true });
  }
}

function depthOf(state: unknown): number {
  const depth = typeof state === 'object' && state !== null && 'depth' in state ? state.depth : 0;
  return typeof depth === 'number' ? depth : 0;
}

export const router = new Router();

/** For links: a plain click moves inside the console, anything else (new tab, middle click) is the browser's. */
export function follow(event: MouseEvent, place: Place): void {
  if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey)
    return;
  event.preventDefault();
  router.go(place);
}

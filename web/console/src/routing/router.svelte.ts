import { readAddress, writeAddress, type Place } from './address';

/** Where the console is, kept in step with the browser's history. */
class Router {
  place = $state.raw<Place>(readAddress(location.pathname, location.search));
  /** True when "back" stays inside the console. */
  #depth = 0;

  constructor() {
    addEventListener('popstate', () => {
      this.#depth = Math.max(0, this.#depth - 1);
      this.place = readAddress(location.pathname, location.search);
    });
  }

  go(place: Place, { replace = false } = {}): void {
    const address = writeAddress(place);
    if (address === location.pathname + location.search) {
      this.place = place;
      return;
    }
    if (replace) history.replaceState(null, '', address);
    else {
      history.pushState(null, '', address);
      this.#depth += 1;
    }
    this.place = place;
  }

  /** Back to where one came from, or to `otherwise` when this was the first page. */
  back(otherwise: Place): void {
    if (this.#depth > 0) history.back();
    else this.go(otherwise, { replace: true });
  }
}

export const router = new Router();

/** For links: a plain click moves inside the console, anything else (new tab, middle click) is the browser's. */
export function follow(event: MouseEvent, place: Place): void {
  if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey)
    return;
  event.preventDefault();
  router.go(place);
}

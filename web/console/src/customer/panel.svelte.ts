import { wide } from '../parts/screen.svelte';
import { preferences } from '../session/preferences.svelte';

/** Whether the context panel shows: beside the conversation where there is room, otherwise over it and only when asked for. */
class Panel {
  overlaid = $state(false);

  get shown(): boolean {
    return wide.current ? preferences.contextOpen : this.overlaid;
  }

  toggle(): void {
    if (wide.current) preferences.set({ contextOpen: !preferences.contextOpen });
    else this.overlaid = !this.overlaid;
  }
}

export const panel = new Panel();

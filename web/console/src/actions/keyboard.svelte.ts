import { preferences } from '../session/preferences.svelte';
import { ACTIONS, action } from './actions';
import { chordOf, Keymap, takesText } from './keys';
import { overlay } from './overlay.svelte';

const keymap = new Keymap(
  ACTIONS.flatMap((each) => each.keys.map((chord) => [chord, each.id] as const)),
);

/** Enter on a link or a button is theirs. */
function ownEnter(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement && target.closest('a, button, summary, [role=menuitem]') !== null
  );
}

/** The page's one key handler; on `window`, so that parts can handle their own keys first. */
export function onKey(event: KeyboardEvent): void {
  if (event.defaultPrevented) return;
  const chord = chordOf(event);
  if (chord === null) return;
  if (overlay.current && chord !== 'mod+k') return;
  if (document.querySelector('[role=menu]')) return;
  if (chord === 'Enter' && ownEnter(event.target)) return;
  const typing = takesText(document.activeElement);
  if (typing && chord === 'Escape') {
    (document.activeElement as HTMLElement).blur();
    return;
  }
  const meaning = keymap.press(chord, typing, preferences.singleKeys, performance.now());
  const found = meaning === null ? undefined : action(meaning);
  if (!found?.allowed()) return;
  event.preventDefault();
  found.run();
}

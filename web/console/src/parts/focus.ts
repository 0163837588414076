/** The few places that the keyboard jumps to; each part of the page registers its own. */

type Tab = 'reply' | 'note';

let composer: ((tab: Tab) => void) | null = null;
let search: (() => void) | null = null;
let row: ((id: string) => void) | null = null;

export function registerComposer(run: (tab: Tab) => void): () => void {
  composer = run;
  return () => {
    if (composer === run) composer = null;
  };
}

export function registerSearch(run: () => void): () => void {
  search = run;
  return () => {
    if (search === run) search = null;
  };
}

export function registerRows(run: (id: string) => void): () => void {
  row = run;
  return () => {
    if (row === run) row = null;
  };
}

export function focusComposer(tab: Tab): void {
  composer?.(tab);
}

export function focusSearch(): void {
  search?.();
}

export function focusRow(id: string): void {
  row?.(id);
}

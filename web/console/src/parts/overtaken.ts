/** What a form says, line by line in words, so that two versions of it can be held side by side. Pure. */
export interface Line {
  label: string;
  text: string;
}

export interface Difference {
  label: string;
  mine: string;
  theirs: string;
}

/** The lines in which two versions differ, in the order of one's own; what only the other one has comes last. */
export function differing(mine: readonly Line[], theirs: readonly Line[]): Difference[] {
  const of = (lines: readonly Line[], label: string) =>
    lines
      .filter((line) => line.label === label)
      .map(({ text }) => text)
      .join('\n');
  const labels = [...new Set([...mine, ...theirs].map(({ label }) => label))];
  return labels
    .map((label) => ({ label, mine: of(mine, label), theirs: of(theirs, label) }))
    .filter((each) => each.mine !== each.theirs);
}

/** Whether a save was refused because somebody else has saved since. */
export const isOvertaken = ({ code }: { readonly code: string }): boolean =>
  code === 'outdated_version' || code === 'changed_meanwhile';

/** Whether a save was refused because somebody else has taken away what is changed. */
export const isGone = ({ code }: { readonly code: string }): boolean => code === 'not_found';

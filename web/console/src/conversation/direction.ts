/** Controls that turn the direction of a text: they make an address or a file name look like another one. */
const CONTROLS = /[\u202A-\u202E\u2066-\u2069]/;

export type Stretch = { text: string; control: boolean };

/** A text cut at its direction controls; a control comes as its code, such as `U+202E`. Pure. */
export function stretches(text: string): Stretch[] {
  if (!CONTROLS.test(text)) return [{ text, control: false }];
  return text
    .split(/([\u202A-\u202E\u2066-\u2069])/)
    .filter((piece) => piece !== '')
    .map((piece) =>
      CONTROLS.test(piece)
        ? { text: codeOf(piece), control: true }
        : { text: piece, control: false },
    );
}

/** The text on one line with its direction controls spelled out: `invoice[U+202E]gpj.exe`. */
export function visible(text: string): string {
  return stretches(text)
    .map((piece) => (piece.control ? `[${piece.text}]` : piece.text))
    .join('');
}

function codeOf(control: string): string {
  return `U+${(control.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}

/** Which files the desk may take, told before they are sent. The desk itself judges by the bytes. Pure. */

/** Largest text file, in bytes: these are screened whole. */
export const TEXT_LIMIT = 5 << 20;

const PICTURE = /\.(png|jpe?g|gif|webp)$/i;
const PICTURE_TYPE = /^image\/(png|jpe?g|gif|webp)$/;
const TEXT = /\.(log|txt|json|csv)$/i;
const TEXT_TYPE = /^(text\/.*|application\/json)$/;

/** `unknown`: neither its name nor its type says anything. */
export type FileKind = 'picture' | 'text' | 'unknown' | 'other';

/** Systems type the same file differently (`text/x-log`, nothing at all), so its ending counts as well. */
export function kindOf(file: { name: string; type: string }): FileKind {
  const type = file.type.toLowerCase();
  if (PICTURE_TYPE.test(type)) return 'picture';
  if (TEXT.test(file.name) || TEXT_TYPE.test(type)) return 'text';
  if (PICTURE.test(file.name)) return 'picture';
  return type === '' ? 'unknown' : 'other';
}

/** Largest size of a file of this kind, in bytes; `largest` is the desk's limit for any file. */
export function limitOf(kind: FileKind, largest: number): number {
  return kind === 'text' ? Math.min(TEXT_LIMIT, largest) : largest;
}

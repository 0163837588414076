/** Which files the desk may take, told before they are sent. The desk itself judges by the bytes. Pure. */
import type { Desk } from '@standfast/api';

type Limits = Pick<Desk['limits'], 'upload_bytes' | 'text_upload_bytes'>;

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

/** Largest size of a file of this kind, in bytes; texts are screened whole and have a limit of their own. */
export function limitOf(kind: FileKind, limits: Limits): number {
  const { upload_bytes: any, text_upload_bytes: text } = limits;
  return kind === 'text' ? Math.min(text, any) : any;
}

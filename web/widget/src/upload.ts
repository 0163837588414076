import type { Desk, Problem, Upload } from '@standfast/api';
import type { Api } from './api.ts';
import { random } from './host.ts';
import { suspicions } from './secret.ts';

/** A file on its way into a message. */
export class Picked {
  readonly file: File;
  readonly clientId = random(12);
  /** 0 to 1. */
  progress = 0;
  failed = false;
  /** Why it failed, in the desk's words. */
  reason = '';
  upload: Upload | null = null;
  #request: XMLHttpRequest | null = null;

  constructor(file: File) {
    this.file = file;
  }

  /** XMLHttpRequest, because fetch cannot tell how far an upload is. */
  send(api: Api, changed: () => void): void {
    const request = new XMLHttpRequest();
    this.#request = request;
    this.failed = false;
    request.responseType = 'json';
    const query = new URLSearchParams({ name: this.file.name, client_id: this.clientId });
    request.open('POST', api.url(`/uploads?${query.toString().replaceAll('+', '%20')}`));
    for (const [name, value] of Object.entries(api.headers()))
      request.setRequestHeader(name, value);
    request.setRequestHeader('Content-Type', this.file.type || 'application/octet-stream');
    request.upload.onprogress = (event) => {
      this.progress = event.loaded / (event.total || 1);
      changed();
    };
    request.onloadend = () => {
      if (request.status === 200 || request.status === 201) {
        this.upload = request.response as Upload;
      } else {
        this.failed = true;
        this.reason = (request.response as Problem | null)?.title ?? '';
      }
      changed();
    };
    request.send(this.file);
  }

  cancel(): void {
    this.#request?.abort();
  }
}

const TEXT_BYTES = 262_144;
const PICTURE = /^image\/(png|jpe?g|gif|webp)$/;

/** Most bytes of such a file. */
export function most({ type }: File, limits: Desk['limits']): number {
  return PICTURE.test(type) ? limits.upload_bytes : limits.text_upload_bytes;
}

/** Why a file cannot be sent, as a key of the texts; null when it can. The desk judges by the content. */
export async function unfit(file: File, limits: Desk['limits']): Promise<string | null> {
  const picture = PICTURE.test(file.type);
  if (!picture && !file.type.startsWith('text/') && !/\.(log|txt|json|csv)$/i.test(file.name))
    return 'upload_type';
  if (file.size > most(file, limits)) return 'upload_large';
  if (file.name.startsWith('UTC--')) return 'upload_secret';
  if (file.size <= TEXT_BYTES && !picture) {
    const found = suspicions(await file.text());
    if (found.some(({ kind }) => kind === 'keystore' || kind === 'private_key'))
      return 'upload_secret';
  }
  return null;
}

export function bytes(size: number, language: string): string {
  const [unit, value] =
    size < 1024 * 1024
      ? (['kilobyte', size / 1024] as const)
      : (['megabyte', size / 1024 / 1024] as const);
  return new Intl.NumberFormat(language, {
    style: 'unit',
    unit,
    unitDisplay: 'short',
    maximumFractionDigits: value < 10 ? 1 : 0,
  }).format(value);
}

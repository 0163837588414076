import type { Attachment, Id } from '@standfast/api';
import { BASE, segment } from '../api/http';
import { isPicture } from '../api/upload';

/**
 * Pictures of customers, fetched as bytes and shown from a blob of a type that we choose: whatever the file really
 * holds, it can only ever be drawn as a picture.
 */
const KEPT = 60;
const kept = new Map<Id, Promise<string>>();

export function pictureUrl(file: Pick<Attachment, 'id' | 'media_type'>): Promise<string> {
  const known = kept.get(file.id);
  if (known) {
    kept.delete(file.id);
    kept.set(file.id, known);
    return known;
  }
  const loading = load(file);
  kept.set(file.id, loading);
  loading.catch(() => kept.delete(file.id));
  evict();
  return loading;
}

async function load({ id, media_type }: Pick<Attachment, 'id' | 'media_type'>): Promise<string> {
  const response = await fetch(`${BASE}/attachments/${segment(id)}`, {
    credentials: 'same-origin',
  });
  if (!response.ok) throw new Error(String(response.status));
  const type = isPicture(media_type) ? media_type : 'application/octet-stream';
  return URL.createObjectURL(new Blob([await response.arrayBuffer()], { type }));
}

function evict(): void {
  for (const [id, url] of kept) {
    if (kept.size <= KEPT) return;
    kept.delete(id);
    url.then(URL.revokeObjectURL, () => {});
  }
}

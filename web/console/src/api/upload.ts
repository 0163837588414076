import type { Problem as ProblemBody, Upload as Uploaded } from '@standfast/api';
import { BASE, Problem } from './http';

export interface Upload {
  done: Promise<Uploaded>;
  abort: () => void;
}

/** Sends one file; `fetch` cannot tell how far an upload is, so this is the older way. `progress` gets 0…1. */
export function upload(
  file: File,
  clientId: string,
  language: string,
  progress: (part: number) => void,
): Upload {
  const request = new XMLHttpRequest();
  const done = new Promise<Uploaded>((resolve, reject) => {
    request.open(
      'POST',
      `${BASE}/uploads?name=${encodeURIComponent(file.name)}&client_id=${encodeURIComponent(clientId)}`,
    );
    request.setRequestHeader('Content-Type', file.type || 'application/octet-stream');
    request.setRequestHeader('Accept-Language', language);
    request.upload.onprogress = (event) =>
      event.lengthComputable && progress(event.loaded / event.total);
    request.onerror = () => reject(new Problem({ code: 'offline', title: 'offline', status: 0 }));
    request.onabort = () => reject(new Problem({ code: 'aborted', title: 'aborted', status: 0 }));
    request.onload = () => settle(request, file, resolve, reject);
    request.send(file);
  });
  return { done, abort: () => request.abort() };
}

function settle(
  request: XMLHttpRequest,
  file: File,
  resolve: (attachment: Uploaded) => void,
  reject: (problem: Problem) => void,
): void {
  let body: Partial<Uploaded> & Partial<ProblemBody> = {};
  try {
    body = JSON.parse(request.responseText) as typeof body;
  } catch {
    // A proxy's HTML error page: the status says enough.
  }
  if (request.status >= 200 && request.status < 300 && body.id) {
    const mediaType = body.media_type ?? file.type;
    resolve({
      id: body.id,
      name: body.name ?? file.name,
      media_type: mediaType,
      size: body.size ?? file.size,
      picture: body.picture ?? isPicture(mediaType),
      secret: body.secret ?? null,
    });
  } else {
    reject(
      new Problem({
        code: body.code ?? `http_${request.status}`,
        title: body.title ?? '',
        ...(body.detail !== undefined && { detail: body.detail }),
        status: request.status,
      }),
    );
  }
}

const PICTURES = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp']);

/** Only these are ever shown; SVG is a document, not a picture. */
export function isPicture(mediaType: string): boolean {
  return PICTURES.has(mediaType);
}

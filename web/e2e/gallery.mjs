/** The gallery of plots (web/console/test/gallery), built and served under the console's policy. */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const CONFIG = fileURLToPath(new URL('../console/test/gallery/vite.config.ts', import.meta.url));
const BUILT = fileURLToPath(new URL('../../.cache/gallery/', import.meta.url));
/** As crates/http/src/headers.rs says it for the console. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; img-src 'self' blob: data:; connect-src 'self'; font-src 'self'; base-uri 'none'";
const MEDIA = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
};

export async function gallery() {
  await build({ configFile: CONFIG });
  const server = createServer(async (request, response) => {
    const path = normalize(new URL(request.url, 'http://gallery').pathname);
    try {
      const file = path === '/' ? 'index.html' : path;
      const bytes = await readFile(join(BUILT, file));
      response.writeHead(200, {
        'content-type': MEDIA[extname(file)] ?? 'application/octet-stream',
        'content-security-policy': POLICY,
      });
      response.end(bytes);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    base: `http://127.0.0.1:${server.address().port}`,
    stop: () => new Promise((resolve) => (server.closeAllConnections(), server.close(resolve))),
  };
}

/** A wallet's website on an origin of its own, with the one line that brings the widget. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

const demo = (name) => readFileSync(new URL(`../widget/demo/${name}`, import.meta.url));

/** A page as bytes, with the script's address put in; works for pages of any charset. */
function pointed(page, desk) {
  const text = page.toString('latin1').replace('src="/widget.js"', `src="${desk}/widget.js"`);
  return Buffer.from(text, 'latin1');
}

const MUTE = (desk) =>
  `<!doctype html><link rel="icon" href="data:," /><title>Harbor</title><p><a href="#top">Harbor</a></p><script src="${desk}/widget.js" async></script>`;

export async function host(desk) {
  const pages = new Map([
    ['/', [pointed(demo('host.html'), desk), 'text/html; charset=utf-8']],
    ['/host.js', [demo('host.js'), 'text/javascript; charset=utf-8']],
    // Which says nothing of its language.
    ['/mute', [Buffer.from(MUTE(desk)), 'text/html; charset=utf-8']],
    // Without a charset in the header: the page's own declaration counts.
    ['/gbk', [pointed(demo('host-gbk.html'), desk), 'text/html']],
  ]);
  const server = createServer((request, response) => {
    const page = pages.get(new URL(request.url, 'http://host').pathname);
    if (!page) return response.writeHead(404).end();
    response.writeHead(200, { 'content-type': page[1] }).end(page[0]);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    // Another name than the desk's, so that cookies and storage are another site's.
    base: `http://localhost:${server.address().port}`,
    stop: () => new Promise((resolve) => (server.closeAllConnections(), server.close(resolve))),
  };
}

// Development desk: `npm run dev` in web/widget, then open http://127.0.0.1:4100/demo/.
// Speaks the customer's half of the API and of the live protocol; POST /dev/… drives it from tests.
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { Desk } from './desk.js';
import { accept } from './socket.js';

const root = new URL('..', import.meta.url);
const words =
  process.env.STANDFAST_WORDS ?? new URL('../../../crates/guard/words', import.meta.url).pathname;
const port = Number(process.env.PORT ?? 4100);
const desk = new Desk();
const tickets = new Map();
/** What tests switch: refuse everything, refuse sockets, slow down, fail sends. */
const faults = { down: false, sockets: true, delay: 0, refuse: null };

const CORS = {
  'access-control-allow-origin': '*',
  'access-control-allow-headers': 'authorization, content-type, accept-language',
  'access-control-allow-methods': 'GET, POST',
};

function json(response, status, value) {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...CORS });
  response.end(status === 204 ? undefined : JSON.stringify(value));
}

function problem(response, status, code, title) {
  json(response, status, { type: `/docs/problems/${code}`, code, status, title });
}

async function body(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function asset(response, path, type) {
  try {
    const bytes = await readFile(path);
    response.writeHead(200, { 'content-type': type, 'cache-control': 'no-cache', ...CORS });
    response.end(bytes);
  } catch {
    problem(response, 404, 'not_found', 'Not found');
  }
}

const server = createServer(async (request, response) => {
  const url = new URL(request.url, 'http://desk');
  const { pathname } = url;
  if (request.method === 'OPTIONS') return response.writeHead(204, CORS).end();
  if (pathname.startsWith('/dev/'))
    return develop(pathname.slice(5), await body(request), response);
  if (pathname === '/widget.js')
    return asset(response, new URL('dist/widget.js', root), 'text/javascript');
  if (pathname === '/widget/app.js')
    return asset(response, new URL('dist/app.js', root), 'text/javascript');
  const list = /^\/widget\/words\/(\w+)\.txt$/.exec(pathname)?.[1];
  if (list) return asset(response, `${words}/${list}.txt`, 'text/plain; charset=utf-8');
  if (pathname === '/' || pathname === '/demo' || pathname === '/demo/') {
    return asset(response, new URL('demo/host.html', root), 'text/html; charset=utf-8');
  }
  if (pathname === '/demo/host.js')
    return asset(response, new URL('demo/host.js', root), 'text/javascript');
  // No charset on purpose: a GBK page says so itself, or not at all.
  if (pathname === '/demo/host-gbk.html')
    return asset(response, new URL('demo/host-gbk.html', root), 'text/html');
  if (pathname.startsWith('/api/v1/')) {
    if (faults.down) return request.socket.destroy();
    if (faults.delay) await new Promise((resolve) => setTimeout(resolve, faults.delay));
    return api(request, response, url, pathname.slice(8));
  }
  return problem(response, 404, 'not_found', 'Not found');
});

async function api(request, response, url, path) {
  const owner = request.headers.authorization?.replace('Visitor ', '');
  if (path === 'desk') return json(response, 200, desk.describe());
  if (!owner) return problem(response, 401, 'unauthorized', 'Not known');
  if (path === 'live/ticket') {
    const ticket = desk.id();
    tickets.set(ticket, owner);
    return json(response, 200, { ticket, expires_at: new Date(Date.now() + 30_000).toISOString() });
  }
  if (path === 'live/poll') return poll(response, url, owner);
  if (path === 'identify')
    return json(response, 200, { customer: { id: '5', name: 'Chen', verified: true } });
  if (path === 'uploads') {
    const bytes = await body(request);
    const media_type = request.headers['content-type'];
    const upload = {
      id: desk.id(),
      name: url.searchParams.get('name'),
      media_type,
      size: bytes.length,
    };
    desk.uploads.set(upload.id, { ...upload, picture: media_type.startsWith('image/'), bytes });
    return json(response, 201, upload);
  }
  const attachment = /^attachments\/(\d+)$/.exec(path)?.[1];
  if (attachment) {
    const found = desk.uploads.get(attachment);
    if (!found) return problem(response, 404, 'not_found', 'Not found');
    response.writeHead(200, { 'content-type': found.media_type, ...CORS });
    return response.end(found.bytes);
  }
  if (path === 'requests' && request.method === 'GET') {
    return json(response, 200, { items: desk.own(owner).map((each) => each.summary) });
  }
  if (path === 'requests') {
    if (faults.refuse) return problem(response, 422, faults.refuse, 'The message was not taken.');
    const { status, receipt } = desk.receive(owner, JSON.parse(await body(request)));
    return json(response, status, receipt);
  }
  const [, number, action] = /^requests\/([\w-]+)(?:\/(\w+))?$/.exec(path) ?? [];
  const target = desk.own(owner).find((each) => each.summary.number === number);
  if (!target) return problem(response, 404, 'not_found', 'Not found');
  if (action === 'messages') {
    if (faults.refuse) return problem(response, 422, faults.refuse, 'The message was not taken.');
    const { client_id, text, attachments, ...unknown } = JSON.parse(await body(request));
    // As strict as the real desk.
    if (Object.keys(unknown).length > 0)
      return problem(response, 422, 'invalid', 'Unknown members');
    const { status, receipt } = desk.receive(owner, { client_id, text, attachments }, target);
    return json(response, status, receipt);
  }
  if (action === 'read') {
    target.summary.unread = 0;
    return json(response, 204);
  }
  const after = Number(url.searchParams.get('after') ?? 0);
  const entries = target.entries.filter((entry) => entry.seq > after);
  return json(response, 200, {
    request: target.summary,
    entries: entries.slice(0, 100),
    more: entries.length > 100,
  });
}

async function poll(response, url, owner) {
  const deadline = Date.now() + Number(url.searchParams.get('wait') ?? 0) * 1000;
  const cursors = (url.searchParams.get('cursors') ?? '').split(',').filter(Boolean);
  for (;;) {
    const frames = cursors.flatMap((cursor) => {
      const [id, seq] = cursor.split(':');
      const target = desk.requests.get(id);
      if (target?.owner !== owner) return [];
      return target.entries
        .filter((entry) => entry.seq > Number(seq))
        .map((entry) => ({ t: 'entry', request: id, entry }));
    });
    if (frames.length > 0 || Date.now() >= deadline || response.destroyed)
      return json(response, 200, { frames });
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

server.on('upgrade', (request, socket) => {
  if (faults.down || !faults.sockets) return socket.destroy();
  const client = { owner: null, followed: new Set(), send: null };
  const follow = (id, after) => {
    const target = desk.requests.get(id);
    if (target?.owner !== client.owner) return;
    client.followed.add(id);
    for (const entry of target.entries) {
      if (entry.seq > after) client.send({ t: 'entry', request: id, entry });
    }
  };
  const connection = accept(
    request,
    socket,
    (text) => {
      const frame = JSON.parse(text);
      if (frame.t === 'hello') {
        client.owner = tickets.get(frame.ticket);
        tickets.delete(frame.ticket);
        if (!client.owner) return socket.destroy();
        desk.clients.add(client);
        client.send({
          t: 'ready',
          session: desk.id(),
          now: new Date().toISOString(),
          heartbeat_s: 25,
          customer: { id: '5', name: null, verified: false },
        });
        for (const [id, after] of Object.entries(frame.cursors ?? {})) follow(id, after);
      } else if (frame.t === 'subscribe') follow(frame.request, frame.after);
      else if (frame.t === 'unsubscribe') client.followed.delete(frame.request);
      else if (frame.t === 'ping') client.send({ t: 'pong' });
      else if (frame.t === 'read') desk.requests.get(frame.request).summary.unread = 0;
      else if (frame.t === 'send') {
        if (faults.refuse) {
          const refused = { code: faults.refuse, status: 422, title: 'The message was not taken.' };
          return client.send({ t: 'nack', client_id: frame.client_id, problem: refused });
        }
        const { receipt } = desk.receive(client.owner, frame, desk.requests.get(frame.request));
        client.send({ t: 'ack', client_id: frame.client_id, receipt });
      }
    },
    () => desk.clients.delete(client),
  );
  Object.assign(client, connection);
});

/** Tests: /dev/faults {…}, /dev/desk {…}, /dev/reply {text}, /dev/frame {frame}, /dev/state. */
function develop(action, bytes, response) {
  const value = bytes.length > 0 ? JSON.parse(bytes) : {};
  const target = [...desk.requests.values()].at(-1);
  if (action === 'faults') {
    Object.assign(faults, value);
    if (faults.down || !faults.sockets) for (const client of desk.clients) client.close();
  } else if (action === 'desk') Object.assign(desk, value);
  else if (action === 'reply') desk.reply(target, value.text, value.more);
  else if (action === 'frame') desk.tell(target, { ...value, request: target.summary.id });
  else if (action === 'event')
    desk.append(target, { kind: 'event', author: { kind: 'system' }, event: value });
  const state = [...desk.requests.values()].map(({ summary, entries, fields, context }) => ({
    summary,
    entries,
    fields,
    context,
  }));
  return json(response, 200, { requests: state, clients: desk.clients.size });
}

server.listen(port, '127.0.0.1', () => {
  console.log(`Development desk: http://127.0.0.1:${port}/demo/`);
});

/**
 * A desk to develop against: the console's part of the contract, invented data, live frames.
 * `node dev/serve.mjs` serves web/console/dist under the policy of production; `--vite` starts Vite beside it.
 * Options by environment: PORT (5280), COUNT (3000 requests), LONG (entries of one long conversation), QUIET=1 (no traffic).
 * Sign in as lin@desk.example, sofia@… (lead), admin@…, analyst@…; password "standfast".
 * POST /__mock {fail?: "regexp", delay?: ms, outdated?: true, offline?: bool, arrive?: n, atRisk?: n, write?: id, typing?: id} plays a fault or an event.
 */
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MockApi } from './mock/api.mjs';
import { MockDesk } from './mock/desk.mjs';
import { MockLive } from './mock/live.mjs';

const { PORT = '5280', COUNT = '3000', LONG = '0', QUIET } = process.env;
const DIST = fileURLToPath(new URL('../dist', import.meta.url));
const POLICY =
  "default-src 'self'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' blob:";
const MEDIA = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
};

const desk = new MockDesk({ count: Number(COUNT), long: Number(LONG) });
const api = new MockApi(desk);
const live = new MockLive(desk, api);

async function bodyOf(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts);
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function answerApi(request, response, url) {
  const raw = await bodyOf(request);
  const { faults } = api;
  if (faults.delay) await pause(faults.delay);
  if (faults.offline) {
    request.socket.destroy();
    return;
  }
  const path = url.pathname.replace('/api/v1', '');
  let result;
  if (faults.fail && new RegExp(faults.fail).test(path)) {
    result = [
      faults.status ?? 500,
      {
        type: '/docs/problems/internal',
        code: 'internal',
        title: 'The desk could not do that. It has been noted.',
        status: faults.status ?? 500,
      },
    ];
  } else {
    const json =
      request.headers['content-type']?.includes('json') &&
      raw.length > 0 &&
      !path.startsWith('/uploads');
    result = api.answer(
      request.method,
      path,
      Object.fromEntries(url.searchParams),
      json ? JSON.parse(raw) : raw,
      request.headers.cookie,
    );
  }
  const [status, body, headers = {}] = result;
  const bytes = body === null ? '' : Buffer.isBuffer(body) ? body : JSON.stringify(body);
  response.writeHead(status, {
    'Content-Type': status >= 400 ? 'application/problem+json' : 'application/json',
    ...headers,
  });
  response.end(bytes);
}

async function play(request, response) {
  const wish = JSON.parse((await bodyOf(request)) || '{}');
  for (const name of ['fail', 'delay', 'outdated', 'offline', 'status'])
    if (name in wish) api.faults[name] = wish[name];
  live.refusing = Boolean(api.faults.offline);
  if (wish.offline) live.drop();
  for (let index = 0; index < (wish.arrive ?? 0); index += 1) desk.arrive(index);
  for (let index = 0; index < (wish.atRisk ?? 0); index += 1)
    desk.arrive(index, { at_risk: true, type: 'theft' });
  if (wish.write) desk.customerWrites(desk.requests.get(wish.write), wish.text ?? '还在吗？');
  if (wish.typing)
    live.tell(
      { t: 'typing', request: wish.typing, author: { kind: 'customer' }, on: true },
      wish.typing,
    );
  if (wish.viewer) {
    desk.viewing.set(wish.viewer, {
      request: wish.viewer,
      agent: desk.agents[1],
      typing: wish.viewerTyping,
    });
    live.viewers(wish.viewer);
  }
  response.writeHead(200, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify({ long: desk.long?.id ?? null, feed: desk.feed }));
}

async function serveFile(response, url) {
  const wanted = normalize(decodeURIComponent(url.pathname.replace(/^\/console\/?/, '')));
  const file = extname(wanted) ? wanted : 'index.html';
  try {
    const bytes = await readFile(join(DIST, file));
    response.writeHead(200, {
      'Content-Type': MEDIA[extname(file)] ?? 'application/octet-stream',
      'Content-Security-Policy': POLICY,
      'X-Content-Type-Options': 'nosniff',
    });
    response.end(bytes);
  } catch {
    response.writeHead(404).end();
  }
}

const server = createServer((request, response) => {
  const url = new URL(request.url, 'http://desk');
  const work =
    url.pathname === '/__mock'
      ? play(request, response)
      : url.pathname.startsWith('/api/v1')
        ? answerApi(request, response, url)
        : serveFile(response, url);
  work.catch((error) => {
    console.error(error);
    response.writeHead(500).end();
  });
});
server.on('upgrade', (request, socket, head) => live.upgrade(request, socket, head));
server.listen(Number(PORT), '127.0.0.1', () =>
  console.log(`mock desk: http://127.0.0.1:${PORT}/console/`),
);

if (!QUIET) {
  setInterval(() => {
    const open = [...desk.requests.values()].filter(
      (each) => each.state === 'open' || each.state === 'waiting',
    );
    const chosen = desk.luck.pick(open);
    if (desk.luck.next() < 0.4) desk.arrive();
    else if (chosen)
      desk.customerWrites(chosen, chosen.language === 'en' ? 'Any news?' : '有进展了吗？');
  }, 4_000);
}

if (process.argv.includes('--vite')) {
  spawn('npx', ['vite'], {
    stdio: 'inherit',
    env: { ...process.env, STANDFAST_API: `http://127.0.0.1:${PORT}` },
  });
}

/** The console over its mock desk (web/console/dev): for what the server cannot be brought into, or does not have yet. */
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { eventually } from './browser.mjs';

const SERVE = fileURLToPath(new URL('../console/dev/serve.mjs', import.meta.url));

function freePort() {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

export async function mockDesk() {
  const port = await freePort();
  const base = `http://127.0.0.1:${port}`;
  const server = spawn(process.execPath, [SERVE], {
    env: { ...process.env, PORT: String(port), QUIET: '1', COUNT: '200' },
    stdio: 'ignore',
  });
  await eventually(() => fetch(`${base}/console/`).then(({ ok }) => ok), 'the mock desk answers');
  return {
    base,
    play: (wish) => fetch(`${base}/__mock`, { method: 'POST', body: JSON.stringify(wish) }),
    stop: () => server.kill(),
  };
}

/** The real binary on a port and in a folder of its own, with two agents who can sign in. */
import { execFileSync, spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { cpSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const BINARY =
  process.env.DESK_BINARY ??
  fileURLToPath(new URL('../../target/debug/standfast', import.meta.url));

/** What a desk printed while it was filled, beside its data. */
const FILLING = 'filling.log';

export const PASSWORD = 'a long password for tests';
export const AGENTS = [
  { email: 'lin@desk.example', name: '林晓', role: 'lead', language: 'zh-CN' },
  { email: 'robin@desk.example', name: 'Robin', role: 'agent', language: 'en' },
];

/** The wallet whose backend vouches for its users, as in the desk's configuration. */
const WALLET = {
  issuer: 'harbor-wallet',
  secret: 'known to the backend of the wallet and to the desk',
};

/** What that backend signs for a user, as in docs/guide/widget.md; `age` in seconds. */
export function vouched(user, age = 0) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const iat = Math.floor(Date.now() / 1000) - age;
  const claims = { iss: WALLET.issuer, aud: 'standfast', iat, exp: iat + 300, ...user };
  const signed = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}`;
  return `${signed}.${createHmac('sha256', WALLET.secret).update(signed).digest('base64url')}`;
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export class Desk {
  #home = mkdtempSync(join(tmpdir(), 'standfast-e2e-'));
  #log = join(this.#home, 'server.log');
  #child = null;
  #arguments = ['serve'];
  #environment;

  /** With the two agents, and with whoever else is named. */
  static async start(others = []) {
    const desk = await Desk.#made();
    const key = Object.entries(WALLET).map(([name, value]) => `${name} = '${value}'`);
    desk.#environment.STANDFAST_CONFIG = join(desk.#home, 'desk.toml');
    writeFileSync(desk.#environment.STANDFAST_CONFIG, ['[[host_keys]]', ...key, ''].join('\n'));
    for (const { email, name, role, language } of [...AGENTS, ...others]) {
      desk.#add(email, name, role, language);
    }
    await desk.up();
    return desk;
  }

  static async #made() {
    const desk = new Desk();
    desk.port = await freePort();
    desk.base = `http://127.0.0.1:${desk.port}`;
    desk.#environment = {
      ...process.env,
      STANDFAST_NAME: 'Harbor Wallet',
      STANDFAST_LISTEN: `127.0.0.1:${desk.port}`,
      STANDFAST_DATA: desk.#data,
      STANDFAST_LOG: 'info',
      STANDFAST_STATUS_COPY: desk.copy,
    };
    return desk;
  }

  #add(email, name, role, language) {
    const who = ['--name', name, '--role', role, '--language', language, '--team', 'Support'];
    execFileSync(BINARY, ['user', 'add', email, ...who], {
      env: this.#environment,
      input: `${PASSWORD}\n`,
      stdio: ['pipe', 'ignore', 'inherit'],
    });
  }

  /**
   * A desk filled with made-up requests, as `make run` does: a copy of the one in DESK_DEMO, where that was filled before all
   * stories, or else one that fills itself. `filling` is what was printed meanwhile.
   */
  static async demo() {
    const desk = await Desk.#made();
    desk.#arguments = ['serve', '--demo'];
    const filled = process.env.DESK_DEMO;
    if (filled) cpSync(filled, desk.#data, { recursive: true });
    await desk.up(240_000);
    desk.filling = filled ? readFileSync(join(filled, FILLING), 'utf8') : desk.log;
    return desk;
  }

  /** Fills a demo and leaves what it has written in `folder`, for {@link demo}. */
  static async fill(folder) {
    const desk = await Desk.#made();
    desk.#arguments = ['serve', '--demo'];
    await desk.up(240_000);
    await desk.down('SIGTERM');
    writeFileSync(join(folder, FILLING), desk.log);
    cpSync(desk.#data, folder, { recursive: true, filter: (name) => !name.endsWith('.sock') });
    await desk.stop();
  }

  /** Where the copy of the status page is written. */
  get copy() {
    return join(this.#home, 'status');
  }

  get #data() {
    return join(this.#home, 'data');
  }

  async up(patience = 20_000) {
    const log = openSync(this.#log, 'a');
    this.#child = spawn(BINARY, this.#arguments, {
      env: this.#environment,
      stdio: ['ignore', log, log],
    });
    const until = Date.now() + patience;
    while (
      !(await fetch(`${this.base}/readyz`).then(
        (it) => it.ok,
        () => false,
      ))
    ) {
      if (this.#child.exitCode !== null || Date.now() > until)
        throw new Error(`the desk did not start:\n${readFileSync(this.#log, 'utf8')}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** kill -9, unless it may end by itself. */
  async down(signal = 'SIGKILL') {
    if (!this.#child) return;
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill(signal);
    await ended;
    this.#child = null;
  }

  get log() {
    return readFileSync(this.#log, 'utf8');
  }

  async stop() {
    await this.down();
    rmSync(this.#home, { recursive: true, force: true });
  }
}

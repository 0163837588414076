/**
 * Looks at the built console: pictures at 360, 768 and 1440 px, light and dark, zh and en, in every state, and axe on each.
 * Needs `npm run build`, a running mock (`QUIET=1 node dev/serve.mjs`) and Debian's chromium. Pictures: dev/pictures.
 * `node dev/look.mjs [name part]` takes only the scenes whose name has the part.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { SCENES } from './scenes.mjs';

const BASE = process.env.BASE ?? 'http://127.0.0.1:5280';
const OUT = fileURLToPath(new URL('./pictures/', import.meta.url));
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

mkdirSync(OUT, { recursive: true });
const only = process.argv[2] ?? '';
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: FLAGS });
const mock = (wish) =>
  fetch(`${BASE}/__mock`, { method: 'POST', body: JSON.stringify(wish) }).then((answer) =>
    answer.json(),
  );
let bad = 0;

for (const scene of SCENES.filter(({ name }) => name.includes(only))) {
  const {
    name,
    width = 1440,
    height = width < 700 ? 740 : 900,
    theme = 'light',
    language = 'zh-CN',
    as = 'lin',
    run,
  } = scene;
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: theme,
    locale: language,
    deviceScaleFactor: 1,
    permissions: ['clipboard-write'],
  });
  await context.addInitScript(
    (saved) =>
      localStorage.getItem('standfast.preferences') ??
      localStorage.setItem('standfast.preferences', JSON.stringify(saved)),
    { language, theme },
  );
  const page = await context.newPage();
  const faults = [];
  page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
  page.on('pageerror', (error) => faults.push(error.message));
  if (as)
    await page.request.post(`${BASE}/api/v1/session`, {
      data: { email: `${as}@desk.example`, password: 'standfast' },
    });
  try {
    await mock({ fail: null, delay: 0, offline: false, outdated: false, status: 500 });
    await run({
      page,
      mock,
      base: BASE,
      open: (path) => page.goto(`${BASE}/console${path}`, { waitUntil: 'load' }),
      settle: (ms = 500) => page.waitForTimeout(ms),
    });
    await page.screenshot({ path: `${OUT}${name}.png` });
    // Into the page by the debugger, past the policy that the page itself is under.
    await page.evaluate(AXE);
    const { violations } = await page.evaluate(() =>
      globalThis.axe.run(document, { resultTypes: ['violations'] }),
    );
    const found = violations.map(
      (each) =>
        `${each.id}: ${each.nodes
          .slice(0, 3)
          .map((node) => node.html.slice(0, 160))
          .join(' | ')}`,
    );
    const loud = faults.filter((text) => !scene.noise?.test(text));
    bad += found.length + loud.length;
    console.log(
      `${found.length + loud.length === 0 ? 'ok ' : 'BAD'} ${name}${[...found, ...loud].map((text) => `\n      ${text}`).join('')}`,
    );
  } catch (error) {
    bad += 1;
    console.log(`BAD ${name}\n      ${error.message}\n      ${faults.join('\n      ')}`);
    await page.screenshot({ path: `${OUT}${name}.png` }).catch(() => {});
  }
  await mock({ fail: null, delay: 0, offline: false, outdated: false, status: 500 });
  await context.close();
}
await browser.close();
console.log(bad === 0 ? 'nothing to complain about' : `${bad} complaints`);
process.exit(bad === 0 ? 0 : 1);

/** Debian's Chromium without a window around the page, quiet; pictures in .cache/screens; axe on what is shown. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const SCREENS = fileURLToPath(new URL('../../.cache/screens/', import.meta.url));
mkdirSync(SCREENS, { recursive: true });

export function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium-headless-shell',
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/** A person's browser. `page.faults` collects what went wrong in the page by itself. */
export async function person(browser, options = {}) {
  const context = await browser.newContext({
    locale: 'zh-CN',
    timezoneId: 'Asia/Shanghai',
    viewport: { width: 1280, height: 860 },
    ...options,
  });
  context.setDefaultTimeout(15_000);
  const page = await context.newPage();
  page.faults = [];
  page.on('pageerror', (error) => page.faults.push(error.stack ?? error.message));
  page.on('console', (message) => {
    const text = message.text();
    // An offline page cannot load things; that is the point of being offline.
    const expected = /Failed to load resource|WebSocket connection|net::ERR/.test(text);
    if (message.type() === 'error' && !expected) page.faults.push(text);
  });
  return page;
}

/** Width, theme and language of a page: every two of them meet, not every three. */
export const FACES = [
  [360, 'light', 'zh-CN'],
  [360, 'dark', 'en'],
  [768, 'light', 'en'],
  [768, 'dark', 'zh-CN'],
  [1440, 'light', 'zh-CN'],
  [1440, 'dark', 'en'],
];

export async function shot(page, name) {
  await page.screenshot({ path: `${SCREENS}${name}.png` });
}

/** Nothing to complain about for people who use a keyboard or a screen reader; `part` is a selector. */
export async function accessible(page, what, part = null) {
  // Half faded in, everything is too pale.
  await page.waitForTimeout(300);
  // By the debugger, past the policy that the page itself is under; once a document.
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(AXE);
  const { violations } = await page.evaluate(
    (selector) =>
      globalThis.axe.run(selector ? document.querySelector(selector) : document, {
        resultTypes: ['violations'],
        // Style sheets and media fetched again, for a rule that is off and one about sound, of which there is none.
        preload: false,
      }),
    part,
  );
  const found = violations.map(
    ({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(' ')).join(', ')}`,
  );
  assert.deepEqual(found, [], `axe on ${what}`);
}

/** Waits until `condition` gives something true, and returns it. */
export async function eventually(condition, what, patience = 15_000) {
  const until = Date.now() + patience;
  let last;
  while (Date.now() < until) {
    try {
      last = await condition();
      if (last) return last;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.fail(`${what}: not within ${patience} ms (last: ${last})`);
}

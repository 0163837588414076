// Walks through what pictures do not show: keyboard, focus, two tabs, lost networks. Beside `npm run dev`.
import { strict as assert } from 'node:assert';
import { launch } from './browser.js';

const base = process.env.DESK ?? 'http://127.0.0.1:4100';
const PHRASE =
  'abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about';
const browser = await launch();

async function dev(action, value = {}) {
  const response = await fetch(`${base}/dev/${action}`, {
    method: 'POST',
    body: JSON.stringify(value),
  });
  return response.json();
}

const texts = async () =>
  (await dev('state')).requests.at(-1)?.entries.map((entry) => entry.text) ?? [];

async function visit(context) {
  const page = await context.newPage();
  page.on('pageerror', (error) => {
    throw error;
  });
  await page.goto(`${base}/demo/`);
  await page.locator('.launcher').waitFor();
  return page;
}

/** Classes and label of what has the focus inside the widget. */
function focus(page) {
  return page.evaluate(() => {
    const at = document.querySelector('standfast-desk').shadowRoot.activeElement;
    return at ? `${at.tagName.toLowerCase()}.${at.className}` : '';
  });
}

async function begin(page, text) {
  await page.locator('.launcher').click();
  await page.locator('.primary, .quiet.wide').last().click();
  await page.locator('.row').last().click();
  await page.locator('textarea').fill(text);
  await page.locator('.composer .primary').click();
  await page.locator('.receipt').waitFor();
}

/** So many messages stand there, and none is on its way. */
function settled(page, count) {
  return page.waitForFunction((expected) => {
    const root = document.querySelector('standfast-desk').shadowRoot;
    return (
      root.querySelectorAll('.bubble').length === expected &&
      !root.querySelector('.sending, .queued')
    );
  }, count);
}

async function keyboard() {
  const context = await browser.newContext({
    locale: 'zh-CN',
    viewport: { width: 1200, height: 800 },
  });
  const page = await visit(context);
  for (let presses = 0; presses < 10 && (await focus(page)) !== 'button.launcher'; presses += 1) {
    await page.keyboard.press('Tab');
  }
  await page.keyboard.press('Enter');
  await page.locator('.primary').waitFor();
  assert.equal(await focus(page), 'div.panel');
  await page.keyboard.press('Escape');
  await page.locator('.panel').waitFor({ state: 'detached' });
  assert.equal(await focus(page), 'button.launcher');
  await begin(page, '键盘');
  assert.equal(await focus(page), 'textarea.');
  // A word being chosen: the return key is the input method's.
  await page.locator('textarea').fill('拼音');
  await page.locator('textarea').dispatchEvent('keydown', { key: 'Enter', isComposing: true });
  assert.deepEqual(await texts(), ['键盘']);
  await page.locator('textarea').press('Shift+Enter');
  await page.keyboard.type('b');
  await page.keyboard.press('Enter');
  await settled(page, 2);
  assert.deepEqual(await texts(), ['键盘', '拼音\nb']);
  await page.locator('textarea').fill(`x ${PHRASE} y`);
  await page.keyboard.press('Enter');
  await page.locator('.secret').waitFor();
  assert.equal(await focus(page), 'button.primary');
  const stops = [];
  for (let presses = 0; presses < 3; presses += 1) {
    await page.keyboard.press('Tab');
    stops.push(await focus(page));
  }
  assert.deepEqual(stops, ['button.quiet', 'button.link', 'button.primary']);
  await page.keyboard.press('Enter');
  assert.equal(await page.locator('textarea').inputValue(), 'x  y');
  assert.equal(await focus(page), 'textarea.');
  await page.locator('textarea').fill(PHRASE);
  await page.keyboard.press('Enter');
  await page.locator('.secret .quiet').click();
  await settled(page, 3);
  assert.ok(!(await texts()).join(' ').includes('abandon'));
  const stored = await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }));
  assert.ok(!stored.includes('abandon'));
  await context.close();
}

async function twoTabs() {
  const context = await browser.newContext({ locale: 'zh-CN' });
  const one = await visit(context);
  await begin(one, '第一页');
  const two = await visit(context);
  await two.locator('.launcher').click();
  await two.locator('.row').first().click();
  await two.locator('.bubble').waitFor();
  await dev('faults', { down: true });
  await one.locator('textarea').fill('从一');
  await one.keyboard.press('Enter');
  await one.waitForTimeout(50);
  await two.locator('textarea').fill('从二');
  await two.locator('.go').click();
  await two.locator('.queued').nth(1).waitFor({ timeout: 20_000 });
  await one.close();
  await dev('faults', { down: false });
  await two.waitForFunction(
    () =>
      document.querySelector('standfast-desk').shadowRoot.querySelectorAll('.queued,.sending')
        .length === 0,
    null,
    { timeout: 60_000 },
  );
  assert.deepEqual(await texts(), ['第一页', '从一', '从二']);
  await context.close();
}

async function polling() {
  const context = await browser.newContext({ locale: 'en' });
  await dev('faults', { sockets: false });
  const page = await visit(context);
  await begin(page, 'no sockets here');
  await page.waitForTimeout(6000);
  await dev('reply', { text: 'by poll' });
  await page.locator('.bubble').nth(1).waitFor({ timeout: 30_000 });
  await dev('faults', { sockets: true });
  await context.close();
}

async function hostile() {
  const context = await browser.newContext({ locale: 'en' });
  const page = await visit(context);
  await begin(page, '<img src=x onerror="window.hit=1"> javascript:alert(1)');
  await dev('reply', {
    text: '<script>window.hit=1</script> javascript:alert(1) https://ok.example/<b>',
  });
  await page.locator('.bubble').nth(1).waitFor();
  assert.equal(await page.evaluate(() => window.hit), undefined);
  assert.deepEqual(
    await page.locator('.bubble a').evaluateAll((links) => links.map((link) => link.href)),
    ['https://ok.example/'],
  );
  await page.evaluate(() => window.Standfast('reset'));
  await page.locator('.panel').waitFor({ state: 'detached' });
  assert.equal(await page.evaluate(() => Object.keys(localStorage).length), 0);
  await context.close();
}

await dev('desk', { autoReply: false });
for (const walk of [keyboard, twoTabs, polling, hostile]) {
  await walk();
  console.log(`${walk.name}: fine`);
}
await browser.close();

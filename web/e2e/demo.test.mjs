/** What `make run` opens: a desk full of believable requests, marked as a demonstration. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessible, launch, person, shot } from './browser.mjs';
import { openRequest, signIn } from './console.mjs';
import { Desk } from './desk.mjs';

let desk, browser;
before(async () => {
  desk = await Desk.demo({ anew: true });
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await desk?.stop();
});

/** The password that the start printed. */
const password = () => desk.log.match(/with the password (\S+)/)?.[1];

test('it is filled once, and says how to sign in', async () => {
  const [, requests] = desk.log.match(/demo: (\d+) requests/);
  assert.ok(Number(requests) > 4_500, `${requests} requests`);
  assert.ok(password());
  await desk.down();
  await desk.up();
  assert.equal(desk.log.match(/demo: \d+ requests/g).length, 1, 'filled again at the second start');
});

test('what customers see is marked as a demonstration', async () => {
  const page = await person(browser);
  for (const path of ['/', '/contact']) {
    await page.goto(desk.base + path);
    assert.match(await page.innerText('body'), /演示/, path);
    await shot(page, `demo-page${path.replace('/', '-')}`);
  }
  await page.context().close();
});

for (const [locale, email] of [
  ['zh-CN', 'lead@harbor.example'],
  ['en-US', 'sasha@harbor.example'],
]) {
  test(`an agent's console, ${locale}`, async () => {
    const page = await person(browser, { locale, viewport: { width: 1440, height: 900 } });
    await signIn(page, desk, email, password());
    for (const view of ['at_risk', 'unassigned', 'mine', 'all', 'solved']) {
      await page.goto(`${desk.base}/console/${view}`);
      await page.waitForTimeout(600);
      const text = await page.innerText('body');
      assert.doesNotMatch(text, /\[\[|\]\]|\{\w+[}:#]/, `an unfilled placeholder in ${view}`);
      await accessible(page, `the demo's ${view}`);
      await shot(page, `demo-${view}-${locale.slice(0, 2)}`);
    }
    await page.goto(`${desk.base}/console/all`);
    await page.locator('[data-row]').nth(10).waitFor();
    await openRequest(page, '');
    await page.waitForTimeout(400);
    await accessible(page, 'a conversation of the demo');
    await shot(page, `demo-conversation-${locale.slice(0, 2)}`);
    assert.deepEqual(page.faults, []);
    await page.context().close();
  });
}

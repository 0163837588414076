/** Something rises on the demo desk: the console says so, shows what it is, and a lead decides. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessible, launch, person, shot } from './browser.mjs';
import { signedIn } from './console.mjs';
import { Desk } from './desk.mjs';

let desk, browser;
before(async () => {
  desk = await Desk.demo();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await desk?.stop();
});

const PASSWORD = 'harbor-wallet-demo';

async function open(email, path, options) {
  const storageState = await signedIn(browser, desk, email, PASSWORD);
  const page = await person(browser, { storageState, ...options });
  await page.goto(`${desk.base}/console${path}`);
  return page;
}

/** The desk learns what is usual before it says anything. */
const LEARNS = { timeout: 120_000 };
const DESKTOP = { locale: 'en-US', viewport: { width: 1440, height: 900 } };

test('the demo has one alarm, found by the desk itself, and every agent is told', async () => {
  const page = await open('agent@harbor.example', '/all', DESKTOP);
  const banner = page.getByRole('status').filter({ hasText: 'requests in' });
  await banner.waitFor(LEARNS);
  await accessible(page, 'the banner of an alarm', '[role=status]');
  await shot(page, 'alarms-banner');
  await banner.getByRole('link', { name: 'Look' }).click();
  const cards = page.locator('[data-alarm]');
  await cards.first().waitFor();
  assert.equal(await cards.count(), 1, 'one cause is one alarm');
  const text = await cards.first().innerText();
  // Never "about 0": what is hardly ever there is fewer than one.
  const said = /(\d+) requests in \d+ min, (?:about ([1-9][\d.]*)|fewer than one) expected/;
  assert.match(text, said);
  const [, observed, expected] = said.exec(text);
  assert.ok(Number(observed) >= 10 && Number(expected ?? 1) * 3 < Number(observed), text);
  await page.getByText(/series are watched/).waitFor();
  assert.equal(
    await page.getByRole('button', { name: 'Confirm incident' }).count(),
    0,
    'a lead decides',
  );
  await cards.first().getByRole('button', { name: 'Its requests' }).click();
  await cards.first().locator('ul a').nth(2).waitFor();
  await accessible(page, 'the room of alarms');
  await shot(page, 'alarms-now');
  await cards.first().getByRole('button', { name: 'I am looking into it' }).click();
  await cards.first().getByText('Being looked into').waitFor();
  await page.context().close();
});

test('in Chinese, on a phone, in the dark', async () => {
  const page = await open('agent@harbor.example', '/alarms/now', {
    locale: 'zh-CN',
    viewport: { width: 360, height: 740 },
    colorScheme: 'dark',
  });
  await page
    .getByText(/分钟内 \d+ 个工单/)
    .first()
    .waitFor(LEARNS);
  await accessible(page, 'alarms on a phone');
  const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
  assert.equal(wide, false, 'nothing is wider than the phone');
  await shot(page, 'alarms-phone');
  await page.context().close();
});

test('the link in a mail leads to its card', async () => {
  const page = await open('agent@harbor.example', '/alarms/now', DESKTOP);
  const card = page.locator('[data-alarm]').first();
  await card.waitFor(LEARNS);
  const id = await card.getAttribute('data-alarm');
  const from = await open('agent@harbor.example', `/alarms#alarm-${id}`, DESKTOP);
  await from.locator(`[data-alarm="${id}"]:focus`).waitFor();
  assert.equal(new URL(from.url()).pathname, '/console/alarms/now');
  await from.context().close();
  await page.context().close();
});

test('a lead makes an incident of it, by keyboard, and others hear of it at once', async () => {
  const other = await open('agent@harbor.example', '/alarms/now', DESKTOP);
  await other.getByText('Being looked into').waitFor(LEARNS);
  const page = await open('lead@harbor.example', '/alarms/now', { ...DESKTOP, locale: 'zh-CN' });
  const card = page.locator('[data-alarm]').first();
  await card.getByRole('button', { name: '忽略' }).press('Enter');
  const why = page.getByRole('dialog');
  await why.getByText('误报', { exact: false }).first().waitFor();
  await accessible(page, 'why an alarm is dismissed');
  await page.keyboard.press('Escape');
  await card.getByRole('button', { name: '确认为事故' }).press('Enter');
  const dialog = page.getByRole('dialog');
  assert.match(await dialog.getByLabel('标题').inputValue(), /^工单增多：/);
  await dialog.getByLabel('标题').fill('闪兑服务商报价超时');
  await shot(page, 'alarms-confirm');
  await dialog.getByRole('button', { name: '确认为事故' }).click();
  await card.getByText('已确认为事故').waitFor();
  await other.locator('[data-alarm]').first().getByText('Incident', { exact: true }).waitFor();
  await page.goto(`${desk.base}/console/drivers/events`);
  const event = page.locator('[data-event]').filter({ hasText: '闪兑服务商报价超时' });
  await event.getByText('来自告警').waitFor();
  await shot(page, 'alarms-event');
  await page.context().close();
  await other.context().close();
});

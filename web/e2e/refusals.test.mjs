/** What the console says of what it cannot take: which box, what it takes, in the reader's language, and nothing typed is lost. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessible, eventually, launch, person, shot } from './browser.mjs';
import { signedIn } from './console.mjs';
import { Desk } from './desk.mjs';

const PASSWORD = 'harbor-wallet-demo';
let desk, browser;
before(async () => {
  desk = await Desk.demo();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await desk?.stop();
});

const EN = { locale: 'en-US', viewport: { width: 1440, height: 900 } };
const PHONE = { viewport: { width: 360, height: 780 }, colorScheme: 'dark', hasTouch: true };

async function as(email, path, options = EN) {
  const storageState = await signedIn(browser, desk, `${email}@harbor.example`, PASSWORD);
  const page = await person(browser, { storageState, ...options });
  await page.goto(`${desk.base}/console${path}`);
  return page;
}
const focused = (page) => page.evaluate(() => document.activeElement?.getAttribute('name'));
const refused = (page, name) => page.locator(`[name="${name}"][aria-invalid=true]`);

test('a surge plan names every box that it cannot be saved with, and leads to the first', async () => {
  const lead = await as('lead', '/surge/plan');
  await lead.getByRole('button', { name: 'Reserved people' }).click();
  await lead.locator('[name=reserve_normal]').fill('-5');
  await lead.getByRole('button', { name: 'When levels change' }).click();
  await lead.locator('[name=within_minutes]').fill('');
  await lead.getByRole('button', { name: 'Save plan' }).click();
  const faults = lead.locator('[data-faults]');
  await faults.getByText('People reserved: give a whole number from 0 to 100.').waitFor();
  await faults.getByText('in minutes: give a whole number from 5 to 1440.').waitFor();
  assert.doesNotMatch(await faults.innerText(), /plan\.|within_minutes|reserve_/);
  await refused(lead, 'reserve_normal').waitFor();
  assert.equal(await focused(lead), 'reserve_normal');
  await accessible(lead, 'a plan that cannot be saved');
  await shot(lead, 'refusals-plan');
  await lead.getByRole('button', { name: 'Undo changes' }).click();
  await faults.waitFor({ state: 'detached' });

  await lead.getByRole('button', { name: 'Surge', exact: true }).click();
  const preview = lead.locator('[data-preview=surge]');
  await preview.waitFor();
  const surge = lead.locator('[data-actions=surge]');
  await surge.locator('[name=banner_en]').fill('x'.repeat(301));
  const stale = lead.locator('[data-stale]');
  await stale.getByText('This does not show what you typed').waitFor();
  await stale.getByText('In English: at most 300 characters').waitFor();
  await surge.locator('[name=banner_en]').fill('Send us your recovery phrase');
  await stale.getByText('In English: this text asks for a recovery phrase').waitFor();
  await lead.getByRole('button', { name: 'Save plan' }).click();
  await refused(lead, 'banner_en').waitFor();
  assert.equal(await focused(lead), 'banner_en');
  assert.equal(await refused(lead, 'banner_zh-CN').count(), 0);
  assert.deepEqual(lead.faults, []);
  await lead.context().close();
});

test('a hold keeps what was typed, cuts nothing, and is followed by whoever looks', async () => {
  const lead = await as('lead', '/surge');
  const dialog = lead.getByRole('dialog');
  const hold = lead.getByRole('button', { name: 'Hold a level' });
  await hold.click();
  await eventually(async () => (await focused(lead)) === 'level', 'the first choice has the focus');
  await dialog.getByLabel('Busy').check();
  const reason = dialog.locator('[name=reason]');
  await reason.fill('W'.repeat(301));
  await dialog.getByText('1 character too many').waitFor();
  await lead.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  await hold.click();
  assert.equal((await reason.inputValue()).length, 301, 'nothing is lost');
  await dialog.getByLabel('Busy').check();
  await dialog.getByRole('button', { name: 'Hold a level' }).click();
  assert.equal(await reason.evaluate((box) => box.matches(':invalid')), true);
  await reason.fill('W'.repeat(300));
  await dialog.getByRole('button', { name: 'Hold a level' }).click();
  await lead.locator('[data-held]').waitFor();
  const width = await lead.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(width <= 0, 'nothing runs out of the page');
  const changes = await lead.locator('[data-changes]').boundingBox();
  assert.ok(changes.y < 700, `what changed is in sight: ${changes.y}`);
  await shot(lead, 'refusals-held');

  const admin = await as('admin', '/surge');
  await admin.getByRole('button', { name: 'Let go' }).click();
  const other = admin.getByRole('dialog');
  await eventually(async () => (await focused(admin)) === 'reason', 'the reason has the focus');
  await other.getByText('Letting go ends that.').waitFor();
  assert.doesNotMatch(await other.innerText(), /replaces that/);
  await accessible(admin, 'letting go of what another one holds', '[role=dialog]');
  await other.locator('[name=reason]').fill('Calm.');
  await other.getByRole('button', { name: 'Let go' }).click();
  await lead.locator('[data-held]').waitFor({ state: 'detached', timeout: 4_000 });
  assert.deepEqual(admin.faults, []);
  await admin.context().close();
  assert.deepEqual(lead.faults, []);
  await lead.context().close();
});

test('what is above all rooms is a line each on a phone, and opens', async () => {
  const lead = await as('lead', '/surge');
  await lead.getByRole('button', { name: 'Hold a level' }).click();
  const dialog = lead.getByRole('dialog');
  await dialog.getByLabel('Busy').check();
  await dialog.locator('[name=reason]').fill('The fork is at noon.');
  await dialog.getByRole('button', { name: 'Hold a level' }).click();
  await lead.locator('[data-held]').waitFor();
  const agent = await as('agent', '/all', PHONE);
  const banners = agent.locator('.console-banners');
  await banners.locator('[data-surge]').waitFor();
  const alarm = banners.getByRole('button', { name: /个工单/ });
  await alarm.waitFor({ timeout: 120_000 });
  const folded = (await banners.boundingBox()).height;
  assert.ok(folded <= 80, `${folded} px`);
  await accessible(agent, 'two lines above a room on a phone', '.console-banners');
  await shot(agent, 'refusals-strips');
  await alarm.click();
  assert.ok((await banners.boundingBox()).height > folded, 'all of it is shown');
  assert.deepEqual(agent.faults, []);
  await agent.context().close();
  assert.deepEqual(lead.faults, []);
  await lead.context().close();
});

test('a form says what is wrong in the language of the console, not of the browser', async () => {
  const lead = await as('lead', '/planning/what-if', { locale: 'zh-CN' });
  await lead.getByRole('button', { name: '少 10 个人' }).click();
  await lead.locator('.plan-table').waitFor({ timeout: 60_000 });
  assert.equal(await lead.locator('[data-other]').count(), 0);
  const reserved = lead.locator('[name=reserved]');
  await reserved.fill('500');
  await lead.locator('[data-other]').waitFor();
  await lead.getByRole('button', { name: '推演', exact: true }).click();
  assert.equal(
    await reserved.evaluate((box) => box.validationMessage),
    '请填写 0 到 100 之间的整数。',
  );
  await reserved.fill('1');
  await lead.getByRole('button', { name: '推演', exact: true }).click();
  await lead.locator('[data-other]').waitFor({ state: 'detached', timeout: 60_000 });
  assert.deepEqual(lead.faults, []);
  await lead.context().close();
});

test('opening hours say all that is wrong, and lead to the first', async () => {
  const admin = await as('admin', '/settings/hours');
  await admin.locator('[data-hours] button').first().click();
  const form = admin.locator('.hours-editor');
  await form.locator('input[list]').fill('Asia/Nowhere');
  await form.getByPlaceholder('SG, MY').fill('Singapore');
  await form.getByLabel('Mon', { exact: true }).fill('quarter past');
  await form.getByLabel('Mon', { exact: true }).press('Tab');
  const wrongs = form.locator('[data-wrongs]');
  await wrongs.getByText('There is no such time zone').waitFor();
  await wrongs.getByText('Regions are codes of two letters').waitFor();
  await wrongs.getByText('Mon: the times cannot be read').waitFor();
  await form.getByRole('button', { name: 'Save' }).click();
  assert.equal(await admin.evaluate(() => document.activeElement.value), 'Asia/Nowhere');
  await shot(admin, 'refusals-hours');
  assert.deepEqual(admin.faults, []);
  await admin.context().close();
});

test('the online rate names languages, uses a wide screen, and shows that a table scrolls', async () => {
  const lead = await as('lead', '/insight/online', {
    ...EN,
    viewport: { width: 1920, height: 1080 },
  });
  const table = lead.locator('table').last();
  await table.waitFor();
  const text = await lead.locator('.insight-page').innerText();
  assert.doesNotMatch(text, /\b(hours|insight|figure)\.[a-z]/, 'no raw key');
  await table.getByText('Chinese').waitFor();
  const plots = await lead
    .locator('[data-plot]')
    .evaluateAll((all) => all.slice(0, 2).map((plot) => plot.getBoundingClientRect().top));
  assert.ok(Math.abs(plots[0] - plots[1]) < 2, `side by side: ${plots}`);
  assert.deepEqual(lead.faults, []);
  await lead.context().close();
});

/** Views kept and shared, figures that follow, dimensions that are dragged, and what an empty desk says. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessible, eventually, launch, person, shot } from './browser.mjs';
import { signedIn } from './console.mjs';
import { Desk } from './desk.mjs';

let desk, browser;
const OTHERS = [
  { email: 'ana@desk.example', name: 'Ana', role: 'analyst', language: 'en' },
  { email: 'root@desk.example', name: 'Root', role: 'admin', language: 'en' },
];
before(async () => {
  desk = await Desk.start(OTHERS);
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await desk?.stop();
});

async function reader(email, { language = 'en', width = 1440 } = {}) {
  const page = await person(browser, {
    locale: language,
    viewport: { width, height: 900 },
    storageState: await signedIn(browser, desk, email),
  });
  await page.addInitScript(
    (saved) => localStorage.setItem('standfast.preferences', JSON.stringify(saved)),
    { language },
  );
  return page;
}

const open = (page, path = '') => page.goto(`${desk.base}/console/insight${path}`);
const address = (page) => new URL(page.url());
const menu = (page) => page.locator('.insight-kept');

async function request(text) {
  const secret = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url');
  const answer = await fetch(`${desk.base}/api/v1/requests`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Authorization: `Visitor ${secret}` },
    body: JSON.stringify({ client_id: crypto.randomUUID(), text }),
  });
  assert.equal(answer.status, 201, await answer.text());
}

test('an empty desk says on every page what will appear', async () => {
  for (const [language, words] of [
    ['en', /Here you /],
    ['zh-CN', /这里/],
  ]) {
    const page = await reader('lin@desk.example', { language });
    const seen = new Set();
    for (const name of [
      'overview',
      'types',
      'times',
      'novel',
      'people',
      'satisfaction',
      'explorer',
    ]) {
      await open(page, `/${name}`);
      const text = page.locator('.insight-body p').first();
      await text.waitFor();
      assert.match(await text.innerText(), words);
      seen.add(await text.innerText());
    }
    assert.equal(seen.size, 7, 'each page says its own');
    await open(page, '/satisfaction');
    await page.locator('.insight-body p').first().waitFor();
    await accessible(page, 'an empty satisfaction page');
    await shot(page, `dashboards-empty-${language}`);
    assert.deepEqual(page.faults, []);
    await page.context().close();
  }
});

test('figures follow what happens, and stand still when that is wanted', async () => {
  const page = await reader('lin@desk.example');
  await open(page, '/overview?period=1d');
  await page.locator('.insight-body p').first().waitFor();
  await request('My swap has been pending for an hour');
  // The empty page becomes a full one by itself.
  await page.locator('[data-plot]').first().waitFor({ timeout: 80_000 });
  const count = page.locator('.insight-total > button').first();
  await eventually(async () => /^1 request$/.test(await count.innerText()), 'one request');
  await page.mouse.move(5, 5);
  await request('Another transfer has not arrived');
  await page.evaluate(() => {
    globalThis.skeletons = 0;
    new MutationObserver(() => {
      if (document.querySelector('.plot-skeleton, .plot-drawing.stale')) globalThis.skeletons += 1;
    }).observe(document.body, { childList: true, subtree: true, attributes: true });
  });
  await eventually(async () => /^2 requests$/.test(await count.innerText()), 'the second', 40_000);
  assert.equal(await page.evaluate(() => globalThis.skeletons), 0, 'nothing flickered');
  const asked = [];
  page.on('request', (each) => each.url().endsWith('/insight/query') && asked.push(each.url()));
  await page.waitForTimeout(4_000);
  assert.equal(asked.length, 0, 'nothing is asked while nothing happens');
  const live = page.locator('.insight-follow');
  assert.match(await live.innerText(), /^Live/);
  await live.click();
  assert.equal(await live.getAttribute('aria-pressed'), 'false');
  const since = await live.getAttribute('data-beat');
  await request('And a third one is missing');
  await page.waitForTimeout(18_000);
  assert.equal(await live.getAttribute('data-beat'), since);
  assert.match(await count.innerText(), /^2 requests$/);
  await live.click();
  await eventually(async () => /^3 requests$/.test(await count.innerText()), 'the third');
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('a view is kept under a name, shared, opened by others, and where Insight begins', async () => {
  const lead = await reader('lin@desk.example');
  await open(lead, '/satisfaction?period=7d&zone=Asia%2FTokyo');
  await menu(lead).click();
  await lead.getByRole('menuitem', { name: 'Save this view…' }).click();
  await lead.getByLabel('Name').fill('Weekly satisfaction');
  await lead.getByLabel('For everybody who may see figures').check();
  await accessible(lead, 'saving a view');
  await shot(lead, 'dashboards-save');
  await lead.getByRole('button', { name: 'Save', exact: true }).click();
  await eventually(
    async () => (await menu(lead).innerText()).includes('Weekly satisfaction'),
    'the name in the bar',
  );

  const analyst = await reader('ana@desk.example');
  await open(analyst);
  await eventually(() => address(analyst).pathname.endsWith('/overview'), 'the usual beginning');
  await menu(analyst).click();
  await analyst.getByRole('menuitem', { name: 'Weekly satisfaction' }).click();
  await eventually(
    () =>
      `${address(analyst).pathname}${address(analyst).search}` ===
      '/console/insight/satisfaction?period=7d&zone=Asia%2FTokyo',
    'the same address',
  );
  await menu(analyst).click();
  await analyst.getByRole('menuitem', { name: 'Manage dashboards…' }).click();
  const dialog = analyst.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Begin with “Weekly satisfaction”' }).click();
  await eventually(
    async () =>
      (await dialog
        .getByRole('button', { name: 'Begin with “Weekly satisfaction”' })
        .getAttribute('aria-pressed')) === 'true',
    'the beginning',
  );
  assert.equal(await dialog.getByRole('button', { name: /^Rename/ }).count(), 0, 'not theirs');
  await accessible(analyst, 'managing dashboards');
  await shot(analyst, 'dashboards-manage');
  await analyst.keyboard.press('Escape');
  await open(analyst);
  await eventually(
    () => address(analyst).pathname.endsWith('/satisfaction'),
    'the chosen beginning',
  );
  assert.deepEqual(analyst.faults, []);

  // Two people change it at once: the second is told, and sees what it is now.
  const admin = await reader('root@desk.example');
  for (const page of [lead, admin]) {
    await open(page, '/overview');
    await menu(page).click();
    await page.getByRole('menuitem', { name: 'Manage dashboards…' }).click();
    await page.getByRole('button', { name: 'Rename “Weekly satisfaction”' }).click();
  }
  await lead.getByRole('textbox', { name: /^Rename/ }).fill('Every Monday');
  await lead.keyboard.press('Enter');
  await lead.getByText('Every Monday').waitFor();
  await admin.getByRole('textbox', { name: /^Rename/ }).fill('Satisfaction');
  await admin.keyboard.press('Enter');
  await admin
    .getByRole('alert')
    .filter({ hasText: 'changed “Weekly satisfaction” meanwhile' })
    .waitFor();
  await admin.getByText('Every Monday').waitFor();
  await shot(admin, 'dashboards-conflict');

  await lead.getByRole('button', { name: 'Remove “Every Monday”' }).click();
  await lead.getByText('None yet.').waitFor();
  await lead.keyboard.press('Escape');
  await open(analyst);
  await eventually(() => address(analyst).pathname.endsWith('/overview'), 'the usual again');
  for (const page of [lead, analyst, admin]) {
    assert.deepEqual(page.faults, []);
    await page.context().close();
  }
});

test('dimensions are dragged to where they are wanted, and put there by keys', async () => {
  const page = await reader('lin@desk.example');
  await open(page, '/explorer');
  await page.locator('[data-plot] svg[data-drawing]').first().waitFor();
  const chip = (code) => page.locator(`[data-dimension=${code}]`);
  const drag = async (code, where) => {
    const from = await chip(code).boundingBox();
    const to = await page.locator(`[data-drop=${where}]`).boundingBox();
    await page.mouse.move(from.x + 20, from.y + 10);
    await page.mouse.down();
    await page.mouse.move(to.x + 30, to.y + to.height / 2, { steps: 8 });
    await shot(page, `dashboards-drag-${where}`);
    await page.mouse.up();
  };
  await drag('type', 'group');
  await eventually(() => address(page).searchParams.get('group') === 'type', 'grouped by type');
  assert.equal(await page.getByRole('menu').count(), 0, 'a drag is no click');
  await drag('channel', 'split');
  await eventually(() => address(page).searchParams.get('split') === 'channel', 'and by channel');
  await drag('channel', 'group');
  await eventually(
    () =>
      address(page).searchParams.get('group') === 'channel' &&
      address(page).searchParams.get('split') === 'type',
    'both change places',
  );
  await page.goBack();
  await eventually(
    () => address(page).searchParams.get('group') === 'type',
    'a step in the history',
  );

  await chip('language').getByRole('button').focus();
  await page.keyboard.press('Enter');
  await page.getByRole('menuitem', { name: 'Put it under “By”' }).waitFor();
  await accessible(page, 'where a dimension goes');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await eventually(() => /group=|split=/.test(address(page).search), 'put by keys');
  await eventually(
    () => ['group', 'split'].some((name) => address(page).searchParams.get(name) === 'language'),
    'language is used',
  );
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('on a phone the bar has room for all of it', async () => {
  const page = await reader('lin@desk.example', { width: 360, language: 'zh-CN' });
  for (const name of ['satisfaction', 'explorer']) {
    await open(page, `/${name}`);
    await page.locator('[data-plot]').first().waitFor();
    await page.waitForTimeout(500);
    const { inner, outer } = await page.evaluate(() => ({
      inner: document.documentElement.scrollWidth,
      outer: innerWidth,
    }));
    assert.ok(inner <= outer, `${name} is ${inner} px wide on a screen of ${outer} px`);
    await accessible(page, `${name} on a phone`);
    await shot(page, `dashboards-${name}-360`);
  }
  await page.context().close();
});

/** The shell of Insight: who gets in, the view in the address, filters, keys. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessible, eventually, launch, person, shot } from './browser.mjs';
import { mockDesk } from './mock.mjs';

let desk, browser;
before(async () => {
  [desk, browser] = await Promise.all([mockDesk(), launch()]);
});
after(async () => {
  await browser?.close();
  desk?.stop();
});

async function signedIn(who, options = {}) {
  const page = await person(browser, {
    locale: 'en-US',
    viewport: { width: 1440, height: 900 },
    ...options,
  });
  page.asked = [];
  page.on('request', (request) => page.asked.push(request.url()));
  await page.request.post(`${desk.base}/api/v1/session`, {
    data: { email: `${who}@desk.example`, password: 'standfast' },
  });
  return page;
}

const open = (page, path) => page.goto(`${desk.base}/console${path}`);
const drawn = (page) => page.locator('[data-plot] svg[data-drawing]').first().waitFor();
const address = (page) => new URL(page.url());

test('agents have no way in, neither by a link nor by the address', async () => {
  const page = await signedIn('lin');
  await open(page, '/unassigned');
  await page.locator('[data-row]').first().waitFor();
  assert.equal(await page.getByRole('link', { name: 'Insight' }).count(), 0);
  await open(page, '/insight/types');
  await page.getByText('Insight is for leads, analysts and admins').last().waitFor();
  assert.equal(await page.locator('.insight').count(), 0);
  assert.ok(
    !page.asked.some((url) => url.includes('/api/v1/console/insight/')),
    'nothing was asked',
  );
  await page.context().close();
});

test('it is fetched when it is wanted, not before', async () => {
  const page = await signedIn('analyst');
  const parts = () => page.asked.filter((url) => /\/Insight-|\/insight-/.test(url));
  await open(page, '/all');
  await page.locator('[data-row]').first().waitFor();
  assert.deepEqual(parts(), []);
  await page.keyboard.press('g');
  await page.keyboard.press('i');
  await drawn(page);
  assert.ok(parts().length > 0);
  assert.match(await page.title(), /Insight · Standfast$/);
  await page.context().close();
});

test('the view is in the address: forth, back and after a reload', async () => {
  const page = await signedIn('sofia');
  await open(page, '/insight/overview');
  await drawn(page);
  await page.getByRole('button', { name: 'Last 28 days' }).click();
  await page.getByRole('menuitemradio', { name: 'Last 7 days' }).click();
  await eventually(
    () => address(page).searchParams.get('period') === '7d',
    'the period in the address',
  );
  // It is chosen, and nothing lies over the page any more; and the key that closes boxes leaves no room.
  await page.getByRole('menu').waitFor({ state: 'detached' });
  await page.keyboard.press('Escape');
  assert.equal(address(page).pathname, '/console/insight/overview');
  await page.getByRole('link', { name: 'Times' }).click();
  assert.equal(
    `${address(page).pathname}${address(page).search}`,
    '/console/insight/times?period=7d',
  );
  await page.goBack();
  await page.goBack();
  assert.equal(`${address(page).pathname}${address(page).search}`, '/console/insight/overview');
  await page.getByRole('button', { name: 'Last 28 days' }).waitFor();
  await open(
    page,
    '/insight/overview?from=2026-11-02&to=2026-11-08&compare=weekdays&zone=Asia%2FKolkata',
  );
  await page.reload();
  assert.equal(await page.getByLabel('First day').inputValue(), '2026-11-02');
  assert.equal(await page.getByLabel('Last day').inputValue(), '2026-11-08');
  await page.getByRole('button', { name: 'Asia/Kolkata' }).waitFor();
  await page.getByLabel('First day').fill('2026-11-20');
  await eventually(
    () => address(page).searchParams.get('to') === '2026-11-20',
    'the last day gives way',
  );
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('a brushed range becomes the period, a bar becomes a filter', async () => {
  const page = await signedIn('sofia');
  await open(page, '/insight/overview');
  await drawn(page);
  const course = page.locator('[data-plot]').filter({ hasText: 'How does the count move?' });
  const box = await course.getByRole('slider').boundingBox();
  await page.mouse.move(box.x + box.width * 0.3, box.y + 80);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.6, box.y + 80, { steps: 5 });
  await page.mouse.up();
  await eventually(() => address(page).searchParams.get('from'), 'dates in the address');
  const ranking = page.locator('[data-plot]').filter({ hasText: /^By / }).first();
  await ranking.getByRole('slider').click({ position: { x: 200, y: 12 } });
  await page
    .getByRole('dialog')
    .getByRole('button', { name: /^Show only/ })
    .click();
  const chip = page.locator('.insight-chip');
  await chip.waitFor();
  assert.match(address(page).searchParams.get('where'), /^type,/);
  await chip.getByRole('button').first().click();
  const options = page.getByRole('option');
  await options.first().waitFor();
  await accessible(page, 'the values of a dimension');
  await options.nth(1).click();
  await page.getByLabel('Everything but these').check();
  await eventually(() => address(page).searchParams.get('not'), 'the exclusion in the address');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: /^Remove the filter/ }).click();
  await eventually(() => !address(page).search.includes('not='), 'no filter');
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('the keys of the desk rest, and t turns a plot into its table', async () => {
  const page = await signedIn('admin');
  await open(page, '/all');
  await page.locator('[data-row]').first().click();
  await page.locator('[role=log] article').first().waitFor();
  await page.getByRole('link', { name: 'Insight' }).click();
  await drawn(page);
  const course = page.locator('[data-plot]').nth(4);
  await course.locator('svg[data-drawing]').waitFor();
  await course.hover();
  await page.keyboard.press('t');
  await page.locator('[data-plot] .plot-scroll table').waitFor();
  assert.equal(
    await page.locator('[role=dialog]').count(),
    0,
    'the type of a request that is not shown',
  );
  await page.locator('.insight-head h1').hover();
  await page.keyboard.press('t');
  assert.equal(await page.locator('[role=dialog]').count(), 0);
  await page.context().close();
});

test('what failed says so, keeps the view and can be tried again', async () => {
  const page = await signedIn('analyst');
  await desk.play({ fail: 'insight/query' });
  await open(page, '/insight/times?period=7d');
  await page.getByRole('alert').first().waitFor();
  await shot(page, 'insight-failed');
  await desk.play({ fail: null });
  await page.getByRole('alert').first().getByRole('button', { name: 'Try again' }).click();
  await drawn(page);
  assert.equal(address(page).search, '?period=7d');
  await page.context().close();
});

for (const [width, scheme] of [
  [360, 'light'],
  [1440, 'dark'],
])
  test(`pages at ${width} px, ${scheme}, are for everybody`, async () => {
    const page = await signedIn('sofia', { viewport: { width, height: 800 }, colorScheme: scheme });
    for (const name of ['overview', 'types', 'times']) {
      await open(page, `/insight/${name}`);
      await drawn(page);
      await accessible(page, `${name} at ${width} px`);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(wide <= 0, `${name} is ${wide} px too wide`);
      await shot(page, `insight-${name}-${width}-${scheme}`);
    }
    assert.deepEqual(page.faults, []);
    await page.context().close();
  });

test('on paper there is the page alone', async () => {
  const page = await signedIn('sofia', { colorScheme: 'dark' });
  await open(page, '/insight/overview');
  await drawn(page);
  await page.emulateMedia({ media: 'print' });
  assert.equal(await page.locator('nav').first().isVisible(), false);
  assert.equal(await page.locator('.insight-bar').isVisible(), false);
  assert.ok(await page.locator('.insight-printed').isVisible());
  await page.screenshot({
    path: new URL('../../.cache/screens/insight-print.png', import.meta.url).pathname,
    fullPage: true,
  });
  const [paper, content] = await page.evaluate(() => [
    document.body.getBoundingClientRect().height,
    document.querySelector('.insight-page').scrollHeight,
  ]);
  assert.ok(content > 500 && paper >= content, `${content} px of plots on ${paper} px of paper`);
  await page.context().close();
});

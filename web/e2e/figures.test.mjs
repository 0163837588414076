/** A lead reads the figures of the real desk: from the count to the requests behind it. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { accessible, eventually, launch, person, shot } from './browser.mjs';
import { insightDrawn, signedIn } from './console.mjs';
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

const password = () => desk.log.match(/with the password (\S+)/)?.[1];
const PAGES = ['overview', 'types', 'times', 'people', 'explorer'];

const WORDS = {
  'zh-CN': {
    types: '类型',
    bars: '用户在问什么？',
    course: '总量由哪些类型构成？',
    only: /^只看/,
    more: '显示更多',
    requests: '工单数',
    about: /^“工单数”是怎么算的？$/,
    formula: '不计入',
    leftOut: /未计入：垃圾工单 \d+ 个/,
  },
  'en-US': {
    types: 'Types',
    bars: 'What are the requests about?',
    course: 'Which types make up the count?',
    only: /^Show only/,
    more: 'Show more',
    requests: 'Requests',
    about: /^What is this\? Requests$/,
    formula: 'Left out',
    leftOut: /Not counted: \d+ spam/,
  },
};

async function reader(locale, email = 'lead@harbor.example', options = {}) {
  const page = await person(browser, {
    locale,
    viewport: { width: 1440, height: 900 },
    storageState: await signedIn(browser, desk, email, password()),
    ...options,
  });
  await page.addInitScript(
    (language) => localStorage.setItem('standfast.preferences', JSON.stringify({ language })),
    locale === 'zh-CN' ? 'zh-CN' : 'en',
  );
  await page.goto(`${desk.base}/console/`);
  return page;
}

/** The page with all that it asked for drawn. */
async function open(page, path) {
  await page.goto(`${desk.base}/console/insight/${path}`);
  await insightDrawn(page, path, '[data-plot], .insight-table');
}

const plot = (page, title) => page.locator('[data-plot]').filter({ hasText: title });
const sheet = (page) => page.getByRole('dialog');

/** How many requests the side list says there are; it lists as many, page after page. */
async function listed(page, words) {
  const said = sheet(page).locator('[data-behind]');
  await said.waitFor();
  await sheet(page).getByRole('listitem').first().waitFor();
  const count = Number(await said.getAttribute('data-behind'));
  for (;;) {
    await eventually(
      () => sheet(page).locator('ul[aria-busy=false]').count(),
      'a page of requests',
    );
    const more = sheet(page).getByRole('button', { name: words.more });
    if ((await more.count()) === 0) break;
    await more.click();
  }
  const numbers = await sheet(page)
    .getByRole('listitem')
    .getByRole('link')
    .evaluateAll((links) => links.map((link) => link.getAttribute('href')));
  assert.equal(new Set(numbers).size, numbers.length, 'each once');
  assert.equal(numbers.length, count, 'as many as the figure says');
  return count;
}

for (const [locale, words] of Object.entries(WORDS))
  test(`from a count to its requests, ${locale}`, async () => {
    const page = await reader(locale);
    await page.locator('[data-row]').first().waitFor();
    await page.keyboard.press('g');
    await page.keyboard.press('i');
    await page.locator('.insight-tiles [data-plot]').first().waitFor();

    // What the figure is, by keys.
    const tile = plot(page, words.requests).first();
    const about = tile.getByRole('button', { name: words.about });
    await about.focus();
    await page.keyboard.press('Enter');
    await tile.getByText(words.formula, { exact: true }).waitFor();
    assert.match(await page.locator('.insight-page').innerText(), words.leftOut);

    // A type becomes the filter, by way of its requests.
    await page.getByRole('link', { name: words.types, exact: true }).click();
    const ranking = plot(page, words.bars);
    await ranking.locator('svg[data-drawing]').waitFor();
    await ranking.getByRole('slider').focus();
    await page.keyboard.press('Home');
    await page.keyboard.press('Enter');
    await sheet(page).waitFor();
    await accessible(page, 'the requests behind a figure');
    await shot(page, `figures-behind-${locale.slice(0, 2)}`);
    await sheet(page).getByRole('button', { name: words.only }).click();
    await eventually(
      () => new URL(page.url()).searchParams.get('where')?.startsWith('type,'),
      'the type in the address',
    );

    // A brushed range becomes the period.
    const course = plot(page, words.course);
    await course.locator('svg[data-drawing]').waitFor();
    const box = await course.getByRole('slider').boundingBox();
    await page.mouse.move(box.x + box.width * 0.3, box.y + 80);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.6, box.y + 80, { steps: 5 });
    await page.mouse.up();
    await eventually(() => new URL(page.url()).searchParams.get('from'), 'dates in the address');
    await eventually(async () => (await ranking.getAttribute('aria-busy')) === 'false', 'new bars');

    // The bar says how many; behind it are as many, and a click on one leads to its conversation.
    const slider = ranking.getByRole('slider');
    await slider.focus();
    await page.keyboard.press('Home');
    const spoken = await slider.getAttribute('aria-valuetext');
    await page.keyboard.press('Enter');
    const count = await listed(page, words);
    assert.ok(count > 50, `more than a page: ${count}`);
    assert.match(spoken.replaceAll(',', ''), new RegExp(`\\b${count}\\b`));
    await sheet(page).getByRole('listitem').getByRole('link').first().click();
    await page.locator('[role=log] article').first().waitFor();
    await page.goBack();
    await page.locator('.insight-chip').waitFor();

    assert.deepEqual(page.faults, []);
    await page.context().close();
  });

test('every kind of figure has its requests', async () => {
  const words = WORDS['en-US'];
  const page = await reader('en-US');
  const behind = async (path, place = 'Home') => {
    await open(page, path);
    const slider = page.locator('[data-plot]').getByRole('slider').first();
    await slider.focus();
    await page.keyboard.press(place);
    await page.keyboard.press('Enter');
    return listed(page, words);
  };
  const last = 'compare=none&period=7d';
  assert.ok(await behind(`explorer?measure=service_level&group=channel&${last}`));
  const parts = sheet(page).getByRole('group', { name: 'Which of them' });
  await parts.getByRole('button', { name: /^Meet it/ }).click();
  await listed(page, words);
  await page.keyboard.press('Escape');
  assert.ok(await behind(`explorer?measure=first_response&group=type&split=channel&${last}`));
  // Of some weeks: a weekday that has just begun has nobody yet.
  assert.ok(await behind(`explorer?measure=customers&group=weekday&compare=none&period=28d`));
  assert.ok(await behind(`explorer?measure=requests&split=channel&${last}&by=day`));
  assert.ok(await behind(`explorer?measure=backlog&${last}`));
  assert.ok(await behind(`explorer?measure=backlog&group=hour_of_day&${last}`));
  // Weeks begin before the period does: the first bar is not lost.
  assert.ok(await behind(`explorer?measure=requests&by=week&compare=none`));
  await open(page, `people?${last}`);
  await page.locator('.insight-cell').first().click();
  await listed(page, words);
  await page.context().close();
});

/** The numbers of a plot's table, line by line. */
const numbers = (plot) =>
  plot
    .locator('.plot-table tbody tr')
    .evaluateAll((lines) =>
      lines.map((line) =>
        [...line.querySelectorAll('td')].map((each) =>
          Number(each.textContent.replaceAll(',', '')),
        ),
      ),
    );
const sum = (values) => values.reduce((total, each) => total + each, 0);

test('what came and what ended, by days of the week and by two dimensions', async () => {
  const words = WORDS['en-US'];
  const page = await reader('en-US');
  const parts = sheet(page).getByRole('group', { name: 'Which of them' });
  const first = async (plot) => {
    await plot.getByRole('slider').focus();
    await page.keyboard.press('Home');
    await page.keyboard.press('Enter');
  };

  await open(page, 'explorer?measure=flow&compare=none&period=28d&group=weekday');
  const days = plot(page, 'Opened and closed by Day of the week');
  assert.deepEqual(await days.locator('.plot-table th[scope=col]').allTextContents(), [
    'Weekday',
    'Came',
    'Came · Cases',
    'Ended',
    'Ended · Cases',
  ]);
  const averages = await numbers(days);
  assert.equal(averages.length, 7);
  for (const at of [0, 1, 2, 3]) assert.ok(sum(averages.map((line) => line[at])) > 0, `${at}`);
  await first(days);
  // Each of them came on a Monday; those that ended on one are others.
  assert.equal(await listed(page, words), averages[0][1]);
  await parts.getByRole('button', { name: /^Ended/ }).click();
  assert.equal(await listed(page, words), averages[0][3]);
  await page.keyboard.press('Escape');
  await shot(page, 'figures-flow-weekday');

  await open(page, 'explorer?measure=flow&compare=none&period=7d&group=channel&split=platform');
  const [came, ended] = ['Came', 'Ended'].map((side) =>
    plot(page, `${side} by Channel and Platform`),
  );
  for (const side of [came, ended]) assert.ok(sum((await numbers(side)).flat()) > 0);
  const names = (side) => side.locator('.plot-table th').allTextContents();
  assert.deepEqual(await names(came), await names(ended));
  const [[most]] = await numbers(ended);
  await first(ended);
  assert.equal(
    await parts.getByRole('button', { name: /^Ended/ }).getAttribute('aria-pressed'),
    'true',
  );
  assert.equal(await listed(page, words), most);
  await page.keyboard.press('Escape');
  await shot(page, 'figures-flow-grid');
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('the requests behind a figure have an address: reload opens them, Back closes them', async () => {
  const words = WORDS['en-US'];
  const page = await reader('en-US');
  // Days that are over: what comes meanwhile is in none of them.
  const ago = (days) => new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10);
  await open(page, `types?compare=none&from=${ago(20)}&to=${ago(3)}`);
  const before = page.url();
  await plot(page, words.bars).getByRole('slider').focus();
  await page.keyboard.press('Home');
  await page.keyboard.press('Enter');
  const said = sheet(page).locator('[data-behind]');
  const count = await said.getAttribute('data-behind');
  const title = await sheet(page).getByRole('heading').first().innerText();
  assert.match(new URL(page.url()).search, /rows=requests&cell=type/);
  await page.reload();
  await said.waitFor();
  assert.equal(await said.getAttribute('data-behind'), count);
  assert.equal(await sheet(page).getByRole('heading').first().innerText(), title);
  await page.goBack();
  await sheet(page).waitFor({ state: 'detached' });
  assert.equal(page.url(), before);
  // From one of them and back to the list.
  await page.goForward();
  await sheet(page).getByRole('listitem').getByRole('link').first().click();
  await page.locator('[role=log] article').first().waitFor();
  await page.goBack();
  await said.waitFor();
  await page.keyboard.press('Escape');
  await sheet(page).waitFor({ state: 'detached' });
  assert.equal(page.url(), before);

  await page.goto(`${desk.base}/console/insight/types?rows=nonsense`);
  const unread = page.locator('.insight-unread');
  await unread.waitFor();
  assert.match(await unread.innerText(), /list of requests “nonsense”/);
  await page.goto(`${desk.base}/console/insight/nonsense`);
  await page.getByRole('link', { name: 'To the overview' }).click();
  await page.locator('.insight-tiles [data-plot]').first().waitFor();
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

const EXPORT = {
  'zh-CN': { all: '全部导出', as: '格式', password: '请再次输入您的密码', save: '保存' },
  'en-US': { all: 'Export all', as: 'As', password: 'Your password, once more', save: 'Save' },
};
for (const [locale, words] of Object.entries(EXPORT))
  test(`the requests behind a figure leave as a workbook and as CSV, ${locale}`, async () => {
    const page = await reader(locale, 'lead@harbor.example', { acceptDownloads: true });
    await open(page, 'explorer?measure=requests&group=channel&compare=none&period=7d');
    await page.locator('[data-plot]').getByRole('slider').first().focus();
    await page.keyboard.press('Home');
    await page.keyboard.press('Enter');
    const said = sheet(page).locator('[data-behind]');
    await said.waitFor();
    const count = Number(await said.getAttribute('data-behind'));
    for (const format of ['xlsx', 'csv']) {
      await sheet(page).getByRole('button', { name: words.all }).click();
      await sheet(page).getByRole('combobox', { name: words.as }).selectOption(format);
      await sheet(page).getByLabel(words.password).fill(password());
      await accessible(page, 'the form of an export');
      await shot(page, `figures-export-${format}-${locale.slice(0, 2)}`);
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        sheet(page).getByRole('button', { name: words.save, exact: true }).click(),
      ]);
      assert.equal(download.suggestedFilename(), `requests.${format}`);
      const bytes = await readFile(await download.path());
      if (format === 'xlsx') assert.equal(bytes.subarray(0, 2).toString(), 'PK');
      else assert.equal(bytes.toString().trim().split('\r\n').length, count + 1);
    }
    assert.deepEqual(page.faults, []);
    await page.context().close();
  });

test('what is asked for by hand and does not fit is left out', async () => {
  const page = await reader('en-US');
  await open(page, 'explorer?measure=flow&group=hour_of_day&split=weekday');
  assert.equal(await page.getByRole('alert').count(), 0);
  await page.getByRole('button', { name: 'By: Hour of the day', exact: true }).waitFor();
  await page.getByRole('button', { name: 'And by: Nothing else' }).waitFor();
  await page.context().close();
});

test('an agent has no figures', async () => {
  const page = await reader('en-US', 'sasha@harbor.example');
  await page.locator('[data-row]').first().waitFor();
  assert.equal(await page.getByRole('link', { name: 'Insight' }).count(), 0);
  const refused = await page.request.get(`${desk.base}/api/v1/console/insight/catalogue`);
  assert.equal(refused.status(), 403);
  await page.context().close();
});

for (const [width, colorScheme, locale] of [
  [360, 'light', 'zh-CN'],
  [360, 'dark', 'en-US'],
  [768, 'light', 'en-US'],
  [768, 'dark', 'zh-CN'],
  [1440, 'light', 'zh-CN'],
  [1440, 'dark', 'en-US'],
])
  test(`the pages at ${width} px, ${colorScheme}, ${locale}`, async () => {
    const page = await reader(locale, 'lead@harbor.example', {
      viewport: { width, height: width === 360 ? 740 : 900 },
      colorScheme,
    });
    for (const name of PAGES) {
      await open(page, name);
      await accessible(page, `${name} at ${width} px`);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(wide <= 0, `${name} is ${wide} px too wide`);
      assert.equal(await page.getByRole('alert').count(), 0, name);
      assert.doesNotMatch(
        await page.locator('.insight').innerText(),
        /insight\.\w|plot\.\w|\{\w+\}/,
      );
      // The whole page, not only what fits the window.
      const size = await page.evaluate(() => {
        // On a phone all of it scrolls.
        const scrolling = document.querySelectorAll('.insight-body, #console > div');
        return Math.max(
          ...[...scrolling].map((one) => one.scrollHeight + innerHeight - one.clientHeight),
        );
      });
      await page.setViewportSize({ width, height: Math.min(size, 6_000) });
      await shot(page, `figures-${name}-${width}-${colorScheme}-${locale.slice(0, 2)}`);
      await page.setViewportSize({ width, height: width === 360 ? 740 : 900 });
    }
    assert.deepEqual(page.faults, []);
    await page.context().close();
  });

test('the week once for each value, by the clock of every region', async () => {
  const page = await reader('en-US');
  await page.goto(`${desk.base}/console/insight/times`);
  await insightDrawn(page);
  await page.getByRole('button', { name: /^Clock: / }).click();
  await page.getByRole('menuitemradio', { name: "each region's own clock" }).click();
  await page.getByText('Every request counts at the hour that it was').waitFor();
  await page.getByRole('button', { name: /^Once for each: / }).click();
  await page.getByRole('menuitemradio', { name: 'Language' }).click();
  await page.getByRole('heading', { name: 'English' }).waitFor();
  await insightDrawn(page);
  assert.match(page.url(), /clock=region/);
  assert.match(page.url(), /group=language/);
  await shot(page, 'times-by-language-own-clocks');
  // The requests behind an hour are those of the value and of the clock.
  const asked = page.waitForRequest((request) => request.url().endsWith('/insight/rows'));
  const plot = page.locator('figure', { has: page.getByRole('heading', { name: 'English' }) });
  await plot.getByRole('application').or(plot.locator('[tabindex="0"]').first()).first().focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Enter');
  const { query } = (await asked).postDataJSON();
  assert.equal(query.clock, 'region');
  assert.deepEqual(query.filter.language, ['en']);
  await page.close();
});

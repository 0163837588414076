/** A lead has the Monday report made on the real desk, looks at it, takes its files, and makes a report of her own. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { accessible, eventually, launch, person, shot } from './browser.mjs';
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

const password = () => desk.log.match(/with the password (\S+)/)?.[1];

const WORDS = {
  'zh-CN': {
    run: '立即生成',
    open: '打开',
    back: '返回报告列表',
    add: '新建报告',
    name: '名称',
    recipients: '收件人',
    wrong: /有地址不完整/,
    preview: '预览',
    save: '保存',
    own: '版本周报',
    page: /2026年|202\d年第\d+周/,
    remove: '移除',
    schedule: '生成时间',
    weekly: '每周',
    zone: /以 .+ 的时间为准/,
  },
  'en-US': {
    run: 'Make now',
    open: 'Open',
    back: 'Back to the reports',
    add: 'New report',
    name: 'Name',
    recipients: 'Recipients',
    wrong: /One of the addresses is not complete/,
    preview: 'Preview',
    save: 'Save',
    own: 'Versions weekly',
    page: /Compared with Week \d+ of 20\d\d/,
    remove: 'Remove',
    schedule: 'When',
    weekly: 'Every week',
    zone: /By the clocks of/,
  },
};

async function reader(locale, options = {}) {
  const page = await person(browser, {
    locale,
    viewport: { width: 1440, height: 900 },
    storageState: await signedIn(browser, desk, 'lead@harbor.example', password()),
    ...options,
  });
  await page.addInitScript(
    (language) => localStorage.setItem('standfast.preferences', JSON.stringify({ language })),
    locale === 'zh-CN' ? 'zh-CN' : 'en',
  );
  await page.goto(`${desk.base}/console/insight/reports`);
  return page;
}

for (const [locale, words] of Object.entries(WORDS))
  test(`a report from the list to its file, ${locale}`, async () => {
    const page = await reader(locale, { acceptDownloads: true });
    const monday = page.getByRole('region', { name: '周一报告' });
    await monday.getByRole('button', { name: words.run, exact: true }).click();
    await monday.getByRole('link', { name: /^XLSX/ }).first().waitFor();
    await accessible(page, 'the list of reports');
    await shot(page, `reports-list-${locale.slice(0, 2)}`);

    const [download] = await Promise.all([
      page.waitForEvent('download'),
      monday.getByRole('link', { name: /^CSV/ }).first().click(),
    ]);
    const csv = await readFile(await download.path(), 'utf8');
    assert.match(csv, /^\uFEFF周一报告,/);
    assert.match(download.suggestedFilename(), /^周一报告-\d{4}-W\d\d\.csv$/);

    await monday.getByRole('button', { name: words.open, exact: true }).first().click();
    const sheet = page.locator('.report-sheet');
    await sheet.locator('.tiles .value').first().waitFor();
    assert.ok((await sheet.locator('svg.plot').count()) >= 3, 'drawings');
    await accessible(page, 'a report');
    await shot(page, `reports-page-${locale.slice(0, 2)}`);
    // A link in it leads to the same view live.
    const live = await sheet.locator('a').first().getAttribute('href');
    const [there] = await Promise.all([
      page.context().waitForEvent('page'),
      sheet.locator('a').first().click(),
    ]);
    await there.locator('.insight-tiles [data-plot]').first().waitFor();
    assert.equal(new URL(there.url()).search, new URL(live).search);
    await there.close();
    await page.getByRole('button', { name: words.back }).click();

    // One of her own: a wrong address keeps everything that was entered.
    await page.getByRole('button', { name: words.add }).click();
    await page.getByLabel(words.name, { exact: true }).fill(words.own);
    await page.getByLabel(words.recipients).fill('nobody');
    await page
      .getByRole('combobox', { name: words.schedule })
      .selectOption({ label: words.weekly });
    await page.getByText(words.zone).waitFor();
    await page.getByRole('button', { name: words.save, exact: true }).click();
    await page.getByRole('alert').filter({ hasText: words.wrong }).waitFor();
    assert.equal(await page.getByLabel(words.name, { exact: true }).inputValue(), words.own);
    await page.getByLabel(words.recipients).fill('lead@harbor.example');
    await page.getByRole('button', { name: words.preview, exact: true }).click();
    await page.locator('.report-sheet').getByText(words.page).first().waitFor();
    await accessible(page, 'a report as a form');
    await shot(page, `reports-edit-${locale.slice(0, 2)}`);
    await page.getByRole('button', { name: words.save, exact: true }).click();
    const own = page.getByRole('region', { name: words.own });
    await own.waitFor();
    await own.getByRole('button', { name: words.remove }).click();
    await page.getByRole('dialog').getByRole('button', { name: words.remove }).click();
    await eventually(async () => (await own.count()) === 0, 'it is gone');
    await page.context().close();
  });

test('the requests behind a figure leave the desk for a password alone', async () => {
  const page = await reader('en-US', { acceptDownloads: true });
  await page.goto(`${desk.base}/console/insight/overview`);
  await page.locator('.insight-rows').first().click();
  const sheet = page.getByRole('dialog');
  const count = Number(await sheet.locator('[data-behind]').getAttribute('data-behind'));
  await sheet.getByRole('button', { name: 'Export all' }).click();
  await sheet.getByRole('combobox', { name: 'As' }).selectOption('csv');
  await sheet.getByLabel('Your password, once more').fill('wrong');
  await sheet.getByRole('button', { name: 'Save', exact: true }).click();
  await sheet.getByRole('alert').filter({ hasText: /\w/ }).waitFor();
  await accessible(page, 'asking for the password');
  await sheet.getByLabel('Your password, once more').fill(password());
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    sheet.getByRole('button', { name: 'Save', exact: true }).click(),
  ]);
  const lines = (await readFile(await download.path(), 'utf8')).trimEnd().split('\r\n');
  assert.equal(lines.length - 1, count, 'as many as the figure says');
  await page.context().close();
});

test('on a phone nothing is cut off', async () => {
  const page = await reader('zh-CN', { viewport: { width: 375, height: 740 } });
  const monday = page.getByRole('region', { name: '周一报告' });
  await monday.getByRole('button', { name: '打开', exact: true }).first().click();
  await page.locator('.report-sheet .tiles .value').first().waitFor();
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(wide <= 375, `${wide} px`);
  await accessible(page, 'a report on a phone');
  await shot(page, 'reports-phone');
  await page.context().close();
});

/** A lead tells of an incident; anybody sees it on the status page; the online rate says what was lost. On the demo. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { accessible, eventually, launch, person, shot } from './browser.mjs';
import { signedIn } from './console.mjs';
import { Desk } from './desk.mjs';

const DEMO_PASSWORD = 'harbor-wallet-demo';
let desk, browser, lead;

before(async () => {
  desk = await Desk.demo();
  browser = await launch();
  const storageState = await signedIn(browser, desk, 'lead@harbor.example', DEMO_PASSWORD);
  lead = await person(browser, { storageState });
});
after(async () => {
  await browser?.close();
  await desk?.stop();
});

const status = async (locale, options = {}) => {
  const page = await person(browser, { locale, ...options });
  await page.goto(`${desk.base}/status`);
  return page;
};

test('anybody sees when people answer, and how well that was kept', async () => {
  const page = await status('zh-CN');
  await page.getByRole('heading', { name: '服务状态' }).waitFor();
  await page.getByText('中文 全天').waitFor();
  await page
    .getByText(/在承诺的服务时间里，9\d\.\d % 的分钟有人可以回复/)
    .first()
    .waitFor();
  await page.getByText('按天查看').first().click();
  assert.ok((await page.getByRole('row').count()) > 25, 'every day that is known');
  await accessible(page, 'status');
  await shot(page, 'status-zh');
  const phone = await status('en-US', {
    viewport: { width: 390, height: 844 },
    colorScheme: 'dark',
  });
  await phone.getByRole('heading', { name: 'Service status' }).waitFor();
  await accessible(phone, 'status on a phone');
  await shot(phone, 'status-en-phone-dark');
});

test('each of the hours says who is there and how long it takes, as the form does', async () => {
  await lead.goto(`${desk.base}/console/insight/online`);
  const said = async () => {
    const { hours } = await (await fetch(`${desk.base}/status.json`)).json();
    return hours.find(({ name }) => name === '中文 全天').waits;
  };
  await eventually(async () => (await said())[0].people === 1, 'the lead to be there');
  const page = await status('zh-CN');
  const service = page.locator('.services > li').filter({ hasText: '中文 全天' });
  await service.getByText('1 名客服在线。').waitFor();
  const form = await person(browser, { locale: 'zh-CN' });
  await form.goto(`${desk.base}/contact?lang=zh-CN`);
  const [{ expected }] = await said();
  const words = expected ? /大约 .+后回复/ : /回复时间暂时无法估计/;
  const [here, there] = await Promise.all([
    service.getByText(words).first().innerText(),
    form.getByText(words).first().innerText(),
  ]);
  assert.equal(words.exec(here)[0], words.exec(there)[0]);
  await shot(page, 'status-waits');
});

test('a copy of the page that has grown old says since when, and nothing of now', async () => {
  const copy = `file://${desk.copy}/index.html`;
  await eventually(() => existsSync(`${desk.copy}/index.html`), 'the copy to be written', 90_000);
  const page = await person(browser, { locale: 'en-US' });
  await page.goto(copy);
  await page.locator('.verdict').waitFor();
  await page.clock.install({ time: Date.now() + 600_000 });
  await page.reload();
  await page.getByText(/^The desk itself cannot be reached since \d+ \w+ \d{4}, /).waitFor();
  for (const now of ['.verdict', '.state', '.figure.now'])
    assert.equal(await page.locator(now).filter({ visible: true }).count(), 0, now);
  assert.ok((await page.getByRole('heading', { name: '中文 全天' }).count()) > 0);
  // The hours go on: they were written down for two weeks.
  const around = page.locator('.services > li').filter({ hasText: '中文 全天' });
  await around.getByText(/^By its opening hours it is open around the clock\./).waitFor();
  await page
    .getByText(
      /^By its opening hours it is (open until|closed, and opens again on) .+ at \d\d:\d\d \(UTC/,
    )
    .first()
    .waitFor();
  await accessible(page, 'an old copy of the status page');
  await shot(page, 'status-copy-old');
  await around.getByText('Opening hours of the next two weeks').click();
  assert.equal(await around.getByRole('row').filter({ hasText: 'around the clock' }).count(), 14);
  // Three weeks later nobody knows any more, but for what never closes; nor does the page say that it is closed.
  await page.clock.setFixedTime(Date.now() + 21 * 86_400_000);
  await page.reload();
  await page
    .getByText(/^This copy knows the opening hours only until .+ at \d\d:\d\d \(UTC/)
    .first()
    .waitFor();
  assert.equal(await page.getByText(/^By its opening hours it is closed/).count(), 0);
  await around.getByText(/^By its opening hours it is open around the clock\./).waitFor();
});

test('an incident is told in both languages, step by step', async () => {
  // Somebody looks at the page all the time, with something open in it.
  const watching = await person(browser, { locale: 'en-US' });
  await watching.clock.install();
  await watching.goto(`${desk.base}/status`);
  await watching.getByText('Opening hours of the next two weeks').first().click();
  await watching.evaluate(() => (window.same = true));
  await lead.goto(`${desk.base}/console/drivers`);
  await lead
    .getByRole('button', { name: /^(对外公告：|Tell the public: )/ })
    .first()
    .click();
  const dialog = lead.getByRole('dialog');
  await dialog.locator('[name=text_zh]').fill('搜索广告里出现仿冒网站，请只用官网地址。');
  await dialog
    .locator('[name=text_en]')
    .fill('A fake site runs search ads. Use our own address only.');
  await accessible(lead, 'telling of an incident');
  await dialog.getByRole('button', { name: /^(发布|Publish)$/ }).click();
  await dialog.waitFor({ state: 'detached' });
  const chinese = await status('zh-CN');
  await chinese.getByRole('heading', { name: '正在发生的问题' }).waitFor();
  await chinese.getByText('请只用官网地址').last().waitFor();
  const english = await status('en-US');
  await english.getByText('Use our own address only').last().waitFor();
  await watching.clock.fastForward(61_000);
  await watching.getByText('Use our own address only').last().waitFor();
  assert.ok(await watching.evaluate(() => window.same), 'the page was not loaded anew');
  assert.equal(await watching.locator('details[open]').count(), 1, 'what was open still is');
  await accessible(watching, 'a status page that is looked at');
  await accessible(english, 'status with an incident');
  await shot(english, 'status-incident');
  const feed = await (await fetch(`${desk.base}/status.atom?lang=en`)).text();
  assert.match(feed, /A fake site runs search ads/);
  assert.match(await (await fetch(`${desk.base}/status.svg?lang=en`)).text(), /incident/);

  await lead
    .getByRole('button', { name: /^(对外公告：|Tell the public: )/ })
    .first()
    .click();
  await dialog.getByText('请只用官网地址').waitFor();
  await dialog.locator('[name=phase]').selectOption('resolved');
  await dialog.locator('[name=text_zh]').fill('广告已下架。');
  await dialog.locator('[name=text_en]').fill('The ads are gone.');
  await dialog.getByRole('button', { name: /^(发布|Publish)$/ }).click();
  await dialog.waitFor({ state: 'detached' });
  const later = await status('en-US');
  await later.getByText('The ads are gone.').waitFor();
  assert.equal(await later.getByRole('heading', { name: 'What is wrong now' }).count(), 0);
});

test('the online rate says what was lost, when and why', async () => {
  await lead.goto(`${desk.base}/console/insight/online`);
  await lead.getByRole('heading', { name: '中文 全天' }).waitFor();
  // A demo is without anybody on Sunday nights.
  await lead
    .getByText(/^(周日|Sunday),? 02–05/)
    .first()
    .waitFor();
  await accessible(lead, 'online rate');
  await shot(lead, 'online-rate');
});

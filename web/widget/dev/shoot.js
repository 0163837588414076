// Takes pictures of every state into dev/shots (or $SHOTS) and runs axe on each: `npm run shoot` beside `npm run dev`.
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { launch } from './browser.js';

const base = process.env.DESK ?? 'http://127.0.0.1:4100';
const into = process.env.SHOTS ?? new URL('shots', import.meta.url).pathname;
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const only = process.argv[2];
mkdirSync(into, { recursive: true });
const browser = await launch();
let violations = 0;

async function dev(action, value = {}) {
  const response = await fetch(`${base}/dev/${action}`, {
    method: 'POST',
    body: JSON.stringify(value),
  });
  return response.json();
}

async function shoot(page, name) {
  await page.waitForTimeout(250);
  await page.screenshot({ path: `${into}/${name}.png` });
  await page.evaluate(axe);
  const result = await page.evaluate(() =>
    globalThis.axe.run(document.querySelector('standfast-desk')),
  );
  for (const { id, nodes } of result.violations) {
    violations += 1;
    console.log(
      `${name}: ${id}`,
      nodes.map((node) => `${node.target.join(' ')}: ${node.failureSummary}`).join('\n'),
    );
  }
}

const PHRASE =
  'abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about';
const LONG =
  '我昨天从交易所提了 USDT 到 Harbor，交易所显示成功，但钱包里没有。\n地址 TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t\n哈希 0x9fc76417374aa880d4449a1f7f31ec597f00b1f6f3dd2d66f4c9c6c445836d8b';

async function tour({ width, height, scheme, lang }) {
  const tag = `${width}-${scheme}-${lang}`;
  if (only && !tag.includes(only)) return;
  await dev('faults', { down: false, sockets: true, delay: 0, refuse: null });
  await dev('desk', {
    autoReply: false,
    agents: 2,
    expected: { low_seconds: 480, high_seconds: 900 },
  });
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: scheme,
    locale: lang,
    deviceScaleFactor: width < 500 ? 2 : 1,
    hasTouch: width < 500,
    isMobile: width < 500,
  });
  const page = await context.newPage();
  page.on('pageerror', (error) => {
    violations += 1;
    console.log(`${tag}: page error ${error.stack}`);
  });
  await page.goto(`${base}/demo/?lang=${lang.slice(0, 2)}`);
  const launcher = page.locator('.launcher');
  await launcher.waitFor();
  await shoot(page, `${tag}-0-closed`);
  const took = await page.evaluate(async () => {
    const root = document.querySelector('standfast-desk').shadowRoot;
    const begin = performance.now();
    root.querySelector('.launcher').click();
    while (!root.querySelector('.panel')) await Promise.resolve();
    root.querySelector('.panel').getBoundingClientRect();
    return performance.now() - begin;
  });
  console.log(`${tag}: opened in ${took.toFixed(1)} ms`);
  await page.locator('.figure:not(:empty)').waitFor();
  await shoot(page, `${tag}-1-home`);
  await page.locator('.primary').click();
  await page.locator('.risk .row').first().waitFor();
  await shoot(page, `${tag}-2-types`);
  await page.locator('.risk .row').first().click();
  await shoot(page, `${tag}-3-risk`);
  await page.locator('.chosen .link').click();
  await page.locator('.common .row').nth(1).click();
  await page.locator('textarea').fill(LONG);
  await shoot(page, `${tag}-4-form`);
  await page.locator('.composer .primary').click();
  await page.locator('.receipt').waitFor();
  await shoot(page, `${tag}-5-receipt`);
  await dev('reply', {
    text:
      lang === 'en'
        ? 'Hello, I am looking at your transfer on the chain now.'
        : '您好，我正在链上核对您的转账，请稍等。',
  });
  await dev('reply', {
    text: 'https://tronscan.org/#/transaction/9fc76417374aa880d4449a1f7f31ec597f00b1f6f3dd2d66f4c9c6c445836d8b',
  });
  await dev('frame', { t: 'typing', author: { kind: 'agent', name: '林晓' }, on: true });
  await page.locator('.talk [role=status]').waitFor();
  await page.locator('input[type=file]').setInputFiles([
    {
      name: '截图.png',
      mimeType: 'image/png',
      buffer: Buffer.from(
        'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
        'base64',
      ),
    },
    { name: 'harbor-2026-11-21.log', mimeType: '', buffer: Buffer.from('log line\n'.repeat(500)) },
    { name: 'video.mp4', mimeType: 'video/mp4', buffer: Buffer.from('no') },
  ]);
  await page.locator('.picked small').nth(1).waitFor();
  await page
    .locator('textarea')
    .fill(lang === 'en' ? 'Here are a picture and the log.' : '这是截图和日志。');
  await shoot(page, `${tag}-6-files`);
  await page.locator('.go').click();
  await page
    .locator('.picture img[src]')
    .waitFor({ timeout: 8000 })
    .catch(async (error) => {
      console.log(await page.locator('.talk').innerHTML());
      throw error;
    });
  await shoot(page, `${tag}-7-talk`);
  await page
    .locator('textarea')
    .fill(`${lang === 'en' ? 'My phrase is' : '我的助记词是'} ${PHRASE}`);
  await page.locator('.go').click();
  await page.locator('.secret').waitFor();
  await shoot(page, `${tag}-8-secret`);
  await page.locator('.secret .link').click();
  await page.locator('.steps').waitFor();
  await page.locator('.mark').first().waitFor();
  await shoot(page, `${tag}-9-redacted`);
  await page.locator('.talk').evaluate((body) => (body.scrollTop = 0));
  await shoot(page, `${tag}-10-steps`);
  await page.locator('.talk').evaluate((body) => (body.scrollTop = body.scrollHeight));
  await dev('faults', { refuse: 'asks_nothing' });
  await page.locator('textarea').fill(lang === 'en' ? 'This one fails.' : '这一条会失败。');
  await page.locator('.go').click();
  await page.locator('.failed').waitFor();
  await shoot(page, `${tag}-11-failed`);
  await page.locator('.acts button').nth(2).click();
  await dev('faults', { refuse: null, down: true });
  await page
    .locator('textarea')
    .fill(lang === 'en' ? 'Written without a network.' : '断网时写的。');
  await page.locator('.go').click();
  await page.locator('.strip').waitFor({ timeout: 20_000 });
  await shoot(page, `${tag}-12-offline`);
  await page.reload();
  await page.locator('.queued, .notice').first().waitFor();
  await shoot(page, `${tag}-13-reloaded`);
  await dev('faults', { down: false });
  await page.reload();
  await page.locator('.bubble').first().waitFor();
  await page.waitForTimeout(1500);
  await shoot(page, `${tag}-14-back`);
  await page.locator('.head .icon').first().click();
  await shoot(page, `${tag}-15-home`);
  await page.locator('.head .icon').last().click();
  await dev('reply', { text: 'unread' });
  await page.locator('.launcher .badge').waitFor();
  await shoot(page, `${tag}-16-badge`);
  await context.close();
}

/** What is rare: nothing there, too much there, things that ended. */
async function extremes() {
  if (only && only !== 'extremes') return;
  await dev('faults', { down: true });
  const context = await browser.newContext({
    viewport: { width: 360, height: 740 },
    locale: 'zh-CN',
    isMobile: true,
  });
  const page = await context.newPage();
  await page.goto(`${base}/demo/`);
  await page.locator('.launcher').click();
  await page.locator('.notice').waitFor();
  await shoot(page, '360-extremes-0-unreachable');
  await dev('faults', { down: false });
  await dev('desk', { agents: 0, expected: null, place: 1 });
  await page.locator('.notice button').click();
  await page.locator('.notice').waitFor({ state: 'detached' });
  await shoot(page, '360-extremes-1-nobody');
  await page.locator('.primary').click();
  await page.locator('.row').last().click();
  await page.locator('textarea').fill('第一条消息，很长'.repeat(40));
  await page.locator('.composer .primary').click();
  await page.locator('.receipt').waitFor();
  for (let index = 0; index < 150; index += 1) {
    await dev('reply', {
      text: `${index} 超长的回复`.repeat((index % 7) + 1),
      more:
        index % 9
          ? {}
          : { author: { kind: 'agent', id: '12', name: '名字特别特别长的客服人员亚历山德罗维奇' } },
    });
  }
  await dev('event', { type: 'merged_from', number: 'K7M-39Q-X24J' });
  await dev('reply', {
    text: null,
    more: { text: null, erased: { at: new Date().toISOString(), reason: 'privacy' } },
  });
  await dev('event', { type: 'state', from: 'waiting', to: 'solved' });
  await page.locator('.event').nth(1).waitFor();
  await page.locator('.icon[aria-expanded]').click();
  await shoot(page, '360-extremes-2-long');
  await page.reload();
  await page.locator('.event').nth(1).waitFor();
  await page.locator('.talk').evaluate((body) => (body.scrollTop = 0));
  await shoot(page, '360-extremes-3-page');
  const before = await page.locator('.bubble').count();
  await page.locator('.talk > .quiet').click();
  await page.waitForFunction(
    (count) =>
      document.querySelector('standfast-desk').shadowRoot.querySelectorAll('.bubble').length >
      count,
    before,
  );
  await shoot(page, '360-extremes-4-earlier');
  console.log(`extremes: ${before}, then ${await page.locator('.bubble').count()} messages`);
  await dev('desk', { place: 3 });
  await context.close();
}

await extremes();
for (const shape of [
  { width: 360, height: 740 },
  { width: 768, height: 900 },
  { width: 1440, height: 900 },
]) {
  for (const scheme of ['light', 'dark']) {
    for (const lang of ['zh-CN', 'en']) await tour({ ...shape, scheme, lang });
  }
}
await browser.close();
console.log(`${violations} violations`);
process.exitCode = violations > 0 ? 1 : 0;

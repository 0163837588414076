/** What the widget offers first, what it says without a network, and what becomes of digits that may be a key. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { accessible, eventually, launch, person, shot } from './browser.mjs';
import { consoleOf, log, openRequest, row } from './console.mjs';
import { Desk, vouched } from './desk.mjs';
import { host } from './host.mjs';
import { ask, bubbles, openWidget, pick, say, tabTo, tell } from './widget.mjs';

/** A transaction's hash; nobody can tell it from a key by looking at it. */
const HASH = '9fc76417374aa880d4449a1f7f31ec597f00b1f6f3dd2d66f4c9c6c445836d8b';

let desk, site, browser, visitor, agent;
before(async () => {
  desk = await Desk.start();
  site = await host(desk.base);
  browser = await launch();
  visitor = await person(browser);
  agent = await consoleOf(browser, desk, 'lin@desk.example', '/all');
});
after(async () => {
  await browser?.close();
  await site?.stop();
  await desk?.stop();
});

const titles = (page) => page.locator('.panel .row .main').allInnerTexts();

test('the types that matter come first, the rest behind one more step, each once', async () => {
  const { types } = await (await fetch(`${desk.base}/api/v1/desk`)).json();
  const risky = types.filter((type) => type.at_risk).map((type) => type.title['zh-CN']);
  await visitor.goto(site.base);
  await openWidget(visitor);
  await visitor.locator('.panel .row').first().waitFor();
  assert.deepEqual(await titles(visitor), risky, 'money at risk is on the first page');
  await visitor.locator('.panel .primary').click();
  await visitor.getByText('更多类型').waitFor();
  const first = await titles(visitor);
  assert.deepEqual(first.slice(0, risky.length), risky);
  assert.ok(first.length < 10, `${first.length} to choose from at once`);
  await visitor.getByText('更多类型').click();
  await visitor.getByText('钱包和 App').waitFor();
  const all = await titles(visitor);
  assert.deepEqual([...all].sort(), types.map((type) => type.title['zh-CN']).sort());
  await shot(visitor, 'widget-types');
  await accessible(visitor, 'all types');
});

test('the groups are those of the contact page', async () => {
  const pages = await person(browser, { javaScriptEnabled: false });
  await pages.goto(`${desk.base}/contact`);
  const heads = (page, scope) =>
    page
      .locator(`${scope} section`)
      .evaluateAll((sections) =>
        sections.map((section) => [
          section.querySelector('h2, h3').textContent.trim(),
          [...section.querySelectorAll('li')].map((item) => item.textContent.trim()).sort(),
        ]),
      );
  const [own, theirs] = [await heads(visitor, '.panel'), await heads(pages, 'main')];
  assert.deepEqual(
    own.slice(1),
    theirs.slice(1),
    'the first one has a remark of its own on the page',
  );
  await pages.context().close();
});

test('written without a network, a first message waits for it and says so', async () => {
  await visitor.reload();
  await visitor.locator('.panel .head').waitFor();
  await visitor.locator('.panel [aria-label=返回]').click();
  await visitor.locator('.panel .figure:not(:empty)').waitFor();
  // As on a network that swallows everything: the attempt neither succeeds nor fails.
  const swallowed = [];
  const calls = '**/api/v1/requests';
  await visitor.route(calls, (route) => swallowed.push(route));
  await visitor.context().setOffline(true);
  await ask(visitor, '转账一直未确认', '没有网络时写的第一条');
  await eventually(() => swallowed.length > 0, 'an attempt');
  await visitor.locator('.panel .mete').waitFor();
  assert.equal(await visitor.locator('.panel .mete').innerText(), '等待网络');
  await visitor.unroute(calls);
  await visitor.context().setOffline(false);
  await visitor.locator('.receipt').waitFor({ timeout: 40_000 });
  assert.equal(await bubbles(visitor).filter({ hasText: '没有网络时写的第一条' }).count(), 1);
});

test('the receipt names the place once', async () => {
  const receipt = await visitor.locator('.receipt').innerText();
  assert.equal(receipt.match(/排队位置|排在第/g)?.length, 1, receipt);
});

test('hidden digits are said again as a hash, by the one who knows them', async () => {
  await say(visitor, `please look at block ${HASH}`);
  const offer = visitor.locator('.panel .hash');
  await offer.waitFor();
  assert.match(await offer.innerText(), /私钥/);
  await accessible(visitor, 'the offer to send a hash');
  assert.ok(
    !(await visitor.evaluate(() => JSON.stringify([localStorage, sessionStorage]))).includes(HASH),
    'nothing keeps what may be a key',
  );

  await openRequest(agent, 'please look at block');
  await log(agent).getByText('please look at block').waitFor();
  assert.ok(!(await agent.content()).includes(HASH), 'the agent cannot see it yet');

  await offer.getByText('这是交易哈希').click();
  await eventually(async () => (await bubbles(visitor).count()) === 3, 'a further message');
  await offer.waitFor({ state: 'detached' });
  await eventually(async () => (await agent.content()).includes(HASH), 'the agent sees the hash');
});

test('what is called a hash before it is sent is not hidden', async () => {
  const other = HASH.split('').toReversed().join('');
  await say(visitor, `你们看这个 ${other}`);
  await visitor.locator('.secret').waitFor();
  await visitor.locator('.secret .link').click();
  const sent = bubbles(visitor).filter({ hasText: '你们看这个' });
  await sent.locator('.copy').waitFor();
  assert.equal(await sent.locator('.copy').getAttribute('title'), other);
  assert.equal(await visitor.locator('.panel .hash').count(), 0);
});

/** Somebody new with a request that begins with `text`; gives their page. */
async function newcomer(text, path = '/', options = {}) {
  const page = await person(browser, options);
  await page.goto(site.base + path);
  await openWidget(page);
  await ask(page, '转账一直未确认', text);
  await page.locator('.receipt').waitFor();
  return page;
}

/** The agent answers by the API; gives the id of the request. */
async function answered(text, words) {
  const found = await agent.request.get(`${desk.base}/api/v1/console/inbox?view=all&limit=50`);
  const { items } = await found.json();
  const { id, last_seq } = items.find(({ subject }) => subject.includes(text));
  const sent = await agent.request.post(`${desk.base}/api/v1/console/requests/${id}/reply`, {
    headers: { origin: desk.base },
    data: { client_id: randomBytes(12).toString('hex'), text: words, seen_seq: last_seq },
  });
  assert.ok(sent.ok(), await sent.text());
  return id;
}

test('answers that come while the panel is closed are counted until they are read', async () => {
  const page = await newcomer('等回复的时候关掉了窗口');
  const badge = page.locator('.launcher .badge');
  const launcher = page.locator('.launcher');
  await page.keyboard.press('Escape');
  await page.locator('.panel').waitFor({ state: 'detached' });
  assert.equal(await badge.count(), 0);
  for (const [count, words] of ['正在查看。', '已经确认了。'].entries()) {
    await answered('等回复的时候关掉了窗口', words);
    await badge.filter({ hasText: String(count + 1) }).waitFor();
  }
  assert.match(await launcher.innerText(), /2 条新消息/);
  await shot(page, 'widget-unread');
  await accessible(page, 'the button with unread answers', 'standfast-desk');
  await page.reload();
  await badge.filter({ hasText: '2' }).waitFor();
  await launcher.click();
  await bubbles(page).filter({ hasText: '已经确认了' }).waitFor();
  await launcher.click();
  await page.locator('.panel').waitFor({ state: 'detached' });
  assert.equal(await badge.count(), 0, 'what was read is not counted');
  await page.reload();
  await launcher.waitFor();
  await page.waitForLoadState('networkidle');
  assert.equal(await badge.count(), 0, 'not after a reload either');
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

/** A picture of one point. */
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
const LOG = Buffer.from('2026-11-30 12:00:01 broadcast refused: nonce too low\n');

test('a picture and a log reach the agent', async () => {
  const page = await newcomer('附上截图和日志');
  await pick(
    page,
    { name: '截图.png', mimeType: 'image/png', buffer: PNG },
    { name: 'wallet.log', mimeType: 'text/plain', buffer: LOG },
  );
  await eventually(async () => (await page.locator('.picked small').count()) === 2, 'both are up');
  await say(page, '见附件');
  const own = bubbles(page).filter({ hasText: '见附件' });
  await own.getByRole('img', { name: '图片：截图.png' }).waitFor();
  await own.getByText('wallet.log').waitFor();
  await shot(page, 'widget-files');
  await accessible(page, 'files in the widget', 'standfast-desk');

  await openRequest(agent, '见附件');
  const picture = log(agent)
    .getByRole('button', { name: /截图\.png/ })
    .locator('img');
  await picture.waitFor();
  await eventually(() => picture.evaluate((it) => it.naturalWidth === 1), 'the picture is shown');
  const file = log(agent).getByRole('link', { name: /wallet\.log/ });
  const got = await agent.request.get(desk.base + (await file.getAttribute('href')));
  assert.deepEqual(await got.body(), LOG);
  await shot(agent, 'console-files');
  await page.context().close();
});

test('a file that cannot be sent is refused in words, and what was typed stays', async () => {
  const { limits } = await (await fetch(`${desk.base}/api/v1/desk`)).json();
  const page = await newcomer('这个文件能发吗');
  const field = page.locator('.panel #text');
  const refusal = page.locator('.panel .bad');
  await field.fill('还没写完的话');
  const folder = mkdtempSync(join(tmpdir(), 'standfast-files-'));
  const [large, program] = ['all.log', 'wallet.apk'].map((name) => join(folder, name));
  writeFileSync(large, Buffer.alloc(limits.text_upload_bytes + 1, 'x'));
  writeFileSync(program, PNG);
  await pick(page, large, program);
  await refusal.getByText('all.log 太大，上限为 5 MB。').waitFor();
  await refusal.getByText('wallet.apk：不支持这种文件。可以发送图片、文本和 JSON。').waitFor();
  await shot(page, 'widget-refused');
  await accessible(page, 'refused files', 'standfast-desk');
  // What only looks like a picture by its name is the desk's to see.
  await tell(page, 'language', 'en');
  await pick(page, { name: 'photo.png', mimeType: 'image/png', buffer: Buffer.from('MZ\0\0') });
  await refusal.getByText(/photo\.png was not uploaded.+This kind of file is not taken/).waitFor();
  await pick(page, large);
  await refusal.getByText('all.log is too large. The limit is 5 MB.').waitFor();
  assert.equal(await field.inputValue(), '还没写完的话');
  await page.locator('.panel .go').waitFor();
  await page.locator('.picked button[aria-label*="photo.png"]').click();
  await page.locator('.panel .go').click();
  await bubbles(page).filter({ hasText: '还没写完的话' }).waitFor();
  rmSync(folder, { recursive: true });
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('what the app knows is filled in, can be changed, and is seen by the agent', async () => {
  const page = await person(browser);
  await page.goto(site.base);
  await tell(page, 'context', { chain: 'TRON', region: 'CN' });
  await openWidget(page);
  await page.locator('.panel .primary').first().click();
  await page.locator('.panel .row').filter({ hasText: '忘记密码或找不到助记词' }).first().click();
  const field = (label) =>
    page.locator('.panel fieldset label').filter({ hasText: label }).locator('input');
  assert.equal(await field('App 版本').inputValue(), '2.14.0');
  assert.equal(await field('手机型号和系统').inputValue(), 'Pixel 8, Android 15');
  await field('手机型号和系统').fill('Pixel 9');
  await page.locator('.panel textarea').fill('更新以后打不开了');
  await page.locator('.panel .composer .primary').click();
  await page.locator('.receipt').waitFor();
  await openRequest(agent, '更新以后打不开了');
  const panel = agent.getByRole('complementary');
  for (const known of ['2.14.0', 'Pixel 9', 'TRON', 'CN'])
    await panel.getByText(known).first().waitFor();
  await shot(agent, 'console-context');
  await page.context().close();
});

test('a visitor whom the wallet vouches for stays in the conversation, on every device', async () => {
  const page = await newcomer('先匿名写的问题');
  const warnings = [];
  page.on('console', (message) => message.type() === 'warning' && warnings.push(message.text()));
  await openRequest(agent, '先匿名写的问题');
  const panel = agent.getByRole('complementary');
  await panel.getByText('匿名访客').waitFor();

  const mei = { sub: 'user-4711', name: '梅子', email: 'mei@harbor.example' };
  const [head, , signature] = vouched(mei).split('.');
  const forged = [head, vouched({ ...mei, sub: 'user-1' }).split('.')[1], signature].join('.');
  for (const [turn, token] of [vouched(mei, 3_600), forged, 'nonsense'].entries()) {
    await tell(page, 'identify', token);
    await eventually(() => warnings.length > turn, `refusal ${turn}`);
  }
  assert.ok(
    warnings.every((text) => /identify.+可以继续以访客身份咨询/.test(text)),
    warnings.join(),
  );
  await say(page, '令牌过期了也能继续说');
  await log(agent).getByText('令牌过期了也能继续说').waitFor();
  await panel.getByText('匿名访客').waitFor();

  await tell(page, 'identify', vouched(mei));
  await log(agent).getByText('钱包确认了用户身份').waitFor();
  await panel.getByText('梅子').first().waitFor();
  await panel.getByText('钱包已验证身份').waitFor();
  await panel.getByText('mei@harbor.example').waitFor();
  await say(page, '登录以后接着说');
  await log(agent).getByText('登录以后接着说').waitFor();
  assert.equal(await bubbles(page).count(), 3, 'one conversation, each message once');
  await shot(agent, 'console-identified');
  assert.equal(warnings.length, 3);

  // Their phone has never been here: it finds the conversation, and hears of an answer without having been opened.
  const phone = await person(browser, { viewport: { width: 390, height: 800 }, isMobile: true });
  await phone.goto(site.base);
  await phone.locator('.launcher').waitFor();
  await tell(phone, 'identify', vouched(mei));
  await phone.waitForLoadState('networkidle');
  await answered('先匿名写的问题', '两边都能看到的回复。');
  await phone.locator('.launcher .badge').waitFor();
  await openWidget(phone);
  await phone.locator('.panel .row').filter({ hasText: '先匿名写的问题' }).click();
  await bubbles(phone).filter({ hasText: '两边都能看到的回复' }).waitFor();
  await bubbles(phone).filter({ hasText: '令牌过期了也能继续说' }).waitFor();
  assert.deepEqual([...page.faults, ...phone.faults], []);
  await phone.context().close();
  await page.context().close();
});

test('it speaks the language of the page, or else of the browser', async () => {
  const zh = '联系客服';
  for (const [path, locale, words] of [
    ['/?lang=en', 'zh-CN', 'Support'],
    ['/', 'en-US', zh],
    ['/mute', 'zh-CN', zh],
    ['/mute', 'en-US', 'Support'],
  ]) {
    const page = await person(browser, { locale });
    await page.goto(site.base + path);
    await page.locator('.launcher').waitFor();
    assert.equal((await page.locator('.launcher').innerText()).trim(), words, `${path} ${locale}`);
    await page.context().close();
  }
});

test('a keyboard is enough: open, write, send, close', async () => {
  const page = await person(browser);
  await page.goto(`${site.base}/mute`);
  await page.locator('.launcher').waitFor();
  await tabTo(page, '.launcher');
  await page.keyboard.press('Enter');
  await page.locator('.panel .row').first().waitFor();
  await tabTo(page, '.panel .primary');
  await page.keyboard.press('Enter');
  await page.getByText('更多类型').waitFor();
  await tabTo(page, '.panel .common .row');
  await page.keyboard.press('Enter');
  // Straight to writing.
  await page.locator('.panel textarea:focus').waitFor();
  await page.keyboard.type('只用键盘写的问题');
  await tabTo(page, '.panel .composer .primary');
  await page.keyboard.press('Enter');
  await page.locator('.receipt').waitFor();
  await page.locator('.panel #text:focus').waitFor();
  await page.keyboard.type('按回车就发送');
  await page.keyboard.press('Enter');
  await eventually(async () => (await bubbles(page).count()) === 2, 'both were sent');
  await page.keyboard.press('Escape');
  await page.locator('.panel').waitFor({ state: 'detached' });
  assert.equal(await page.locator('.launcher:focus').count(), 1, 'the focus is where it came from');
  await row(agent, '按回车就发送').waitFor();
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('the pages themselves had nothing to complain about', () => {
  assert.deepEqual(visitor.faults, []);
  assert.deepEqual(agent.faults, []);
});

/** What the widget offers first, what it says without a network, and what becomes of digits that may be a key. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessible, eventually, launch, person, shot } from './browser.mjs';
import { log, openRequest, signIn } from './console.mjs';
import { Desk } from './desk.mjs';
import { host } from './host.mjs';
import { ask, bubbles, openWidget, say } from './widget.mjs';

/** A transaction's hash; nobody can tell it from a key by looking at it. */
const HASH = '9fc76417374aa880d4449a1f7f31ec597f00b1f6f3dd2d66f4c9c6c445836d8b';

let desk, site, browser, visitor;
before(async () => {
  desk = await Desk.start();
  site = await host(desk.base);
  browser = await launch();
  visitor = await person(browser);
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

  const agent = await person(browser);
  await signIn(agent, desk, 'lin@desk.example');
  await openRequest(agent, 'please look at block');
  await log(agent).getByText('please look at block').waitFor();
  assert.ok(!(await agent.content()).includes(HASH), 'the agent cannot see it yet');

  await offer.getByText('这是交易哈希').click();
  await eventually(async () => (await bubbles(visitor).count()) === 3, 'a further message');
  await offer.waitFor({ state: 'detached' });
  await eventually(async () => (await agent.content()).includes(HASH), 'the agent sees the hash');
  assert.deepEqual(agent.faults, []);
  await agent.context().close();
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

test('the page itself had nothing to complain about', () => {
  assert.deepEqual(visitor.faults, []);
});

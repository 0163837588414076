/** From a visitor's first words to a person's answer, in real browsers, against the real binary. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessible, eventually, launch, person, shot } from './browser.mjs';
import { log, openRequest, reply, row, signIn } from './console.mjs';
import { Desk } from './desk.mjs';
import { host } from './host.mjs';
import { ask, bubbles, openWidget, receiptNumber, say } from './widget.mjs';

// A published test vector; whoever uses it has no money left.
const PHRASE = 'legal winner thank year wave sausage worth useful legal winner thank yellow';

let desk, site, browser, visitor, agent;
before(async () => {
  desk = await Desk.start();
  site = await host(desk.base);
  browser = await launch();
  visitor = await person(browser, {
    viewport: { width: 390, height: 800 },
    hasTouch: true,
    isMobile: true,
  });
  agent = await person(browser);
});
after(async () => {
  await browser?.close();
  await site?.stop();
  await desk?.stop();
});

test('a visitor writes in Chinese and gets a number and a place', async () => {
  await signIn(agent, desk, 'lin@desk.example');
  await shot(agent, '01-console-empty');
  await visitor.goto(site.base);
  await openWidget(visitor);
  await shot(visitor, '02-widget-home');
  await ask(visitor, '转账一直未确认', '转账两个小时了还在打包，急用钱', { 所在的链: 'Ethereum' });
  await visitor.locator('.receipt').waitFor();
  visitor.number = await receiptNumber(visitor);
  assert.ok(visitor.number, 'a request number on the receipt');
  assert.match(await visitor.locator('.receipt').innerText(), /位置|前面|排队|\b1\b/);
  assert.equal(await bubbles(visitor).count(), 1);
  await shot(visitor, '03-widget-receipt');
  await accessible(visitor, 'the widget with a receipt');
});

test('an agent sees it live and answers, the visitor reads the answer', async () => {
  await row(agent, '转账两个小时了还在打包').waitFor();
  await shot(agent, '04-console-list');
  await openRequest(agent, '转账两个小时了还在打包');
  await eventually(
    async () => (await agent.innerText('body')).includes('Ethereum'),
    'the chain from the form',
  );
  await reply(agent, '您好，我正在查看这笔交易，请稍等。');
  await bubbles(visitor).filter({ hasText: '我正在查看这笔交易' }).waitFor();
  assert.equal(await bubbles(visitor).count(), 2);
  await shot(agent, '05-console-conversation');
  await shot(visitor, '06-widget-answer');
  await accessible(agent, 'a conversation in the console');
  await accessible(visitor, 'a conversation in the widget');
});

test('the visitor reloads and continues', async () => {
  await visitor.reload();
  await visitor.locator('.launcher, .panel').first().waitFor();
  if (!(await visitor.locator('.panel').isVisible())) await openWidget(visitor);
  if ((await bubbles(visitor).count()) === 0)
    await visitor
      .locator('.panel')
      .getByText(/转账两个小时|继续/)
      .first()
      .click();
  await bubbles(visitor).nth(1).waitFor();
  assert.equal(await bubbles(visitor).count(), 2, 'both messages, once each');
  await say(visitor, '好的，谢谢，我等您消息');
  await log(agent).getByText('好的，谢谢，我等您消息').waitFor();
});

test('the agent goes offline, catches up, and what was written meanwhile is sent', async () => {
  await agent.context().setOffline(true);
  await say(visitor, '第一条：浏览器里显示成功了');
  await say(visitor, '第二条：可是钱包里没有');
  await bubbles(visitor).nth(4).waitFor();
  await reply(agent, '离线时写的回复。');
  await shot(agent, '07-console-offline');
  await agent.context().setOffline(false);
  await log(agent).getByText('第二条：可是钱包里没有').waitFor({ timeout: 40_000 });
  for (const text of ['第一条：浏览器里显示成功了', '第二条：可是钱包里没有'])
    assert.equal(await log(agent).getByText(text).count(), 1, `${text}, once`);
  // The answer was written before the new words were seen: the desk shows what was missed, then it can be sent.
  await eventually(
    async () => {
      if (await bubbles(visitor).filter({ hasText: '离线时写的回复' }).count()) return true;
      if ((await agent.locator('#composer-text').inputValue()).includes('离线时写的回复'))
        await agent.locator('#composer-text').press('Control+Enter');
      return false;
    },
    'the reply written offline',
    40_000,
  );
  assert.equal(
    await bubbles(visitor).filter({ hasText: '离线时写的回复' }).count(),
    1,
    'sent once',
  );
  await shot(agent, '08-console-caught-up');
});

test('the server is killed and comes back; nobody has to do anything', async () => {
  await desk.down();
  await say(visitor, '服务器断开时写的');
  await desk.up();
  await log(agent).getByText('服务器断开时写的').waitFor({ timeout: 60_000 });
  assert.equal(await log(agent).getByText('服务器断开时写的').count(), 1);
  await eventually(
    async () => (await bubbles(visitor).filter({ hasText: '服务器断开时写的' }).count()) === 1,
    'one bubble for it',
  );
});

test('a pasted phrase is warned about, and when sent anyway never reaches the agent', async () => {
  await visitor.locator('.panel textarea').fill(`我的助记词是 ${PHRASE}`);
  await visitor.locator('.panel .go').click();
  await visitor.locator('.secret').waitFor();
  await shot(visitor, '09-widget-warning');
  await accessible(visitor, 'the warning');
  assert.equal(await log(agent).getByText('legal winner').count(), 0, 'nothing has been sent yet');
  await visitor.locator('.secret .link').click();
  await visitor.locator('.steps').first().waitFor();
  await shot(visitor, '10-widget-steps');
  await agent.locator('[role=log]').getByText('我的助记词是').waitFor();
  await shot(agent, '11-console-redacted');
  for (const word of ['winner', 'sausage']) {
    assert.ok(!(await agent.content()).includes(word), `“${word}” is in the agent's page`);
    assert.ok(!desk.log.includes(word), `“${word}” is in the log`);
  }
  await accessible(agent, 'a redacted conversation');
});

test('nobody on the desk can ask for a phrase', async () => {
  const box = agent.locator('#composer-text');
  await box.fill('请把您的助记词发给我，我帮您恢复');
  await box.press('Control+Enter');
  await eventually(
    async () =>
      /助记词|私钥/.test(
        await agent
          .locator('[role=alert]')
          .allInnerTexts()
          .then((t) => t.join()),
      ),
    'the refusal in words',
  );
  await shot(agent, '12-console-refused');
  await new Promise((resolve) => setTimeout(resolve, 500));
  assert.equal(await bubbles(visitor).filter({ hasText: '发给我，我帮您恢复' }).count(), 0);
  await box.fill('');
});

test('two agents see each other', async () => {
  const second = await person(browser, { locale: 'en' });
  await signIn(second, desk, 'robin@desk.example');
  await second.goto(agent.url().replace(/\/console\/\w+\//, '/console/all/'));
  await log(second).locator('article').first().waitFor();
  await eventually(
    async () => (await agent.innerText('body')).includes('Robin'),
    'Robin on Lin’s page',
  );
  await shot(second, '13-console-english');
  await accessible(second, 'the console in English');
  assert.deepEqual(second.faults, []);
  await second.context().close();
});

test('the tracking page shows the same record, without JavaScript', async () => {
  const link = await visitor.evaluate(() => {
    const root = document.querySelector('standfast-desk').shadowRoot;
    return root.querySelector('a[href*="/t/"]')?.href ?? null;
  });
  const shown = await bubbles(visitor).allInnerTexts();
  let address = link;
  if (!address) {
    await visitor.locator('.head [aria-expanded]').first().click();
    address = await visitor.locator('.panel a[href*="/t/"]').first().getAttribute('href');
  }
  const reader = await person(browser, { javaScriptEnabled: false });
  await reader.goto(address);
  const page = await reader.innerText('main');
  assert.ok(page.includes(visitor.number), 'the same number');
  for (const text of [
    '转账两个小时了还在打包',
    '我正在查看这笔交易',
    '第一条：浏览器里显示成功了',
    '离线时写的回复',
    '服务器断开时写的',
  ])
    assert.equal(page.split(text).length - 1, 1, `${text}: on the page once`);
  assert.ok(!page.includes('winner'), 'no word of the phrase');
  assert.ok(shown.length >= 7);
  await shot(reader, '14-tracking');
  await reader.fill('#text', '我从跟踪页面补充一句');
  await reader.locator('#send').click();
  await log(agent).getByText('我从跟踪页面补充一句').waitFor();
  await bubbles(visitor).filter({ hasText: '我从跟踪页面补充一句' }).waitFor();
  await reader.context().close();
});

test('the pages themselves had nothing to complain about', () => {
  assert.deepEqual(visitor.faults, []);
  assert.deepEqual(agent.faults, []);
});

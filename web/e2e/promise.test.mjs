/** What people are told of how long it takes: before they ask, in the receipt, while they wait; and whether it came true. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessible, eventually, launch, person, shot } from './browser.mjs';
import { insightDrawn, signedIn, signIn } from './console.mjs';
import { Desk } from './desk.mjs';
import { host } from './host.mjs';
import { ask, openWidget } from './widget.mjs';

let desk, site, browser, agent, visitor;
before(async () => {
  desk = await Desk.start();
  site = await host(desk.base);
  browser = await launch();
  agent = await person(browser);
  visitor = await person(browser, { viewport: { width: 360, height: 760 } });
});
after(async () => {
  await browser?.close();
  await site?.stop();
  await desk?.stop();
});

const api = (path) => fetch(`${desk.base}/api/v1${path}`).then((reply) => reply.json());

/** Somebody writes by the API, and the agent answers. */
async function asked(number) {
  const secret = Buffer.alloc(32, number).toString('base64url');
  const reply = await fetch(`${desk.base}/api/v1/requests`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Visitor ${secret}` },
    body: JSON.stringify({ client_id: `c${number}`, text: '转账没有到账' }),
  });
  return reply.json();
}

async function answer(id) {
  const status = await agent.evaluate(
    async ([path, client_id]) => {
      const body = { client_id, text: '已经到账了。', seen_seq: 1000 };
      const headers = { 'content-type': 'application/json' };
      return (await fetch(path, { method: 'POST', headers, body: JSON.stringify(body) })).status;
    },
    [`/api/v1/console/requests/${id}/reply`, `a${id}`],
  );
  assert.ok(status < 300, `the reply was refused: ${status}`);
}

test('as long as nobody can know, unknown is said', async () => {
  await visitor.goto(`${desk.base}/contact?lang=zh-CN`);
  await visitor.getByText('现在没有能为您解答的客服在线').first().waitFor();
  await signIn(agent, desk, 'robin@desk.example');
  await eventually(
    async () => (await api('/desk')).waiting.agents_present === 1,
    'the agent to be there',
  );
  await visitor.reload();
  await visitor.getByText('回复时间暂时无法估计').first().waitFor();
});

test('from what the desk does, a range is said: before asking, in the receipt, and while one waits', async () => {
  for (let number = 1; number <= 7; number += 1) {
    const receipt = await asked(number);
    await eventually(async () => (await api('/desk')).waiting.count === 1, 'the line to know');
    await new Promise((resolve) => setTimeout(resolve, 400));
    await answer(receipt.request_id);
    await eventually(async () => (await api('/desk')).waiting.count === 0, 'the line to empty');
  }
  await eventually(
    async () => (await api('/desk')).waiting.expected?.high_seconds === 60,
    'an expected wait',
    10_000,
  );
  await visitor.goto(`${desk.base}/contact?lang=zh-CN`);
  await visitor.getByText('大约 1 分钟后回复').first().waitFor();
  await shot(visitor, 'promise-contact');

  await visitor.goto(site.base);
  await openWidget(visitor);
  await visitor.locator('.panel').getByText('约 1分钟').waitFor();
  await shot(visitor, 'promise-widget');
  await ask(visitor, '转账一直未确认', '转账两个小时了还在打包', { 所在的链: 'Ethereum' });
  const receipt = visitor.locator('.receipt');
  await receipt.getByText('约 1分钟').waitFor();
  await accessible(visitor, 'a receipt with what is expected');
  await shot(visitor, 'promise-receipt');

  const [page] = await Promise.all([
    visitor.context().waitForEvent('page'),
    receipt.getByRole('link').first().click(),
  ]);
  await page.getByText('约 1 分钟后').first().waitFor();
  await shot(page, 'promise-tracking');
  await page.close();

  const [{ id }] = await agent.evaluate(async () => {
    const list = await fetch('/api/v1/console/inbox?view=unassigned');
    return (await list.json()).items;
  });
  await answer(id);
  await eventually(async () => (await api('/desk')).waiting.count === 0, 'the line to empty');
});

for (const [width, theme, language] of [
  [1440, 'light', 'en'],
  [1440, 'dark', 'zh-CN'],
  [360, 'light', 'zh-CN'],
])
  test(`a lead sees whether it came true, at ${width} px, ${theme}, ${language}`, async () => {
    const page = await person(browser, {
      locale: language,
      colorScheme: theme,
      viewport: { width, height: 900 },
      storageState: await signedIn(browser, desk, 'lin@desk.example'),
    });
    await page.addInitScript(
      (saved) => localStorage.setItem('standfast.preferences', JSON.stringify(saved)),
      { language, theme },
    );
    await page.goto(`${desk.base}/console/insight/promises`);
    await insightDrawn(page, 'promises');
    const [told, nothing] =
      language === 'en'
        ? ['100% of the promised waits were kept', 'Compare with']
        : ['已承诺的等待中 100% 兑现', '对比'];
    await page.getByText(told).waitFor();
    assert.equal(await page.getByRole('button', { name: nothing }).count(), 0);
    // Beside the plot: all together, the lane, and two channels.
    const cells = await page
      .locator('.insight-table tbody tr')
      .evaluateAll((rows) => rows.map((row) => [...row.children].map((cell) => cell.textContent)));
    assert.equal(cells.length, 4);
    const [, share, , made, unknown, kept, broken, undecided] = cells[0];
    assert.deepEqual([share, made, unknown, broken, undecided], ['100%', '8', '5', '0', '0']);
    assert.equal(kept, '3');
    const { inner, outer } = await page.evaluate(() => ({
      inner: document.documentElement.scrollWidth,
      outer: innerWidth,
    }));
    assert.ok(inner <= outer, `the page is ${inner} px wide on a screen of ${outer} px`);
    await accessible(page, `promises ${width} ${theme} ${language}`);
    await shot(page, `promise-insight-${width}-${theme}-${language}`);
    await page.context().close();
  });

test('the range stays a promise after a restart', async () => {
  await desk.down();
  await desk.up();
  await eventually(
    async () => (await api('/desk')).waiting.agents_present === 1,
    'the agent to be back',
    30_000,
  );
  const { waiting } = await api('/desk');
  assert.equal(waiting.expected?.high_seconds, 60);
  assert.equal(waiting.count, 0);
});

/** Solved, really? A customer on a phone says so, rates the help and complains; the complaint reaches a lead and nobody else. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessible, launch, person, shot } from './browser.mjs';
import { log, openRequest, reply, row, signIn } from './console.mjs';
import { Desk } from './desk.mjs';
import { host } from './host.mjs';
import { ask, openWidget, say } from './widget.mjs';

const PHONE = { viewport: { width: 360, height: 760 }, hasTouch: true, isMobile: true };
const PHRASE = 'legal winner thank year wave sausage worth useful legal winner thank yellow';

let desk, site, browser, visitor, agent, lead;
before(async () => {
  desk = await Desk.start();
  site = await host(desk.base);
  browser = await launch();
  visitor = await person(browser, PHONE);
  agent = await person(browser);
  lead = await person(browser);
});
after(async () => {
  await browser?.close();
  await site?.stop();
  await desk?.stop();
});

const asked = (page) => page.locator('.panel .asked');

async function solve(page, text) {
  await reply(page, text);
  await log(page).getByText(text).waitFor();
  // Out of the box first: what is pressed in it is typed.
  await page.locator('#composer-text').press('Escape');
  await page.keyboard.press('e');
  await log(page)
    .getByText(/解决了工单/)
    .last()
    .waitFor();
}

test('nothing is asked, and nothing loaded, before something is solved', async () => {
  const loaded = [];
  visitor.on('request', (request) => loaded.push(new URL(request.url()).pathname));
  await signIn(agent, desk, 'robin@desk.example');
  await signIn(lead, desk, 'lin@desk.example');
  await visitor.goto(site.base);
  await openWidget(visitor);
  await ask(visitor, '转账一直未确认', '转账两个小时了还在打包', { 所在的链: 'Ethereum' });
  await visitor.locator('.receipt').waitFor();
  await openRequest(agent, '转账两个小时了还在打包');
  assert.equal(await asked(visitor).count(), 0);
  assert.ok(!loaded.includes('/widget/rating.js'), 'the questions are not loaded');
  await solve(agent, 'It has arrived now.');
  await asked(visitor).getByText('您的问题解决了吗？').waitFor();
  assert.ok(loaded.includes('/widget/rating.js'));
  await shot(visitor, 'feedback-question');
  await accessible(visitor, 'the question whether it is solved');
});

test('a no opens the request again, and the words go where words go', async () => {
  await asked(visitor).getByText('还没有').click();
  await asked(visitor).getByText('问题已重新打开').waitFor();
  await say(visitor, '区块浏览器上还是没有');
  await log(agent).getByText('区块浏览器上还是没有').waitFor();
  await log(agent).getByText('用户表示还没有解决').waitFor();
  await shot(visitor, 'feedback-no');
  await solve(agent, 'Sorry. Now it is confirmed on the chain.');
  await asked(visitor).getByText('您的问题解决了吗？').waitFor();
});

test('a yes is thanked for, and a score counts when it is pressed', async () => {
  await asked(visitor).getByText('解决了', { exact: true }).click();
  await asked(visitor).getByText('谢谢您的确认').waitFor();
  await log(agent).getByText('用户确认已解决').waitFor();
  await shot(visitor, 'feedback-rating');
  await accessible(visitor, 'five scores');
  await asked(visitor).getByRole('button', { name: '2 不好' }).click();
  await asked(visitor).getByText('哪里需要改进？').waitFor();
  await log(agent).getByText('用户评价 2/5').waitFor();
  await asked(visitor).getByText('要反复说明').click();
  // A secret does not leave the device by this way, either.
  const comment = asked(visitor).getByLabel('想对我们说的话（选填）');
  await comment.fill(PHRASE);
  await asked(visitor).getByRole('button', { name: '提交', exact: true }).click();
  await asked(visitor).getByText('这看起来含有助记词或私钥').waitFor();
  await comment.fill('换了人又要重新说一遍');
  await shot(visitor, 'feedback-details');
  await accessible(visitor, 'reasons and words');
  await asked(visitor).getByRole('button', { name: '提交', exact: true }).click();
  await asked(visitor).getByText('谢谢您的评价').waitFor();
  await log(agent).getByText('换了人又要重新说一遍').waitFor();
  assert.ok(!(await agent.content()).includes('sausage'));
});

test('a complaint reaches a lead who did not handle it, and not the agent who did', async () => {
  await asked(visitor).getByText('投诉这次的处理').click();
  await asked(visitor).getByLabel('哪里让您不满意？').fill('客服没有看我写的内容');
  await shot(visitor, 'feedback-complaint');
  await accessible(visitor, 'writing a complaint');
  await asked(visitor).getByRole('button', { name: '提交投诉' }).click();
  await asked(visitor).getByText('投诉已收到').waitFor();

  let looks = 0;
  lead.on('request', (request) => (looks += request.url().includes('/feedback/reviews') ? 1 : 0));
  await lead.getByRole('link', { name: /待查看的反馈/ }).click();
  await lead.getByText('客服没有看我写的内容').waitFor();
  await lead.getByText('换了人又要重新说一遍').waitFor();
  await shot(lead, 'feedback-reviews');
  await accessible(lead, 'feedback to look at');
  const card = lead.locator('article').filter({ hasText: '客服没有看我写的内容' });
  await card.getByText('由我跟进').click();
  await card.getByText('您正在跟进').waitFor();
  await card.getByText('填写处理结果').click();
  await card.getByRole('textbox').fill('已致歉，并和同事复盘');
  await accessible(lead, 'noting what was done');
  await card.getByText('标记为已处理').click();
  await card.waitFor({ state: 'detached' });
  await lead.getByRole('link', { name: '已处理' }).click();
  await lead.getByText('已致歉，并和同事复盘').waitFor();
  await lead.getByText('换了人又要重新说一遍').waitFor({ state: 'detached' });

  assert.ok(looks < 20, `${looks} calls for a list that changes twice`);

  // The lead sees it in the record; the agent sees neither it nor that something is missing.
  await lead.locator('article a').first().click();
  await log(lead)
    .getByText('用户表示还没有解决')
    .or(log(lead).getByText('换了人又要重新说一遍'))
    .first()
    .waitFor();
  // Only what is near is drawn.
  await log(lead).press('End');
  await log(lead).getByText('客服没有看我写的内容').waitFor();
  await lead.getByText('用户确认已解决').first().waitFor();
  await shot(lead, 'feedback-conversation');
  await agent.reload();
  await log(agent).getByText('换了人又要重新说一遍').waitFor();
  assert.ok(!(await agent.content()).includes('客服没有看我写的内容'));
  assert.equal(await agent.getByText('投诉').count(), 0);
  assert.equal(await agent.getByRole('link', { name: /待查看的反馈/ }).count(), 0);
});

test('the page without scripts asks the same', async () => {
  const pages = await person(browser, { ...PHONE, javaScriptEnabled: false });
  await pages.goto(`${desk.base}/contact?type=pending&lang=zh-CN`);
  await pages.locator('#text').fill('另一笔转账也没有到账');
  await pages.locator('#send').click();
  await pages.getByText('已收到').first().waitFor();
  await row(agent, '另一笔转账也没有到账').first().click();
  await solve(agent, 'This one is done, too.');
  await pages.reload();
  await pages.getByRole('button', { name: '解决了', exact: true }).waitFor();
  await shot(pages, 'feedback-page-question');
  await pages.getByRole('button', { name: '解决了', exact: true }).click();
  await pages.getByText('谢谢您的确认').waitFor();
  await pages.getByRole('radio', { name: '很满意' }).check();
  await pages.locator('#reason').selectOption('fast');
  await shot(pages, 'feedback-page-rating');
  await pages.getByRole('button', { name: '提交评价' }).click();
  await pages.getByText('谢谢您的评价').waitFor();
  await shot(pages, 'feedback-page-done');
  await log(agent).getByText('用户评价 5/5').waitFor();
  // The same page where a browser can look at it for what a screen reader would meet.
  const seeing = await person(browser, PHONE);
  await seeing.context().addCookies(await pages.context().cookies());
  await seeing.goto(pages.url());
  for (const fold of await seeing.locator('details summary').all()) await fold.click();
  await accessible(seeing, "a request's page with everything unfolded");
  for (const page of [visitor, agent, lead]) assert.deepEqual(page.faults, []);
});

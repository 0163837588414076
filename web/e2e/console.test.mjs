/** What an agent does every day, and what the customer sees of it. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { accessible, eventually, launch, person, shot } from './browser.mjs';
import { consoleOf, log, openRequest, reply, row, signIn } from './console.mjs';
import { Desk } from './desk.mjs';
import { host } from './host.mjs';
import { ask, bubbles, openWidget, say } from './widget.mjs';

const EN = { locale: 'en-US' };
let desk, site, browser, agent, other, visitor;
before(async () => {
  desk = await Desk.start();
  site = await host(desk.base);
  browser = await launch();
  agent = await person(browser, EN);
});
after(async () => {
  await browser?.close();
  await site?.stop();
  await desk?.stop();
});

/** A visitor's request; gives its number and id. */
async function written(secret, text) {
  const answer = await fetch(`${desk.base}/api/v1/requests`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Visitor ${secret}` },
    body: JSON.stringify({ client_id: randomBytes(12).toString('hex'), text, join: 'new' }),
  });
  assert.ok(answer.ok, await answer.clone().text());
  return answer.json();
}

test('signing in starts in the first field', async () => {
  await agent.goto(`${desk.base}/console/`);
  await agent.locator('[name=email]').waitFor();
  assert.equal(await agent.evaluate(() => document.activeElement?.getAttribute('name')), 'email');
  await signIn(agent, desk, 'lin@desk.example');
});

test('the key sheet says keys as people say them', async () => {
  await agent.locator('nav').first().waitFor();
  await agent.keyboard.press('?');
  const sheet = agent.locator('dialog, [role=dialog]');
  await sheet.waitFor();
  const heard = await sheet.locator('dd .sr-only').allTextContents();
  assert.ok(heard.includes('Ctrl+K'), heard.join(' '));
  assert.ok(!heard.some((text) => text.includes('mod')), heard.join(' '));
  await agent.keyboard.press('Escape');
});

test('files have the limits that the desk publishes', async () => {
  const { limits } = await (await fetch(`${desk.base}/api/v1/desk`)).json();
  const secret = randomBytes(32).toString('base64url');
  await written(secret, 'a request with a reply box');
  await row(agent, 'a request with a reply box').click();
  const attach = agent.getByRole('button', { name: /Attach/ });
  const said = await attach.getAttribute('aria-label');
  assert.ok(said.includes(`${Math.floor(limits.text_upload_bytes / (1 << 20))} MB`), said);
});

test('a merged request leads to the one it went into', async () => {
  const secret = randomBytes(32).toString('base64url');
  const kept = await written(secret, 'my tokens are missing');
  const doubled = await written(secret, 'my tokens are missing, again');
  const merged = await agent.request.post(
    `${desk.base}/api/v1/console/requests/${doubled.request_id}/merge`,
    { data: { into: kept.number }, headers: { origin: desk.base } },
  );
  assert.ok(merged.ok(), await merged.text());
  await agent.goto(`${desk.base}/console/all/${doubled.request_id}`);
  const links = agent.getByRole('link', { name: kept.number });
  await links.first().waitFor();
  assert.equal(await links.count(), 2, 'in the record and at the reply box');
  await links.last().click();
  await log(agent).getByText('my tokens are missing', { exact: true }).waitFor();
  assert.match(agent.url(), new RegExp(`/${kept.request_id}$`));
});

/** A key of the console, pressed outside of the box: in it, it is typed. */
async function press(page, key) {
  await page.locator('#composer-text').press('Escape');
  await page.keyboard.press(key);
}

const LOG = Buffer.from('2026-11-30 12:00:01 broadcast refused: nonce too low\n');

test('what is noted inside never reaches the customer', async () => {
  visitor = await person(browser);
  await visitor.goto(site.base);
  await openWidget(visitor);
  await ask(visitor, '转账一直未确认', '转账两个小时没有到账');
  await visitor.locator('.receipt').waitFor();
  visitor.link = await visitor.locator('.panel a[href*="/t/"]').first().getAttribute('href');
  await agent.goto(`${desk.base}/console/all`);
  await openRequest(agent, '转账两个小时没有到账');
  await press(agent, 'n');
  const box = agent.getByRole('textbox', { name: 'Internal note' });
  await box.fill('He says the same as yesterday, check the address first.');
  const file = { name: 'inside.log', mimeType: 'text/plain', buffer: LOG };
  await agent.locator('form input[type=file]').setInputFiles(file);
  await agent.getByRole('list', { name: 'Attached files' }).getByText('inside.log').waitFor();
  await agent.getByRole('button', { name: 'Add note' }).click();
  await log(agent).getByText('check the address first').waitFor();
  await shot(agent, 'console-note');
  await accessible(agent, 'an internal note');
  await press(agent, 'r');
  await reply(agent, '我们正在查看。');
  // What comes after the note is there, so the note would be, too.
  await bubbles(visitor).filter({ hasText: '我们正在查看' }).waitFor();
  await visitor.reload();
  await bubbles(visitor).filter({ hasText: '我们正在查看' }).waitFor();
  assert.equal(await bubbles(visitor).count(), 2);
  const reader = await person(browser, { javaScriptEnabled: false });
  await reader.goto(visitor.link);
  await reader.getByText('我们正在查看').waitFor();
  for (const page of [visitor, reader]) {
    const content = await page.locator('body').innerHTML();
    assert.ok(!/check the address|inside\.log/.test(content), 'the note is nowhere on their page');
  }
  const kept = await visitor.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }));
  assert.ok(!/check the address|inside\.log/.test(kept), 'nor behind it');
  await reader.context().close();
});

test('files of an agent reach the customer as they were', async () => {
  const file = { name: '操作步骤.log', mimeType: 'text/plain', buffer: LOG };
  await agent.locator('form input[type=file]').setInputFiles(file);
  await agent.getByRole('list', { name: 'Attached files' }).getByText('操作步骤.log').waitFor();
  await reply(agent, '请按附件里的步骤操作。');
  const got = bubbles(visitor).filter({ hasText: '请按附件里的步骤操作' });
  await got.getByText('操作步骤.log').waitFor();
  const [download] = await Promise.all([
    visitor.waitForEvent('download', { timeout: 15_000 }),
    got.locator('.file').click(),
  ]);
  assert.equal(download.suggestedFilename(), '操作步骤.log');
  assert.deepEqual(readFileSync(await download.path()), LOG);
});

test('a request is handed to somebody else, who sees it come and is seen', async () => {
  other = await consoleOf(browser, desk, 'robin@desk.example', '/mine', EN);
  await other.getByText('Nothing on your desk').waitFor();
  await press(agent, 'a');
  await agent.getByRole('combobox', { name: 'Assign to…' }).fill('robin');
  await shot(agent, 'console-assign');
  await accessible(agent, 'choosing who works on it', '[role=dialog]');
  await agent.keyboard.press('Enter');
  await row(other, '请按附件里的步骤操作').waitFor();
  await openRequest(other, '请按附件里的步骤操作');
  await log(other).getByText('assigned this to Robin').waitFor();
  await agent.getByRole('status').getByText('Robin is here too').waitFor();
  await other.locator('#composer-text').pressSequentially('I am');
  await agent.getByRole('status').getByText('Robin is writing a reply').waitFor();
  await other.locator('#composer-text').fill('');
  await press(other, 'a');
  await other.getByRole('combobox', { name: 'Assign to…' }).fill('nobody');
  await other.keyboard.press('Enter');
  await other.getByText('Nothing on your desk').waitFor();
  await log(agent).getByText('put this back to unassigned').waitFor();
});

test('a change of type is seen by everybody, and puts what is at risk first', async () => {
  await other.goto(`${desk.base}/console/at_risk`);
  await other.getByText('No assets at risk').waitFor();
  await press(agent, 't');
  await agent.getByRole('combobox', { name: 'Change type…' }).fill('stolen');
  await agent.getByRole('option').first().waitFor();
  await agent.keyboard.press('Enter');
  await log(agent).getByText('set the type to Funds stolen').waitFor();
  await agent.locator('header').getByText('Assets at risk').waitFor();
  await row(other, '请按附件里的步骤操作').waitFor();
  await other.context().close();
  // The customer is told what to do first, without asking.
  await visitor.locator('.panel .steps').waitFor();
});

test('each state is reached by hand, and the customer reads it in their words', async () => {
  const state = (word) => agent.locator('header .chip').getByText(word, { exact: true });
  const reader = await person(browser, { javaScriptEnabled: false });
  await reader.goto(visitor.link);
  const menu = (item) => async () => {
    await agent.locator('header').getByRole('button', { name: 'More actions' }).click();
    await agent.getByRole('menuitem', { name: item }).click();
  };
  const spam = async () => {
    await press(agent, '!');
    await agent.getByRole('dialog').getByRole('button', { name: 'Mark as spam' }).click();
  };
  for (const [act, word, words] of [
    [menu('Reopen'), 'Open', '等待客服回复'],
    [menu('Put on hold'), 'On hold', '正在等待外部结果'],
    [() => press(agent, 'Shift+E'), 'Open', '等待客服回复'],
    [() => reply(agent, '请您看一下浏览器。'), 'Waiting for customer', '客服已回复，等您看看'],
    [() => press(agent, 'e'), 'Solved', '已解决'],
    [menu('Close'), 'Closed', '已关闭'],
    [() => press(agent, 'Shift+E'), 'Open', '等待客服回复'],
    [spam, 'Spam', '已关闭'],
  ]) {
    await act();
    await state(word).waitFor();
    await eventually(async () => {
      await reader.reload();
      return (await reader.locator('h1').innerText()).trim() === words;
    }, `${word}: ${words}`);
  }
  await agent.getByText('Marked as spam. Replies are off.').waitFor();
  assert.equal(await agent.locator('#composer-text').count(), 0);
  await row(agent, '请您看一下浏览器').waitFor({ state: 'detached' });
  await shot(agent, 'console-spam');
  await menu('Not spam')();
  await state('Open').waitFor();
  await row(agent, '请您看一下浏览器').waitFor();
  await reader.context().close();
});

test('a reply to what has changed meanwhile is not sent, and shows what was missed', async () => {
  const box = agent.locator('#composer-text');
  // Too short a while ago to count as read by its own author: it is still no news to them.
  await reply(agent, '我再看一眼。');
  await box.fill('请再等一个小时。');
  await say(visitor, '不用等了，刚刚到账');
  await log(agent).getByText('不用等了，刚刚到账').waitFor();
  await box.press('Control+Enter');
  const missed = agent.getByRole('alert').filter({ hasText: '1 new entry since you began' });
  await missed.getByText('不用等了，刚刚到账').waitFor();
  await shot(agent, 'console-outdated');
  await accessible(agent, 'a reply to an outdated view');
  assert.equal(await box.inputValue(), '请再等一个小时。', 'what was typed is still there');
  await missed.getByRole('button', { name: 'I have read it' }).click();
  await box.fill('太好了，不用再等。');
  await box.press('Control+Enter');
  await bubbles(visitor).filter({ hasText: '太好了，不用再等' }).waitFor();
  assert.equal(await bubbles(visitor).filter({ hasText: '请再等一个小时' }).count(), 0);
});

test('what a customer asked before is one click away, and can be merged into', async () => {
  const secret = await visitor.evaluate(
    (base) => localStorage.getItem(`standfast:${base}:visitor`),
    desk.base,
  );
  const second = await written(secret, 'my tokens are missing, the third time');
  await row(agent, 'the third time').first().click();
  await log(agent).getByText('the third time').waitFor();
  const earlier = agent.getByRole('complementary', { name: 'Customer and details' });
  await earlier.getByRole('link', { name: /转账两个小时没有到账/ }).click();
  await log(agent).getByText('太好了，不用再等').waitFor();
  // Only what is near is drawn.
  await log(agent).press('Home');
  await log(agent).getByText('转账两个小时没有到账').waitFor();
  await shot(agent, 'console-earlier');
  await agent.goBack();
  await log(agent).getByText('the third time').waitFor();
  await press(agent, 'm');
  const dialog = agent.getByRole('dialog');
  await dialog.getByRole('button', { name: /转账两个小时没有到账/ }).click();
  await shot(agent, 'console-merge');
  await accessible(agent, 'merging', '[role=dialog]');
  await dialog.getByRole('button', { name: 'Merge', exact: true }).click();
  await agent.locator('header .chip').getByText('Merged', { exact: true }).waitFor();
  const reader = await person(browser, { javaScriptEnabled: false });
  await reader.goto(desk.base + second.link);
  await reader.getByRole('heading', { name: '已并入另一个问题' }).waitFor();
  await reader.context().close();
  assert.deepEqual([...agent.faults, ...other.faults, ...visitor.faults], []);
});

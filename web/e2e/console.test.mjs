/** Small things that an agent meets every day. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { launch, person } from './browser.mjs';
import { log, row, signIn } from './console.mjs';
import { Desk } from './desk.mjs';

let desk, browser, agent;
before(async () => {
  desk = await Desk.start();
  browser = await launch();
  agent = await person(browser, { locale: 'en-US' });
});
after(async () => {
  await browser?.close();
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

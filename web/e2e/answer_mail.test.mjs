/** Being told by mail: asked for without scripts while many ask, sent once without a word of what was said, ended by its link. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { accessible, eventually, launch, person, shot } from './browser.mjs';
import { consoleOf } from './console.mjs';
import { Desk } from './desk.mjs';
import { host } from './host.mjs';
import { ask, openWidget } from './widget.mjs';

const LEAD = { email: 'lead@desk.example', name: 'Robin', role: 'lead', language: 'en' };
const SMTP = fileURLToPath(new URL('../../crates/report/tests/smtp_server.py', import.meta.url));
const WITHOUT_SCRIPTS = { javaScriptEnabled: false };
const DARK_PHONE = {
  viewport: { width: 390, height: 844 },
  colorScheme: 'dark',
  hasTouch: true,
};

/** A mail with its parts as they are read. */
const legible = (mail) =>
  mail.replaceAll(/base64\r?\n\r?\n([\w+/=\r\n]+)/g, (_, part) =>
    Buffer.from(part, 'base64').toString(),
  );

/** A mail server that keeps what it takes. */
async function mailServer() {
  const folder = mkdtempSync(join(tmpdir(), 'standfast-mail-'));
  const server = spawn('/usr/bin/python3', [SMTP, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: server.stdout });
  const port = await new Promise((resolve) => lines.once('line', resolve));
  const mails = () =>
    readdirSync(folder)
      .filter((name) => name.endsWith('.eml'))
      .sort()
      .map((name) => legible(readFileSync(join(folder, name), 'utf8')));
  return { port, mails, stop: () => server.kill() };
}

let mail, desk, site, browser, lead, reader;
before(async () => {
  mail = await mailServer();
  process.env.STANDFAST_MAIL__HOST = 'localhost';
  process.env.STANDFAST_MAIL__PORT = mail.port;
  process.env.STANDFAST_MAIL__SECURITY = 'none';
  process.env.STANDFAST_MAIL__FROM = 'Harbor Support <help@wallet.example>';
  desk = await Desk.start([LEAD]);
  site = await host(desk.base);
  browser = await launch();
  lead = await consoleOf(browser, desk, LEAD.email, '/unassigned', { locale: 'en-US' });
  reader = await person(browser, DARK_PHONE);
});
after(async () => {
  await browser?.close();
  await site?.stop();
  await desk?.stop();
  mail?.stop();
});

async function call(method, path, data) {
  const headers = { origin: desk.base };
  const sent = await lead.request[method](`${desk.base}/api/v1/console${path}`, { headers, data });
  assert.ok(sent.ok(), await sent.text());
  return sent.status() === 204 ? null : sent.json();
}

let number;
test('while an answer is promised, the receipt offers mail first', async () => {
  const { plan, version } = await call('get', '/surge');
  plan.storm = { ...plan.storm, promise_hours: 6 };
  await call('put', '/surge/plan', { version: version ?? 0, plan });
  const until = new Date(Date.now() + 3_600_000).toISOString();
  await call('post', '/surge/hold', { level: 'storm', until, reason: 'The fork is at noon.' });
  await reader.goto(`${desk.base}/contact?type=pending`);
  await reader.locator('[name=text]').fill('转账两个小时了还没到');
  await reader.getByRole('button', { name: '发送' }).click();
  await reader.getByRole('heading', { name: '有回复时发邮件告诉我' }).waitFor();
  number = new URL(reader.url()).pathname.split('/')[2];
  await accessible(reader, 'the receipt that offers mail');
  await shot(reader, 'mail-receipt');
  await reader.getByLabel('邮箱地址').fill('lena@wallet.example');
  await reader.getByRole('button', { name: '用邮件告诉我' }).click();
  await reader.getByText('已记下。有回复时会发邮件告诉您。').waitFor();
  await reader.getByText('会发邮件到 l…@wallet.example').waitFor();
  await accessible(reader, 'the page of who is told by mail');
  await shot(reader, 'mail-told');
});

test('one mail goes out, with number and link and not a word of the answer', async () => {
  const { items } = await call('get', '/inbox?view=all');
  const { id } = items.find((item) => item.number === number);
  for (const [client_id, text] of [
    ['a1', '已经到账了。'],
    ['a2', '还有一点：请升级到新版。'],
  ]) {
    await call('post', `/requests/${id}/reply`, { client_id, text, seen_seq: 1000 });
  }
  await eventually(() => mail.mails().length > 0, 'the mail', 60_000);
  const [sent] = mail.mails();
  assert.ok(sent.includes(number) && sent.includes('To: lena@wallet.example'), sent);
  for (const words of ['已经到账了', '请升级到新版', '转账两个小时']) {
    assert.ok(!sent.includes(words), sent);
  }
  const [link] = sent.match(/http:\/\/[^\s"<>]+\/t\/[^\s"<>]+/);
  const [, stop] = sent.match(/List-Unsubscribe: <([^>]+)>/);
  const elsewhere = await person(browser, DARK_PHONE);
  await elsewhere.goto(link);
  await elsewhere.getByText('请升级到新版').waitFor();
  assert.equal(mail.mails().length, 1);
  const place = new URL(stop);
  await elsewhere.goto(`${desk.base}${place.pathname}`);
  await accessible(elsewhere, 'the page that ends mail');
  await shot(elsewhere, 'mail-stop');
  await elsewhere.getByRole('button', { name: '停止发送' }).click();
  await elsewhere.getByRole('heading', { name: '已停止回复通知' }).waitFor();
  await reader.goto(`${desk.base}/t/${number}`);
  assert.equal(await reader.getByText('l…@wallet.example').count(), 0, 'forgotten');
  await elsewhere.context().close();
});

test('the widget says where it is; at calm it waits behind a line', async () => {
  const visitor = await person(browser, { locale: 'en-US' });
  await visitor.goto(`${site.base}/?lang=en`);
  await openWidget(visitor);
  await ask(visitor, 'Transfer pending', 'My transfer is stuck');
  await visitor.locator('.receipt').getByText('you can have a mail sent to you').waitFor();
  await shot(visitor, 'mail-widget');
  await visitor.context().close();
  await call('post', '/surge/release', { reason: 'It is over.' });
  const calm = await person(browser, { locale: 'en-US', ...WITHOUT_SCRIPTS });
  await calm.goto(`${desk.base}/contact?type=balance`);
  await calm.locator('[name=text]').fill('My balance shows zero');
  await calm.getByRole('button', { name: 'Send' }).click();
  const line = calm.getByText('Tell me by mail when there is an answer');
  await line.click();
  await calm.getByLabel('E-mail address').fill('nobody@nowhere');
  await calm.getByRole('button', { name: 'Tell me by mail' }).click();
  await calm.getByText('This is not an e-mail address').first().waitFor();
  assert.equal(await calm.getByLabel('E-mail address').inputValue(), 'nobody@nowhere');
  await shot(calm, 'mail-mistake');
  await calm.getByLabel('E-mail address').fill('lars@wallet.example');
  await calm.getByRole('button', { name: 'Tell me by mail' }).click();
  await calm.getByText('Noted. A mail goes out').waitFor();
  await calm.context().close();
});

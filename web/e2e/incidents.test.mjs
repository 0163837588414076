/** One step of an incident reaches whoever asked about it; its end asks them; anybody may hear of it by mail. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { accessible, launch, person, shot } from './browser.mjs';
import { signedIn } from './console.mjs';
import { AGENTS, Desk, PASSWORD } from './desk.mjs';

let desk, browser, lead, storageState;

before(async () => {
  // A mail server that nobody is at: the form is there, and mail waits.
  Object.assign(process.env, {
    STANDFAST_MAIL__HOST: '127.0.0.1',
    STANDFAST_MAIL__PORT: '9',
    STANDFAST_MAIL__SECURITY: 'none',
    STANDFAST_MAIL__FROM: 'desk@harbor.example',
  });
  desk = await Desk.start();
  browser = await launch();
  storageState = await signedIn(browser, desk, AGENTS[0].email, PASSWORD);
  lead = await person(browser, { storageState });
  const added = await lead.request.post(`${desk.base}/api/v1/console/drivers`, {
    headers: { origin: desk.base },
    data: {
      client_id: 'incident-1',
      driver: {
        kind: 'incident',
        title: 'TRON 节点落后',
        starts_at: new Date(Date.now() - 3_600_000).toISOString(),
      },
    },
  });
  assert.equal(added.status(), 201, await added.text());
});
after(async () => {
  await browser?.close();
  await desk?.stop();
});

/** Somebody asks; the receipt, and the page of the request as they see it. */
async function asks(text, options) {
  const secret = randomBytes(32).toString('base64url');
  const answer = await fetch(`${desk.base}/api/v1/requests`, {
    method: 'POST',
    headers: { authorization: `Visitor ${secret}`, 'content-type': 'application/json' },
    body: JSON.stringify({ client_id: randomBytes(8).toString('hex'), text }),
  });
  assert.equal(answer.status, 201);
  const receipt = await answer.json();
  const page = await person(browser, options);
  await page.goto(desk.base + receipt.link);
  return { receipt, page };
}

async function until(page, text) {
  for (let turn = 0; turn < 20; turn += 1) {
    await page.reload();
    if ((await page.getByText(text).count()) > 0) return;
    await page.waitForTimeout(500);
  }
  await page.getByText(text).first().waitFor();
}

async function tellDialog(page = lead) {
  await page.goto(`${desk.base}/console/drivers`);
  await page
    .getByRole('button', { name: /^(对外公告：|Tell the public: )/ })
    .first()
    .click();
  const dialog = page.getByRole('dialog');
  await dialog.locator('[name=number]').waitFor();
  return dialog;
}

async function tell(dialog, phase, chinese, english) {
  await dialog.locator('[name=phase]').selectOption(phase);
  await dialog.locator('[name=text_zh]').fill(chinese);
  await dialog.locator('[name=text_en]').fill(english);
  await dialog.getByRole('button', { name: /^(发布|Publish)$/ }).click();
  await dialog.waitFor({ state: 'detached' });
}

test('a step is written into the requests of an incident, and its end asks', async () => {
  const one = await asks('我的波场转账两个小时了还没有到账');
  const other = await asks('My transfer on TRON has not arrived', { locale: 'en-US' });
  let dialog = await tellDialog();
  for (const { receipt } of [one, other]) {
    await dialog.locator('[name=number]').fill(receipt.number);
    await dialog.getByRole('button', { name: /^(关联|Add)$/ }).click();
    await dialog.getByRole('link', { name: receipt.number }).waitFor();
  }
  await dialog.getByText(/(同时写进 2 个工单|also written into 2 requests)/).waitFor();
  await accessible(lead, 'requests of an incident');
  await shot(lead, 'incident-requests');
  await tell(
    dialog,
    'identified',
    '波场节点落后，资产安全。',
    'A TRON node is behind. Funds are safe.',
  );
  // The line above every page says it at once; the message comes with the job.
  await until(one.page, '这条消息发给所有受此影响的用户');
  await until(other.page, 'We write this to everybody whose request belongs');
  assert.match(await other.page.locator('header').innerText(), /Right now: A TRON node is behind/);
  await shot(other.page, 'incident-told-en');

  // The request says where it belongs, from where it is worked on.
  await lead.goto(`${desk.base}/console/all/${one.receipt.request_id}`);
  await lead.getByRole('button', { name: /^(更多操作|More actions)$/ }).click();
  await lead.getByRole('menuitem', { name: /(关联到故障|Belongs to an incident)/ }).click();
  await lead.getByRole('option').first().waitFor();
  await accessible(lead, 'choosing an incident');
  await shot(lead, 'incident-pick');
  await lead.keyboard.press('Escape');

  dialog = await tellDialog();
  await tell(dialog, 'resolved', '节点已追上，转账已到账。', 'The node has caught up.');
  await until(one.page, '请看看您的问题是否也解决了');
  await accessible(one.page, 'asked whether it is solved');
  await shot(one.page, 'incident-asked-zh');
  await one.page.getByRole('button', { name: '还没有' }).first().click();
  dialog = await tellDialog();
  await dialog.getByText(/(1 位没有解决|1 say no)/).waitFor();
  await shot(lead, 'incident-not-solved');

  const phone = await person(browser, {
    storageState,
    viewport: { width: 390, height: 844 },
    colorScheme: 'dark',
    locale: 'en-US',
  });
  await tellDialog(phone);
  await accessible(phone, 'requests of an incident on a phone');
  await shot(phone, 'incident-requests-phone-dark');
  assert.deepEqual([...lead.faults, ...one.page.faults, ...phone.faults], []);
});

test('anybody subscribes on the status page', async () => {
  const page = await person(browser, {
    locale: 'en-US',
    colorScheme: 'dark',
    viewport: { width: 390, height: 844 },
  });
  await page.goto(`${desk.base}/status`);
  const form = page.getByRole('heading', { name: 'Hear of incidents by mail' });
  await form.scrollIntoViewIfNeeded();
  await accessible(page, 'status with the form');
  await shot(page, 'subscribe-phone-dark');
  await page.getByLabel('E-mail address').fill('lena@harbor.example');
  await page.getByRole('button', { name: 'Subscribe' }).click();
  await page.getByRole('heading', { name: 'Look into your mailbox' }).waitFor();
  await accessible(page, 'asked for the mailbox');
  await shot(page, 'subscribed-phone-dark');
  const chinese = await person(browser);
  await chinese.goto(`${desk.base}/status`);
  await chinese.getByRole('heading', { name: '用邮件接收故障通知' }).scrollIntoViewIfNeeded();
  await shot(chinese, 'subscribe-zh');
});

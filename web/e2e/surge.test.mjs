/** A surge: planned in calm, seen beforehand, held, read by everybody, let go of, and told of afterwards. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessible, launch, person, shot } from './browser.mjs';
import { consoleOf } from './console.mjs';
import { Desk } from './desk.mjs';
import { host } from './host.mjs';
import { ask, openWidget, receiptNumber } from './widget.mjs';

const LEAD = { email: 'lead@desk.example', name: 'Robin', role: 'lead', language: 'en' };
let desk, browser;
before(async () => {
  desk = await Desk.start([LEAD]);
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await desk?.stop();
});

const EN = { locale: 'en-US', viewport: { width: 1440, height: 900 } };
const DARK_PHONE = {
  viewport: { width: 390, height: 844 },
  colorScheme: 'dark',
  hasTouch: true,
};

test('a lead chooses what is done and sees what users would read', async () => {
  const lead = await consoleOf(browser, desk, LEAD.email, '/surge/plan', EN);
  await lead.getByRole('button', { name: 'Storm' }).click();
  const storm = lead.locator('[data-actions=storm]');
  await storm.getByLabel('Give the known answer').check();
  await storm.locator('[name="answer_zh-CN"]').fill('升级期间请勿重复转账，资产会在两小时内到账。');
  await lead.getByText('Write the known answer in both languages.').waitFor();
  await storm
    .locator('[name=answer_en]')
    .fill('Do not send again during the upgrade; transfers arrive within two hours.');
  await storm.getByLabel('Help before the form').check();
  await storm.getByLabel('Promise an answer instead').check();
  await storm.locator('[name=promise_hours]').fill('8');
  const preview = lead.locator('[data-preview=storm]');
  await preview.getByText('we promise an answer within 8 hours').waitFor();
  await accessible(lead, 'the surge plan');
  await shot(lead, 'surge-plan');
  await lead.getByRole('button', { name: '中文' }).click();
  await preview.getByText('承诺在 8 小时内回复').waitFor();
  await lead.getByRole('button', { name: 'Save plan' }).click();
  await lead.getByText('The plan is saved').waitFor();
  await lead.getByRole('button', { name: 'When levels change' }).click();
  await accessible(lead, 'the rules of levels');
  await shot(lead, 'surge-rules');
  assert.deepEqual(lead.faults, []);
  await lead.context().close();
});

/** An incident beside the surge: on a phone the notices fold, and the page itself is still in sight. */
async function together(lead, site) {
  const post = async (path, data) => {
    const headers = { origin: desk.base };
    const sent = await lead.request.post(`${desk.base}/api/v1/console${path}`, { headers, data });
    assert.ok(sent.ok(), await sent.text());
    return sent.json();
  };
  const now = Date.now();
  const starts_at = new Date(now - 3_600_000).toISOString();
  const driver = { kind: 'incident', title: 'TRON 节点落后', starts_at };
  const { id } = await post('/drivers', { client_id: 'incident-1', driver });
  const text_zh = '波场节点落后，转账显示可能延迟，资产安全。';
  const text_en = 'A TRON node is behind: transfers show late. Funds are safe.';
  await post(`/drivers/${id}/updates`, { phase: 'identified', text_zh, text_en });

  const reader = await person(browser, { ...DARK_PHONE, javaScriptEnabled: false });
  await reader.goto(`${desk.base}/contact?type=pending`);
  const notices = reader.locator('.notices');
  const folded = (await notices.boundingBox()).height;
  assert.ok(folded < 80, `${folded} px`);
  assert.ok((await notices.innerText()).includes(text_zh), 'a screen reader says all of it');
  await shot(reader, 'surge-notices-folded');
  await reader.getByRole('checkbox', { name: '完整显示通知' }).press('Space');
  assert.ok((await notices.boundingBox()).height > folded + 20, 'all of it is shown');
  await shot(reader, 'surge-notices');
  await reader.context().close();

  const visitor = await person(browser, { ...DARK_PHONE, locale: 'en-US' });
  await visitor.goto(`${site.base}/?lang=en`);
  await openWidget(visitor);
  const notice = visitor.locator('.panel .notice');
  await notice.getByText('Funds are safe').waitFor();
  await accessible(visitor, 'a folded notice', 'standfast-desk');
  const height = (await notice.boundingBox()).height;
  assert.ok(height < 110, `${height} px`);
  await shot(visitor, 'surge-widget-folded');
  await notice.locator('summary').press('Enter');
  assert.ok((await notice.boundingBox()).height > height + 20, 'all of it is shown');
  await visitor.context().close();

  await post(`/drivers/${id}/updates`, {
    phase: 'resolved',
    text_zh: '已恢复。',
    text_en: 'Over.',
  });
}

test('what a lead holds is what everybody reads, until it is let go of', async () => {
  const lead = await consoleOf(browser, desk, LEAD.email, '/surge', EN);
  await lead.getByText('The level has never changed.').waitFor();
  await lead.getByRole('button', { name: 'Hold a level' }).click();
  await lead.getByLabel('Storm').check();
  await lead.getByRole('dialog').getByRole('button', { name: 'Hold a level' }).click();
  await lead.getByText('Say why').waitFor();
  await lead.locator('[name=reason]').fill('The fork is at noon.');
  await accessible(lead, 'holding a level', '[role=dialog]');
  await shot(lead, 'surge-hold');
  await lead.getByRole('dialog').getByRole('button', { name: 'Hold a level' }).click();
  await lead.locator('[data-level=storm][aria-current=true]').waitFor();
  await accessible(lead, 'a storm');
  await shot(lead, 'surge-now');

  const reader = await person(browser, { ...DARK_PHONE, javaScriptEnabled: false });
  await reader.goto(`${desk.base}/contact?type=pending`);
  const text = await reader.locator('body').innerText();
  assert.match(text, /目前等待时间会非常长/);
  assert.match(text, /升级期间请勿重复转账/);
  await shot(reader, 'surge-contact');
  await reader.context().close();

  const site = await host(desk.base);
  const visitor = await person(browser);
  await visitor.goto(site.base);
  await openWidget(visitor);
  await visitor.locator('.panel .notice').filter({ hasText: '升级期间请勿重复转账' }).waitFor();
  await shot(visitor, 'surge-widget');
  await ask(visitor, '转账一直未确认', '升级以后转账没有到账');
  await receiptNumber(visitor);
  await visitor.getByText('承诺在 8 小时内回复').waitFor();
  await accessible(visitor, 'a receipt in a storm');
  await shot(visitor, 'surge-receipt');
  const link = await visitor.getByRole('link', { name: '在网页上查看进度' }).getAttribute('href');
  const tracked = await person(browser, { ...DARK_PHONE, javaScriptEnabled: false });
  await tracked.goto(new URL(link, desk.base).href);
  await tracked.getByText('承诺最迟回复').waitFor();
  await shot(tracked, 'surge-tracking');
  await tracked.context().close();
  await together(lead, site);
  await visitor.context().close();
  await site.stop();

  const agent = await consoleOf(browser, desk, 'robin@desk.example', '/all', {
    ...DARK_PHONE,
    locale: 'en-US',
  });
  await agent.locator('[data-surge=storm]').waitFor();
  await shot(agent, 'surge-agent-phone');
  await agent.goto(`${desk.base}/console/surge`);
  await agent.locator('[data-held]').waitFor();
  assert.equal(await agent.getByRole('button', { name: 'Hold a level' }).count(), 0);
  await agent.context().close();
  const chinese = await consoleOf(browser, desk, 'lin@desk.example', '/surge', DARK_PHONE);
  await chinese.getByRole('button', { name: '放开' }).waitFor();
  await accessible(chinese, 'a storm on a phone');
  await shot(chinese, 'surge-now-phone');
  await chinese.context().close();

  await lead.getByRole('button', { name: 'Let go' }).click();
  await lead.locator('[name=reason]').fill('It was calm.');
  await lead.getByRole('dialog').getByRole('button', { name: 'Let go' }).click();
  await lead.locator('[data-level=normal][aria-current=true]').waitFor();
  await lead.getByRole('link', { name: 'Earlier' }).click();
  await lead.getByRole('button', { name: 'Report' }).click();
  const report = lead.locator('[data-report]');
  await report.getByText('Answers promised by a time').waitFor();
  assert.match(await report.innerText(), /0 of 1 in time, 0 too late, 1 undecided/);
  await accessible(lead, 'a report of a surge');
  await shot(lead, 'surge-report');
  assert.deepEqual([...lead.faults], []);
  await lead.context().close();
});

test('what lies ahead is entered from a calendar and stands on the wallboard', async () => {
  const lead = await consoleOf(browser, desk, LEAD.email, '/surge/peaks', EN);
  await lead.getByText('Nothing lies ahead').waitFor();
  const soon = new Date(Date.now() + 50 * 3_600_000).toISOString().replace(/[-:]|\.\d+/g, '');
  const calendar = [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//test',
    'BEGIN:VEVENT',
    'UID:fork@test',
    'DTSTAMP:20261101T000000Z',
    `DTSTART:${soon}`,
    'SUMMARY:Glamsterdam hard fork',
    'END:VEVENT',
    'END:VCALENDAR',
    '',
  ].join('\r\n');
  const file = { name: 'forks.ics', mimeType: 'text/calendar', buffer: Buffer.from(calendar) };
  await lead.locator('input[type=file]').setInputFiles(file);
  await lead.getByText('1 added, 0 changed, 0 known, 0 left out').waitFor();
  await lead.locator('[data-peaks]').getByText('Glamsterdam hard fork').waitFor();
  await lead.getByText('Not enough yet').first().waitFor();
  await accessible(lead, 'expected peaks');
  await shot(lead, 'surge-peaks');
  const address = (await lead.locator('[data-feed]').innerText()).trim();
  const feed = new URL(address).pathname;
  const given = await (await fetch(desk.base + feed)).text();
  assert.match(given, /SUMMARY:Glamsterdam hard fork/);
  await lead.getByRole('button', { name: 'New address' }).click();
  await lead.getByText('The address before leads nowhere any more').waitFor();
  assert.equal((await fetch(desk.base + feed)).status, 404);
  await lead.context().close();

  const screens = [
    ['wallboard', { ...EN, viewport: { width: 1920, height: 1080 } }, LEAD.email],
    [
      'wallboard-dark',
      { viewport: { width: 1366, height: 768 }, colorScheme: 'dark' },
      'lin@desk.example',
    ],
    ['wallboard-phone', DARK_PHONE, 'lin@desk.example'],
  ];
  for (const [name, options, email] of screens) {
    const wall = await consoleOf(browser, desk, email, '/wallboard', options);
    await wall.locator('[data-wallboard]').getByText('Glamsterdam hard fork').waitFor();
    await accessible(wall, name);
    await shot(wall, name);
    if (name === 'wallboard') {
      // It goes on by itself after the connection was lost.
      await wall.context().setOffline(true);
      await wall.getByText('No connection since').waitFor();
      await wall.context().setOffline(false);
      await wall.getByText('No connection since').waitFor({ state: 'detached' });
      await wall.keyboard.press('Escape');
      await wall.waitForURL(/unassigned/);
    }
    await wall.context().close();
  }
  const agent = await consoleOf(browser, desk, 'robin@desk.example', '/wallboard', EN);
  await agent.waitForURL(/unassigned/);
  await agent.context().close();
});

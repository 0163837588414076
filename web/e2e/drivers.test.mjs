/** An analyst keeps what explains the count: events and active users; an admin lets another system do the same. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessible, launch, person, shot } from './browser.mjs';
import { signIn } from './console.mjs';
import { Desk } from './desk.mjs';

let desk, browser, analyst;
before(async () => {
  desk = await Desk.start([
    { email: 'noa@desk.example', name: 'Noa', role: 'analyst', language: 'en' },
    { email: 'root@desk.example', name: '管理员', role: 'admin', language: 'zh-CN' },
  ]);
  browser = await launch();
  analyst = await person(browser, { locale: 'en-US', timezoneId: 'Asia/Shanghai' });
  await signIn(analyst, desk, 'noa@desk.example');
});
after(async () => {
  await browser?.close();
  await desk?.stop();
});

const day = (ago) => new Date(Date.now() - ago * 86_400_000).toISOString().slice(0, 10);
const csv = (lines) => ({
  name: 'active.csv',
  mimeType: 'text/csv',
  buffer: Buffer.from(['day,app_version,platform,users', ...lines].join('\r\n')),
});

test('an analyst adds an event, with a mistake, by keyboard', async () => {
  await analyst.keyboard.press('g');
  await analyst.keyboard.press('e');
  await analyst.getByText('No events yet').waitFor();
  assert.match(analyst.url(), /\/console\/drivers\/events$/);
  await analyst.getByRole('button', { name: 'Add event' }).first().press('Enter');
  const dialog = analyst.getByRole('dialog');
  await dialog.getByLabel('Title').fill('Version 7.2.0');
  await dialog.getByLabel('Start').fill(`${day(3)}T16:00`);
  await dialog.getByText('Asia/Shanghai').waitFor();
  await dialog.getByRole('button', { name: 'Add a limit' }).click();
  await dialog.getByLabel('Limit 1: by').selectOption('type');
  await dialog.getByLabel(/values, separated/).fill('no such type');
  await accessible(analyst, 'the dialog of an event');
  await dialog.getByRole('button', { name: 'Add event' }).click();
  await dialog.getByText('One of the values cannot be used').waitFor();
  assert.equal(
    await dialog.getByLabel('Title').inputValue(),
    'Version 7.2.0',
    'what was typed stays',
  );
  await dialog.getByLabel('Limit 1: by').selectOption('app_version');
  await dialog.getByLabel(/values, separated/).fill('v7.2.0，7.2.1');
  await dialog.getByRole('button', { name: 'Add event' }).click();
  await dialog.waitFor({ state: 'detached' });
  const row = analyst.locator('[data-event]').filter({ hasText: 'Version 7.2.0' });
  await row.getByText('App version: 7.2.0, 7.2.1').waitFor();
  assert.equal(
    await row.locator('time').first().getAttribute('datetime'),
    `${day(3)}T08:00:00.000Z`,
    'four in the afternoon in Shanghai',
  );
  await accessible(analyst, 'the list of events');
});

test('the event is changed and removed', async () => {
  await analyst.getByRole('button', { name: 'Edit “Version 7.2.0”' }).click();
  const dialog = analyst.getByRole('dialog');
  assert.equal(await dialog.getByLabel('Start').inputValue(), `${day(3)}T16:00`);
  await dialog.getByLabel('Kind').selectOption('incident');
  await dialog.getByLabel('End (optional)').fill(`${day(2)}T09:30`);
  await dialog.getByRole('button', { name: 'Save' }).click();
  await dialog.waitFor({ state: 'detached' });
  await analyst.locator('[data-event]').getByText('Incident').waitFor();
  await shot(analyst, 'drivers-events');
  await analyst.getByRole('button', { name: 'Remove “Version 7.2.0”' }).click();
  await analyst.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
  await analyst.getByText('No events yet').waitFor();
});

test('a table with a fault is told its row, corrected, and taken', async () => {
  await analyst.getByRole('link', { name: 'Active users' }).click();
  await analyst.getByText('No figures yet').waitFor();
  await analyst.getByRole('button', { name: 'Upload CSV' }).first().click();
  const dialog = analyst.getByRole('dialog');
  const file = dialog.locator('input[type=file]');
  await file.setInputFiles(
    csv([`${day(4)},7.1.0,ios,40000`, `${day(3)},7.1.0,ios,"41,000"`, `${day(1)},7.1.0,ios,41500`]),
  );
  await dialog.getByText('Row 3').waitFor();
  await dialog.getByText('write 1200, not 1,200').waitFor();
  assert.ok(await dialog.getByRole('button', { name: 'Take over' }).isDisabled());
  await accessible(analyst, 'the faults of a table');
  await shot(analyst, 'drivers-faults');
  await file.setInputFiles(
    csv([`${day(4)},7.1.0,ios,40000`, `${day(3)},7.1.0,ios,41000`, `${day(1)},v7.1.0,iOS,41500`]),
  );
  await dialog.getByText('3 rows for 3 days').waitFor();
  await accessible(analyst, 'what a table changes');
  await shot(analyst, 'drivers-preview');
  await dialog.getByRole('button', { name: 'Take over' }).click();
  await dialog.waitFor({ state: 'detached' });
  const table = analyst.getByRole('table');
  await table.getByText('41,500').waitFor();
  await table.getByText('no figures').waitFor();
  await table.getByRole('button').first().click();
  await table.getByText('7.1.0').waitFor();
  await accessible(analyst, 'active users');
  await shot(analyst, 'drivers-active-users');
  assert.deepEqual(analyst.faults, []);
});

test('an admin issues a token, with which another system tells of an event', async () => {
  const admin = await person(browser);
  await signIn(admin, desk, 'root@desk.example');
  await admin.goto(`${desk.base}/console/settings/tokens`);
  await admin.getByText('没有系统令牌').waitFor();
  await admin.getByRole('button', { name: '签发令牌' }).click();
  const dialog = admin.getByRole('dialog');
  await dialog.getByLabel('用途').fill('发布流水线');
  await accessible(admin, 'issuing a token');
  await dialog.getByRole('button', { name: '签发令牌' }).click();
  const secret = await dialog.locator('[data-secret]').textContent();
  await dialog.getByRole('button', { name: '已保存' }).click();
  const tell = () =>
    fetch(`${desk.base}/api/v1/drivers/release:7.3.0`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
      body: JSON.stringify({ kind: 'release', title: '7.3.0', starts_at: `${day(0)}T00:00:00Z` }),
    });
  assert.equal((await tell()).status, 200);
  await admin.goto(`${desk.base}/console/drivers/events`);
  await admin.locator('[data-event]').getByText('来自 API').waitFor();
  await admin.goto(`${desk.base}/console/settings/tokens`);
  await accessible(admin, 'machine tokens');
  await admin.getByRole('button', { name: '收回“发布流水线”' }).click();
  await admin.getByRole('dialog').getByRole('button', { name: '收回' }).click();
  await admin.getByText('已收回“发布流水线”').waitFor();
  assert.equal((await tell()).status, 401);
  assert.deepEqual(admin.faults, []);
});

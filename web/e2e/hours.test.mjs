/** A lead sets when the desk is open; users are told, and figures count by it. On the demo, which has hours of its own. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessible, launch, person, shot } from './browser.mjs';
import { signedIn } from './console.mjs';
import { Desk } from './desk.mjs';

const DEMO_PASSWORD = 'harbor-wallet-demo';
let desk, browser, lead;

const as = async (email, options = {}) => {
  const storageState = await signedIn(browser, desk, email, DEMO_PASSWORD);
  const page = await person(browser, { storageState, ...options });
  await page.addInitScript(
    (language) => localStorage.setItem('standfast.preferences', JSON.stringify({ language })),
    options.locale === 'en-US' ? 'en' : 'zh-CN',
  );
  return page;
};
const open = async (page) => {
  await page.goto(`${desk.base}/console/settings/hours`);
  await page.locator('[data-hours]').first().waitFor();
};

before(async () => {
  desk = await Desk.demo();
  browser = await launch();
  lead = await as('lead@harbor.example');
});
after(async () => {
  await browser?.close();
  await desk?.stop();
});

test('the list names for whom nobody is there when', async () => {
  await open(lead);
  await lead.getByRole('paragraph').filter({ hasText: '中文 全天' }).first().waitFor();
  const gaps = lead.getByRole('region', { name: '无人值守的时间' });
  await gaps.getByText('英文').waitFor();
  await gaps
    .getByText(/02:00–09:00/)
    .first()
    .waitFor();
  await accessible(lead, 'opening hours');
  await shot(lead, 'hours-list');
});

test('hours are edited by keyboard and by mouse, and previewed', async () => {
  await lead.getByRole('button', { name: '编辑“English”' }).click();
  const days = lead.locator('.preview-day');
  await days.nth(27).waitFor();
  assert.equal(await days.count(), 28);
  const sunday = lead.getByLabel('周日', { exact: true });
  await sunday.fill('10:00 到 25:00');
  await sunday.press('Tab');
  await lead.getByText('请按 09:00–12:00').waitFor();
  await sunday.fill('10:00-16:30');
  await sunday.press('Tab');
  assert.equal(await sunday.inputValue(), '10:00–16:30');
  await days.filter({ hasText: '10:00–16:30' }).first().waitFor();
  // Saturday afternoon, painted.
  const bar = lead.locator('[data-day="6"]');
  await bar.scrollIntoViewIfNeeded();
  const box = await bar.boundingBox();
  await lead.mouse.move(box.x + (box.width * 14.1) / 24, box.y + 10);
  await lead.mouse.down();
  await lead.mouse.move(box.x + (box.width * 16.9) / 24, box.y + 10, { steps: 4 });
  await lead.mouse.up();
  assert.equal(
    await lead.getByLabel('周六', { exact: true }).inputValue(),
    '09:00–13:00, 14:00–17:00',
  );
  await accessible(lead, 'the editor of hours');
  await lead.screenshot({ path: '../../.cache/screens/hours-editor.png', fullPage: true });
});

test('a calendar file brings holidays and make-up working days', async () => {
  const year = new Date().getUTCFullYear() + 1;
  const event = (rest) =>
    `BEGIN:VEVENT\r\nUID:${rest}\r\nDTSTAMP:20260101T000000Z\r\n${rest}\r\nEND:VEVENT\r\n`;
  const file = [
    'BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test\r\n',
    event(`DTSTART;VALUE=DATE:${year}0101\r\nSUMMARY:元旦（休）`),
    event(`DTSTART;VALUE=DATE:${year}0109\r\nSUMMARY:元旦（班）`),
    'END:VCALENDAR\r\n',
  ].join('');
  const input = lead.locator('input[type=file]');
  await input.setInputFiles({
    name: 'x.ics',
    mimeType: 'text/calendar',
    buffer: Buffer.from('<html>'),
  });
  await lead.getByText('这不是可以读取的日历文件').waitFor();
  await input.setInputFiles({
    name: 'cn.ics',
    mimeType: 'text/calendar',
    buffer: Buffer.from(file),
  });
  await lead.getByText('已导入 1 天放假、1 天补班').waitFor();
  // An exception on the date that is chosen, by keyboard on the calendar.
  const chosen = lead.locator('.month-day[aria-pressed=true]');
  await chosen.focus();
  await chosen.press('ArrowRight');
  await lead.getByLabel('原因').fill('搬办公室');
  await lead.getByRole('button', { name: '添加例外' }).click();
  await lead.getByText('搬办公室').waitFor();
  // Another one at the same time is named with the one that it meets, and goes again.
  await lead.getByRole('button', { name: '添加例外' }).click();
  await lead
    .locator('[data-met]')
    .getByText(/^两项例外重叠：“.+搬办公室.+”和“.+”。/)
    .waitFor();
  await lead.getByRole('alert').filter({ hasText: '搬办公室' }).waitFor();
  await lead
    .getByRole('button', { name: /^删除.*例外/ })
    .last()
    .click();
  await lead.locator('[data-met]').waitFor({ state: 'detached' });
  await shot(lead, 'hours-calendar');
  await lead.getByRole('button', { name: '保存', exact: true }).click();
  await lead.getByText('已保存“English”').waitFor();
  assert.deepEqual(lead.faults, []);
});

test('who has seen an older version overwrites nothing', async () => {
  const other = await as('admin@harbor.example', { locale: 'en-US' });
  await open(other);
  await open(lead);
  await other
    .getByRole('button', { name: /English”/ })
    .first()
    .click();
  await lead.getByRole('button', { name: '编辑“English”' }).click();
  await other
    .getByLabel('周日', { exact: true })
    .or(other.getByLabel('Sun', { exact: true }))
    .fill('11:00-12:00');
  await other.locator('form button.primary').click();
  await other.locator('[data-hours]').first().waitFor();
  await lead.getByLabel('周日', { exact: true }).fill('00:00-24:00');
  await lead.getByRole('button', { name: '保存', exact: true }).click();
  await lead.getByText('其他同事刚刚保存过').waitFor();
  assert.match(await lead.locator('[data-overtaken]').innerText(), /周日 11:00–12:00/);
  assert.equal(await lead.getByRole('button', { name: '保存', exact: true }).count(), 0);
  await other.context().close();
});

test('an agent reads them, on a phone, in the dark, in English', async () => {
  const agent = await as('robin@harbor.example', {
    locale: 'en-US',
    viewport: { width: 360, height: 740 },
    colorScheme: 'dark',
  });
  await open(agent);
  await accessible(agent, 'hours on a phone');
  await shot(agent, 'hours-phone-list');
  await agent.locator('[data-hours] button').last().click();
  await agent.locator('.preview-day').nth(27).waitFor();
  assert.equal(await agent.locator('form button.primary').count(), 0, 'nothing to save');
  await accessible(agent, 'the hours of one language on a phone');
  const wide = await agent.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(wide <= 360, `${wide} px wide`);
  await shot(agent, 'hours-phone');
  await agent.locator('.preview').scrollIntoViewIfNeeded();
  await shot(agent, 'hours-phone-preview');
  assert.deepEqual(agent.faults, []);
  await agent.context().close();
});

test('users are told, and figures count by it', async () => {
  // Closed in English from now on.
  const closed = { languages: ['en'], regions: [], channels: [] };
  const date = new Date(Date.now() - 3 * 86_400_000).toISOString().slice(0, 10);
  const day = { date, kind: 'holiday', name: '测试假日' };
  const told = await lead.evaluate(
    async ({ coverage, day }) => {
      const base = '/api/v1/console/hours';
      const { items } = await (await fetch(base)).json();
      const own = items.find((each) => each.name === 'English');
      const hours = {
        name: 'English',
        coverage,
        schedule: { zone: 'Asia/Shanghai', week: [], days: [day] },
      };
      const body = JSON.stringify({ version: own.version, hours });
      const headers = { 'content-type': 'application/json' };
      return (await fetch(`${base}/${own.id}`, { method: 'PUT', headers, body })).status;
    },
    { coverage: closed, day },
  );
  assert.equal(told, 200);
  const user = await person(browser, { locale: 'en-US' });
  await user.goto(`${desk.base}/contact?type=pending`);
  await user.getByText('We are closed now.').waitFor();
  await accessible(user, 'the contact page of a closed desk');
  await shot(user, 'hours-contact');
  await user.context().close();
  const analyst = await as('analyst@harbor.example');
  const answers = await analyst.goto(
    `${desk.base}/console/insight/times?measure=first_response_open`,
  );
  assert.ok(answers.ok());
  await analyst.getByText(`期间的节假日：${date} 测试假日`).first().waitFor();
  await analyst.locator('svg[data-drawing]').first().waitFor();
  await accessible(analyst, 'times in opening hours');
  await shot(analyst, 'hours-times');
  assert.deepEqual(analyst.faults, []);
});

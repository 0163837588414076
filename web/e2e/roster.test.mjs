/** A lead plans a week by mouse and by keyboard, and publishes it; people ask for time off and swaps; leads decide. On the demo. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessible, eventually, launch, person, shot } from './browser.mjs';
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
const open = (page, section) => page.goto(`${desk.base}/console/roster/${section}`);
const week = async (page) => {
  await open(page, 'week');
  await page.locator('[data-shift]').first().waitFor();
};
const shifts = (page) => page.locator('.roster-table [data-shift]');
const ahead = async (page) => {
  const before = await page.locator('h2.figure').innerText();
  await page.getByRole('button', { name: '下一周' }).click();
  await eventually(
    async () => (await page.locator('h2.figure').innerText()) !== before,
    'another week',
  );
  await page.locator('.shift.draft').first().waitFor();
};

before(async () => {
  desk = await Desk.demo();
  browser = await launch();
  lead = await as('lead@harbor.example', { viewport: { width: 1440, height: 1100 } });
});
after(async () => {
  await browser?.close();
  await desk?.stop();
});

test('the week shows who works when, and how many are at work', async () => {
  await week(lead);
  assert.ok((await shifts(lead).count()) >= 50, `${await shifts(lead).count()} shifts`);
  assert.equal(await lead.locator('.shift.draft').count(), 0, 'the present week is published');
  await lead.getByText('在岗人数').waitFor();
  await lead.locator('[data-cover]').filter({ hasText: '1–' }).first().waitFor();
  await accessible(lead, 'the week');
  await shot(lead, 'roster-week');
});

test('who plans sees what the week needs, and every half hour in figures', async () => {
  await week(lead);
  const before = await lead.locator('h2.figure').innerText();
  await lead.getByRole('button', { name: '下一周' }).click();
  await eventually(
    async () => (await lead.locator('h2.figure').innerText()) !== before,
    'another week',
  );
  await lead.locator('.roster-table [data-need]').first().waitFor({ timeout: 60_000 });
  assert.equal(await lead.locator('.roster-table [data-need]').count(), 7);
  assert.match(await lead.locator('[data-expected]').first().innerText(), /预计 \d+ 个工单/);
  await lead.getByText('逐个半小时的数字').click();
  const cell = lead.locator('.half-hours tbody tr').nth(20).locator('td').first();
  assert.match(await cell.innerText(), /^\d+\/\d+\s*· [\d.]+$/);
  await accessible(lead, 'what the week needs');
  await shot(lead, 'roster-need');
  await week(lead);
});

test('drafts show which rules they break; a shift is moved by keyboard', async () => {
  await ahead(lead);
  const broken = lead.locator('.shift.broken');
  await broken.first().waitFor();
  assert.match(await broken.first().getAttribute('aria-label'), /草稿, 间隔只有 \d+ 小时/);
  await shot(lead, 'roster-drafts');
  // Publishing is refused, and says why.
  await lead.getByRole('button', { name: /^发布 \d+ 个草稿$/ }).click();
  await lead.getByRole('dialog').getByRole('button', { name: /^发布/ }).click();
  const refused = lead.getByRole('dialog', { name: '这样安排不符合约定' });
  await refused
    .getByText(/间隔只有/)
    .first()
    .waitFor();
  await accessible(lead, 'what the rules refuse');
  await shot(lead, 'roster-refused');
  await refused.getByRole('button', { name: '取消' }).click();
  // By keyboard into the line of open shifts, where no rule is broken.
  const count = await broken.count();
  await broken.first().focus();
  const row = Number(
    (await broken.first().locator('xpath=ancestor::td').getAttribute('data-cell')).split('-')[0],
  );
  await lead.keyboard.press('m');
  await lead.getByText('方向键选择日期和人员').waitFor();
  for (let step = 0; step < row; step += 1) await lead.keyboard.press('ArrowUp');
  await lead.locator('td.target').waitFor();
  await lead.keyboard.press('Enter');
  await lead.getByText('已移动班次').waitFor();
  await eventually(async () => (await broken.count()) < count, 'the rule is kept');
  assert.equal(await broken.count(), 0);
});

test('a shift is dragged to somebody else, and back again', async () => {
  const vacant = lead.locator('.roster-table tr.open .shift.draft').first();
  const id = await vacant.getAttribute('data-shift');
  const from = await vacant.locator('xpath=ancestor::td').getAttribute('data-cell');
  const day = from.split('-')[1];
  await vacant.dragTo(lead.locator(`[data-cell="3-${day}"]`));
  await lead.locator(`[data-cell="3-${day}"] [data-shift="${id}"]`).waitFor();
  await lead.getByRole('button', { name: '撤销' }).click();
  await lead.locator(`[data-cell="${from}"] [data-shift="${id}"]`).waitFor();
});

test('a shift is added, changed and taken away by keyboard', async () => {
  const count = await shifts(lead).count();
  await lead.locator('[data-cell="0-6"] .roster-add').focus();
  await lead.keyboard.press('Enter');
  const dialog = lead.getByRole('dialog', { name: '添加班次' });
  await dialog.getByLabel('开始').fill('22:00');
  await dialog.getByLabel('结束').fill('06:00');
  await dialog.getByLabel('语言').selectOption('en');
  await accessible(lead, 'the form of a shift');
  await shot(lead, 'roster-shift');
  await lead.keyboard.press('Enter');
  const added = lead.locator('[data-cell="0-6"] .shift').filter({ hasText: '22:00–06:00' });
  await added.filter({ hasText: '英文' }).waitFor();
  assert.equal(await shifts(lead).count(), count + 1);
  await added.focus();
  await lead.keyboard.press('Delete');
  await lead.getByText('已删除草稿').waitFor();
  await eventually(async () => (await shifts(lead).count()) === count, 'it is gone');
});

test('the week is published, and everybody sees it', async () => {
  await lead.getByRole('button', { name: /^发布 \d+ 个草稿$/ }).click();
  await lead.getByRole('dialog').getByRole('button', { name: /^发布/ }).click();
  await lead.getByText(/^已发布 \d+ 个班次$/).waitFor();
  await eventually(async () => (await lead.locator('.shift.draft').count()) === 0, 'no drafts');
  const agent = await as('agent@harbor.example');
  await week(agent);
  await agent.getByRole('button', { name: '下一周' }).click();
  await eventually(async () => (await shifts(agent).count()) >= 50, 'the week is there');
  assert.equal(await agent.locator('.roster-add').count(), 0);
  assert.equal(await agent.locator('[data-need]').count(), 0, 'planning is for who plans');
  assert.equal(
    await agent.getByRole('link', { name: '人员' }).count(),
    0,
    'contracts are no business of theirs',
  );
  await accessible(agent, 'the week of somebody who answers');
  assert.deepEqual(agent.faults, []);
  await agent.context().close();
});

test('somebody asks for time off and hands a shift over; somebody else takes it', async () => {
  const agent = await as('agent@harbor.example');
  await open(agent, 'mine');
  await agent.locator('[data-own]').first().waitFor();
  await agent
    .getByRole('button', { name: /^转给他人/ })
    .last()
    .click();
  const give = agent.getByRole('dialog', { name: '转出班次' });
  await accessible(agent, 'handing a shift over');
  await give.getByRole('button', { name: '发出询问' }).click();
  await agent.getByText('已发出询问').waitFor();
  await agent.getByText('已询问：最先答应的人').first().waitFor();
  await agent.getByRole('button', { name: '申请休假' }).click();
  const off = agent.getByRole('dialog', { name: '申请休假' });
  const day = (days) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
  await off.getByLabel('第一天').fill(day(40));
  await off.getByLabel('最后一天').fill(day(42));
  await off.getByLabel('说明').fill('回老家');
  await shot(agent, 'roster-time-off');
  await off.getByRole('button', { name: '提交申请' }).click();
  await agent.getByText('回老家').waitFor();
  await accessible(agent, 'one’s own shifts');
  await agent.getByText('本工作台没有配置邮件服务器').waitFor();
  await shot(agent, 'roster-mine');
  // The calendar under its secret address, which can be renewed.
  const url = await agent.getByLabel('日历订阅').inputValue();
  const path = new URL(url).pathname;
  const calendar = await fetch(desk.base + path);
  assert.equal(calendar.headers.get('content-type'), 'text/calendar; charset=utf-8');
  assert.match(await calendar.text(), /BEGIN:VEVENT/);
  await agent.getByRole('button', { name: '更换地址' }).click();
  await agent.getByRole('dialog').getByRole('button', { name: '更换地址' }).click();
  await agent.getByText('已更换地址').waitFor();
  assert.equal((await fetch(desk.base + path)).status, 404);
  assert.deepEqual(agent.faults, []);
  await agent.context().close();

  // Whoever has worked enough is told which rule stands in the way; whoever has not takes it.
  for (const [name, says] of [
    ['lei', /一周工作|间隔只有|连续/],
    ['admin', /已答应，等待组长批准/],
  ]) {
    const other = await as(`${name}@harbor.example`);
    await open(other, 'mine');
    await other
      .getByRole('button', { name: /^我来接/ })
      .last()
      .click();
    await other.getByText(says).first().waitFor();
    await other.context().close();
  }
});

test('a lead decides', async () => {
  await open(lead, 'requests');
  await lead.locator('[data-time-off]').first().waitFor();
  await accessible(lead, 'requests');
  await shot(lead, 'roster-requests');
  const before = await lead.locator('[data-time-off]').count();
  await lead.getByRole('button', { name: '批准：林晓 Xiao', exact: true }).first().click();
  await lead.getByText('已批准').first().waitFor();
  await eventually(async () => (await lead.locator('[data-time-off]').count()) < before, 'decided');
  const swap = lead.locator('[data-swap]').filter({ hasNotText: '还没有人答应' }).first();
  await swap.getByRole('button', { name: /^批准/ }).click();
  await eventually(
    async () =>
      (await lead.locator('[data-swap]').filter({ hasNotText: '还没有人答应' }).count()) === 0,
    'the shift has changed hands',
  );
  assert.deepEqual(lead.faults, []);
});

test('people have languages, types and agreed hours', async () => {
  await open(lead, 'people');
  await lead.locator('[data-person]').first().waitFor();
  await accessible(lead, 'people');
  await shot(lead, 'roster-people');
  await lead.getByRole('button', { name: '编辑“Ines”' }).click();
  await lead.getByLabel('同时处理').fill('3');
  await lead.getByLabel('每周最多（小时）').fill('30');
  await lead.getByRole('button', { name: '保存', exact: true }).click();
  await lead.getByText('每周最少工时大于最多工时。').waitFor();
  await lead.getByLabel('每周最少（小时）').fill('20');
  await lead.getByLabel('周日', { exact: true }).fill('10:00-16:00');
  await lead.getByLabel('周日', { exact: true }).press('Tab');
  await accessible(lead, 'a person');
  await lead.screenshot({ path: '../../.cache/screens/roster-person.png', fullPage: true });
  await lead.getByRole('button', { name: '保存', exact: true }).click();
  await lead.getByText('已保存：Ines').waitFor();
  await lead
    .locator('[data-person]')
    .filter({ hasText: 'Ines' })
    .filter({ hasText: '–30 小时' })
    .waitFor();
});

test('the day shows who is to be there, and what was covered', async () => {
  await open(lead, 'now');
  await lead.getByText('应到与实到').waitFor();
  await lead.locator('[data-attendance]').first().waitFor();
  await lead.getByText(/排班时间有 .* 到岗/).waitFor();
  // Against its plan: what came, who is needed, and what to do about it, with its reason.
  const course = lead.locator('[data-course]');
  await course.getByText(/为止来了 \d+ 个工单，原先预计 \d+ 个/).waitFor({ timeout: 60_000 });
  await course.getByRole('heading', { name: '需要的人与在岗的人' }).waitFor();
  const gap = course.locator('[data-gap]').first();
  const parts = gap.locator('[data-part]');
  assert.match(await parts.first().innerText(), /：需要 \d+ 人，(只有 \d+ 人|无人在岗)$/);
  await lead.locator('svg[data-drawing]').first().waitFor();
  // What is missing is one number, which counts languages, in the advice, the drawing and the table.
  const day = await lead.evaluate(async () =>
    (await fetch('/api/v1/console/planning/today')).json(),
  );
  for (const [place, part] of day.gaps[0].parts.entries()) {
    const within = ({ starts_at }) =>
      Date.parse(starts_at) >= Math.floor(Date.parse(part.starts_at) / 1_800_000) * 1_800_000 &&
      starts_at < part.ends_at;
    const most = Math.max(...day.halves.filter(within).map(({ missing }) => missing));
    assert.equal(part.need - part.there, most, `part ${place}`);
  }
  const hours = day.halves.reduce((sum, { missing }) => sum + missing, 0) / 2;
  const drawn = await course.locator('.plan-short').allTextContents();
  const sum = drawn.reduce((all, text) => all + Number(text.match(/[\d.]+/)[0]), 0);
  assert.ok(Math.abs(sum - hours) < 0.2, `${drawn.join(' ')}: ${hours} h are missing`);
  await accessible(lead, 'the day');
  await shot(lead, 'roster-now');
  assert.deepEqual(lead.faults, []);
});

test('on a phone, in the dark, in English: day by day', async () => {
  const phone = await as('lead@harbor.example', {
    locale: 'en-US',
    viewport: { width: 360, height: 740 },
    colorScheme: 'dark',
  });
  await open(phone, 'week');
  await phone.locator('[data-shift]').first().waitFor();
  await accessible(phone, 'the week on a phone');
  const wide = await phone.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(wide <= 360, `${wide} px wide`);
  await shot(phone, 'roster-phone');
  await phone
    .getByRole('button', { name: /^Add a shift on/ })
    .last()
    .click();
  await phone.getByRole('dialog', { name: 'Add a shift' }).waitFor();
  await accessible(phone, 'a shift on a phone');
  await shot(phone, 'roster-phone-shift');
  await phone.keyboard.press('Escape');
  for (const section of ['mine', 'requests', 'now', 'people']) {
    await open(phone, section);
    await phone.locator('.roster-list').first().waitFor();
    await accessible(phone, `${section} on a phone`);
    await shot(phone, `roster-phone-${section}`);
  }
  const desktop = await as('lead@harbor.example', {
    locale: 'en-US',
    colorScheme: 'dark',
    viewport: { width: 1440, height: 1000 },
  });
  await week(desktop);
  await accessible(desktop, 'the week in the dark');
  await shot(desktop, 'roster-week-dark');
  await open(desktop, 'now');
  await desktop.locator('svg[data-drawing]').first().waitFor();
  await shot(desktop, 'roster-now-dark');
  assert.deepEqual(phone.faults, []);
  assert.deepEqual(desktop.faults, []);
  await phone.context().close();
  await desktop.context().close();
});

/** Two change the same thing: the second sees both versions side by side, and nothing that was typed is lost. On the demo. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessible, eventually, launch, person, shot } from './browser.mjs';
import { signedIn } from './console.mjs';
import { Desk } from './desk.mjs';

const DEMO_PASSWORD = 'harbor-wallet-demo';
const PHONE = { viewport: { width: 390, height: 844 }, colorScheme: 'dark', hasTouch: true };
const EN = { locale: 'en-US', viewport: { width: 1440, height: 900 } };
let desk, browser;

async function lead(path, options = {}) {
  const storageState = await signedIn(browser, desk, 'lead@harbor.example', DEMO_PASSWORD);
  const page = await person(browser, { storageState, ...options });
  await page.addInitScript(
    (language) => localStorage.setItem('standfast.preferences', JSON.stringify({ language })),
    options.locale === 'en-US' ? 'en' : 'zh-CN',
  );
  await page.goto(`${desk.base}/console${path}`);
  return page;
}

/** What somebody else does meanwhile, from another window. */
function other(page, method, path, body) {
  return page.evaluate(
    async ([how, where, what]) => {
      const answer = await fetch(`/api/v1/console${where}`, {
        method: how,
        headers: { 'Content-Type': 'application/json' },
        ...(what && { body: JSON.stringify(what) }),
      });
      if (!answer.ok) throw new Error(`${how} ${where}: ${answer.status} ${await answer.text()}`);
      return answer.status === 204 ? null : answer.json();
    },
    [method, path, body],
  );
}

const box = (page) => page.locator('[data-overtaken]');
/** Whoever saves is led to it, wherever in the form they were. */
const led = (page) =>
  eventually(
    () =>
      page.evaluate(() => {
        const shown = document.querySelector('[data-overtaken]');
        const { top } = shown.getBoundingClientRect();
        const whole = document.scrollingElement.scrollTop === 0;
        return shown === document.activeElement && whole && top >= 0 && top < innerHeight / 2;
      }),
    'the focus is on theirs, it is in sight, and the page around stands still',
  );
/** Neither Enter in `field` nor the button of the form saves while theirs is shown; both lead there. */
async function savesNothing(page, field, { save, look, version }) {
  const before = await version();
  await led(page);
  assert.equal(await page.getByRole('button', { name: save, exact: true }).count(), 0);
  await field.press('Enter');
  await led(page);
  await page.getByRole('button', { name: look }).click();
  await led(page);
  assert.deepEqual(await version(), before, 'nothing was saved');
}
/** Shifts of the weeks around now, and one of them. */
async function shiftsAhead(page) {
  const day = (days) => new Date(Date.now() + days * 86_400_000).toISOString();
  return (await other(page, 'GET', `/roster?from=${day(-1)}&until=${day(30)}`)).shifts;
}
const draftOf = async (page, id) => (await shiftsAhead(page)).find((each) => each.id === id);
const fits = async (page) =>
  assert.ok(
    await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth),
    'the page is wider than the screen',
  );

before(async () => {
  desk = await Desk.demo();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await desk?.stop();
});

test('a surge plan is saved on top of another one', async () => {
  const page = await lead('/surge/plan', EN);
  await page.getByRole('button', { name: 'Storm' }).click();
  await page.locator('[name=promise_hours]').fill('12');
  const { version, plan } = await other(page, 'GET', '/surge');
  plan.busy.pause_reports = true;
  plan.storm.pause_reports = false;
  await other(page, 'PUT', '/surge/plan', { version, plan });
  await page.getByRole('button', { name: 'Save plan' }).click();
  await box(page).getByText('Somebody else has saved meanwhile').waitFor();
  const said = await box(page).innerText();
  assert.match(said, /An answer within 12 hours is promised[\s\S]*An answer within 8 hours/);
  assert.match(said, /Busy[\s\S]*Scheduled reports wait\./);
  assert.doesNotMatch(said, /An alarm alone makes it/, 'what is alike is not shown');
  await accessible(page, 'a plan that was overtaken');
  await shot(page, 'overtaken-surge');
  await led(page);
  assert.equal(await page.getByRole('button', { name: 'Save plan' }).count(), 0);
  // What is wrong with one's own is said while theirs stands there, too.
  const mine = page.getByRole('button', { name: 'Save mine in place of theirs' });
  const answers = page.locator('[name=answer]');
  const answered = await answers.isChecked();
  if (!answered) await answers.check();
  const english = page.locator('[name=answer_en]');
  const text = await english.inputValue();
  await english.fill('');
  await mine.click();
  await page.getByRole('alert').filter({ hasText: 'Write the known answer in both' }).waitFor();
  await box(page).waitFor();
  assert.equal((await other(page, 'GET', '/surge')).version, version + 1);
  if (answered) await english.fill(text);
  else await answers.uncheck();
  await mine.click();
  await page.getByText('The plan is saved').waitFor();
  assert.equal(await box(page).count(), 0);
  const now = await other(page, 'GET', '/surge');
  assert.deepEqual([now.version, now.plan.storm.promise_hours], [version + 2, 12]);
  assert.deepEqual([now.plan.busy.pause_reports, now.plan.storm.pause_reports], [false, true]);
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('who types is not led away by what somebody else saves', async () => {
  const page = await lead('/surge/plan', EN);
  await page.getByRole('button', { name: 'Storm' }).click();
  const hours = page.locator('[name=promise_hours]');
  await hours.fill('13');
  const { version, plan } = await other(page, 'GET', '/surge');
  await other(page, 'PUT', '/surge/plan', { version, plan: { ...plan, within_minutes: 50 } });
  // The console looks again every 15 seconds.
  await box(page).waitFor({ timeout: 20_000 });
  assert.equal(await hours.evaluate((field) => field === document.activeElement), true);
  await page.context().close();
});

test('whoever has changed nothing sees what there is', async () => {
  const page = await lead('/surge/plan', EN);
  await page.getByRole('button', { name: 'When levels change' }).click();
  const within = page.locator('[name=within_minutes]');
  const { version, plan } = await other(page, 'GET', '/surge');
  await other(page, 'PUT', '/surge/plan', { version, plan: { ...plan, within_minutes: 45 } });
  await page.reload();
  await page.getByRole('button', { name: 'When levels change' }).click();
  assert.equal(await within.inputValue(), '45');
  assert.equal(await box(page).count(), 0);
  await page.context().close();
});

test('the rules of planning are held beside the others, on a phone', async () => {
  const page = await lead('/planning/rules', PHONE);
  await page.getByLabel('及时答复的比例（%）').fill('88');
  const cost = page.locator('[name=hour_cost]');
  assert.equal(await cost.inputValue(), '86.5', 'the demo knows what an hour costs');
  await cost.fill('90.25');
  const { version, settings } = await other(page, 'GET', '/planning');
  await other(page, 'PUT', '/planning', { version, settings: { ...settings, share: 70 } });
  await page.getByRole('button', { name: '保存' }).click();
  await box(page).getByText('其他同事刚刚保存过').waitFor();
  assert.match(await box(page).innerText(), /88[\s\S]*70[\s\S]*90\.25[\s\S]*86\.5/);
  await accessible(page, 'rules that were overtaken');
  await fits(page);
  await shot(page, 'overtaken-rules-phone');
  await savesNothing(page, cost, {
    save: '保存',
    look: '查看不同之处',
    version: async () => (await other(page, 'GET', '/planning')).version,
  });
  await page.getByRole('button', { name: '用我的覆盖' }).click();
  await page.getByText('已保存').waitFor();
  const now = await other(page, 'GET', '/planning');
  assert.deepEqual([now.settings.share, now.settings.hour_cost], [88, 90.25]);
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('of hours theirs are taken', async () => {
  const page = await lead('/settings/hours');
  await page.locator('[data-week]').filter({ hasText: '09:00' }).first().waitFor();
  await accessible(page, 'the list of hours with their times');
  await shot(page, 'hours-times');
  await page.getByRole('button', { name: '编辑“English”' }).click();
  await page.locator('.preview-day').first().waitFor();
  const sunday = page.getByLabel('周日', { exact: true });
  await sunday.fill('10:00-16:30');
  await sunday.press('Tab');
  const { items } = await other(page, 'GET', '/hours');
  const english = items.find(({ name }) => name === 'English');
  const hours = {
    name: 'English team',
    coverage: english.coverage,
    schedule: english.schedule,
  };
  await other(page, 'PUT', `/hours/${english.id}`, { version: english.version, hours });
  await page.getByRole('button', { name: '保存', exact: true }).click();
  await box(page).waitFor();
  assert.match(await box(page).innerText(), /English team[\s\S]*周日 10:00–16:30/);
  await accessible(page, 'hours that were overtaken');
  await led(page);
  await shot(page, 'overtaken-hours');
  const versions = async () =>
    (await other(page, 'GET', '/hours')).items.map(({ id, version }) => [id, version]);
  await savesNothing(page, page.getByLabel('名称'), {
    save: '保存',
    look: '查看不同之处',
    version: versions,
  });
  await page.getByRole('button', { name: '采用对方的' }).click();
  assert.equal(await box(page).count(), 0);
  assert.equal(await page.getByLabel('名称').inputValue(), 'English team');
  await page.getByRole('button', { name: '保存', exact: true }).click();
  await page.getByText('已保存').first().waitFor();

  // They are deleted while they are changed: what was entered is added anew.
  await page.getByRole('button', { name: '编辑“English team”' }).click();
  await page.getByLabel('名称').fill('English once more');
  const { version } = (await other(page, 'GET', '/hours')).items.find(
    ({ id }) => id === english.id,
  );
  await other(page, 'DELETE', `/hours/${english.id}?version=${version}`);
  await page.getByRole('button', { name: '保存', exact: true }).click();
  await page.getByText('这份服务时间刚刚被其他人删除').waitFor();
  await accessible(page, 'hours that are gone');
  await page.getByRole('button', { name: '保存', exact: true }).click();
  await page.getByRole('button', { name: '编辑“English once more”' }).waitFor();
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('a profile and a shift are not lost either', async () => {
  const page = await lead('/roster/people', EN);
  const row = page.locator('[data-person]').filter({ hasText: 'Tobi' });
  await row.getByRole('button').click();
  await page.getByLabel('At a time').fill('5');
  const people = (await other(page, 'GET', '/roster/people')).items;
  const tobi = people.find(({ name }) => name === 'Tobi');
  await other(page, 'PUT', `/roster/people/${tobi.agent_id}`, {
    version: tobi.version,
    profile: { ...tobi.profile, tier: 3 },
    contract: tobi.contract,
  });
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await box(page).waitFor();
  assert.match(await box(page).innerText(), /Tier[\s\S]*At a time[\s\S]*5/);
  await savesNothing(page, page.getByLabel('At a time'), {
    save: 'Save',
    look: 'See what differs',
    version: async () =>
      (await other(page, 'GET', '/roster/people')).items.map(({ version }) => version),
  });
  await page.getByRole('button', { name: 'Save mine' }).click();
  await page.getByText('Saved: Tobi').waitFor();

  await page.goto(`${desk.base}/console/roster/week`);
  await page.locator('[data-shift]').first().waitFor();
  await page.getByRole('button', { name: 'Next week' }).click();
  const draft = page.locator('.roster-table tr:not(.open) .shift.draft').first();
  await draft.waitFor();
  const id = await draft.getAttribute('data-shift');
  await draft.click();
  const dialog = page.getByRole('dialog');
  const until = dialog.getByLabel('Until');
  const before = await until.inputValue();
  await until.fill('23:45');
  const shift = await draftOf(page, id);
  await other(page, 'PUT', `/roster/shifts/${id}`, {
    version: shift.version,
    shift: {
      agent_id: null,
      starts_at: shift.starts_at,
      ends_at: shift.ends_at,
      language: null,
      skill: null,
    },
  });
  await dialog.getByRole('button', { name: 'Save', exact: true }).click();
  await box(page).waitFor();
  assert.equal(await until.inputValue(), '23:45', 'what was typed is still there');
  assert.match(
    await box(page).innerText(),
    new RegExp(`Open shift[\\s\\S]*23:45[\\s\\S]*${before}`),
  );
  await accessible(page, 'a shift that was overtaken', '[role=dialog]');
  await shot(page, 'overtaken-shift');
  await savesNothing(page, until, {
    save: 'Save',
    look: 'See what differs',
    version: async () => (await draftOf(page, id)).version,
  });
  await page.getByRole('button', { name: 'Take theirs' }).click();
  assert.equal(await until.inputValue(), before);
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('a shift is found in the week to which it was moved; what was taken away is added anew', async () => {
  const page = await lead('/roster/week', EN);
  await page.locator('[data-shift]').first().waitFor();
  await page.getByRole('button', { name: 'Next week' }).click();
  const draft = page.locator('.roster-table tr:not(.open) .shift.draft').first();
  await draft.waitFor();
  const id = await draft.getAttribute('data-shift');
  await draft.click();
  const dialog = page.getByRole('dialog');
  const language = dialog.getByLabel('Language');
  const wanted = (await language.inputValue()) === 'en' ? 'zh-CN' : 'en';
  await language.selectOption(wanted);
  const date = await dialog.getByLabel('Date', { exact: true }).inputValue();
  const all = (await shiftsAhead(page)).length;
  const shift = await draftOf(page, id);
  const later = (time) => new Date(Date.parse(time) + 7 * 86_400_000).toISOString();
  const moved = {
    agent_id: shift.agent_id,
    starts_at: later(shift.starts_at),
    ends_at: later(shift.ends_at),
    language: shift.language,
    skill: shift.skill,
  };
  await other(page, 'PUT', `/roster/shifts/${id}`, { version: shift.version, shift: moved });
  const save = dialog.getByRole('button', { name: 'Save', exact: true });
  await save.click();
  await box(page).waitFor();
  await led(page);
  const there = later(`${date}T00:00:00Z`).slice(0, 10);
  assert.match(await box(page).innerText(), new RegExp(`Date[\\s\\S]*${date}[\\s\\S]*${there}`));
  await shot(page, 'overtaken-shift-moved');
  await page.getByRole('button', { name: 'Save mine in place of theirs' }).click();
  await page.getByText('Shift saved').waitFor();
  const back = await draftOf(page, id);
  assert.deepEqual([back.starts_at, back.language], [shift.starts_at, wanted]);
  assert.equal((await shiftsAhead(page)).length, all, 'nobody works twice');

  await page.locator(`[data-shift="${id}"]`).click();
  await language.selectOption('');
  await other(page, 'DELETE', `/roster/shifts/${id}?version=${back.version}`);
  await save.click();
  await dialog.getByText('Somebody has taken this shift away').waitFor();
  assert.deepEqual(
    [await dialog.getByLabel('Date', { exact: true }).inputValue(), await language.inputValue()],
    [date, ''],
    'what was typed is still there',
  );
  await accessible(page, 'a shift that is gone', '[role=dialog]');
  await shot(page, 'overtaken-shift-gone');
  await save.click();
  await page.getByText('Draft added').waitFor();
  const anew = await shiftsAhead(page);
  assert.equal(anew.length, all);
  assert.ok(anew.every((each) => each.id !== id));
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('a report is saved on top of another one', async () => {
  const page = await lead('/insight/reports', EN);
  const monday = page.getByRole('region', { name: '周一报告' });
  await monday.getByRole('button', { name: 'Edit' }).click();
  await page.getByRole('textbox', { name: 'Recipients' }).fill('lin@harbor.example');
  const { items } = await other(page, 'GET', '/reports');
  const report = items.find(({ name }) => name === '周一报告');
  await other(page, 'PUT', `/reports/${report.id}`, {
    version: report.version,
    report: { name: '周报', definition: { ...report.definition, period: 'last_month' } },
  });
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await box(page).waitFor();
  const said = await box(page).innerText();
  assert.match(said, /周一报告[\s\S]*周报/);
  assert.match(said, /lin@harbor\.example/);
  await accessible(page, 'a report that was overtaken');
  await shot(page, 'overtaken-report');
  const kept = async () =>
    (await other(page, 'GET', '/reports')).items.find(({ id }) => id === report.id)?.version;
  await savesNothing(page, page.getByRole('textbox', { name: 'Name' }), {
    save: 'Save',
    look: 'See what differs',
    version: kept,
  });
  await page.getByRole('button', { name: 'Save mine' }).click();
  await page.getByRole('region', { name: '周一报告' }).getByText('lin@harbor.example').waitFor();

  // It is deleted while it is changed again: what was typed becomes a new one.
  await monday.getByRole('button', { name: 'Edit' }).click();
  await page.getByRole('textbox', { name: 'Recipients' }).fill('robin@harbor.example');
  await other(page, 'DELETE', `/reports/${report.id}`);
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.getByText('Somebody else has removed 周一报告').waitFor();
  await accessible(page, 'a report that is gone');
  await shot(page, 'overtaken-report-gone');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await monday.getByText('robin@harbor.example').waitFor();
  assert.equal(await kept(), undefined);
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

/** Maintenance: announced, begun and ended; everybody is told until when, and help goes on. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessible, launch, person, shot } from './browser.mjs';
import { consoleOf, openRequest, reply } from './console.mjs';
import { Desk } from './desk.mjs';
import { host } from './host.mjs';
import { ask, bubbles, openWidget, receiptNumber } from './widget.mjs';

const ADMIN = { email: 'admin@desk.example', name: 'Alex', role: 'admin', language: 'en' };
let desk, browser;
before(async () => {
  desk = await Desk.start([ADMIN]);
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await desk?.stop();
});

const EN = { locale: 'en-US', viewport: { width: 1280, height: 860 } };
const DARK_PHONE = {
  viewport: { width: 390, height: 844 },
  colorScheme: 'dark',
  hasTouch: true,
};

const banner = (page) => page.locator('[data-maintenance]');

test('an admin announces maintenance, and everybody is told beforehand', async () => {
  const admin = await consoleOf(browser, desk, ADMIN.email, '/settings/maintenance', EN);
  await admin.getByText('No maintenance').waitFor();
  await admin.getByRole('button', { name: 'Plan maintenance' }).click();
  await admin.getByLabel('Later').check();
  await admin.locator('[name=text_en]').fill('We move to faster disks.');
  await admin.locator('[name=text_zh]').fill('我们将更换更快的存储设备。');
  await accessible(admin, 'planning maintenance', '[role=dialog]');
  await shot(admin, 'maintenance-plan');
  // It cannot end before it begins.
  const until = admin.locator('[name=until]');
  const planned = await until.inputValue();
  await until.fill('2020-01-01T00:00');
  await admin.getByRole('button', { name: 'Announce' }).click();
  await admin.getByText('It must end later than it begins').waitFor();
  await until.fill(planned);
  await admin.getByRole('button', { name: 'Announce' }).click();
  await admin.locator('li').filter({ hasText: 'Announced' }).waitFor();
  await banner(admin).getByText('Maintenance planned').waitFor();
  await accessible(admin, 'maintenance in the settings');
  await shot(admin, 'maintenance-planned');

  const reader = await person(browser, { ...DARK_PHONE, javaScriptEnabled: false });
  await reader.goto(`${desk.base}/`);
  const notice = await reader.locator('.maintenance').innerText();
  assert.match(notice, /我们将更换更快的存储设备。维护预告：.+北京时间.+照常/);
  await shot(reader, 'maintenance-page');
  await reader.context().close();
  await admin.context().close();
});

test('while it lasts changes pause and say until when, and a customer is helped', async () => {
  const admin = await consoleOf(browser, desk, ADMIN.email, '/settings/maintenance', EN);
  await admin.getByRole('button', { name: 'Plan maintenance' }).click();
  await admin.getByRole('button', { name: 'Begin' }).click();
  await banner(admin).getByText('Maintenance until').waitFor();
  await shot(admin, 'maintenance-now');

  // What pauses says so where it is asked for.
  await admin.getByRole('link', { name: 'Machine tokens' }).click();
  await admin.getByRole('button', { name: 'Issue token' }).first().click();
  await admin.locator('[name=name]').fill('Release pipeline');
  await admin.locator('[role=dialog] button.primary').click();
  await admin.getByText(/Maintenance goes on until .+ UTC, and this pauses until then/).waitFor();
  await shot(admin, 'maintenance-paused');

  // The customer reads it in the widget, writes, and is answered.
  const site = await host(desk.base);
  const visitor = await person(browser);
  await visitor.goto(site.base);
  await openWidget(visitor);
  const notice = visitor.locator('.panel .notice').filter({ hasText: '系统维护中' });
  await notice.waitFor();
  await accessible(visitor, 'the widget during maintenance');
  await shot(visitor, 'maintenance-widget');
  await ask(visitor, '转账一直未确认', '维护期间提交的问题');
  await receiptNumber(visitor);
  const agent = await consoleOf(browser, desk, 'lin@desk.example', '/all', DARK_PHONE);
  await banner(agent).getByText('系统维护中').waitFor();
  await shot(agent, 'maintenance-console-phone');
  await openRequest(agent, '维护期间提交的问题');
  await reply(agent, '我们正在查看，请稍候。');
  await bubbles(visitor).filter({ hasText: '我们正在查看' }).waitFor();
  assert.deepEqual([...visitor.faults, ...agent.faults], []);
  await visitor.context().close();
  await agent.context().close();
  await site.stop();

  await admin.goto(`${desk.base}/console/settings/maintenance`);
  await admin.getByRole('button', { name: 'End now' }).click();
  await admin.locator('li').filter({ hasText: 'Over' }).waitFor();
  await banner(admin).getByText('Maintenance planned').waitFor();
  await admin.getByRole('button', { name: 'Call off' }).click();
  await admin.locator('li').filter({ hasText: 'Called off' }).waitFor();
  await banner(admin).waitFor({ state: 'detached' });
  await admin.context().close();
});

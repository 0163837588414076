/** Hours take their holidays from a calendar at an address. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { accessible, launch, person, shot } from './browser.mjs';
import { signedIn } from './console.mjs';
import { AGENTS, Desk, PASSWORD } from './desk.mjs';

const DAYS = [
  ['20261225', '圣诞节'],
  ['20270101', '元旦'],
];
let desk, browser, calendar, url, lead;

const file = (days) =>
  ['BEGIN:VCALENDAR', 'VERSION:2.0']
    .concat(
      days.flatMap(([date, name]) => [
        'BEGIN:VEVENT',
        `UID:${date}`,
        `DTSTART;VALUE=DATE:${date}`,
        `SUMMARY:${name}`,
        'END:VEVENT',
      ]),
    )
    .concat('END:VCALENDAR', '')
    .join('\r\n');

before(async () => {
  calendar = createServer((_, response) => response.end(file(DAYS)));
  await new Promise((resolve) => calendar.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${calendar.address().port}/holidays.ics`;
  process.env.STANDFAST_REACH_PRIVATE_ADDRESSES = 'true';
  desk = await Desk.start();
  browser = await launch();
  const storageState = await signedIn(browser, desk, AGENTS[0].email, PASSWORD);
  lead = await person(browser, { storageState });
  const added = await lead.request.post(`${desk.base}/api/v1/console/hours`, {
    headers: { origin: desk.base },
    data: {
      name: '中文 全天',
      schedule: {
        zone: 'Asia/Shanghai',
        week: [1, 2, 3, 4, 5].map((weekday) => ({ weekday, opens: '09:00', closes: '18:00' })),
      },
    },
  });
  assert.equal(added.status(), 201, await added.text());
});
after(async () => {
  calendar?.close();
  await browser?.close();
  await desk?.stop();
});

test('a calendar at an address gives its days to the hours', async () => {
  await lead.goto(`${desk.base}/console/settings/hours`);
  await lead.getByRole('heading', { name: '在线日历' }).waitFor();
  await lead.locator('[name=url]').fill(`${url.replace('holidays', 'x')}`.replace(/:\d+/, ':1'));
  await lead.getByRole('button', { name: '添加', exact: true }).click();
  await lead.getByText('无法从那里读取').waitFor();
  await lead.locator('[name=url]').fill(url);
  await lead.getByRole('button', { name: '添加', exact: true }).click();
  await lead.getByText('2 天').waitFor();
  await accessible(lead, 'calendars at an address');
  await shot(lead, 'calendars-zh');
  await lead.getByRole('button', { name: /^编辑/ }).click();
  await lead.getByText('2 天放假').first().waitFor();
  const storageState = await lead.context().storageState();
  const phone = await person(browser, {
    storageState,
    viewport: { width: 390, height: 844 },
    colorScheme: 'dark',
    locale: 'en-US',
  });
  await phone.goto(`${desk.base}/console/settings/hours`);
  await phone.locator('[name=url]').waitFor();
  await phone.locator('[name=url]').scrollIntoViewIfNeeded();
  await accessible(phone, 'calendars on a phone');
  await shot(phone, 'calendars-phone-dark');
});

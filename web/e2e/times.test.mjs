/** A lead holds the hours in which people write against the people who were there, and reads any address with care. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessible, launch, person, shot } from './browser.mjs';
import { insightDrawn, signedIn } from './console.mjs';
import { Desk } from './desk.mjs';

let desk, browser;
before(async () => {
  desk = await Desk.demo();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await desk?.stop();
});

const password = () => desk.log.match(/with the password (\S+)/)?.[1];

const WORDS = {
  'zh-CN': {
    staff: '人手够吗？',
    said: /一周里服务时间内的 \d+ 个小时/,
    few: '人手不足',
    unread: /看不懂的部分.*指标“nonsense”.*时区“Mars\/Phobos”/,
    unheard: /从来没有工单的 类型“nonsense”/,
    unused: /不再细分.*没有用到/,
    backlog: '未结工单',
  },
  'en-US': {
    staff: 'Were enough people there?',
    said: /\d+ open hours of the week/,
    few: 'too few people',
    unread: /not understood.*measure “nonsense”.*time zone “Mars\/Phobos”/,
    unheard: /No request has ever had Type “nonsense”/,
    unused: /not grouped once more.*left aside/,
    backlog: 'Backlog',
  },
};

async function reader(locale, options = {}) {
  const page = await person(browser, {
    locale,
    viewport: { width: 1440, height: 900 },
    storageState: await signedIn(browser, desk, 'lead@harbor.example', password()),
    ...options,
  });
  await page.addInitScript(
    (language) => localStorage.setItem('standfast.preferences', JSON.stringify({ language })),
    locale === 'zh-CN' ? 'zh-CN' : 'en',
  );
  await page.goto(`${desk.base}/console/`);
  return page;
}

async function open(page, path) {
  await page.goto(`${desk.base}/console/insight/${path}`);
  await insightDrawn(page, path, '[data-plot], .insight-table');
}

for (const [locale, words] of Object.entries(WORDS)) {
  test(`peaks and people, ${locale}`, async () => {
    const page = await reader(locale);
    await open(page, 'times?zone=Asia/Shanghai');
    const plot = page.locator('[data-plot]').filter({ hasText: words.staff });
    await plot.scrollIntoViewIfNeeded();
    assert.match(await plot.innerText(), words.said);
    // The table has every hour of the week, and the marks are where it says so.
    const rows = await plot
      .locator('tbody tr')
      .evaluateAll((all) =>
        all.map((row) => [...row.children].map((cell) => cell.textContent.trim())),
      );
    assert.equal(rows.length, 168);
    const short = rows.filter((row) => row.at(-1) === words.few);
    const number = (text) => Number(text.replaceAll(',', ''));
    for (const [, , requests, present, rostered, needed, remark] of rows) {
      assert.ok(number(requests) >= 0 && number(present) >= 0 && number(rostered) >= 0);
      const missing = needed === '' ? 0 : number(needed) - number(present);
      // Written to three places.
      if (Math.abs(missing - 0.5) > 0.001) assert.equal(remark === words.few, missing > 0.5);
    }
    // One more explains what the marks mean.
    assert.equal(await plot.locator('.heat-mark').count(), short.length + 1);
    await accessible(page, 'hours of the week', '.insight-body');
    await shot(page, `times-staff-${locale.slice(0, 2)}`);
    assert.deepEqual(page.faults, []);
    await page.context().close();
  });

  test(`an address that is not understood, ${locale}`, async () => {
    const page = await reader(locale);
    await open(page, 'explorer?measure=nonsense&zone=Mars/Phobos&where=type,nonsense');
    const said = page.locator('.insight-unread');
    await said.waitFor();
    assert.match(await said.innerText(), words.unread);
    assert.match(await said.innerText(), words.unheard);
    await accessible(page, 'what was not understood', '.insight-body');
    await shot(page, `times-unread-${locale.slice(0, 2)}`);
    for (const path of ['times?split=language', 'explorer?group=hour_of_week&split=region&foo=1']) {
      await open(page, path);
      await said.waitFor();
      assert.match(await said.innerText(), words.unused);
      if (path.includes('foo')) assert.match(await said.innerText(), /foo.*1/);
    }
    // Every measure by every hour, and by the clock of every region.
    for (const path of [
      'explorer?measure=backlog&group=hour_of_day',
      'explorer?measure=backlog&group=type&split=weekday',
      'explorer?measure=flow&group=hour_of_week&clock=region',
      'explorer?measure=flow&group=type&split=hour_of_day',
      'times?measure=contact_rate&clock=region',
      'times?measure=flow&clock=region',
      'times?measure=flow&group=type',
      'times?measure=backlog&clock=region',
    ]) {
      await open(page, path);
      assert.equal(await page.locator('.insight-body [role=alert]').count(), 0, path);
      assert.equal(await said.count(), 0, path);
      if (path.includes('backlog'))
        assert.match(await page.innerText('.insight-body'), new RegExp(words.backlog));
      await shot(page, `times-${path.replace(/\W+/g, '-')}-${locale.slice(0, 2)}`);
    }
    assert.deepEqual(page.faults, []);
    await page.context().close();
  });
}

test('on a phone, and in the dark', async () => {
  const page = await reader('zh-CN', {
    viewport: { width: 390, height: 844 },
    colorScheme: 'dark',
  });
  await open(page, 'times');
  const plot = page.locator('[data-plot]').filter({ hasText: WORDS['zh-CN'].staff });
  await plot.scrollIntoViewIfNeeded();
  await accessible(page, 'hours of the week on a phone', '.insight-body');
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(wide <= 390, `${wide} wide`);
  await shot(page, 'times-staff-phone-dark');
  await page.context().close();
});

/** A lead and an analyst ask what an event changed, and what differs between two periods, on the demo's requests. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessible, eventually, launch, person, shot } from './browser.mjs';
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
/** The article after which fewer ask about fees (demo/events.json). */
const ARTICLE = 'TRON 转账为什么要能量';
const day = (ago) => new Date(Date.now() - ago * 86_400_000).toISOString().slice(0, 10);

const WORDS = {
  'zh-CN': {
    course: '实际走势与预期相差多少？',
    past: '没有这件事时，起伏有多大？',
    beside: '不受影响的部分有没有变？',
    groups: /^变化发生在哪里？/,
    nearby: '这段时间还发生了什么？',
    periods: '两段时间对比',
    made: '变化由哪些部分构成？',
    segments: /^哪些部分造成了变化？/,
    fewer: /^工单数比预期少 \d+% 至 \d+%$/,
    chance: /会不会只是偶然？不太可能/,
    table: '看表格',
    overview: '工单数怎样变化？',
  },
  'en-US': {
    course: 'How did it go, and what was to be expected?',
    past: 'What do these counts make of nothing?',
    beside: 'And what it cannot have touched?',
    groups: /^Where did it change\?/,
    nearby: 'What else happened in these days?',
    periods: 'Between two periods',
    made: 'What is the change made of?',
    segments: /^Which segments explain it\?/,
    fewer: /^Between \d+% and \d+% fewer requests than expected$/,
    chance: /Could it be chance\? Unlikely/,
    table: 'Show as table',
    overview: 'How does the count move?',
  },
};

async function reader(locale, email = 'lead@harbor.example', options = {}) {
  const page = await person(browser, {
    locale,
    viewport: { width: 1440, height: 900 },
    storageState: await signedIn(browser, desk, email, password()),
    ...options,
  });
  await page.addInitScript(
    (language) => localStorage.setItem('standfast.preferences', JSON.stringify({ language })),
    locale === 'zh-CN' ? 'zh-CN' : 'en',
  );
  return page;
}

/** The page with all that it asked for drawn. */
async function open(page, path) {
  await page.goto(`${desk.base}/console/insight/${path}`);
  await drawn(page, path);
}

const drawn = (page, what) =>
  insightDrawn(page, what, '[data-plot], [data-verdict], .plot-refusal');

const plot = (page, title) => page.locator('[data-plot]').filter({ hasText: title });
const verdict = (page) => page.locator('[data-verdict]');

/** The answers of the desk that the page shows. */
function answers(page, path) {
  const all = [];
  page.on('response', async (response) => {
    if (response.url().endsWith(path) && response.ok()) all.push(await response.json());
  });
  return all;
}

for (const [locale, words] of Object.entries(WORDS))
  test(`from an event in a plot to what it changed, ${locale}`, async () => {
    const page = await reader(locale);
    const told = answers(page, '/insight/effect');
    await open(page, 'overview?period=84d&by=day');
    const course = plot(page, words.overview).last();
    const heads = course.locator('.plot-event');
    assert.ok((await heads.count()) >= 3, 'events stand above the course');

    // By keys: the article is told by its name, and leads to its own page.
    const focused = () => page.evaluate(() => document.activeElement.getAttribute('aria-label'));
    await course.getByRole('slider').focus();
    for (let step = 0; step < 40; step += 1) {
      await page.keyboard.press('Tab');
      if ((await focused())?.includes(ARTICLE)) break;
    }
    const named = await focused();
    assert.match(named, /\d{4}-\d{2}-\d{2} \d{2}:\d{2}$/, 'the article is reached, and says when');
    const tip = page.locator('.tip:popover-open').getByText(named);
    await tip.waitFor();
    // What has focus keeps its tip when the page moves, as focus itself may make it do.
    const moved = await page.evaluate(async () => {
      let box = document.activeElement.parentElement;
      while (
        box &&
        !(
          box.scrollHeight > box.clientHeight && /auto|scroll/.test(getComputedStyle(box).overflowY)
        )
      )
        box = box.parentElement;
      box ??= document.scrollingElement;
      const before = box.scrollTop;
      box.scrollTop += before > 0 ? -8 : 8;
      await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
      return box.scrollTop - before;
    });
    assert.notEqual(moved, 0, 'the page moved');
    assert.ok(await tip.isVisible(), 'the tip goes with what has focus');
    await page.keyboard.press('Enter');
    await eventually(() => /\/compare\?.*event=\d+/.test(page.url()), 'the event in the address');
    await drawn(page, 'compare');

    await eventually(() => told.length > 0, 'an answer of the desk');
    const found = told.at(-1);
    assert.equal(await verdict(page).getAttribute('data-verdict'), found.verdict.code);
    for (const title of [words.course, words.past, words.beside, words.groups])
      await plot(page, title).waitFor();
    await page.getByRole('heading', { name: words.nearby }).waitFor();

    // The table beside the plot has every day, what was expected, and the events by their names.
    const days = plot(page, words.course);
    await days.hover();
    await days.getByRole('button', { name: words.table }).click();
    const table = days.locator('.plot-scroll table');
    assert.equal(await table.locator('tbody tr').count(), found.series.length);
    await table.getByText(ARTICLE).waitFor();
    await accessible(page, 'a comparison with its table');

    // The address is the view: opened anew it says the same.
    const sentence = await verdict(page).locator('h2').innerText();
    await page.reload();
    await drawn(page, 'compare, again');
    assert.equal(await verdict(page).locator('h2').innerText(), sentence);
    assert.deepEqual(page.faults, []);
    await page.context().close();
  });

for (const [locale, words] of Object.entries(WORDS))
  test(`who comes without a question sees a change that the desk found, ${locale}`, async () => {
    const page = await reader(locale, 'analyst@harbor.example');
    const told = answers(page, '/insight/effect');
    await open(page, 'compare');
    await eventually(() => told.length > 0 && verdict(page).count(), 'a verdict');
    const found = told.at(-1);
    // Seven of ten were taken from these requests since the article (demo/mix.json).
    assert.equal(found.verdict.code, 'fewer', JSON.stringify(found.estimate));
    // Nobody chose a filter: what the article names is the question's own, and in no address.
    assert.doesNotMatch(page.url(), /where=|event=/);
    assert.match(await verdict(page).locator('h2').innerText(), words.fewer);
    assert.match(await verdict(page).innerText(), words.chance);
    const percent = (ratio) => `${Math.round((1 - ratio) * 100)}%`;
    const sentence = await verdict(page).locator('h2').innerText();
    assert.ok(sentence.includes(percent(found.estimate.ratio.high)), sentence);
    assert.ok(sentence.includes(percent(found.estimate.ratio.low)), sentence);
    assert.ok(found.placebo.dates > 0 && found.difference, 'placebo and controls are there');
    await page.context().close();
  });

test('a choice changes the question, an accounted event is told to the desk, and a date is free', async () => {
  const page = await reader('en-US', 'analyst@harbor.example');
  const asked = [];
  page.on('request', (request) => {
    if (request.url().endsWith('/insight/effect')) asked.push(request.postDataJSON());
  });
  await open(page, 'compare');
  await page.getByRole('button', { name: /^Before: / }).click();
  await page.getByRole('menuitemradio', { name: '3 weeks' }).click();
  await eventually(() => asked.at(-1)?.before_days === 21, 'three weeks before');
  await page
    .getByRole('checkbox', { name: /Harbor Wallet/ })
    .first()
    .check();
  await eventually(() => asked.at(-1)?.events.length === 1, 'an event is accounted for');
  await page.getByRole('button', { name: /^帮助文章/ }).click();
  await accessible(page, 'choosing an event');
  await page.getByRole('combobox').fill('own');
  await page.keyboard.press('Enter');
  await page.getByLabel('First day of the change').fill(day(3));
  await eventually(
    () => asked.at(-1)?.date === day(3) && !asked.at(-1).event,
    'a date of one’s own',
  );
  await drawn(page, 'a date');
  assert.equal(await verdict(page).getAttribute('data-verdict'), 'too_short');
  assert.match(await verdict(page).innerText(), /more days? after the change/);
  await accessible(page, 'too few days');
  await shot(page, 'compare-too-short');

  // What the desk refuses says what to do.
  await open(page, `compare?date=${day(-9)}`);
  await page.locator('.plot-refusal').getByText('still ahead').waitFor();
  await open(page, 'compare?event=5');
  await page.locator('.plot-refusal').getByText('There is no such event').waitFor();
  await open(page, `compare?date=${day(30)}&where=type,fee&control=type,fee`);
  await page.locator('.plot-refusal').getByText('overlaps').waitFor();
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

for (const [locale, words] of Object.entries(WORDS))
  test(`two periods: parts that add up, segments that lead on, ${locale}`, async () => {
    const page = await reader(locale);
    const told = answers(page, '/insight/decomposition');
    await open(page, 'compare');
    await page.getByRole('link', { name: words.periods }).click();
    await eventually(() => told.length > 0, 'an answer');
    await drawn(page, 'two periods');
    const found = told.at(-1);
    const { users, mix, rate, unattributed } = found.parts;
    assert.ok(Math.abs(users + mix + rate + unattributed - (found.after - found.before)) < 1e-6);
    const made = plot(page, words.made);
    const rows = made.locator('.sr-only tbody tr');
    const numbers = (await rows.locator('td:nth-child(2)').allInnerTexts()).map((text) =>
      Number(text.replaceAll(',', '').replace('−', '-')),
    );
    assert.deepEqual([numbers[0], numbers.at(-1)], [found.before, found.after]);
    const sum = numbers.slice(0, -1).reduce((total, each) => total + each, 0);
    assert.ok(Math.abs(sum - found.after) <= 2, `${numbers}`);
    await accessible(page, 'two periods');

    const segments = plot(page, words.segments);
    await segments.getByRole('slider').focus();
    await page.keyboard.press('Home');
    await page.keyboard.press('Enter');
    await eventually(
      () =>
        page.url().includes('/explorer?') &&
        page.url().includes(`where=app_version%2C${found.segments[0].code}`),
      'the segment in the explorer',
    );
    assert.deepEqual(page.faults, []);
    await page.context().close();
  });

test('days that are left out are named, where they lie in the middle too', async () => {
  const page = await reader('en-US');
  const told = answers(page, '/insight/decomposition');
  // Of the nine days two weekdays come twice: in the later period these are its first and its last ones.
  const [earlier, later] = [
    [23, 15],
    [14, 1],
  ].map((ends) => ends.map(day));
  await open(page, `compare?what=periods&earlier=${earlier.join('..')}&later=${later.join('..')}`);
  await eventually(() => told.length > 0, 'an answer');
  const found = told.at(-1);
  assert.deepEqual(found.later.without_partner, [{ from: day(7), until: day(3) }]);
  const period = later.join(' to ');
  const said = await verdict(page).innerText();
  assert.ok(said.includes(`Of ${period}, 5 days are left out`), said);
  assert.ok(said.includes(`: ${day(7)} to ${day(3)}.`), said);
  const { made, segments } = WORDS['en-US'];
  for (const title of [made, segments])
    await plot(page, title).getByText(`9 of the 14 days of ${period}`).waitFor();
  const more = 5 + found.days_left_out;
  await plot(page, segments)
    .getByText(`opens the whole later period, with ${more} days that are left out here`)
    .waitFor();
  await accessible(page, 'days left out');
  await shot(page, 'compare-left-out');

  // Nothing waits for what is over, and no one period makes up for the other.
  await open(page, `compare?what=periods&earlier=${day(15)}..${day(9)}&later=${day(7)}..${day(1)}`);
  assert.doesNotMatch(
    await verdict(page).innerText(),
    /not help|Come back|in the (earlier|later) period\. Choose/,
  );
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

for (const [locale, names] of [
  ['zh-CN', ['流入', '流出', '流入减流出']],
  ['en-US', ['Came', 'Ended', 'Came less ended']],
])
  test(`what flows of a whole period has both sides, and a difference with its sign, ${locale}`, async () => {
    const page = await reader(locale);
    const told = answers(page, '/insight/query');
    await open(page, 'explorer?measure=flow&group=nothing&period=28d');
    await eventually(() => told.some(({ total }) => total.flow), 'an answer');
    const { opened, closed, before, after } = told.findLast(({ total }) => total.flow).total.flow;
    const tile = (name) =>
      page.locator('[data-plot]').filter({ has: page.getByRole('heading', { name, exact: true }) });
    const number = async (name) =>
      (await tile(name).locator('.tile-value').innerText()).replaceAll(',', '').trim();
    const sign = opened > closed ? '+' : opened < closed ? '−' : '';
    assert.deepEqual(await Promise.all(names.map(number)), [
      `${opened}`,
      `${closed}`,
      `${sign}${Math.abs(opened - closed)}`,
    ]);
    const note = (await tile(names[2]).innerText()).replaceAll(',', '');
    assert.ok(note.includes(`${before}`) && note.includes(`${after}`), note);
    assert.equal(await page.locator('.tile-change').count(), 0, 'no percentage');
    await accessible(page, 'what flows of a whole period');
    await shot(page, `compare-flow-total-${locale.slice(0, 2)}`);
    // What ended, not what came.
    await page.locator('.insight-rows').nth(1).click();
    await eventually(() => /[?&]part=met/.test(page.url()), 'what ended lies open');
    assert.deepEqual(page.faults, []);
    await page.context().close();
  });

test('events can be left out of the plots', async () => {
  const page = await reader('en-US');
  await open(page, 'overview?period=84d&events=none');
  assert.equal(await page.locator('.plot-event').count(), 0);
  await page.getByRole('button', { name: 'Events: none' }).click();
  await page.getByRole('menuitemradio', { name: 'Events: Release' }).click();
  await eventually(() => page.url().includes('events=release'), 'releases alone');
  await page.locator('.plot-event').first().waitFor();
  // An event of another chain has nothing to do with this one.
  await open(page, 'types?period=84d&by=day&where=chain,bitcoin');
  const names = await page
    .locator('.plot-event')
    .evaluateAll((all) => all.map((each) => each.ariaLabel).join());
  assert.doesNotMatch(names, /TRON node/);
  await page.context().close();
});

test('an agent has no comparisons', async () => {
  const page = await reader('en-US', 'sasha@harbor.example');
  const asked = [];
  page.on('request', (request) => asked.push(request.url()));
  await page.goto(`${desk.base}/console/insight/compare`);
  await page.getByText('Insight is for leads, analysts and admins').last().waitFor();
  assert.ok(!asked.some((url) => url.includes('/api/v1/console/insight/')), 'nothing was asked');
  await accessible(page, 'a page for other roles');
  await page.getByRole('link', { name: 'To Unassigned' }).click();
  await page.locator('[data-row]').first().waitFor();
  assert.doesNotMatch(page.url(), /insight/);
  await page.context().close();
});

for (const [width, colorScheme, locale] of [
  [360, 'light', 'zh-CN'],
  [360, 'dark', 'en-US'],
  [768, 'light', 'en-US'],
  [768, 'dark', 'zh-CN'],
  [1440, 'light', 'zh-CN'],
  [1440, 'dark', 'en-US'],
])
  test(`at ${width} px, ${colorScheme}, ${locale}`, async () => {
    const height = width === 360 ? 740 : 900;
    const page = await reader(locale, 'lead@harbor.example', {
      viewport: { width, height },
      colorScheme,
    });
    for (const [name, path] of [
      ['change', 'compare'],
      ['rate', 'compare?measure=contact_rate'],
      ['periods', 'compare?what=periods'],
      ['versions', 'compare?what=periods&group=app_version'],
      ['events', 'overview?period=84d&by=day'],
      ['parts', 'types?period=84d&by=day'],
    ]) {
      await open(page, path);
      if (name === 'change' || name === 'rate') {
        await verdict(page).waitFor();
        await drawn(page, name);
      }
      await accessible(page, `${name} at ${width} px`);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(wide <= 0, `${name} is ${wide} px too wide`);
      const tab = await page.locator('.insight-tab[aria-current]').boundingBox();
      assert.ok(tab.x >= 0 && tab.x + tab.width <= width, `the tab of ${name} is in sight`);
      assert.equal(await page.getByRole('alert').count(), 0, name);
      assert.doesNotMatch(
        await page.locator('.insight').innerText(),
        /compare\.\w|insight\.\w|plot\.\w|\{\w+\}|NaN|undefined/,
      );
      const size = await page.evaluate(() => {
        // On a phone all of it scrolls.
        const scrolling = document.querySelectorAll('.insight-body, #console > div');
        return Math.max(
          ...[...scrolling].map((one) => one.scrollHeight + innerHeight - one.clientHeight),
        );
      });
      await page.setViewportSize({ width, height: Math.min(size, 6_000) });
      await shot(page, `compare-${name}-${width}-${colorScheme}-${locale.slice(0, 2)}`);
      await page.setViewportSize({ width, height });
    }
    assert.deepEqual(page.faults, []);
    await page.context().close();
  });

/** What customers said, on the real desk: ratings with those who kept silent, "solved" and what became of it, waits. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { FACES, accessible, eventually, launch, person, shot } from './browser.mjs';
import { signedIn } from './console.mjs';
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
const HEIGHTS = { 360: 740, 768: 900, 1440: 900 };

async function reader({ language = 'en', theme = 'light', width = 1440 } = {}) {
  const page = await person(browser, {
    locale: language,
    colorScheme: theme,
    viewport: { width, height: HEIGHTS[width] },
    storageState: await signedIn(browser, desk, 'lead@harbor.example', password()),
  });
  await page.addInitScript(
    (saved) => localStorage.setItem('standfast.preferences', JSON.stringify(saved)),
    { language, theme },
  );
  await page.goto(`${desk.base}/console/insight/satisfaction?period=84d`);
  await page.locator('[data-plot] svg[data-drawing]').first().waitFor();
  await drawn(page);
  return page;
}

/** Until every plot has come. */
const drawn = (page) =>
  eventually(async () => {
    const busy = await page.locator('[data-plot][aria-busy=true]').count();
    return busy === 0 && (await page.locator('[data-plot]').count()) >= 15;
  }, 'all plots');

const plot = (page, title) =>
  page.locator('[data-plot]').filter({ has: page.getByRole('heading', { name: title }) });

/** The table of a plot, as rows of texts. */
async function table(page, title) {
  const own = plot(page, title);
  return own
    .locator('table tbody tr')
    .evaluateAll((rows) =>
      rows.map((row) => [...row.children].map((cell) => cell.textContent.trim())),
    );
}

for (const [width, theme, language] of FACES)
  test(`the page at ${width} px, ${theme}, ${language}`, async () => {
    const page = await reader({ width, theme, language });
    await accessible(page, `satisfaction ${width} ${theme} ${language}`);
    const { inner, outer } = await page.evaluate(() => ({
      inner: document.documentElement.scrollWidth,
      outer: innerWidth,
    }));
    assert.ok(inner <= outer, `the page is ${inner} px wide on a screen of ${outer} px`);
    const name = `satisfaction-${width}-${theme}-${language}`;
    await shot(page, name);
    const body = page.locator('.insight-body');
    const height = await body.evaluate((each) => each.scrollHeight);
    await page.setViewportSize({ width, height: height + 200 });
    await page.waitForTimeout(400);
    await drawn(page);
    await shot(page, `${name}-whole`);
    const outside = await page.locator('svg[data-drawing]').evaluateAll((drawings) =>
      drawings.flatMap((drawing) => {
        const box = drawing.getBoundingClientRect();
        return [...drawing.querySelectorAll('text')]
          .filter((text) => {
            const own = text.getBoundingClientRect();
            return own.width > 0 && (own.left < box.left - 2 || own.right > box.right + 2);
          })
          .map((text) => text.textContent);
      }),
    );
    assert.deepEqual(outside, []);
    assert.deepEqual(page.faults, []);
    await page.context().close();
  });

test('the silent are shown, and the bounds are what they leave open', async () => {
  const page = await reader();
  const rows = await table(page, 'What did those who were asked say?');
  const counts = rows.map((row) => Number(row[1].replace(/,/g, '')));
  assert.equal(counts.length, 3);
  assert.ok(
    counts.every((count) => count > 0),
    `${counts}`,
  );
  const [satisfied, silent, dissatisfied] = counts;
  const asked = satisfied + silent + dissatisfied;
  const note = await plot(page, 'What did those who were asked say?')
    .locator('.plot-note')
    .innerText();
  const said = (value) => `${Math.round(value * 1000) / 10}%`;
  assert.ok(note.includes(said(satisfied / asked)), note);
  assert.ok(note.includes(said((satisfied + silent) / asked)), note);
  assert.match(note, /satisfied \(\d/, 'the interval');
  await page.context().close();
});

test('every figure opens as many requests as it says', async () => {
  const page = await reader();
  const slider = plot(page, 'What did those who were asked say?').getByRole('slider');
  await slider.focus();
  await page.keyboard.press('Home');
  const spoken = await slider.getAttribute('aria-valuetext');
  assert.match(spoken, /^Satisfied/);
  await page.keyboard.press('Enter');
  const side = page.getByRole('dialog');
  await side.locator('[data-behind]').waitFor();
  await side.getByRole('button', { name: /^Meet it/ }).click();
  const count = Number((await side.locator('[data-behind]').getAttribute('data-behind')) ?? 0);
  assert.equal(count, Number(spoken.match(/([\d,]+) · /)[1].replace(/,/g, '')));
  await accessible(page, 'requests behind a rating');
  await page.keyboard.press('Escape');

  const states = plot(page, 'Is what was called solved really solved?').getByRole('slider');
  for (const key of ['Home', 'ArrowRight', 'ArrowRight', 'ArrowRight']) {
    await states.focus();
    await page.keyboard.press(key);
    const words = await states.getAttribute('aria-valuetext');
    const n = Number(words.match(/([\d,]+) · [\d.]+%$/)?.[1].replace(/,/g, '') ?? 0);
    if (n === 0) continue;
    await page.keyboard.press('Enter');
    await side.locator('[data-behind]').waitFor();
    assert.equal(Number(await side.locator('[data-behind]').getAttribute('data-behind')), n, words);
    assert.ok(
      (await side.locator('li').count()) > 0 ||
        (await side.locator('li').first().waitFor()) === undefined,
    );
    await page.keyboard.press('Escape');
    await side.waitFor({ state: 'detached' });
  }
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('requests too young to tell are no successes', async () => {
  const page = await reader();
  const rows = await table(page, 'Who came back with the same type of problem?');
  assert.equal(rows.length, 6);
  const young = (window) =>
    Number(
      rows
        .find(([row, part]) => row === window && part === 'Too young to tell')[2]
        .replace(/,/g, ''),
    );
  assert.ok(young('Within 30 days') > young('Within 7 days'), 'a longer window leaves more open');
  const all = (window) =>
    rows
      .filter(([row]) => row === window)
      .reduce((sum, row) => sum + Number(row[2].replace(/,/g, '')), 0);
  assert.equal(all('Within 7 days'), all('Within 30 days'), 'every request is in one part');
  await page.context().close();
});

test('curves of waiting say how many still wait, and split by type', async () => {
  const page = await reader();
  const title = 'How long until it is solved for good?';
  const note = await plot(page, title).locator('.plot-note').innerText();
  assert.match(note, /Half are solved within .+\(.+–.+\)\./);
  assert.match(note, /\d+ of [\d,]+ are not solved: they count for as long as they were seen/);
  await page.getByRole('button', { name: /^Curves by/ }).click();
  await page.getByRole('menuitemradio', { name: 'Type' }).click();
  await eventually(() => new URL(page.url()).searchParams.get('group') === 'type', 'the address');
  await drawn(page);
  await eventually(
    async () => (await plot(page, title).locator('svg .plot-line').count()) === 4,
    'four curves',
  );
  await shot(page, 'satisfaction-curves-by-type');
  await plot(page, title).screenshot({
    path: new URL('../../.cache/screens/satisfaction-curve.png', import.meta.url).pathname,
  });
  await page.context().close();
});

test('a filter narrows everything, and paper has the whole page', async () => {
  const page = await reader();
  const before = await table(page, 'Which marks were given?');
  await page.goto(`${desk.base}/console/insight/satisfaction?period=84d&where=language,en`);
  await drawn(page);
  const after = await table(page, 'Which marks were given?');
  const sum = (rows) => rows.reduce((all, row) => all + Number(row[1].replace(/,/g, '')), 0);
  assert.ok(sum(after) > 0 && sum(after) < sum(before), `${sum(after)} of ${sum(before)}`);
  await page.emulateMedia({ media: 'print' });
  assert.equal(await page.locator('.insight-bar').isVisible(), false);
  await page.pdf?.({
    path: new URL('../../.cache/screens/satisfaction.pdf', import.meta.url).pathname,
  });
  await shot(page, 'satisfaction-print');
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

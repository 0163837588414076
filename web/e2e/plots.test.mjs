/** Every plot in a real browser: pictures, axe, cursor, brush, table, copies, print. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { FACES, accessible, launch, person, shot } from './browser.mjs';
import { gallery } from './gallery.mjs';

let site, browser;
before(async () => {
  [site, browser] = await Promise.all([gallery(), launch()]);
});
after(async () => {
  await browser?.close();
  await site?.stop();
});

const HEIGHTS = { 360: 740, 768: 900, 1440: 900 };

async function visitor({ width = 1440, theme = 'light', language = 'en', ...rest } = {}) {
  const page = await person(browser, {
    viewport: { width, height: HEIGHTS[width] },
    locale: language,
    colorScheme: theme,
    ...rest,
  });
  await page.addInitScript(
    (saved) => localStorage.setItem('standfast.preferences', JSON.stringify(saved)),
    { language, theme },
  );
  await page.goto(`${site.base}/`);
  await page.locator('[data-case=multiples] svg[data-drawing]').waitFor();
  return page;
}

const plot = (page, name) => page.locator(`[data-case=${name}] [data-plot]`).first();
const cursor = (page, name) => plot(page, name).getByRole('slider');

for (const [width, theme, language] of FACES)
  test(`all plots at ${width} px, ${theme}, ${language}`, async () => {
    const page = await visitor({ width, theme, language });
    // The skeleton of what is loading has come by now.
    await page.waitForTimeout(300);
    await accessible(page, `plots ${width} ${theme} ${language}`);
    const { inner, outer } = await page.evaluate(() => ({
      inner: document.documentElement.scrollWidth,
      outer: innerWidth,
    }));
    assert.ok(inner <= outer, `the page is ${inner} px wide on a screen of ${outer} px`);
    for (const section of await page.locator('[data-case]').all()) {
      const name = await section.getAttribute('data-case');
      const path = `plots-${name}-${width}-${theme}-${language}`;
      await section.screenshot({
        path: new URL(`../../.cache/screens/${path}.png`, import.meta.url).pathname,
      });
    }
    assert.deepEqual(page.faults, []);
    await page.context().close();
  });

test('every text of a drawing stays within it', async () => {
  for (const width of [360, 768]) {
    const page = await visitor({ width });
    const outside = await page.locator('svg[data-drawing]').evaluateAll((drawings) =>
      drawings.flatMap((drawing) => {
        const box = drawing.getBoundingClientRect();
        return [...drawing.querySelectorAll('text')]
          .filter((text) => {
            const own = text.getBoundingClientRect();
            return own.width > 0 && (own.left < box.left - 2 || own.right > box.right + 2);
          })
          .map((text) => `${drawing.closest('[data-case]')?.dataset.case}: ${text.textContent}`);
      }),
    );
    assert.deepEqual(outside, [], `at ${width} px`);
    await page.context().close();
  }
});

test('arrow keys move a cursor that says exact numbers', async () => {
  const page = await visitor();
  const slider = cursor(page, 'series');
  await slider.focus();
  await page.keyboard.press('Home');
  const first = await slider.getAttribute('aria-valuetext');
  assert.match(first, /^2026-09-07 Mon, Now \d+ .*, 2026-06-15 Mon \d+ [+−]\d+/);
  await page.keyboard.press('ArrowRight');
  assert.match(await slider.getAttribute('aria-valuetext'), /^2026-09-08 Tue/);
  assert.equal(await slider.getAttribute('aria-valuenow'), '2');
  const seen = await plot(page, 'series').locator('.plot-readout').innerText();
  assert.match(seen, /2026-09-08 Tue/);
  await page.keyboard.press('End');
  assert.match(await slider.getAttribute('aria-valuetext'), /^2026-11-28 Sat.*not over yet/);
  await page.keyboard.press('Escape');
  assert.equal(await plot(page, 'series').locator('.plot-readout').count(), 0);
  await page.context().close();
});

test('clocks that go back give one hour twice, told apart', async () => {
  const page = await visitor();
  const slider = cursor(page, 'clocks');
  await slider.focus();
  const heard = [];
  await page.keyboard.press('Home');
  for (let hour = 0; hour < 28; hour += 1) {
    heard.push(await slider.getAttribute('aria-valuetext'));
    await page.keyboard.press('ArrowRight');
  }
  const twice = heard.filter((text) => text.startsWith('2026-11-01 Sun 01:00'));
  assert.equal(twice.length, 2, heard.join('\n'));
  assert.match(twice[0], /UTC−4/);
  assert.match(twice[1], /UTC−5/);
  await page.context().close();
});

test('a range is chosen by dragging, and by keys', async () => {
  const page = await visitor();
  const range = () => page.locator('main').getAttribute('data-range');
  const box = await cursor(page, 'series').boundingBox();
  const y = box.y + box.height / 2;
  await page.mouse.move(box.x + box.width * 0.25, y);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.5, y, { steps: 6 });
  await shot(page, 'plots-brush');
  await page.mouse.up();
  const [from, until] = (await range()).split(' ').map(Number);
  const days = (until - from) / 86_400_000;
  assert.ok(days > 15 && days < 28, `${days} days`);
  assert.equal(new Date(from).toISOString().slice(11), '16:00:00.000Z', 'midnight in Shanghai');

  await cursor(page, 'stacked').focus();
  await page.keyboard.press('Home');
  await page.keyboard.press('ArrowRight');
  for (let day = 0; day < 4; day += 1) await page.keyboard.press('Shift+ArrowRight');
  await page.keyboard.press('Enter');
  const [start, end] = (await range()).split(' ').map(Number);
  assert.equal((end - start) / 86_400_000, 5);
  await page.context().close();
});

test('a bar is picked by pointer and by key', async () => {
  const page = await visitor();
  const picked = () => page.locator('main').getAttribute('data-picked');
  await cursor(page, 'bars').click({ position: { x: 300, y: 14 } });
  assert.equal(await picked(), 'transfer_missing');
  await cursor(page, 'bars').focus();
  await page.keyboard.press('Home');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  assert.equal(await picked(), 'wrong_network');
  await page.context().close();
});

test('up and down in a heat map keep the hour', async () => {
  const page = await visitor();
  const slider = cursor(page, 'heat');
  await slider.focus();
  for (const key of ['Home', 'ArrowRight', 'ArrowRight', 'ArrowDown', 'ArrowDown', 'ArrowDown'])
    await page.keyboard.press(key);
  assert.match(await slider.getAttribute('aria-valuetext'), /^Thu 02, \d+.*National Day/);
  await page.context().close();
});

test('the table is one key away, for the plot in focus or under the pointer', async () => {
  const page = await visitor();
  const shown = (name) => plot(page, name).getByRole('region').locator('table');
  await cursor(page, 'types').focus();
  await page.keyboard.press('t');
  await shown('types').waitFor();
  const head = await shown('types').locator('thead th').allInnerTexts();
  assert.deepEqual(head.slice(0, 2), ['Time', 'Transfer has not arrived']);
  assert.equal(await shown('types').locator('tbody tr').count(), 83);
  assert.equal(await page.locator('[data-plot] .plot-scroll').count(), 1, 'only this one');
  await shot(page, 'plots-table');
  await page.keyboard.press('t');
  assert.equal(await shown('types').count(), 0);

  await page.evaluate(() => document.activeElement?.blur());
  await plot(page, 'heat').hover();
  await page.keyboard.press('t');
  await shown('heat').waitFor();
  assert.equal(await shown('heat').locator('tbody tr').count(), 7);
  await accessible(page, 'a heat map as table', '[data-case=heat]');
  await page.context().close();
});

test('screen readers get every plot as a table', async () => {
  const page = await visitor();
  const without = await page
    .locator('[data-plot]')
    .evaluateAll((plots) =>
      plots
        .filter(
          (each) =>
            each.querySelector('svg[data-drawing]') && !each.querySelector('table tbody tr'),
        )
        .map((each) => each.querySelector('.plot-title')?.textContent),
    );
  assert.deepEqual(without, []);
  await page.context().close();
});

test('numbers, pictures and drawings are copied and saved', async () => {
  const page = await visitor({ permissions: ['clipboard-read', 'clipboard-write'] });
  const choose = async (name, item) => {
    await plot(page, name).hover();
    await plot(page, name).getByRole('button', { name: 'Copy or save' }).click();
    await page.getByRole('menuitem', { name: item, exact: true }).click();
  };
  await choose('bars', 'Numbers as CSV');
  await page.getByText('Done').waitFor();
  const text = await page.evaluate(() => navigator.clipboard.readText());
  assert.match(text, /^\uFEFF?Type,Value,Lower limit,Upper limit,Before,Change,Remark\r?\n/);
  assert.match(text, /Transfer has not arrived,4200,/);

  const [picture] = await Promise.all([page.waitForEvent('download'), choose('series', 'PNG')]);
  const png = await readFile(await picture.path());
  assert.deepEqual([...png.subarray(1, 4)], [0x50, 0x4e, 0x47]);
  await picture.saveAs(new URL('../../.cache/screens/plots-saved.png', import.meta.url).pathname);

  const [drawing] = await Promise.all([page.waitForEvent('download'), choose('series', 'SVG')]);
  const svg = await readFile(await drawing.path(), 'utf8');
  await drawing.saveAs(new URL('../../.cache/screens/plots-saved.svg', import.meta.url).pathname);
  assert.match(svg, /Requests doubled when TRON nodes stopped/);
  assert.ok(!/var\(|class=|style=|oklab/.test(svg), 'needs no stylesheet');
  await page.context().close();
});

test('paper is light, has no buttons and shows whole plots', async () => {
  const page = await visitor({ theme: 'dark' });
  await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
  const ground = await page.evaluate(() =>
    getComputedStyle(document.documentElement).getPropertyValue('--surface').trim(),
  );
  assert.match(ground, /^#fff/);
  assert.equal(await plot(page, 'series').locator('.plot-tools').isVisible(), false);
  await page.screenshot({
    path: new URL('../../.cache/screens/plots-print.png', import.meta.url).pathname,
  });
  await page.context().close();
});

test('what failed says so and can be tried again', async () => {
  const page = await visitor();
  const failed = page.locator('[data-case=states] [data-plot]').last();
  assert.equal(await failed.getByRole('alert').count(), 1);
  await failed.getByRole('button', { name: 'Try again' }).click();
  assert.equal(await page.locator('main').getAttribute('data-picked'), 'retry');
  await page.context().close();
});

/**
 * Walks through the console as an agent does and checks what must hold. Needs the same as look.mjs;
 * mock with `QUIET=1 LONG=2000`.
 */
import assert from 'node:assert/strict';
import { chromium } from 'playwright-core';

const BASE = process.env.BASE ?? 'http://127.0.0.1:5280';
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: FLAGS });
const mock = (wish) =>
  fetch(`${BASE}/__mock`, { method: 'POST', body: JSON.stringify(wish) }).then((answer) =>
    answer.json(),
  );

async function agent(as = 'lin', viewport = { width: 1440, height: 900 }) {
  const context = await browser.newContext({ viewport, locale: 'en' });
  const page = await context.newPage();
  page.faults = [];
  page.on('pageerror', (error) => page.faults.push(error.message));
  page.on(
    'console',
    (message) =>
      message.type() === 'error' &&
      !/Failed to load|WebSocket|net::/.test(message.text()) &&
      page.faults.push(message.text()),
  );
  await page.request.post(`${BASE}/api/v1/session`, {
    data: { email: `${as}@desk.example`, password: 'standfast' },
  });
  return page;
}

const rowIds = (page) =>
  page.locator('[data-row]').evaluateAll((rows) => rows.map((row) => row.dataset.row));
const idOf = (page) => new URL(page.url()).pathname.split('/').at(-1);
const box = (page) => page.locator('#composer-text');
const walks = {
  async 'keyboard: j, k, Enter, Escape, g sequences'() {
    const page = await agent();
    await page.goto(`${BASE}/console/unassigned`);
    await page.locator('[data-row]').first().waitFor();
    const ids = await rowIds(page);
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    await page.waitForTimeout(100);
    assert.equal(await page.evaluate(() => document.activeElement.dataset.row), ids[1]);
    await page.keyboard.press('k');
    await page.waitForTimeout(100);
    await page.keyboard.press('Enter');
    await page.locator('[role=log] article').first().waitFor();
    assert.equal(idOf(page), ids[0]);
    await page.keyboard.press('r');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'composer-text');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    assert.ok(page.url().endsWith('/unassigned'));
    await page.keyboard.press('g');
    await page.keyboard.press('m');
    assert.ok(page.url().endsWith('/mine'));
    await page.goBack();
    assert.ok(page.url().endsWith('/unassigned'));
    return page;
  },
  async 'draft: kept per request across a reload'() {
    const page = await agent();
    await page.goto(`${BASE}/console/mine`);
    await page.locator('[data-row]').first().click();
    await box(page).fill('half a thought');
    const first = idOf(page);
    await page.locator('[data-row]').nth(1).click();
    await page.waitForTimeout(100);
    assert.equal(await box(page).inputValue(), '');
    await page.goto(`${BASE}/console/mine/${first}`);
    await box(page).waitFor();
    assert.equal(await box(page).inputValue(), 'half a thought');
    await box(page).fill('');
    return page;
  },
  async "reply: shown at once, then the desk's own entry, once"() {
    const page = await agent();
    await page.goto(`${BASE}/console/mine`);
    await page.locator('[data-row]').first().click();
    await page.locator('[role=log] article').first().waitFor();
    const text = `Reply ${Date.now()}`;
    await mock({ delay: 700 });
    await box(page).fill(text);
    await box(page).press('Control+Enter');
    await page.locator('[role=log]').getByText(text).waitFor({ timeout: 500 });
    assert.equal(await box(page).inputValue(), '');
    await mock({ delay: 0 });
    await page.getByText('Sending…').waitFor({ state: 'detached', timeout: 5000 });
    assert.equal(await page.locator('[role=log]').getByText(text).count(), 1);
    return page;
  },
  async 'outdated view: nothing sent, text kept, missed shown, one key sends'() {
    const page = await agent();
    await page.goto(`${BASE}/console/unassigned`);
    await page.locator('[data-row]').nth(2).click();
    await page.locator('[role=log] article').first().waitFor();
    await mock({ outdated: true });
    const text = `Answer ${Date.now()}`;
    await box(page).fill(text);
    await box(page).press('Control+Enter');
    await page.getByText('since you began to write').waitFor();
    assert.equal(await box(page).inputValue(), text);
    // What was missed counts as read after two seconds.
    await page.waitForTimeout(2_100);
    await box(page).press('Control+Enter');
    await page.locator('[role=log]').getByText(text).waitFor();
    await page.waitForTimeout(400);
    assert.equal(await page.getByText('since you began to write').count(), 0);
    assert.equal(await page.locator('[role=log]').getByText(text).count(), 1);
    return page;
  },
  async 'offline: kept over a reload, sent and caught up when back'() {
    const page = await agent();
    await page.goto(`${BASE}/console/mine`);
    await page.locator('[data-row]').nth(3).click();
    await page.locator('[role=log] article').first().waitFor();
    const id = idOf(page);
    await page.waitForTimeout(300);
    await mock({ offline: true });
    const text = `Offline ${Date.now()}`;
    await box(page).fill(text);
    await box(page).press('Control+Enter');
    await page.getByText('No connection.').waitFor();
    assert.equal(await page.locator('[role=log]').getByText(text).count(), 1);
    await mock({ write: id, text: 'written while you were away' });
    await mock({ offline: false });
    await page
      .locator('[role=log]')
      .getByText('written while you were away')
      .first()
      .waitFor({ timeout: 40_000 });
    // Somebody wrote in between: the reply comes back to the box with what was missed.
    await page.getByText('since you began to write').waitFor({ timeout: 40_000 });
    assert.equal(await box(page).inputValue(), text);
    // What was missed counts as read after two seconds.
    await page.waitForTimeout(2_100);
    await box(page).press('Control+Enter');
    await page.waitForTimeout(600);
    assert.equal(await page.locator('[role=log]').getByText(text).count(), 1);
    return page;
  },
  async 'list: nothing moves under the pointer, arrivals wait'() {
    const page = await agent();
    await page.goto(`${BASE}/console/unassigned`);
    await page.locator('[data-row]').first().waitFor();
    await page.waitForTimeout(400);
    await page.mouse.move(400, 300);
    await page.mouse.move(402, 302);
    const before = await rowIds(page);
    await mock({ atRisk: 2, arrive: 2 });
    await page.waitForTimeout(400);
    assert.deepEqual(await rowIds(page), before);
    assert.match(await page.locator('[aria-label="Unassigned"]').innerText(), /2 new, at risk/);
    await page.mouse.move(900, 500);
    await page.waitForTimeout(300);
    assert.notDeepEqual(await rowIds(page), before);
    return page;
  },
  async 'list: scrolled rows keep their place when rows arrive above'() {
    const page = await agent();
    await page.goto(`${BASE}/console/all`);
    await page.locator('[data-row]').first().waitFor();
    await page.waitForTimeout(300);
    const list = page.locator('[aria-label="Requests"]');
    await list.evaluate((node) => node.scrollTo(0, 3200));
    await page.waitForTimeout(500);
    const seen = await page.evaluate(() =>
      [...document.querySelectorAll('[data-row]')]
        .map((row) => [row.dataset.row, row.getBoundingClientRect().top])
        .find(([, top]) => top > 300),
    );
    await mock({ atRisk: 3 });
    await page.waitForTimeout(500);
    const top = await page.evaluate(
      (id) => document.querySelector(`[data-row="${id}"]`)?.getBoundingClientRect().top,
      seen[0],
    );
    assert.ok(Math.abs(top - seen[1]) < 2, `moved from ${seen[1]} to ${top}`);
    return page;
  },
  async 'thread of 2,000: opens fast, older entries come without a jump'() {
    const page = await agent();
    const { long } = await mock({});
    const begin = Date.now();
    await page.goto(`${BASE}/console/all/${long}`);
    await page.locator('[role=log] article').first().waitFor();
    const opened = Date.now() - begin;
    await page.waitForTimeout(500);
    const log = page.locator('[role=log]');
    assert.ok(
      await log.evaluate((node) => node.scrollHeight - node.scrollTop - node.clientHeight < 60),
      'not at the end',
    );
    await log.evaluate((node) => node.scrollTo(0, 700));
    await page.waitForTimeout(150);
    const seen = await page.evaluate(() =>
      [...document.querySelectorAll('[role=log] article')]
        .map((each) => [each.innerText, each.getBoundingClientRect().top])
        .find(([, top]) => top > 250),
    );
    await page.waitForTimeout(300);
    const from = await log.evaluate((node) => node.scrollTop);
    const place = (text) =>
      page.evaluate(
        (wanted) =>
          [...document.querySelectorAll('[role=log] article')]
            .find((each) => each.innerText === wanted)
            ?.getBoundingClientRect().top,
        text,
      );
    const before = await place(seen[0]);
    const height = await log.evaluate((node) => node.scrollHeight);
    await log.evaluate((node) => node.scrollTo(0, 560));
    await page.waitForTimeout(900);
    assert.ok((await log.evaluate((node) => node.scrollHeight)) > height, 'no older entries came');
    const top = await place(seen[0]);
    assert.ok(Math.abs(top - before - (from - 560)) < 3, `jumped: ${before} to ${top}`);
    let pages = 0;
    while (pages < 30) {
      await log.evaluate((node) => node.scrollTo(0, 0));
      await page.waitForTimeout(120);
      pages += 1;
      if ((await log.innerText()).includes('\n2. ')) break;
    }
    const worst = await log.evaluate(async (node) => {
      let slowest = 0;
      let last = performance.now();
      for (let step = 0; step < 90; step += 1) {
        node.scrollBy(0, 400);
        await new Promise((resolve) => requestAnimationFrame(resolve));
        const now = performance.now();
        slowest = Math.max(slowest, now - last);
        last = now;
      }
      return Math.round(slowest);
    });
    console.log(
      `     opened in ${opened} ms, ${pages} pages back, slowest frame ${worst} ms, nodes ${await page.evaluate(() => document.querySelectorAll('*').length)}`,
    );
    return page;
  },
  async 'two agents see each other'() {
    const [lin, sofia] = [await agent('lin'), await agent('sofia')];
    await lin.goto(`${BASE}/console/unassigned`);
    await lin.locator('[data-row]').nth(1).click();
    await lin.locator('[role=log] article').first().waitFor();
    await sofia.goto(`${BASE}/console/all/${idOf(lin)}`);
    await lin.getByText('Sofia Marin is here too').waitFor();
    await sofia.locator('#composer-text').pressSequentially('Hi', { delay: 20 });
    await lin.getByText('Sofia Marin is writing a reply').waitFor();
    await sofia.context().close();
    return lin;
  },
  async 'assign, solve, undo; settings; session end'() {
    const page = await agent();
    await page.goto(`${BASE}/console/unassigned`);
    await page.locator('[data-row]').last().click();
    await page.locator('[role=log] article').first().waitFor();
    await page.keyboard.press('i');
    await page.getByText('Assigned to you').waitFor();
    await page.keyboard.press('e');
    await page.getByText('solved the request').first().waitFor();
    await page.getByRole('status').getByText('Undo').last().click();
    await page.getByText('reopened the request').first().waitFor();
    await box(page).fill('must survive the end of the session');
    await page.context().clearCookies();
    await page.keyboard.press('Escape');
    await page.keyboard.press('g');
    await page.keyboard.press('a');
    await page.getByText('Your session has ended').waitFor();
    return page;
  },
  async 'hostile text stays text'() {
    const page = await agent();
    await page.goto(`${BASE}/console/mine`);
    await page.locator('[data-row]').nth(4).click();
    await page.locator('[role=log] article').first().waitFor();
    await mock({
      write: idOf(page),
      text: '<img src=x onerror="document.title=\'pwned\'"><script>document.title="pwned"</script> javascript:alert(1) https://аpple.com/x \u202Etxt',
    });
    await page.locator('[role=log]').getByText('<script>').waitFor();
    assert.doesNotMatch(await page.title(), /pwned/);
    await page.locator('[role=log] [role=link]').last().click();
    await page.getByText('xn--pple-43d.com', { exact: true }).waitFor();
    return page;
  },
};

let failed = 0;
const only = process.argv[2] ?? '';
for (const [name, walk] of Object.entries(walks).filter(([title]) => title.includes(only))) {
  await mock({ fail: null, delay: 0, offline: false, outdated: false });
  try {
    const page = await walk();
    assert.deepEqual(page.faults, []);
    await page.context().close();
    console.log(`ok   ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAIL ${name}\n     ${error.message.split('\n').slice(0, 12).join('\n     ')}`);
  }
}
await mock({ fail: null, delay: 0, offline: false });
await browser.close();
process.exit(failed === 0 ? 0 : 1);

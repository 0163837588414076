/** Every page in both languages, light and dark, narrow and wide: it opens, fits, and axe finds nothing. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessible, eventually, launch, person, shot } from './browser.mjs';
import { answer, log, openRequest, row, signIn } from './console.mjs';
import { Desk } from './desk.mjs';
import { host } from './host.mjs';
import { ask, openWidget, receiptNumber } from './widget.mjs';

let desk, site, browser;
before(async () => {
  desk = await Desk.start();
  site = await host(desk.base);
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await site?.stop();
  await desk?.stop();
});

const SHAPES = [
  { name: '360-light', viewport: { width: 360, height: 740 }, colorScheme: 'light' },
  { name: '1280-dark', viewport: { width: 1280, height: 860 }, colorScheme: 'dark' },
];

async function fits(page, what) {
  const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(over <= 0, `${what} is ${over} px too wide`);
}

for (const locale of ['zh-CN', 'en-US']) {
  for (const { name, ...options } of SHAPES) {
    test(`user's pages, ${locale}, ${name}`, async () => {
      const page = await person(browser, { locale, ...options });
      for (const path of [
        '/',
        '/contact',
        '/contact?type=theft',
        '/contact?type=pending',
        '/t',
        '/t/222-222-2222',
        '/docs/api',
        '/docs/problems',
        '/nothing-here',
      ]) {
        await page.goto(desk.base + path);
        const what = `${path} ${locale} ${name}`;
        assert.equal(
          await page.evaluate(() => document.documentElement.lang.slice(0, 2)),
          locale.slice(0, 2),
          `language of ${what}`,
        );
        await fits(page, what);
        // The reference has thirty thousand elements, alike everywhere: all of them in each language, theme and width, and in
        // the other two of the four ways to meet only what stands around them.
        const whole = path !== '/docs/api' || (locale === 'en-US') === name.endsWith('dark');
        await accessible(page, what, whole ? null : 'header');
        const file = path.replace(/\W+/g, '-').replace(/^-|-$/g, '') || 'start';
        await shot(page, `page-${file}-${locale.slice(0, 2)}-${name}`);
      }
      assert.deepEqual(page.faults, []);
      await page.context().close();
    });
  }
}

test('the form works without JavaScript, and the request can be followed by its link', async () => {
  const page = await person(browser, { javaScriptEnabled: false });
  await page.goto(`${desk.base}/contact`);
  await page.getByText('从交易所提币未到账').first().click();
  await page.fill('textarea', '从交易所提了 300 USDT，三个小时没到账');
  await page.getByLabel('所在的链').fill('TRON');
  await page.locator('#send').click();
  await page.waitForURL(/\/t\//);
  const text = await page.innerText('main');
  assert.match(text, /[2-9A-Z]{3}-[2-9A-Z]{3}-[2-9A-Z]{4}/);
  assert.ok(text.includes('从交易所提了 300 USDT'));
  await shot(page, 'form-receipt');
  await page.context().close();
});

test('the page of a request says what is new while somebody writes on it, and loses nothing', async () => {
  const page = await person(browser, { locale: 'en-US' });
  await page.clock.install();
  await page.goto(`${desk.base}/contact?type=pending`);
  await page.fill('textarea', 'My transfer of 12 USDT is late');
  await page.locator('#send').click();
  await page.waitForURL(/\/t\//);
  const agent = await person(browser, { locale: 'en-US' });
  await signIn(agent, desk, 'robin@desk.example');
  await openRequest(agent, 'My transfer of 12 USDT');
  await answer(agent, 'It is in the next block.');
  // It stands there before there is anything to say, or nothing would be read out.
  await page.locator('.news').waitFor({ state: 'attached' });
  const display = (it) => getComputedStyle(it).display;
  assert.equal(await page.locator('.news').evaluate(display), 'block');
  const words = page.locator('#text');
  await words.fill('I also wanted to say');
  await page.clock.fastForward(61_000);
  await page.getByText('There is something new in this request.').waitFor();
  assert.equal(await words.inputValue(), 'I also wanted to say');
  assert.ok(!(await page.innerText('main')).includes('It is in the next block.'));
  await accessible(page, 'a request with something new');
  await shot(page, 'request-news');
  await page.getByRole('link', { name: 'Show it' }).click();
  await page.getByText('It is in the next block.').waitFor();
  await page.getByText('There is something new').waitFor({ state: 'hidden' });
  assert.equal(await words.inputValue(), 'I also wanted to say', 'also when it is shown');
  const fresh = page.locator('.entry.agent').filter({ hasText: 'It is in the next block.' });
  assert.ok(await fresh.evaluate((it) => it === document.activeElement), 'read on from there');
  await page.clock.fastForward(61_000);
  await page.locator('#send').click();
  await page.locator('.entry.customer').getByText('I also wanted to say').waitFor();
  assert.deepEqual(page.faults, []);
  await agent.context().close();
  await page.context().close();
});

/** A page of a request that somebody has just sent, with a clock of its own, and the agent who answers it. */
async function followed(words) {
  const page = await person(browser, { locale: 'en-US' });
  await page.clock.install();
  await page.goto(`${desk.base}/contact?type=pending`);
  await page.fill('textarea', words);
  await page.locator('#send').click();
  await page.waitForURL(/\/t\//);
  const agent = await person(browser, { locale: 'en-US' });
  await signIn(agent, desk, 'robin@desk.example');
  await openRequest(agent, words);
  const close = async () => {
    assert.deepEqual(page.faults, []);
    await agent.context().close();
    await page.context().close();
  };
  return { page, agent, close };
}

test('the same word to another question is another answer', async () => {
  const { page, agent, close } = await followed('My transfer of 13 USDT is late');
  const yes = async () => {
    await page.locator('#text').fill('Yes');
    await page.locator('#send').click();
    await page.waitForURL(/received/);
  };
  await yes();
  await answer(agent, 'Did you use the same chain?');
  await page.clock.fastForward(61_000);
  const link = page.getByRole('link', { name: 'Show it' });
  await link.waitFor();
  // What was asked for before it was shown comes after: it is of an older page.
  const held = [];
  await page.route(
    (url) => url.searchParams.has('seen'),
    async (route) => {
      const response = await route.fetch();
      await new Promise((resolve) => held.push(resolve));
      await route.fulfill({ response });
    },
  );
  await page.clock.fastForward(61_000);
  await eventually(() => held.length === 1, 'the page to ask');
  await link.click();
  await page.getByText('Did you use the same chain?').waitFor();
  const late = page.waitForResponse((response) => response.url().includes('seen='));
  held[0]();
  await (await late).finished();
  await page.waitForTimeout(300);
  assert.equal(await page.getByText('There is something new').count(), 0);
  await yes();
  await page.locator('.entry.customer').getByText('Yes', { exact: true }).nth(1).waitFor();
  await close();
});

test('what cannot be shown at once costs nobody their words, and a desk in trouble is not pressed', async () => {
  const { page, agent, close } = await followed('My transfer of 14 USDT is late');
  const words = page.locator('#text');
  await words.fill('I also wanted to say');
  await page
    .locator('#files')
    .setInputFiles({ name: 'a.txt', mimeType: 'text/plain', buffer: Buffer.from('one') });
  await answer(agent, 'It is on its way.');
  await page.clock.fastForward(61_000);
  const link = page.getByRole('link', { name: 'Show it' });
  await link.waitFor();
  let calls = 0;
  const address = (url) => url.pathname.startsWith('/t/');
  const fails = (headers) => async (route) => {
    calls += 1;
    await route.fulfill({ status: 503, headers, body: '' });
  };
  await page.route(address, fails({ 'retry-after': '300' }));
  await link.click();
  await page.getByText('It could not be loaded just now.').waitFor();
  assert.equal(await words.inputValue(), 'I also wanted to say');
  assert.equal(await page.locator('#files').evaluate((it) => it.files.length), 1);
  // Told to come back in five minutes, it does not ask before.
  calls = 0;
  await words.focus();
  await page.clock.fastForward(61_000);
  await eventually(() => calls === 1, 'the page to ask');
  for (let minute = 0; minute < 4; minute += 1) await page.clock.fastForward(60_000);
  await page.waitForTimeout(500);
  assert.equal(calls, 1);
  await page.clock.fastForward(130_000);
  await eventually(() => calls === 2, 'the page to ask again');
  await page.unroute(address);
  await link.click();
  await page.getByText('It is on its way.').waitFor();
  await page.locator('#send').click();
  await page.locator('.entry.customer').getByText('I also wanted to say').waitFor();
  await page.locator('.entry.customer').getByText('a.txt').waitFor();
  await close();
});

test('whether it is solved is asked on the page that lay open, in its own language', async () => {
  const { page, agent, close } = await followed('My transfer of 15 USDT is late');
  const words = page.locator('#text');
  await words.fill('I also wanted to say');
  // Another page of the same browser is read in Chinese.
  const other = await page.context().newPage();
  await other.goto(`${desk.base}/status?lang=zh-CN`);
  await answer(agent, 'It has arrived.');
  await log(agent).getByText('It has arrived.').waitFor();
  await agent.locator('#composer-text').press('Escape');
  await agent.keyboard.press('e');
  await log(agent)
    .getByText(/solved/i)
    .last()
    .waitFor();
  await page.clock.fastForward(61_000);
  await page.getByText('There is something new in this request.').waitFor();
  await page.getByRole('button', { name: 'Yes, it is solved' }).waitFor();
  assert.equal(await words.inputValue(), 'I also wanted to say');
  await accessible(page, 'a request that is asked about while it lies open');
  await words.fill('');
  await page.getByRole('button', { name: 'Yes, it is solved' }).click();
  await page.waitForURL(/said=yes/);
  await close();
});

test('a form sent twice makes one message', async () => {
  const page = await person(browser, { javaScriptEnabled: false });
  await page.goto(`${desk.base}/contact?type=other`);
  await page.fill('textarea', '同一张表单连续点了两次');
  const form = await page.locator('form').evaluate((it) => Object.fromEntries(new FormData(it)));
  delete form.files;
  const options = { multipart: form, headers: { origin: desk.base }, maxRedirects: 0 };
  const twice = await Promise.all([
    page.request.post(`${desk.base}/contact`, options),
    page.request.post(`${desk.base}/contact`, options),
  ]);
  const [first, second] = twice.map((answer) => answer.headers().location);
  assert.ok(first, `${twice[0].status()} without an address`);
  assert.equal(first, second);
  await page.goto(new URL(first, desk.base).href);
  assert.equal((await page.innerText('main')).split('连续点了两次').length - 1, 1);
  await page.context().close();
});

test('a phrase in the form is taken out, and the user is told what to do', async () => {
  const page = await person(browser, { javaScriptEnabled: false, locale: 'en-US' });
  await page.goto(`${desk.base}/contact?type=access`);
  await page.fill(
    'textarea',
    'my words: legal winner thank year wave sausage worth useful legal winner thank yellow',
  );
  await page.locator('#send').click();
  await page.waitForURL(/\/t\//);
  const text = await page.innerText('body');
  assert.ok(!text.includes('sausage'));
  assert.match(text, /new wallet/i);
  await shot(page, 'form-secret');
  await page.context().close();
});

test('Chinese is right on a host page of another charset', async () => {
  const page = await person(browser);
  await page.goto(`${site.base}/gbk`);
  assert.equal(await page.evaluate(() => document.characterSet), 'GBK');
  await openWidget(page);
  await ask(page, '余额或代币不显示', '余额突然变成 0 了，吓死我了');
  await page.locator('.receipt').waitFor();
  assert.ok(await receiptNumber(page));
  await page.locator('.panel .bubble').filter({ hasText: '余额突然变成 0 了' }).waitFor();
  await shot(page, 'widget-gbk');
  // It is what arrived that counts: the page of the request says the same.
  const link = await page.locator('.panel .receipt a[href*="/t/"]').getAttribute('href');
  const record = await page.request.get(new URL(link, desk.base).href);
  assert.ok((await record.text()).includes('余额突然变成 0 了，吓死我了'));
  // The page around it is an old one, which is not ours to mend.
  await accessible(page, 'the widget on a GBK page', 'standfast-desk');
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('the widget speaks the language of an English page and fits a desktop', async () => {
  const page = await person(browser, { locale: 'en-US' });
  await page.goto(`${site.base}/?lang=en`);
  await openWidget(page);
  await shot(page, 'widget-english');
  await ask(page, 'Transfer pending', 'My transfer is stuck since this morning');
  await page.locator('.receipt').waitFor();
  await accessible(page, 'the widget in English');
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

for (const { name, ...options } of SHAPES) {
  test(`console, ${name}`, async () => {
    const page = await person(browser, options);
    await page.goto(`${desk.base}/console/`);
    await page.locator('form').waitFor();
    await accessible(page, `sign-in ${name}`);
    await shot(page, `console-signin-${name}`);
    await signIn(page, desk, 'lin@desk.example');
    for (const view of ['unassigned', 'mine', 'all', 'at_risk', 'solved']) {
      await page.goto(`${desk.base}/console/${view}`);
      await page.waitForTimeout(400);
      await fits(page, `console ${view} ${name}`);
      await accessible(page, `console ${view} ${name}`);
      await shot(page, `console-${view}-${name}`);
    }
    await page.goto(`${desk.base}/console/all`);
    await row(page, 'USDT').first().click();
    await page.locator('[role=log] article').first().waitFor();
    await fits(page, `conversation ${name}`);
    await accessible(page, `conversation ${name}`);
    await shot(page, `console-conversation-${name}`);
    assert.deepEqual(page.faults, []);
    await page.context().close();
  });
}

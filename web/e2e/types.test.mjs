/** Types, learned: the desk asks the agent, one key answers, and what fits no type stands in groups. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessible, eventually, launch, person, shot } from './browser.mjs';
import { mockDesk } from './mock.mjs';

let desk, browser;
before(async () => {
  [desk, browser] = await Promise.all([mockDesk(), launch()]);
});
after(async () => {
  await browser?.close();
  desk?.stop();
});

const CANDIDATES = [
  { type: 'tx-pending', confidence: 0.62 },
  { type: 'tx-failed', confidence: 0.3 },
  { type: 'theft', confidence: 0.05 },
];

/** Somebody signed in, before a desk that says this of the type of every request. */
async function signedIn(who, prediction, options = {}) {
  const page = await person(browser, {
    locale: 'en-US',
    viewport: { width: 1440, height: 900 },
    ...options,
  });
  await page.request.post(`${desk.base}/api/v1/session`, {
    data: { email: `${who}@desk.example`, password: 'standfast' },
  });
  await page.route(/\/api\/v1\/console\/requests\/\d+$/, async (route) => {
    // The page may be gone before the desk has answered.
    const answer = await route.fetch().catch(() => null);
    if (!answer) return;
    const body = await answer.json();
    if (!body.request) return route.fulfill({ response: answer });
    if (prediction) Object.assign(body.request, { type: prediction.type ?? 'other' });
    body.request.prediction = prediction && {
      candidates: CANDIDATES,
      unsure: true,
      model_version: 3,
      advice: prediction.advice,
    };
    await route.fulfill({ response: answer, json: body });
  });
  return page;
}

/** The types that were sent, in order. */
function sent(page) {
  const types = [];
  page.on('request', (request) => {
    if (request.method() === 'POST' && request.url().endsWith('/type'))
      types.push(request.postDataJSON().type);
  });
  return types;
}

const question = (page, name = 'What is it about?') => page.getByRole('group', { name });

async function openFirst(page, view = 'all') {
  await page.goto(`${desk.base}/console/${view}`);
  await page.locator('[data-row]').first().click();
}

test('the desk asks where it is unsure, and a key answers', async () => {
  const page = await signedIn('lin', { advice: 'choose' });
  const types = sent(page);
  await openFirst(page);
  await question(page).getByText('Type unsure. Is it one of these?').waitFor();
  await question(page)
    .getByRole('button', { name: /likely/ })
    .first()
    .waitFor();
  assert.equal(await question(page).getByRole('button').count(), 3);
  await accessible(page, 'the question about the type', 'header');
  await shot(page, 'types-question');
  await page.keyboard.press('2');
  await question(page).waitFor({ state: 'detached' });
  await eventually(() => types.length === 1, 'the answer is sent');
  assert.deepEqual(types, ['tx-failed']);
  await page.keyboard.press('1');
  await page.waitForTimeout(300);
  assert.deepEqual(types, ['tx-failed'], 'a question that is answered has no keys');
  assert.deepEqual(page.faults, []);
  await page.unrouteAll({ behavior: 'ignoreErrors' });
  await page.context().close();
});

test('what the desk has set by itself is confirmed with one key, in Chinese and on a phone too', async () => {
  const options = { locale: 'zh-CN', viewport: { width: 390, height: 844 }, colorScheme: 'dark' };
  const page = await signedIn('lin', { advice: 'applied', type: 'tx-pending' }, options);
  const types = sent(page);
  await openFirst(page);
  const asked = question(page, '这是什么问题？');
  await asked.getByText('系统已自动分类：').waitFor();
  await accessible(page, 'the question on a phone', 'header');
  await shot(page, 'types-question-phone');
  await asked.getByRole('button', { name: /保留/ }).click();
  await asked.waitFor({ state: 'detached' });
  await eventually(() => types.length === 1, 'the confirmation is sent');
  assert.deepEqual(types, ['tx-pending']);
  await page.unrouteAll({ behavior: 'ignoreErrors' });
  await page.context().close();
});

test('who may not change requests sees what the desk thinks, and has no buttons', async () => {
  const page = await signedIn('analyst', { advice: 'choose' });
  await openFirst(page);
  await question(page).waitFor();
  assert.equal(await question(page).getByRole('button').count(), 0);
  await page.unrouteAll({ behavior: 'ignoreErrors' });
  await page.context().close();
});

test('what fits no type stands in groups, beside how well types are known', async () => {
  const page = await signedIn('sofia', null);
  const [at, share] = [
    '2026-11-20T08:00:00Z',
    (part, whole) => ({ part, whole, share: part / whole, low: 0.9, high: 0.95, small: false }),
  ];
  const examples = [1, 2, 3].map((n) => ({
    id: String(n),
    number: 'K7M39QX24J',
    subject: `Sticker with the blue whale ${n}`,
  }));
  const group = {
    size: 12,
    first_at: at,
    last_at: at,
    words: ['blue whale', 'sticker', '贴纸'],
    requests: ['1', '2', '3'],
    examples,
  };
  const novel = { since: at, unsure: 31, items: [group] };
  const model = {
    in_use: {
      version: 3,
      made_at: at,
      accepted: true,
      labels: { agents: 400, customers: 2100 },
      types: [{ type: 'theft', labels: 7 }],
      stories: 2000,
      held_back: 500,
      accuracy: share(462, 500),
      macro_f1: 0.9,
      answered: share(450, 500),
      precision: share(430, 450),
      calibration_error: 0.021,
      threshold: 0.6,
      comparison: null,
    },
    rejected: null,
    labels: { agents: 400, customers: 2100 },
    labels_needed: 50,
    stories_needed: 30,
    tried_at: at,
  };
  await page.route('**/api/v1/console/types/novel', (route) => route.fulfill({ json: novel }));
  await page.route('**/api/v1/console/types/model', (route) => route.fulfill({ json: model }));
  await page.goto(`${desk.base}/console/insight/novel`);
  await page.getByText('blue whale', { exact: true }).waitFor();
  await page.getByText('92.4%').waitFor();
  await page.getByText('400 settled by agents', { exact: false }).waitFor();
  assert.equal(
    await page.getByRole('button', { name: 'Last 28 days' }).count(),
    0,
    'a time of its own',
  );
  await accessible(page, 'something new');
  await shot(page, 'types-novel');
  await page.setViewportSize({ width: 390, height: 844 });
  await accessible(page, 'something new on a phone');
  await shot(page, 'types-novel-phone');
  await page.getByRole('link', { name: 'K7M-39Q-X24J' }).first().click();
  await eventually(() => page.url().endsWith('/console/all/1'), 'the request');
  await page.unrouteAll({ behavior: 'ignoreErrors' });
  await page.context().close();
});

/** The lane of assets at risk: people who are kept for it, and a false claim that leaves it and comes back. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessible, launch, shot } from './browser.mjs';
import { consoleOf, log, openRequest, row } from './console.mjs';
import { Desk } from './desk.mjs';

const LEAD = { email: 'lead@desk.example', name: 'Dana', role: 'lead', language: 'en' };
const LOSS = 'The price fell and I lost a lot';
const SLOW = 'My swap is slow';
let desk, browser;
before(async () => {
  desk = await Desk.start([LEAD]);
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await desk?.stop();
});

const EN = { locale: 'en-US', viewport: { width: 1440, height: 900 } };
const DARK_PHONE = {
  viewport: { width: 390, height: 844 },
  colorScheme: 'dark',
  hasTouch: true,
};

/** A visitor by number writes. */
async function write(number, clientId, body, path = '') {
  const secret = Buffer.alloc(32, number).toString('base64url');
  const answer = await fetch(`${desk.base}/api/v1/requests${path}`, {
    method: 'POST',
    headers: { authorization: `Visitor ${secret}`, 'content-type': 'application/json' },
    body: JSON.stringify({ client_id: clientId, ...body }),
  });
  assert.equal(answer.status, 201, await answer.clone().text());
  return answer.json();
}

test('a false claim leaves the lane by one key and a reason, and comes back by words', async () => {
  const claim = await write(1, 'a', { text: LOSS, type: 'theft' });
  await write(2, 'b', { text: SLOW, type: 'swap' });
  const agent = await consoleOf(browser, desk, 'robin@desk.example', '/at_risk', EN);
  await openRequest(agent, LOSS);
  await agent.keyboard.press('x');
  const dialog = agent.getByRole('dialog');
  await dialog.getByText('Why?').waitFor();
  await accessible(agent, 'moving out of the lane', '[role=dialog]');
  await shot(agent, 'lane-claim');
  await agent.keyboard.press('3');
  await agent.getByText('Moved out of “Assets at risk”').waitFor();
  await log(agent)
    .getByText('Robin found no assets at risk: A loss by price, fee or own trade')
    .waitFor();
  await row(agent, LOSS).waitFor({ state: 'detached' });
  await shot(agent, 'lane-out');
  // Back by one key, out again by another.
  await agent.keyboard.press('Shift+X');
  await agent.getByText('In “Assets at risk” now').waitFor();
  await row(agent, LOSS).waitFor();
  await agent.keyboard.press('x');
  await dialog.locator('[data-reason=question]').click();
  await row(agent, LOSS).waitFor({ state: 'detached' });
  // The list is ahead of the desk: what is written before it has moved the request out is moved out with it.
  await log(agent).getByText('Robin found no assets at risk: A question about safety').waitFor();
  // What the user claims again is never refused.
  const again = await write(
    1,
    'c',
    { text: 'Somebody stole all my USDT' },
    `/${claim.number}/messages`,
  );
  assert.equal(again.at_risk, true);
  await row(agent, 'Somebody stole all my USDT').waitFor();
  await agent.getByRole('button', { name: 'Assets at risk' }).waitFor();
  await agent.keyboard.press('x');
  await dialog.getByText('Why?').waitFor();
  await agent.keyboard.press('1');
  await row(agent, 'Somebody stole all my USDT').waitFor({ state: 'detached' });
  assert.deepEqual(agent.faults, []);
  await agent.context().close();

  const chinese = await consoleOf(browser, desk, 'lin@desk.example', '/all', DARK_PHONE);
  await row(chinese, 'Somebody stole all my USDT').first().click();
  await log(chinese).getByText('确认没有资产风险：资产没有减少').waitFor();
  await shot(chinese, 'lane-history-phone');
  await chinese.context().close();

  const lead = await consoleOf(browser, desk, LEAD.email, '/surge', EN);
  await lead
    .locator('[data-claims]')
    .getByText('1 of them was moved out as a false claim')
    .waitFor();
  await accessible(lead, 'false claims');
  await shot(lead, 'lane-claims');
  await lead.context().close();
});

test('whoever is reserved sees and gets only what is at risk', async () => {
  const agent = await consoleOf(browser, desk, 'robin@desk.example', '/unassigned', EN);
  await row(agent, SLOW).waitFor();
  const lead = await consoleOf(browser, desk, LEAD.email, '/surge/plan', EN);
  await lead.getByRole('button', { name: 'Reserved people' }).click();
  const normal = lead.locator('[data-reserve=normal]');
  await normal.getByText('Whoever is there').click();
  await normal.getByLabel('Robin').check();
  assert.equal(await normal.locator('[name=reserve_normal]').inputValue(), '1');
  await accessible(lead, 'reserved people');
  await shot(lead, 'lane-reserve');
  await lead.getByRole('button', { name: 'Save plan' }).click();
  await lead.getByText('The plan is saved').waitFor();

  await agent.locator('[data-reserved]').getByText('You are reserved for assets at risk').waitFor();
  await row(agent, SLOW).waitFor({ state: 'detached' });
  await write(3, 'd', { text: 'My wallet was drained', type: 'theft' });
  await row(agent, 'My wallet was drained').waitFor();
  await write(4, 'e', { text: 'How do I stake' });
  await lead.goto(`${desk.base}/console/unassigned`);
  await row(lead, 'How do I stake').waitFor();
  assert.equal(await row(agent, 'How do I stake').count(), 0);
  await accessible(agent, 'a reserved inbox');
  await shot(agent, 'lane-reserved');
  await openRequest(lead, 'How do I stake');
  await lead.keyboard.press('a');
  await lead.getByRole('dialog').getByText('Robin').click();
  await lead.getByText('they are reserved for assets at risk now').waitFor();
  await lead.goto(`${desk.base}/console/surge`);
  await lead.locator('[data-kept]').getByText('Reserved now: Robin.').waitFor();
  assert.deepEqual([...lead.faults, ...agent.faults], []);

  const phone = await consoleOf(browser, desk, 'robin@desk.example', '/unassigned', {
    ...DARK_PHONE,
    locale: 'zh-CN',
  });
  await phone.locator('[data-reserved]').waitFor();
  await shot(phone, 'lane-reserved-phone');
  await phone.context().close();
  const chinese = await consoleOf(browser, desk, 'lin@desk.example', '/surge/plan', DARK_PHONE);
  await chinese.getByRole('button', { name: '专人保留' }).click();
  await chinese.locator('[data-reserves]').waitFor();
  await accessible(chinese, 'reserved people on a phone');
  await shot(chinese, 'lane-reserve-phone');
  await chinese.context().close();

  // Released, everything is there again by itself.
  await lead.goto(`${desk.base}/console/surge/plan`);
  await lead.getByRole('button', { name: 'Reserved people' }).click();
  await lead.locator('[name=reserve_normal]').fill('0');
  await lead.getByRole('button', { name: 'Save plan' }).click();
  await row(agent, 'How do I stake').waitFor();
  assert.equal(await agent.locator('[data-reserved]').count(), 0);
  await agent.context().close();
  await lead.context().close();
});

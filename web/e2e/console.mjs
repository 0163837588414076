/** What an agent does in the console. */
import { eventually, person } from './browser.mjs';
import { PASSWORD } from './desk.mjs';

/** Signed-in browsers by desk and address: whoever has signed in once need not again, as people do not. */
const sessions = new Map();

/** What a new browser context is made with to be signed in already; the first of each agent signs in by hand. */
export async function signedIn(browser, desk, email, password = PASSWORD) {
  const key = `${desk.base} ${email}`;
  if (!sessions.has(key)) {
    const context = await browser.newContext();
    await signIn(await context.newPage(), desk, email, password);
    sessions.set(key, await context.storageState());
    await context.close();
  }
  return sessions.get(key);
}

export async function signIn(page, desk, email, password = PASSWORD) {
  await page.goto(`${desk.base}/console/`);
  await page.fill('[name=email]', email);
  await page.fill('[name=password]', password);
  await page.click('form button[type=submit], form button');
  await page.locator('[name=password]').waitFor({ state: 'detached' });
}

/** A page of the console, of somebody who is signed in. */
export async function consoleOf(browser, desk, email, path, options) {
  const storageState = await signedIn(browser, desk, email);
  const page = await person(browser, { storageState, ...options });
  await page.goto(`${desk.base}/console${path}`);
  return page;
}

/** The list's row that shows `text`. */
export function row(page, text) {
  return page.locator('[data-row]').filter({ hasText: text });
}

export async function openRequest(page, text) {
  await row(page, text).first().click();
  await log(page).locator('article').first().waitFor();
}

/** The entries of the open conversation. */
export function log(page) {
  return page.locator('[role=log]');
}

export async function reply(page, text) {
  const box = page.locator('#composer-text');
  // People read before they answer: what has just come in does not count as seen.
  await page.waitForTimeout(2_200);
  await box.fill(text);
  await box.press('Control+Enter');
}

/** Replies in an English console, and waits until the desk has it. */
export async function answer(page, text) {
  await reply(page, text);
  await log(page)
    .locator('article:not([aria-label="Your message, not sent yet"])')
    .filter({ hasText: text })
    .waitFor();
}

/** A page of Insight with all that it asked for drawn; `something` is what must be there at least. */
export async function insightDrawn(page, what, something = '[data-plot]') {
  await page.locator('.insight-page').waitFor();
  await eventually(
    () =>
      page.evaluate(
        (selector) =>
          document.querySelectorAll(selector).length > 0 &&
          document.querySelectorAll('.insight [aria-busy=true]').length === 0,
        something,
      ),
    `${what} is drawn`,
  );
}

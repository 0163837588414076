/** What a visitor does in the widget. Playwright sees through its shadow root. */
export async function openWidget(page) {
  await page.locator('.launcher').click();
  await page.locator('.panel').waitFor();
}

/** Starts a request of the first type whose title has `title`. */
export async function ask(page, title, text, fields = {}) {
  await page.locator('.panel .primary').first().click();
  await page.locator('.panel .row').filter({ hasText: title }).first().click();
  await page.locator('.panel textarea').fill(text);
  for (const [label, value] of Object.entries(fields)) {
    await page
      .locator('.panel fieldset label')
      .filter({ hasText: label })
      .locator('input')
      .fill(value);
  }
  await page.locator('.panel .composer .primary').click();
}

/** Sends further words in the open conversation. */
export async function say(page, text) {
  await page.locator('.panel #text').fill(text);
  await page.locator('.panel .go').click();
}

export function bubbles(page) {
  return page.locator('.panel .bubble');
}

/** The number on the receipt. */
export async function receiptNumber(page) {
  const text = await page.locator('.panel .receipt dd').first().innerText();
  return text.match(/[2-9A-Z]{3}-[2-9A-Z]{3}-[2-9A-Z]{4}/)?.[0];
}

/** Presses Tab, or Shift+Tab, until the focus is on what `selector` matches; as whoever has no mouse. */
export async function tabTo(page, selector, key = 'Tab') {
  for (let turn = 0; turn < 40; turn += 1) {
    if (await page.locator(`${selector}:focus`).count()) return;
    await page.keyboard.press(key);
  }
  throw new Error(`${selector} cannot be reached by ${key}`);
}

/** Calls `window.Standfast` as the host page does. */
export function tell(page, ...call) {
  return page.evaluate((it) => void window.Standfast(...it), call);
}

/** The files that the message being written has. */
export function pick(page, ...files) {
  return page.locator('.panel input[type=file]').setInputFiles(files);
}

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

/**
 * Chromium for the tests, and what each test asks of the page.
 */
import assert from 'node:assert/strict';
import { chromium } from 'playwright-core';

const always = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
];

/** @param {string[]} [args] */
export const launch = (args = []) => chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  headless: true,
  args: [...always, ...args],
});

/**
 * Opens the page in a context of its own, runs the body, and then insists that the page had nothing to complain of.
 * @param {import('playwright-core').Browser} browser
 * @param {string} url
 * @param {(page: import('playwright-core').Page) => Promise<void>} body
 * @param {object} [options]
 * @param {import('playwright-core').BrowserContextOptions} [options.context]
 * @param {RegExp} [options.expected]  complaints that belong to the test, such as a 404 that it asked for
 */
export async function withPage(browser, url, body, { context: contextOptions, expected } = {}) {
  const context = await browser.newContext(contextOptions);
  /** @type {string[]} */
  const complaints = [];
  try {
    const page = await context.newPage();
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(`${message.type()}: ${message.text()}`);
    });
    page.on('pageerror', (error) => complaints.push(`uncaught: ${error.stack}`));
    await page.goto(url);
    await body(page);
    assert.deepEqual(complaints.filter((complaint) => !expected?.test(complaint)), [], 'the page complained on the console');
  } catch (error) {
    // A test that waits in vain is best explained by what the page said.
    if (complaints.length > 0) console.error(complaints.join('\n'));
    throw error;
  } finally {
    await context.close();
  }
}

/**
 * Waits for the answer to the picture that is in the frame.
 * @param {import('playwright-core').Page} page
 * @param {{ timeout?: number }} [options]  in ms
 * @returns {Promise<{ labels: string[], numbers: string[], network: string, text: string }>}
 */
export async function answerOf(page, { timeout = 30_000 } = {}) {
  await page.waitForSelector('#answer-body[aria-busy="false"] :is(.predictions, .state.failed)', { timeout });
  const texts = (/** @type {string} */ selector) => page.locator(selector).allTextContents();
  return {
    labels: await texts('#answer-body > .predictions .label'),
    numbers: await texts('#answer-body > .predictions .number'),
    network: await page.locator('#answer-by').innerText(),
    text: await page.locator('#answer-body').innerText(),
  };
}

/**
 * Drops or pastes files, as the browser would hand them over.
 * @param {import('playwright-core').Page} page
 * @param {'drop' | 'paste'} how
 * @param {{ name: string, type: string, bytes: Buffer }[]} files
 */
export async function handOver(page, how, files) {
  const plain = files.map(({ name, type, bytes }) => ({ name, type, base64: bytes.toString('base64') }));
  await page.evaluate(async ({ event, given }) => {
    const transfer = new DataTransfer();
    for (const { name, type, base64 } of given) {
      const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
      transfer.items.add(new File([bytes], name, { type }));
    }
    document.body.dispatchEvent(event === 'drop'
      ? new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true })
      : new ClipboardEvent('paste', { clipboardData: transfer, bubbles: true, cancelable: true }));
  }, { event: how, given: plain });
}

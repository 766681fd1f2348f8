/** What can befall a classifier in a real page, on two threads: an answer, or an error that says what to do, and never a hang. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ISOLATING, withBlank } from './helpers/blank.js';
import { launch } from './helpers/browser.js';

/** @typedef {import('playwright-core').Page} Page */

/** @type {import('playwright-core').Browser} */
let browser;

before(async () => { browser = await launch(); });
after(() => browser?.close());

/**
 * Puts into the page: the classifier, and `see(colour)`, which gives the logits of a picture as text.
 * @param {Page} page @param {string} network @param {object} [options]
 */
const prepare = (page, network, options = {}) => page.evaluate(async ({ name, given }) => {
  // @ts-ignore: an address on the test's server
  const { Classifier } = await import('/wasm/js/index.js');
  const classifier = await Classifier.load({ network: name }, { threads: 2, ...given });
  const see = async (/** @type {number} */ colour) => {
    const data = new Uint8Array(96 * 96 * 3).map((_, i) => i * colour + (i >> 8));
    const { logits } = await classifier.classify({ data, width: 96, height: 96, channels: 3 }, { logits: true });
    return logits[0].join();
  };
  Object.assign(globalThis, { classifier, see });
  return classifier.threads;
}, { name: network, given: options });

/** @param {Page} page @param {number} colour @returns {Promise<string>} */
const see = (page, colour) => page.evaluate((given) => /** @type {any} */ (globalThis).see(given), colour);

describe('mishaps', { timeout: 120_000 }, () => {
  test('a second and a third classify while one runs: each gets the answer to its own picture', async () => {
    await withBlank(browser, ISOLATING, async (page) => {
      assert.equal(await prepare(page, 'resnet18'), 2);
      const alone = [await see(page, 3), await see(page, 5), await see(page, 7)];
      assert.equal(new Set(alone).size, 3);
      const together = await page.evaluate(() => Promise.all([3, 5, 7].map((colour) => /** @type {any} */ (globalThis).see(colour))));
      assert.deepEqual(together, alone);
    });
  });

  test('a page that is frozen in mid-run, as hidden ones are, goes on when it is back', async () => {
    await withBlank(browser, ISOLATING, async (page) => {
      await prepare(page, 'resnet50');
      const expected = await see(page, 3);
      await page.evaluate(() => {
        const { see: look } = /** @type {any} */ (globalThis);
        Object.assign(globalThis, { answers: Promise.all([look(3), look(3), look(3)]) });
      });
      const cdp = await page.context().newCDPSession(page);
      await cdp.send('Page.setWebLifecycleState', { state: 'frozen' });
      await new Promise((resolve) => { setTimeout(resolve, 1500); });
      await cdp.send('Page.setWebLifecycleState', { state: 'active' });
      assert.deepEqual(await page.evaluate(() => /** @type {any} */ (globalThis).answers), [expected, expected, expected]);
    });
  });

  test('helpers whose script the host does not have: the classifier does their work', async () => {
    /** @type {string} */
    let expected;
    await withBlank(browser, ISOLATING, async (page) => {
      await prepare(page, 'shufflenetv2');
      expected = await see(page, 3);
    });
    let asked = 0;
    const gone = { '/wasm/js/thread.js': (/** @type {unknown} */ _, /** @type {import('node:http').ServerResponse} */ response) => {
      asked++;
      response.writeHead(404).end();
    } };
    await withBlank(browser, ISOLATING, async (page) => {
      await prepare(page, 'shufflenetv2');
      for (let run = 0; run < 3; run++) assert.equal(await see(page, 3), expected);
    }, { routes: gone, expected: /404|thread\.js/ });
    assert.equal(asked, 1);
  });

  test('a worker that dies in mid-run: said, with what to do, and another load works', async () => {
    await withBlank(browser, ISOLATING, async (page) => {
      await page.evaluate(() => {
        const { Worker: Original } = globalThis;
        globalThis.Worker = class extends Original {
          /** @param {ConstructorParameters<typeof Original>} args */
          constructor(...args) {
            super(...args);
            Object.assign(globalThis, { worker: this });
          }
        };
      });
      await prepare(page, 'resnet50');
      const expected = await see(page, 3);
      const failure = await page.evaluate(async () => {
        const { see: look, worker } = /** @type {any} */ (globalThis);
        const running = look(3);
        await new Promise((resolve) => { setTimeout(resolve, 20); });
        worker.dispatchEvent(new ErrorEvent('error', { message: 'out of memory', cancelable: true }));
        return running.catch((/** @type {any} */ { code, message }) => ({ code, message }));
      });
      assert.equal(failure.code, 'WORKER_FAILED');
      assert.match(failure.message, /out of memory.*Load the classifier again/);
      await prepare(page, 'resnet50');
      assert.equal(await see(page, 3), expected);
    });
  });
});

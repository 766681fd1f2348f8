/** Threads in a page that is cross-origin isolated, and in one that is not. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ISOLATING, withBlank } from './helpers/blank.js';
import { launch } from './helpers/browser.js';

/** @type {import('playwright-core').Browser} */
let browser;

before(async () => { browser = await launch(); });
after(() => browser?.close());

/**
 * Loads ResNet18 with each of the options and classifies one image three times.
 * @param {import('playwright-core').Page} page
 * @param {object[]} options
 * @returns {Promise<{ threads: number, where: string, logits: number[][] }[]>} of every run
 */
function answers(page, options) {
  return page.evaluate(async (each) => {
    // @ts-ignore: an address on the test's server
    const { Classifier } = await import('/wasm/js/index.js');
    const image = { data: new Uint8Array(96 * 96 * 3).map((_, i) => i * 7 + (i >> 8)), width: 96, height: 96, channels: 3 };
    const found = [];
    for (const one of each) {
      const classifier = await Classifier.load({ network: 'resnet18' }, one);
      const logits = [];
      for (let run = 0; run < 3; run++) {
        logits.push(Array.from((await classifier.classify(image, { logits: true })).logits[0]));
        await new Promise((resolve) => { setTimeout(resolve, 150); }); // helpers come
      }
      found.push({ threads: classifier.threads, where: classifier.where, logits });
      classifier.dispose();
    }
    return found;
  }, options);
}

describe('threads', () => {
  for (const variant of ['strict', 'relaxed']) {
    test(`${variant}: the same bits on 1, 2 and 4 threads, and on the page's own`, async () => {
      await withBlank(browser, ISOLATING, async (page) => {
        const all = await answers(page, [{ threads: 1 }, { threads: 2 }, { threads: 4 }, { threads: 4, worker: false }].map((one) => ({ ...one, variant })));
        assert.deepEqual(all.map(({ threads, where }) => [threads, where]), [[1, 'worker'], [2, 'worker'], [4, 'worker'], [1, 'thread']]);
        const [[first]] = all.map(({ logits }) => logits);
        for (const { logits } of all) for (const run of logits) assert.deepEqual(run, first);
      });
    });
  }

  test('helpers are workers of the classifier\'s, and go with it', async () => {
    await withBlank(browser, ISOLATING, async (page) => {
      const cdp = await page.context().newCDPSession(page);
      /** @type {Set<string>} */
      const alive = new Set();
      cdp.on('Target.targetCreated', ({ targetInfo: { type, targetId } }) => type === 'worker' && alive.add(targetId));
      cdp.on('Target.targetDestroyed', ({ targetId }) => alive.delete(targetId));
      await cdp.send('Target.setDiscoverTargets', { discover: true, filter: [{ type: 'worker' }] });
      const until = async (/** @type {number} */ count) => {
        for (const start = Date.now(); alive.size !== count; await new Promise((resolve) => { setTimeout(resolve, 20); })) {
          assert.ok(Date.now() - start < 15_000, `${alive.size} workers, not ${count}`);
        }
      };
      await page.evaluate(async () => {
        // @ts-ignore: an address on the test's server
        const { Classifier } = await import('/wasm/js/index.js');
        Object.assign(globalThis, { classifier: await Classifier.load({ network: 'resnet50' }, { threads: 3 }) });
      });
      await until(3);
      const code = await page.evaluate(async () => {
        const { classifier } = /** @type {any} */ (globalThis);
        const running = classifier.classify({ data: new Uint8Array(300 * 300 * 3), width: 300, height: 300, channels: 3 });
        await new Promise((resolve) => { setTimeout(resolve, 20); });
        classifier.dispose();
        return running.catch((/** @type {any} */ error) => error.code);
      });
      assert.equal(code, 'DISPOSED');
      await until(0);
    });
  });

  test('a page that is not isolated asks for two threads and runs on one', async () => {
    await withBlank(browser, {}, async (page) => {
      const [{ threads, where }] = await answers(page, [{ threads: 2 }]);
      assert.deepEqual({ threads, where }, { threads: 1, where: 'worker' });
    });
  });
});

/** Many inferences in one page, without growth of memory: some as a test, 1,000 by "npm run soak". */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { ISOLATING, withBlank } from './helpers/blank.js';
import { launch } from './helpers/browser.js';

const RUNS = Number(process.argv[2] ?? 60);
/** Runs after which everything is there that will ever be: compiled code, buffers, helper threads. */
const WARM_UPS = 60;
/** The page's process may wander by so much: the garbage collector takes its time. */
const SLACK_BYTES = 24e6;
/**
 * Once in some ten times it takes 60 MB and gives them back a thousand runs later: a worker's garbage is collected when the engine thinks fit, not
 * when a test asks for it. A leak would go on growing, each time anew.
 */
const ATTEMPTS = 3;

/** @type {import('playwright-core').Browser} */
let browser;

before(async () => { browser = await launch(); });
after(() => browser?.close());

/** The memory of the page's process, workers and all, after the garbage has been collected. @param {import('playwright-core').Page} page */
async function residentBytes(page) {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('HeapProfiler.collectGarbage');
  await cdp.detach();
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  const sizes = processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${id}/status`, 'utf8'))?.[1]) * 1024);
  return Math.max(...sizes);
}

/** Runs the page's classifier so many times. @param {import('playwright-core').Page} page @param {number} count @returns {Promise<string>} the last logits */
const run = (page, count) => page.evaluate(async (runs) => {
  const { classifier, image } = /** @type {any} */ (globalThis);
  let logits = [];
  for (let i = 0; i < runs; i++) ({ logits: [logits] } = await classifier.classify(image, { logits: true }));
  return Array.from(logits).join();
}, count);

describe('soak', { skip: process.platform !== 'linux' && 'only Linux tells the memory of a process' }, () => {
  for (const threads of [1, 2]) {
    test(`${RUNS} runs of ShuffleNetV2 in Chromium on ${threads} threads`, async (t) => {
      await withBlank(browser, ISOLATING, async (page) => {
        const used = await page.evaluate(async (count) => {
          // @ts-ignore: an address on the test's server
          const { Classifier } = await import('/wasm/js/index.js');
          const classifier = await Classifier.load({ network: 'shufflenetv2' }, { threads: count });
          const image = { data: new Uint8Array(320 * 240 * 3).map((_, i) => i * 7 + (i >> 8)), width: 320, height: 240, channels: 3 };
          Object.assign(globalThis, { classifier, image });
          return classifier.threads;
        }, threads);
        assert.equal(used, threads);
        const first = await run(page, WARM_UPS);
        let growth = Infinity;
        for (let attempt = 0; attempt < ATTEMPTS && growth >= SLACK_BYTES; attempt++) {
          const start = await residentBytes(page);
          const last = await run(page, RUNS);
          growth = await residentBytes(page) - start;
          t.diagnostic(`the page's process grew by ${(growth / 1e6).toFixed(1)} MB, to ${((start + growth) / 1e6).toFixed(0)} MB`);
          assert.equal(last, first);
        }
        assert.ok(growth < SLACK_BYTES, `the page's process has grown by ${growth} bytes, and not for the first time`);
      });
    });
  }
});

/** Weights are kept on the device: the next visit needs no network for them, and they can be seen and deleted. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { answerOf, launch, withPage } from './helpers/browser.js';
import { repository, serveFolder } from './helpers/server.js';

const file = 'shufflenetv2-everyday100.safetensors';
const bytes = readFileSync(`${repository}models/${file}`);
const sha256 = createHash('sha256').update(bytes).digest('hex');

/** @type {import('playwright-core').Browser} */
let browser;
/** @type {Awaited<ReturnType<typeof serveFolder>>} */
let server;
/** Requests for /own.safetensors: method and range. */
let asked = /** @type {string[]} */ ([]);
/** What the next answers to them are, before they are right. */
let rough = /** @type {((response: import('node:http').ServerResponse, begin: number) => void)[]} */ ([]);

before(async () => {
  browser = await launch();
  server = await serveFolder({
    routes: {
      '/own.safetensors': (request, response) => {
        const begin = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
        asked.push(`${request.method} ${begin}`);
        response.setHeader('ETag', '"one"');
        const answer = rough.shift();
        if (answer) return answer(response, begin);
        response.writeHead(begin > 0 ? 206 : 200, {
          'Content-Length': bytes.length - begin,
          'Content-Type': 'application/octet-stream',
          ...(begin > 0 && { 'Content-Range': `bytes ${begin}-${bytes.length - 1}/${bytes.length}` }),
        });
        response.end(request.method === 'HEAD' ? undefined : bytes.subarray(begin));
      },
    },
  });
});
after(async () => {
  await browser?.close();
  await server?.close();
});

/** Sends up to a place and cuts the connection there. @param {number} end */
const cutAt = (end) => (/** @type {import('node:http').ServerResponse} */ response, /** @type {number} */ begin) => {
  response.writeHead(begin > 0 ? 206 : 200, {
    'Content-Length': bytes.length - begin,
    ...(begin > 0 && { 'Content-Range': `bytes ${begin}-${bytes.length - 1}/${bytes.length}` }),
  });
  response.write(bytes.subarray(begin, end), () => setTimeout(() => response.destroy(), 400)); // after the reader has had it
};

const own = () => `${server.url}/web/?weights=${encodeURIComponent(`${server.url}/own.safetensors`)}`;

/**
 * In the page: loads with the binding alone, and says what came of it.
 * @param {{ address: string, options?: object }} what
 */
async function load({ address, options }) {
  const { Classifier } = await import(new URL('/wasm/js/index.js', location.href).href);
  try {
    const classifier = await Classifier.load(address, options);
    classifier.dispose();
    return classifier.loadedFrom;
  } catch (error) {
    return /** @type {any} */ (error).code ?? /** @type {any} */ (error).name;
  }
}

/** In the page: addresses and bytes of what is stored. */
async function list() {
  const { openCache } = await import(new URL('/wasm/js/index.js', location.href).href);
  const files = await (await openCache()).list();
  return files.map((/** @type {any} */ { url, bytes: length }) => [new URL(url).pathname, length]);
}

describe('stored weights', () => {
  test('the second visit takes the weights from the device, without a request for them, and says so', async () => {
    await withPage(browser, `${server.url}/web/`, async (page) => {
      const first = await answerOf(page);
      await page.waitForSelector('#stored:not([hidden])');
      assert.equal(await page.locator('#stored summary').innerText(), 'Stored on this device: 1 file, 4.9 MB');
      assert.match(await page.locator('#weights label:has(:checked)').innerText(), /ShuffleNetV2, 4\.9 MB, stored on this device/);
      assert.doesNotMatch(await page.locator('#weights-about').innerText(), /from this device/);

      /** @type {string[]} */
      const requests = [];
      page.on('request', (request) => requests.push(request.url()));
      await page.reload();
      const second = await answerOf(page);
      assert.deepEqual([second.labels, second.numbers], [first.labels, first.numbers]);
      assert.match(await page.locator('#weights-about').innerText(), /Loaded from this device\.$/);
      assert.deepEqual(requests.filter((url) => new URL(url).pathname.endsWith('.safetensors')), []);
    });
  });

  test('what is stored is listed with its size, and deleted by keyboard', async () => {
    asked = [];
    await withPage(browser, own(), async (page) => {
      await answerOf(page);
      await page.goto(`${server.url}/web/`);
      await answerOf(page);
      const summary = page.locator('#stored summary');
      await page.waitForFunction(() => document.querySelector('#stored summary')?.textContent?.includes('2 files'));
      assert.equal(await summary.innerText(), 'Stored on this device: 2 files, 9.8 MB');
      await summary.focus();
      await page.keyboard.press('Enter');
      assert.deepEqual(await page.locator('#stored li .stored-name').allInnerTexts(), [`${file}\n4.9 MB`, 'own.safetensors\n4.9 MB']);
      await page.keyboard.press('Tab');
      await page.keyboard.press('Enter');
      await page.waitForFunction(() => document.querySelector('#stored summary')?.textContent?.includes('1 file,'));
      assert.equal(await page.evaluate(() => document.activeElement?.getAttribute('aria-label')), 'Delete own.safetensors', 'the focus goes on');
      await page.waitForFunction((name) => document.querySelector('#spoken')?.textContent === `${name} was deleted`, file);
      await page.keyboard.press('Enter');
      await page.waitForSelector('#stored', { state: 'hidden' });
      assert.equal(await page.evaluate(() => document.activeElement?.id), 'weights-title');
      assert.deepEqual(await page.evaluate(list), []);
    });
  });

  test('the connection is cut twice: the page says so, goes on by itself, and the answer is right', async () => {
    asked = [];
    rough = [cutAt(1_500_000), cutAt(3_000_000)];
    await withPage(browser, `${server.url}/web/icon.svg`, async (page) => {
      // Each sentence stands for a moment alone: they are collected, so that a busy machine misses none.
      await page.addInitScript(() => {
        const said = /** @type {any} */ (window).said = /** @type {string[]} */ ([]);
        new MutationObserver(() => {
          const sentence = /The connection was lost[^.]*\.\d MB\. Trying again\./.exec(document.body?.textContent ?? '')?.[0];
          if (sentence && said.at(-1) !== sentence) said.push(sentence);
        }).observe(document, { subtree: true, childList: true, characterData: true });
      });
      await page.goto(own());
      assert.equal((await answerOf(page)).network, 'ShuffleNetV2');
      assert.deepEqual(await page.evaluate('said'), [1.5, 3].map((at) => `The connection was lost at ${at.toFixed(1)} MB. Trying again.`));
    }, { expected: /ERR_|Failed to load/ });
    assert.deepEqual(asked, ['GET 0', 'GET 1500000', 'GET 3000000']);
  });

  test('weights of another site that shows a page no ETag are taken up too, without asking for its leave first', async () => {
    /** @type {string[]} */
    const methods = [];
    const cuts = [2_000_000];
    const other = await serveFolder({
      headers: { 'Access-Control-Allow-Origin': '*' },
      routes: {
        '/far.safetensors': (request, response) => {
          const begin = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
          methods.push(`${request.method} ${begin}`);
          response.setHeader('ETag', '"one"');
          response.setHeader('Last-Modified', 'Mon, 02 Nov 2026 10:00:00 GMT');
          const cut = cuts.shift();
          if (cut) return cutAt(cut)(response, begin);
          const part = { 'Content-Length': bytes.length - begin, 'Content-Range': `bytes ${begin}-${bytes.length - 1}/${bytes.length}` };
          response.writeHead(begin > 0 ? 206 : 200, part).end(request.method === 'HEAD' ? undefined : bytes.subarray(begin));
        },
      },
    });
    try {
      await withPage(browser, `${server.url}/web/icon.svg`, async (page) => {
        assert.equal(await page.evaluate(load, { address: `${other.url}/far.safetensors` }), 'network');
        assert.equal(await page.evaluate(load, { address: `${other.url}/far.safetensors` }), 'cache');
      }, { expected: /ERR_|Failed to load/ });
      assert.deepEqual(methods, ['GET 0', 'GET 2000000', 'HEAD 0']);
    } finally {
      await other.close();
    }
  });

  test('without a hash the server is asked whether the file is the same; offline it is used as it is', async () => {
    asked = [];
    const address = `${server.url}/own.safetensors`;
    await withPage(browser, `${server.url}/web/icon.svg`, async (page) => {
      assert.equal(await page.evaluate(load, { address }), 'network');
      assert.equal(await page.evaluate(load, { address }), 'cache');
      assert.deepEqual(asked, ['GET 0', 'HEAD 0']);
      rough = [(response) => void response.writeHead(503).end()];
      assert.equal(await page.evaluate(load, { address }), 'cache');
      assert.equal(await page.evaluate(load, { address, options: { sha256 } }), 'cache');
      assert.equal(asked.length, 3);
      assert.equal(await page.evaluate(load, { address, options: { cache: false } }), 'network');
    }, { expected: /ERR_|Failed to load/ });
  });

  test('a load that is given up or refused leaves nothing', async () => {
    const address = `${server.url}/own.safetensors`;
    await withPage(browser, `${server.url}/web/icon.svg`, async (page) => {
      const wrong = sha256.replace(/^./, (digit) => (digit === '0' ? '1' : '0'));
      assert.equal(await page.evaluate(load, { address, options: { sha256: wrong } }), 'WRONG_HASH');
      assert.deepEqual(await page.evaluate(list), []);
      const aborted = await page.evaluate(async (/** @type {string} */ url) => {
        const { Classifier } = await import(new URL('/wasm/js/index.js', location.href).href);
        const abort = new AbortController();
        const onProgress = (/** @type {any} */ { loaded }) => loaded > 1_000_000 && abort.abort();
        return Classifier.load(url, { signal: abort.signal, onProgress }).catch((/** @type {any} */ error) => error.name);
      }, address);
      assert.equal(aborted, 'AbortError');
      assert.deepEqual(await page.evaluate(list), []);
    });
  });

  test('a stored file that was damaged is fetched again by itself', async () => {
    const address = `${server.url}/own.safetensors`;
    await withPage(browser, `${server.url}/web/icon.svg`, async (page) => {
      await page.evaluate(load, { address });
      for (const keep of [bytes.length, 100_000]) {
        await page.evaluate(async ({ url, length }) => {
          const cache = await caches.open('decem-weights');
          let stored = await cache.match(url); // a load does not wait until its file is stored
          while (stored === undefined) {
            await new Promise((resolve) => { setTimeout(resolve, 20); });
            stored = await cache.match(url);
          }
          const damaged = new Uint8Array(await stored.arrayBuffer()).slice(0, length);
          damaged[length - 5] ^= 1;
          await cache.put(url, new Response(damaged, { headers: stored.headers }));
        }, { url: address, length: keep });
        asked = [];
        assert.equal(await page.evaluate(load, { address, options: { sha256 } }), 'network', `${keep} bytes`);
        assert.deepEqual(asked, ['GET 0']);
      }
      assert.equal(await page.evaluate(load, { address, options: { sha256 } }), 'cache');
    });
  });

  test('two tabs at once spoil nothing', async () => {
    const address = `${server.url}/own.safetensors`;
    await withPage(browser, `${server.url}/web/icon.svg`, async (page) => {
      const other = await page.context().newPage();
      await other.goto(`${server.url}/web/icon.svg`);
      // Neither is answered before both have asked.
      /** @type {import('node:http').ServerResponse[]} */
      const waiting = [];
      rough = [1, 2].map(() => (response) => {
        waiting.push(response);
        if (waiting.length === 2) for (const each of waiting) each.writeHead(200, { 'Content-Length': bytes.length }).end(bytes);
      });
      assert.deepEqual(await Promise.all([page, other].map((tab) => tab.evaluate(load, { address }))), ['network', 'network']);
      await page.evaluate(list);
      await other.evaluate(list);
      assert.deepEqual(await page.evaluate(list), [['/own.safetensors', bytes.length]]);
      assert.equal(await page.evaluate(load, { address, options: { sha256 } }), 'cache');
    });
  });

  test('a quota that is full is no failure: it loads, and is not stored', async () => {
    const address = `${server.url}/own.safetensors`;
    await withPage(browser, `${server.url}/web/icon.svg`, async (page) => {
      const session = await page.context().newCDPSession(page);
      await session.send('Storage.overrideQuotaForOrigin', { origin: server.url, quotaSize: 1_000_000 });
      assert.equal(await page.evaluate(load, { address }), 'network');
      assert.deepEqual(await page.evaluate(list), []);
      await session.send('Storage.overrideQuotaForOrigin', { origin: server.url });
      assert.equal(await page.evaluate(load, { address }), 'network');
      assert.deepEqual(await page.evaluate(list), [['/own.safetensors', bytes.length]]);
    });
  });
});

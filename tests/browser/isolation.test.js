/** Threads on a host that sends no headers for them: by a service worker, when the visitor asks, and away again. */
import assert from 'node:assert/strict';
import { basename, dirname } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { answerOf, launch, withPage } from './helpers/browser.js';
import { repository, serveFolder } from './helpers/server.js';

/** @typedef {import('playwright-core').Page} Page */

/** @type {import('playwright-core').Browser} */
let browser;

before(async () => { browser = await launch(); });
after(() => browser?.close());

const offer = '#isolation button';

/**
 * What the page says once it has answered.
 * @param {Page} page
 */
async function state(page) {
  const { labels, numbers } = await answerOf(page);
  const [, threads] = await page.locator('#badges li').allTextContents();
  return { threads, isolated: await page.evaluate(() => crossOriginIsolated), answer: [labels, numbers] };
}

/** Presses the button with these words, and waits for the page that comes after. @param {Page} page @param {string} words */
async function press(page, words) {
  await page.waitForSelector(`${offer}:text-is("${words}")`);
  await Promise.all([page.waitForEvent('load'), page.click(offer)]);
}

/**
 * @param {string} address
 * @param {(page: Page) => Promise<void>} [then] once threads are used
 */
async function switchesOnAndOff(address, then) {
  await withPage(browser, address, async (page) => {
    const before = await state(page);
    assert.deepEqual([before.threads, before.isolated], ['1 thread', false]);
    await press(page, 'Use threads');
    const during = await state(page);
    assert.match(during.threads, /^[2-4] threads$/);
    assert.ok(during.isolated);
    assert.deepEqual(during.answer, before.answer);
    await then?.(page);
    await press(page, 'Stop using threads');
    assert.deepEqual(await state(page), before);
    assert.equal(await page.evaluate(async () => (await navigator.serviceWorker.getRegistrations()).length), 0);
    await page.waitForSelector(`${offer}:text-is("Use threads")`);
  });
}

describe('threads by a service worker', () => {
  test('on the site: on and off, with the same answer; it stays for the next visit and in the next tab', async () => {
    const server = await serveFolder();
    try {
      await switchesOnAndOff(`${server.url}/web/`, async (page) => {
        const next = await page.context().newPage();
        await next.goto(`${server.url}/`); // by its redirection
        await next.waitForURL('**/web/');
        assert.ok((await state(next)).isolated);
        await next.close();
      });
    } finally {
      await server.close();
    }
  });

  test('on the sources, in a folder somewhere on a host', async () => {
    const server = await serveFolder({ root: dirname(repository) });
    try {
      await switchesOnAndOff(`${server.url}/${basename(repository)}/web/`);
    } finally {
      await server.close();
    }
  });

  test('a host where it cannot be had: said, and all goes on', async () => {
    const server = await serveFolder({ routes: { '/service-worker.js': (_, response) => response.writeHead(404).end() } });
    try {
      await withPage(browser, `${server.url}/web/`, async (page) => {
        await answerOf(page);
        await page.click(offer);
        await page.waitForSelector('#isolation [role="alert"]');
        assert.match(await page.locator('#isolation').innerText(), /Threads cannot be switched on here.*404.*on one thread/s);
        assert.equal((await state(page)).threads, '1 thread');
      }, { expected: /404/ });
    } finally {
      await server.close();
    }
  });

  test('a visit that is loaded past it: said, and it can be removed', async () => {
    const server = await serveFolder();
    try {
      await withPage(browser, `${server.url}/web/`, async (page) => {
        await press(page, 'Use threads');
        // As a reload with Shift does.
        const cdp = await page.context().newCDPSession(page);
        await cdp.send('Network.enable');
        await cdp.send('Network.setBypassServiceWorker', { bypass: true });
        await page.reload();
        assert.equal((await state(page)).threads, '1 thread');
        assert.match(await page.locator('#isolation').innerText(), /this visit goes without/);
        await press(page, 'Remove the service worker');
        await page.waitForSelector(`${offer}:text-is("Use threads")`);
      });
    } finally {
      await server.close();
    }
  });

  for (const [why, script] of /** @type {const} */ ([
    ['a browser without service workers', () => { Reflect.deleteProperty(Navigator.prototype, 'serviceWorker'); }],
    ['one core', () => { Object.defineProperty(Navigator.prototype, 'hardwareConcurrency', { value: 1 }); }],
  ])) {
    test(`${why}: no offer`, async () => {
      const server = await serveFolder();
      try {
        await withPage(browser, 'about:blank', async (page) => {
          await page.addInitScript(script);
          await page.goto(`${server.url}/web/`);
          await answerOf(page);
          await page.waitForLoadState('networkidle');
          assert.equal(await page.locator('#isolation').isVisible(), false);
        });
      } finally {
        await server.close();
      }
    });
  }

  test('a host that isolates the page itself: no offer, and not even the script for it', async () => {
    const server = await serveFolder({ headers: { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' } });
    try {
      await withPage(browser, 'about:blank', async (page) => {
        /** @type {string[]} */
        const asked = [];
        page.on('request', (request) => asked.push(request.url()));
        await page.goto(`${server.url}/web/`);
        assert.ok((await state(page)).isolated);
        assert.equal(await page.locator('#isolation').isVisible(), false);
        assert.ok(!asked.some((url) => /isolation|service-worker/.test(url)));
      });
    } finally {
      await server.close();
    }
  });
});

/** The camera: live answers that follow the picture, and a camera that is given back. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { answerOf, launch, withPage } from './helpers/browser.js';
import { serveFolder } from './helpers/server.js';
import { writeFilm } from './helpers/video.js';

const folder = mkdtempSync(join(tmpdir(), 'decem-film-'));
const film = join(folder, 'film.y4m');
/** @type {import('playwright-core').Browser} */
let browser;
/** @type {Awaited<ReturnType<typeof serveFolder>>} */
let server;

before(async () => {
  writeFilm(film);
  browser = await launch([
    '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream', `--use-file-for-fake-video-capture=${film}`,
  ]);
  server = await serveFolder();
});
after(async () => {
  await browser?.close();
  await server?.close();
  rmSync(folder, { recursive: true });
});

/** Keeps the page's camera tracks where a test can ask whether they still run. @param {import('playwright-core').Page} page */
const watchTracks = (page) => page.evaluate(() => {
  const devices = navigator.mediaDevices;
  const original = devices.getUserMedia.bind(devices);
  devices.getUserMedia = async (constraints) => {
    const stream = await original(constraints);
    /** @type {any} */ (window).tracks = stream.getTracks();
    return stream;
  };
});

/** @param {import('playwright-core').Page} page */
const trackStates = (page) => page.evaluate(() => /** @type {any} */ (window).tracks.map((/** @type {any} */ track) => track.readyState));

/** @param {import('playwright-core').Page} page */
const startCamera = async (page) => {
  await answerOf(page);
  await watchTracks(page);
  await page.click('#camera-start');
  await page.waitForSelector('.figures dt:has-text("Frames a second")');
};

describe('camera', () => {
  test('the answer follows the picture, steadily, and the speed is shown', async () => {
    await withPage(browser, `${server.url}/web/`, async (page) => {
      await startCamera(page);
      const seen = new Set();
      const end = Date.now() + 20_000;
      while (seen.size < 2 && Date.now() < end) {
        seen.add(await page.locator('#answer-body > .predictions .label').first().innerText());
        await page.waitForTimeout(100);
      }
      assert.ok(seen.size >= 2, `the only label was ${[...seen]}`);
      const speed = await page.locator('.figures div:has-text("Frames a second") dd').innerText();
      assert.ok(Number(speed) > 1, `${speed} frames a second`);
    });
  });

  test('freezing holds picture and answer; going on lets them change', async () => {
    await withPage(browser, `${server.url}/web/`, async (page) => {
      await startCamera(page);
      await page.click('#camera-freeze');
      assert.equal(await page.getAttribute('#camera-freeze', 'aria-pressed'), 'true');
      await page.waitForTimeout(300);
      const state = () => page.evaluate(() => document.querySelector('#answer-body > .predictions')?.textContent);
      const frozen = await state();
      await page.waitForTimeout(1500);
      assert.equal(await state(), frozen);
      await page.click('#camera-freeze');
      await page.waitForFunction((before) => document.querySelector('#answer-body > .predictions')?.textContent !== before, frozen);
    });
  });

  test('a frozen picture is answered by another network too', async () => {
    await withPage(browser, `${server.url}/web/`, async (page) => {
      await startCamera(page);
      await page.click('#camera-freeze');
      await page.check('#networks input[value="mobilenetv1"]');
      await page.waitForFunction(() => document.querySelector('#answer-by')?.textContent?.startsWith('MobileNetV1'));
      await page.waitForSelector('#answer-body > .predictions');
      assert.equal(await page.getAttribute('#camera-freeze', 'aria-pressed'), 'true');
    });
  });

  test('a camera granted after the visitor has chosen a photo instead is given back', async () => {
    await withPage(browser, `${server.url}/web/`, async (page) => {
      await answerOf(page);
      await watchTracks(page);
      await page.evaluate(() => {
        const devices = navigator.mediaDevices;
        const original = devices.getUserMedia.bind(devices);
        devices.getUserMedia = (constraints) => new Promise((resolve) => {
          /** @type {any} */ (window).grant = () => resolve(original(constraints));
        });
      });
      await page.click('#camera-start');
      await page.waitForFunction(() => 'grant' in window);
      await page.click('#samples button:has(img[alt="A rocket"])');
      await page.waitForSelector('#photo[alt="A rocket"]');
      await page.evaluate(() => /** @type {any} */ (window).grant());
      await page.waitForFunction(() => /** @type {any} */ (window).tracks?.[0].readyState === 'ended');
      assert.equal(await page.locator('#video').isHidden(), true);
    });
  });

  test('mirroring turns the picture on the page', async () => {
    await withPage(browser, `${server.url}/web/`, async (page) => {
      await startCamera(page);
      const transform = () => page.locator('#video').evaluate((video) => getComputedStyle(video).transform);
      assert.match(await transform(), /^matrix\(-1,/);
      await page.click('#camera-mirror');
      assert.equal(await transform(), 'none');
    });
  });

  test('another network takes over while the camera runs', async () => {
    await withPage(browser, `${server.url}/web/`, async (page) => {
      await startCamera(page);
      await page.check('#networks input[value="mobilenetv1"]');
      await page.waitForFunction(() => document.querySelector('#answer-by')?.textContent?.startsWith('MobileNetV1'));
      await page.waitForSelector('.figures dt:has-text("Frames a second")');
      assert.deepEqual(await trackStates(page), ['live']);
    });
  });

  test('stopping gives the camera back and the photo its answer', async () => {
    await withPage(browser, `${server.url}/web/`, async (page) => {
      const photo = await answerOf(page);
      await startCamera(page);
      await page.click('#camera-stop');
      assert.deepEqual(await trackStates(page), ['ended']);
      await page.waitForSelector('#photo:not([hidden])');
      await page.waitForFunction(() => !document.querySelector('.figures')?.textContent?.includes('Frames a second'));
      assert.deepEqual((await answerOf(page)).numbers, photo.numbers);
    });
  });

  test('a hidden page gives the camera back and says so', async () => {
    await withPage(browser, `${server.url}/web/`, async (page) => {
      await startCamera(page);
      await page.evaluate(() => {
        Object.defineProperty(document, 'hidden', { value: true, configurable: true });
        document.dispatchEvent(new Event('visibilitychange'));
      });
      assert.deepEqual(await trackStates(page), ['ended']);
      assert.match(await page.locator('#picture-notice').innerText(), /while the page was hidden/);
    });
  });

  test('choosing a photo stops the camera', async () => {
    await withPage(browser, `${server.url}/web/`, async (page) => {
      await startCamera(page);
      await page.click('#samples button:has(img[alt="A rocket"])');
      await page.waitForSelector('#photo[alt="A rocket"]:not([hidden])');
      assert.deepEqual(await trackStates(page), ['ended']);
    });
  });

  test('each refusal has its own words, and photos go on', async () => {
    await withPage(browser, `${server.url}/web/`, async (page) => {
      await answerOf(page);
      for (const [name, words] of /** @type {[string, RegExp][]} */ ([
        ['NotAllowedError', /not allowed.*address bar/],
        ['NotFoundError', /No camera was found/],
        ['NotReadableError', /busy/],
        ['OverconstrainedError', /gone/],
        ['SecurityError', /switched off/],
        ['SomethingElse', /did not start \(for a test\)/],
      ])) {
        await page.evaluate((error) => {
          navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('for a test', error));
        }, name);
        await page.click('#camera-start');
        await page.waitForSelector('#picture-notice:not([hidden])');
        assert.match(await page.locator('#picture-notice').innerText(), words);
        await page.click('#samples button:has(img[alt="A rocket"])');
        await page.waitForSelector('#picture-notice', { state: 'hidden' });
        assert.equal((await answerOf(page)).labels.length, 5);
      }
    });
  });

  test('a browser that has no camera at all says so', async () => {
    const without = await launch(['--use-fake-ui-for-media-stream']);
    try {
      await withPage(without, `${server.url}/web/`, async (page) => {
        await answerOf(page);
        await page.click('#camera-start');
        await page.waitForSelector('#picture-notice:not([hidden])');
        assert.match(await page.locator('#picture-notice').innerText(), /No camera was found/);
      });
    } finally {
      await without.close();
    }
  });
});

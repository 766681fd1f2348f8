/** Photos come in by every way, alone and several at once; what is none is said to be none. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { answerOf, handOver, withPage } from './helpers/browser.js';
import { repository } from './helpers/server.js';
import { setStage } from './helpers/stage.js';

const stage = setStage();

/** @param {string} name */
const sample = (name) => ({ name: `${name}.jpg`, type: 'image/jpeg', bytes: readFileSync(`${repository}web/samples/${name}.jpg`) });
const notAnImage = { name: 'notes.txt', type: 'text/plain', bytes: Buffer.from('not a picture') };

describe('photos', () => {
  test('the page opens with a sample and its answer; another sample gives another', async () => {
    await withPage(stage.browser, `${stage.server.url}/web/`, async (page) => {
      const cat = await answerOf(page);
      assert.equal(cat.network, 'ShuffleNetV2');
      assert.doesNotMatch(cat.text, /Untrained/);
      assert.equal(/Unsure/.test(cat.text), parseFloat(cat.numbers[0]) < 50);
      assert.match(cat.text, /What the network saw: 112 × 112 pixels/);
      assert.match(cat.text, /Preparing\s+[\d.]+ ms\s+Network\s+[\d.]+ ms/);
      await page.click('#samples button:has(img[alt="A rocket"])');
      await page.waitForFunction(() => document.querySelector('#photo')?.getAttribute('alt') === 'A rocket');
      assert.notDeepEqual((await answerOf(page)).labels, cat.labels);
    });
  });

  for (const how of /** @type {const} */ (['drop', 'paste'])) {
    test(`a photo by ${how} gives the same answer as by upload`, async () => {
      await withPage(stage.browser, `${stage.server.url}/web/`, async (page) => {
        await answerOf(page);
        await page.setInputFiles('#photo-input', { name: 'up.jpg', mimeType: 'image/jpeg', buffer: sample('coffee').bytes });
        await page.waitForSelector('#photo[alt="up.jpg"]');
        const uploaded = await answerOf(page);
        await handOver(page, how, [{ ...sample('rocket'), name: 'other.jpg' }]);
        await page.waitForSelector('#photo[alt="other.jpg"]');
        assert.notDeepEqual((await answerOf(page)).numbers, uploaded.numbers);
        await handOver(page, how, [sample('coffee')]);
        await page.waitForSelector('#photo[alt="coffee.jpg"]');
        const { labels, numbers } = await answerOf(page);
        assert.deepEqual({ labels, numbers }, { labels: uploaded.labels, numbers: uploaded.numbers });
      });
    });
  }

  test('several at once: a list with an answer each, also beside one that is no image', async () => {
    await withPage(stage.browser, `${stage.server.url}/web/`, async (page) => {
      await answerOf(page);
      await handOver(page, 'drop', [sample('cat'), notAnImage, sample('coffee'), sample('rocket')]);
      await page.waitForFunction(() => document.querySelector('#several-count')?.textContent === '4');
      const answers = await page.locator('#several-list .row-answer').allTextContents();
      assert.match(answers[0], /^.+, [\d.]+%$/);
      assert.match(answers[1], /image/);
      assert.match(answers[3], /^.+, [\d.]+%$/);

      await page.click('#several-list li:nth-child(2) button');
      assert.match((await answerOf(page)).text, /image/);
      await page.click('#several-list li:nth-child(4) button');
      await page.waitForSelector('#photo[alt="rocket.jpg"]:not([hidden])');
      assert.equal(`${(await answerOf(page)).labels[0]}, ${(await answerOf(page)).numbers[0]}`, answers[3]);

      await page.click('#several-clear');
      assert.equal(await page.locator('#several').isHidden(), true);
      assert.match(await page.locator('#answer-body').innerText(), /Give it a photo/);
    });
  });

  test('a worker that dies is said to have died, and can be replaced', async () => {
    await withPage(stage.browser, `${stage.server.url}/web/`, async (page) => {
      const alive = await answerOf(page);
      // As when the system takes the worker's memory away.
      await page.workers()[0].evaluate(() => { setTimeout(() => { throw new Error('killed by a test'); }); });
      await page.click('#samples button:has(img[alt="A rocket"])');
      await page.click('text=Load the network again');
      await page.waitForSelector('#answer-body > .predictions');
      assert.notDeepEqual((await answerOf(page)).labels, alive.labels);
    }, { expected: /killed by a test/ });
  });

  test('a sample that does not come is said not to', async () => {
    await withPage(stage.browser, `${stage.server.url}/web/`, async (page) => {
      await answerOf(page);
      await page.route('**/rocket.jpg', (route) => route.abort());
      await page.click('#samples button:has(img[alt="A rocket"])');
      await page.waitForSelector('#picture-notice:has-text("did not come")');
      await page.click('#samples button:has(img[alt="A cup of coffee"])');
      await page.waitForSelector('#photo[alt="A cup of coffee"]');
      assert.equal((await answerOf(page)).labels.length, 5);
    }, { expected: /ERR_FAILED/ });
  });

  for (const [what, file] of /** @type {const} */ ([
    ['text', notAnImage],
    ['an empty file', { name: 'empty.jpg', type: 'image/jpeg', bytes: Buffer.alloc(0) }],
    ['a photo cut short at its header', { name: 'short.jpg', type: 'image/jpeg', bytes: sample('cat').bytes.subarray(0, 100) }],
  ])) {
    test(`${what} gets a sentence, and the next photo its answer`, async () => {
      await withPage(stage.browser, `${stage.server.url}/web/`, async (page) => {
        await answerOf(page);
        await page.setInputFiles('#photo-input', { name: file.name, mimeType: file.type, buffer: file.bytes });
        await page.waitForSelector('.state.failed');
        assert.match(await page.locator('.state.failed').innerText(), /image.*\.$/s);
        await handOver(page, 'paste', [sample('coffee')]);
        await page.waitForSelector('#answer-body > .predictions');
        assert.equal((await answerOf(page)).labels.length, 5);
      });
    });
  }
});

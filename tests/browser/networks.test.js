/** Every network classifies a photo in the page, and is what the page says it is. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { networks } from '../../web/networks.js';
import { answerOf, withPage } from './helpers/browser.js';
import { setStage } from './helpers/stage.js';

const stage = setStage();

describe('networks in the page', () => {
  for (const { id, name, parameters, macs } of networks) {
    test(`${name} classifies a photo, and has the parameters and MACs that the list says`, async () => {
      await withPage(stage.browser, `${stage.server.url}/web/?network=${id}&weights=synthetic`, async (page) => {
        const answer = await answerOf(page, { timeout: 60_000 });
        assert.equal(answer.network, `${name}, untrained`);
        assert.match(answer.text, /Untrained/);
        assert.doesNotMatch(answer.text, /Unsure/, 'what means nothing is no guess either');
        assert.equal(answer.labels.length, 5);
        assert.ok(answer.numbers.every((number) => /%$/.test(number)), `numbers are ${answer.numbers}`);
        assert.equal(await page.locator('#networks input:checked').getAttribute('value'), id);
        assert.equal(await page.locator('.branches section').count(), id === 'googlenet' ? 2 : 0);
        await page.waitForSelector('.crop canvas');

        const counted = await page.evaluate(async (network) => {
          // @ts-ignore: an address on the test's server
          const { Classifier } = await import('/wasm/js/index.js');
          return Classifier.summary(network);
        }, id);
        assert.equal(counted.parameters, parameters);
        assert.equal(Math.round(counted.macs / 1e5), Math.round(macs / 1e5));
      });
    });
  }

  test('the list names all the networks of the engine', async () => {
    await withPage(stage.browser, `${stage.server.url}/web/`, async (page) => {
      const names = await page.evaluate(async () => {
        // @ts-ignore: an address on the test's server
        const { Classifier } = await import('/wasm/js/index.js');
        return Classifier.networks();
      });
      assert.deepEqual(names.sort(), networks.map(({ id }) => id).sort());
    });
  });

  test('choosing a network in the list loads it, puts it into the address and answers again', async () => {
    await withPage(stage.browser, `${stage.server.url}/web/`, async (page) => {
      const first = await answerOf(page);
      assert.equal(first.network, 'ShuffleNetV2');
      await page.check('#networks input[value="mobilenetv2"]');
      await page.waitForFunction(() => document.querySelector('#answer-by')?.textContent === 'MobileNetV2, untrained');
      const second = await answerOf(page);
      assert.notDeepEqual(second.labels, first.labels);
      assert.match(page.url(), /network=mobilenetv2&weights=synthetic/);
      await page.reload();
      assert.equal((await answerOf(page)).network, 'MobileNetV2, untrained');
    });
  });

  test('the layer table and the layer times are those of the network', async () => {
    await withPage(stage.browser, `${stage.server.url}/web/`, async (page) => {
      await answerOf(page);
      const rows = await page.locator('#inside-layers tbody tr').count();
      const layers = await page.locator('#inside-totals div', { hasText: 'Layers' }).locator('dd').innerText();
      assert.equal(rows, Number(layers));
      assert.ok(rows > 50, `${rows} layers`);
      await page.click('#inside-profile');
      await page.waitForSelector('.times li');
      const shares = await page.locator('.times .number').allTextContents();
      const sum = shares.reduce((total, text) => total + Number(/([\d.]+)%/.exec(text)?.[1]), 0);
      assert.ok(Math.abs(sum - 100) < 2, `the shares sum to ${sum}%`);
    });
  });
});

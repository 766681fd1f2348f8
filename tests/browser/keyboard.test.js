/** The whole page by keyboard, with a focus that can be seen. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { answerOf, withPage } from './helpers/browser.js';
import { setStage } from './helpers/stage.js';

const stage = setStage();

/** In the page: where the focus is, and whether one sees it. */
const focus = () => {
  const node = /** @type {HTMLElement} */ (document.activeElement);
  if (node === document.body) return { name: 'end', marked: true };
  const marked = [node, node.parentElement].some((element) => element && getComputedStyle(element).outlineStyle !== 'none');
  return { name: node.id || node.getAttribute('name') || node.className || node.textContent?.trim() || node.tagName, marked };
};

describe('keyboard', () => {
  test('Tab reaches every control in the order of the page, and each shows that it has the focus', async () => {
    await withPage(stage.browser, `${stage.server.url}/web/`, async (page) => {
      await answerOf(page);
      await page.waitForSelector('#isolation-change'); // this host sends no headers for threads
      await page.waitForSelector('#stored:not([hidden])');
      /** @type {string[]} */
      const path = [];
      for (;;) {
        await page.keyboard.press('Tab');
        const { name, marked } = await page.evaluate(focus);
        if (name === 'end' || path.length > 40) break;
        assert.ok(marked, `nothing shows that "${name}" has the focus`);
        path.push(name);
      }
      assert.deepEqual(path, [
        'skip', 'isolation-change', 'photo-input', 'camera-start', 'sample', 'sample', 'sample', 'sample',
        'network', 'weights', 'weights-input', 'weights-url', 'weights-load', 'stored-title', 'inside-profile', 'All layers', 'scroll', 'credits',
      ]);
    });
  });

  test('arrow keys walk through the networks; only the one where they rest is loaded', async () => {
    await withPage(stage.browser, `${stage.server.url}/web/`, async (page) => {
      await answerOf(page);
      await page.focus('#networks input:checked');
      await page.keyboard.press('ArrowUp');
      await page.keyboard.press('ArrowUp');
      await page.keyboard.press('ArrowUp');
      await page.waitForFunction(() => document.querySelector('#answer-by')?.textContent?.startsWith('MobileNetV1'));
      await answerOf(page);
      assert.equal(await page.evaluate(() => /** @type {HTMLInputElement} */ (document.activeElement).value), 'mobilenetv1');
    });
  });

  test('a sample by Enter gives an answer, which a screen reader is told', async () => {
    await withPage(stage.browser, `${stage.server.url}/web/`, async (page) => {
      await answerOf(page);
      await page.focus('#samples li:nth-child(3) button');
      await page.keyboard.press('Enter');
      await page.waitForSelector('#photo[alt="A rocket"]');
      const { labels, numbers } = await answerOf(page);
      const unsure = parseFloat(numbers[0]) < 50;
      assert.equal(await page.isVisible('.doubt'), unsure);
      await page.waitForFunction((words) => document.querySelector('#spoken')?.textContent === words, `${labels[0]}, ${numbers[0]}${unsure ? ', unsure' : ''}`);
    });
  });

  test('every control has a name, and headings come in order', async () => {
    await withPage(stage.browser, `${stage.server.url}/web/`, async (page) => {
      await answerOf(page);
      const nameless = await page.evaluate(() => [...document.querySelectorAll('button, input, select, progress')]
        .filter((node) => !(/** @type {any} */ (node).labels?.length || node.getAttribute('aria-label') || node.textContent?.trim()
          || node.querySelector('img')?.alt))
        .map((node) => node.outerHTML));
      assert.deepEqual(nameless, []);
      const levels = await page.evaluate(() => [...document.querySelectorAll('h1, h2, h3')].map((node) => Number(node.tagName[1])));
      assert.equal(levels.filter((level) => level === 1).length, 1);
      levels.forEach((level, index) => assert.ok(index === 0 || level - levels[index - 1] <= 1, `heading levels ${levels}`));
    });
  });
});

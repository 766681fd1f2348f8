/** The page in every width and in both lights: nothing overflows, all can be read and hit. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { answerOf, withPage } from './helpers/browser.js';
import { setStage } from './helpers/stage.js';

const stage = setStage();

/**
 * In the page: texts whose contrast with what lies behind them is below WCAG's AA. Backgrounds here are flat colours.
 * @returns {string[]}
 */
function dimTexts() {
  /** @param {string} colour  rgb(...) or color(srgb ...), as computed */
  const parse = (colour) => {
    const [red, green, blue, alpha = 1] = (colour.match(/[\d.]+/g) ?? []).map(Number);
    return { channels: [red, green, blue].map((value) => (colour.startsWith('color') ? value : value / 255)), alpha };
  };
  /** @param {number[]} channels */
  const luminance = (channels) => {
    const [red, green, blue] = channels.map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  /** @param {Element} start  @returns {number[]} */
  const behind = (start) => {
    for (let node = /** @type {Element | null} */ (start); node; node = node.parentElement) {
      const { channels, alpha } = parse(getComputedStyle(node).backgroundColor);
      if (alpha === 1) return channels;
      if (alpha > 0) return behind(/** @type {Element} */ (node.parentElement)).map((value, index) => alpha * channels[index] + (1 - alpha) * value);
    }
    return [1, 1, 1];
  };
  const found = [];
  for (const node of document.querySelectorAll('body *')) {
    const own = [...node.childNodes].some((child) => child.nodeType === Node.TEXT_NODE && child.textContent?.trim());
    if (!own || !node.checkVisibility() || /** @type {any} */ (node).disabled) continue;
    const style = getComputedStyle(node);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const [light, dark] = [luminance(parse(style.color).channels), luminance(behind(node))].sort((a, b) => b - a);
    const contrast = (light + 0.05) / (dark + 0.05);
    if (contrast < (large ? 3 : 4.5)) found.push(`"${node.textContent?.trim().slice(0, 40)}" has ${contrast.toFixed(2)}`);
  }
  return found;
}

/** In the page: controls that are smaller than a finger. @returns {string[]} */
function smallTargets() {
  const found = [];
  for (const node of document.querySelectorAll('button, .button, select, label.choice, input[type="url"], summary')) {
    if (!node.checkVisibility()) continue;
    const { width, height } = node.getBoundingClientRect();
    if (width < 44 || height < 44) found.push(`${node.tagName} "${node.textContent?.trim().slice(0, 30)}" is ${width} × ${height}`);
  }
  return found;
}

/** In the page: what sticks out on the right, outside of boxes that scroll by themselves. @returns {string[]} */
function overflowing() {
  const { clientWidth, scrollWidth } = document.documentElement;
  return scrollWidth > clientWidth ? [`the page is ${scrollWidth} px wide on a screen of ${clientWidth}`] : [];
}

const screens = /** @type {const} */ ([
  ['GoogLeNet’s three outputs', '?network=googlenet&weights=synthetic'],
  ['a failure', '?weights=/nowhere/a-rather-long-name-of-a-file-of-weights-for-the-page-to-show.safetensors'],
  ['trained weights, layers open', ''],
]);

describe('layout', () => {
  for (const scheme of /** @type {const} */ (['light', 'dark'])) {
    for (const [what, query] of screens) {
      test(`${what}, ${scheme}, from 320 to 1920 px wide`, async () => {
        const address = query.replace('/nowhere/', encodeURIComponent(`${stage.server.url}/nowhere/`));
        await withPage(stage.browser, `${stage.server.url}/web/${address}`, async (page) => {
          await answerOf(page);
          await page.evaluate(() => { document.querySelectorAll('details').forEach((each) => { each.open = true; }); });
          for (const width of [320, 360, 768, 1024, 1280, 1920]) {
            await page.setViewportSize({ width, height: 800 });
            assert.deepEqual(await page.evaluate(overflowing), [], `${width} px: overflow`);
            assert.deepEqual(await page.evaluate(smallTargets), [], `${width} px: targets`);
            assert.deepEqual(await page.evaluate(dimTexts), [], `${width} px: contrast`);
          }
        }, { context: { colorScheme: scheme, reducedMotion: 'reduce' }, expected: /404/ });
      });
    }
  }

  test('with reduced motion nothing moves', async () => {
    await withPage(stage.browser, `${stage.server.url}/web/`, async (page) => {
      await answerOf(page);
      const moving = await page.evaluate(() => [...document.querySelectorAll('body *')]
        .filter((node) => getComputedStyle(node).transitionDuration !== '0s' && getComputedStyle(node).transitionProperty !== 'none')
        .map((node) => node.className));
      assert.deepEqual(moving, []);
    }, { context: { reducedMotion: 'reduce' } });
  });
});

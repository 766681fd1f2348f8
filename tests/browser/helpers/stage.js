/** What most of the page's tests stand on: Chromium, and the site served as `npm start` serves it. */
import { after, before } from 'node:test';
import { launch } from './browser.js';
import { serveFolder } from './server.js';

/**
 * Opens both before the tests of the file that calls it, and closes them after.
 * @returns {{ browser: import('playwright-core').Browser, server: Awaited<ReturnType<typeof serveFolder>> }} filled in when the
 *   tests run
 */
export function setStage() {
  const stage = /** @type {ReturnType<typeof setStage>} */ ({});
  before(async () => {
    stage.browser = await launch();
    stage.server = await serveFolder();
  });
  after(async () => {
    await stage.browser?.close();
    await stage.server?.close();
  });
  return stage;
}

/** An empty page that can import the binding, for tests of the binding rather than the page. */
import { withPage } from './browser.js';
import { repository, serveFolder } from './server.js';

/** What lets threads share memory. */
export const ISOLATING = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };

const blank = { '/blank': (/** @type {unknown} */ _, /** @type {import('node:http').ServerResponse} */ response) => {
  response.writeHead(200, { 'Content-Type': 'text/html' }).end('<!doctype html><link rel="icon" href="data:,">');
} };

/**
 * @param {import('playwright-core').Browser} browser
 * @param {Record<string, string>} headers of everything that is served
 * @param {(page: import('playwright-core').Page) => Promise<void>} body
 * @param {{ routes?: NonNullable<Parameters<typeof serveFolder>[0]>['routes'], expected?: RegExp }} [options]  as of serveFolder and withPage
 */
export async function withBlank(browser, headers, body, { routes, expected } = {}) {
  const server = await serveFolder({ root: repository, headers, routes: { ...blank, ...routes } });
  try {
    await withPage(browser, `${server.url}/blank`, body, { expected });
  } finally {
    await server.close();
  }
}

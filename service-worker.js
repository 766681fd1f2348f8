/**
 * For hosts that cannot send headers of their own: adds the two (COOP and COEP) that make a page cross-origin isolated, and
 * with it let threads share memory. The page registers this only when the visitor asks for it, and removes it again
 * (web/isolation.js).
 *
 * It lies at the root because a service worker governs its own folder and what is below: the page is in web/, the scripts of its
 * workers are in wasm/js/. Everything but pages and workers' scripts goes its usual way, untouched.
 */

/** All that is loaded from elsewhere, weights at a visitor's address, is asked for by CORS: that passes require-corp. */
const HEADERS = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

/** TypeScript knows either the page's names or a service worker's. @typedef {Event & { request: Request, respondWith: (answer: Promise<Response>) => void }} FetchEvent */
const worker = /** @type {any} */ (globalThis);

worker.addEventListener('install', () => worker.skipWaiting());
worker.addEventListener('fetch', (/** @type {FetchEvent} */ event) => {
  const { mode, destination, url } = event.request;
  const needed = mode === 'navigate' || destination === 'worker';
  if (needed && new URL(url).origin === location.origin) event.respondWith(isolated(event.request));
});

/** @param {Request} request @returns {Promise<Response>} */
async function isolated(request) {
  const response = await fetch(request);
  // A redirection is opaque here: the browser follows it, and comes back with the next address.
  if (response.type === 'opaqueredirect') return response;
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries(HEADERS)) headers.set(name, value);
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers });
}

/**
 * A plain static server, as any web host is one: no special headers, unless a test asks for some.
 */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

export const repository = fileURLToPath(new URL('../../../', import.meta.url));

/** The page as `npm run site` makes it. */
export const site = join(repository, 'build', 'site');

const usualTypes = {
  '.css': 'text/css', '.html': 'text/html', '.jpg': 'image/jpeg', '.js': 'text/javascript', '.json': 'application/json',
  '.md': 'text/markdown', '.svg': 'image/svg+xml', '.wasm': 'application/wasm',
};

/**
 * Serves a folder on a free port of this machine.
 * @param {object} [options]
 * @param {string} [options.root]  the site where left out
 * @param {Record<string, string>} [options.types]  of files, by extension, where they are not the usual ones
 * @param {Record<string, string>} [options.headers]  sent with every answer
 * @param {Record<string, (request: import('node:http').IncomingMessage, response: import('node:http').ServerResponse) => void>} [options.routes]
 *   answers for single paths, in the place of files
 * @returns {Promise<{ url: string, close: () => Promise<void> }>}  url without a slash at its end
 */
export async function serveFolder({ root = site, types = {}, headers = {}, routes = {} } = {}) {
  /** @type {Record<string, string>} */
  const typeOf = { ...usualTypes, ...types };
  const server = createServer(async (request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname);
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    if (routes[path]) return routes[path](request, response);

    const file = join(root, normalize(path), path.endsWith('/') ? 'index.html' : '');
    const found = await stat(file).catch(() => null);
    if (!found?.isFile()) {
      response.writeHead(404, { 'Content-Type': 'text/plain' }).end('Not found');
      return;
    }
    response.writeHead(200, {
      'Content-Length': found.size,
      'Content-Type': typeOf[extname(file)] ?? 'application/octet-stream',
    });
    createReadStream(file).pipe(response);
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', () => resolve(undefined)); });
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    }),
  };
}

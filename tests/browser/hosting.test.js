/** The page on the hosts that people have: a plain one, one in a folder, and decem's own. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { basename, dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';
import { listModels } from '../../wasm/cli/models.js';
import { handle } from '../../wasm/cli/server.js';
import { answerOf, launch, withPage } from './helpers/browser.js';
import { repository, serveFolder } from './helpers/server.js';

/** @type {import('playwright-core').Browser} */
let browser;

before(async () => { browser = await launch(); });
after(() => browser?.close());

/**
 * Opens the page and checks that it answers, and that nothing was asked of anyone but its own host.
 * @param {string} address
 * @param {boolean} isolated  whether the host makes the page cross-origin isolated
 */
async function works(address, isolated) {
  await withPage(browser, 'about:blank', async (page) => {
    /** @type {Set<string>} */
    const hosts = new Set();
    page.on('request', (request) => hosts.add(new URL(request.url()).host));
    await page.goto(address);
    assert.equal((await answerOf(page)).network, 'ShuffleNetV2');
    hosts.delete('');
    assert.deepEqual([...hosts], [new URL(address).host]);
    assert.equal(await page.evaluate(() => crossOriginIsolated), isolated);
    const badges = await page.locator('#badges li').allTextContents();
    assert.match(badges[0], /SIMD$/);
    assert.match(badges[1], isolated ? /^\d+ threads?$/ : /^1 thread$/);
    assert.equal(badges[2], 'own worker');
  });
}

describe('hosting', () => {
  test('a plain static server with no special headers', async () => {
    const server = await serveFolder();
    try {
      await works(`${server.url}/web/`, false);
    } finally {
      await server.close();
    }
  });

  test('the root of a static host leads to the page', async () => {
    const server = await serveFolder();
    try {
      await withPage(browser, `${server.url}/`, async (page) => {
        await page.waitForURL(`${server.url}/web/`);
        assert.equal((await answerOf(page)).network, 'ShuffleNetV2');
      });
    } finally {
      await server.close();
    }
  });

  test('the sources, without a build step, in a folder somewhere on a host', async () => {
    const server = await serveFolder({ root: dirname(repository) });
    try {
      await works(`${server.url}/${basename(repository)}/web/`, false);
    } finally {
      await server.close();
    }
  });

  test('a server that says nothing of what a .wasm is', async () => {
    const server = await serveFolder({ types: { '.wasm': 'application/octet-stream' } });
    try {
      await works(`${server.url}/web/`, false);
    } finally {
      await server.close();
    }
  });

  test('decem serve', async () => {
    const server = spawn(process.execPath, [`${repository}wasm/cli/decem.js`, 'serve', '--port', '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      const [line] = await once(createInterface({ input: server.stdout }), 'line');
      const address = /http:\/\/\S+/.exec(line)?.[0];
      assert.ok(address, `it printed "${line}"`);
      await works(address, true);
    } finally {
      server.kill();
      await once(server, 'exit');
    }
  });

  test('threads, where the host allows them, change no answer', async () => {
    const isolation = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };
    const answers = [];
    for (const headers of [{}, isolation]) {
      const server = await serveFolder({ headers });
      try {
        await withPage(browser, `${server.url}/web/?network=googlenet&weights=synthetic`, async (page) => {
          const { labels, numbers } = await answerOf(page);
          answers.push({ labels, numbers });
        });
      } finally {
        await server.close();
      }
    }
    assert.deepEqual(answers[1], answers[0]);
  });

  test('a first load fetches at most 100 KB beside the weights and the pictures, 93 KB of it WASM and scripts', async (t) => {
    /** What decem's own server sends: workers and helper threads fetch too. @type {{ path: string, bytes: number }[]} */
    const sent = [];
    const server = createServer((request, response) => {
      response.on('finish', () => {
        if (response.statusCode === 200) sent.push({ path: request.url ?? '', bytes: Number(response.getHeader('content-length')) });
      });
      handle(request, response);
    });
    await new Promise((resolve) => { server.listen(0, '127.0.0.1', () => resolve(undefined)); });
    try {
      const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
      await withPage(browser, `http://127.0.0.1:${port}/web/`, async (page) => { await answerOf(page); });
    } finally {
      server.close();
      server.closeAllConnections();
    }
    for (const part of ['/web/', 'style.css', 'app.js', 'index.js', 'worker.js', '.wasm']) {
      assert.ok(sent.some(({ path }) => path.endsWith(part)), `${part} was not seen`);
    }
    const sum = (/** @type {RegExp} */ kinds) => sent.filter(({ path }) => kinds.test(path)).reduce((total, { bytes }) => total + bytes, 0);
    const code = sum(/\.(js|wasm)$/);
    const all = sum(/(\/|\.html|\.css|\.js|\.json|\.svg|\.wasm)$/);
    t.diagnostic(`${sent.length} answers; ${code} bytes of WASM and scripts, ${all} in all, as sent`);
    assert.ok(code <= 93_000, `${code} bytes of WASM and scripts`);
    assert.ok(all <= 100_000, `${all} bytes`);
  });

  test('models/index.json, for hosts that cannot list a folder, lists what lies in models/', async () => {
    const folder = new URL('../../models/', import.meta.url);
    const written = JSON.parse(readFileSync(new URL('index.json', folder), 'utf8'));
    const found = (await listModels(folder)).map(({ file, bytes, network, sha256 }) => ({ file, bytes, network, sha256 }));
    assert.deepEqual(written, found, 'models/index.json is out of date');
  });

  test('the policy of the page forbids scripts of others and inline ones', async () => {
    const server = await serveFolder();
    try {
      await withPage(browser, `${server.url}/web/`, async (page) => {
        await answerOf(page);
        const ran = await page.evaluate(async () => {
          const inline = document.createElement('script');
          inline.textContent = 'window.inlineRan = true';
          document.head.append(inline);
          const foreign = document.createElement('script');
          foreign.src = 'http://127.0.0.1:1/foreign.js';
          const blocked = new Promise((resolve) => { document.addEventListener('securitypolicyviolation', resolve); });
          document.head.append(foreign);
          await blocked;
          return 'inlineRan' in window;
        });
        assert.equal(ran, false);
      }, { expected: /Content Security Policy|ERR_BLOCKED_BY_CSP/ });
    } finally {
      await server.close();
    }
  });
});

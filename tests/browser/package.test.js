/** What `npm pack` packs works in a page of six lines, from a plain static server with no special headers. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { launch, withPage } from './helpers/browser.js';
import { repository, serveFolder } from './helpers/server.js';

const page = `<!doctype html>
<link rel="icon" href="data:,">
<img src="cat.jpg">
<output></output>
<script type="module">
  import { Classifier } from './package/wasm/js/index.js';
  const classifier = await Classifier.load('everyday100.safetensors');
  const { predictions } = await classifier.classify(document.querySelector('img'));
  document.querySelector('output').value = predictions.map(({ label }) => label).join();
  document.title = classifier.where;
  classifier.dispose();
</script>`;

const folder = mkdtempSync(join(tmpdir(), 'decem-page-'));
/** @type {import('playwright-core').Browser} */
let browser;
/** @type {Awaited<ReturnType<typeof serveFolder>>} */
let server;

before(async () => {
  execFileSync('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: repository, stdio: ['ignore', 'pipe', 'inherit'] });
  const tarball = readdirSync(folder).find((file) => file.endsWith('.tgz'));
  assert.ok(tarball, 'npm pack made no tarball');
  execFileSync('tar', ['-xzf', tarball], { cwd: folder });
  copyFileSync(join(repository, 'web/samples/cat.jpg'), join(folder, 'cat.jpg'));
  copyFileSync(join(repository, 'models/shufflenetv2-everyday100.safetensors'), join(folder, 'everyday100.safetensors'));
  writeFileSync(join(folder, 'index.html'), page);
  browser = await launch();
  server = await serveFolder({ root: folder });
});
after(async () => {
  await browser?.close();
  await server?.close();
  rmSync(folder, { recursive: true });
});

test('the packed package classifies in a page, in its own worker', async () => {
  await withPage(browser, server.url, async (opened) => {
    await opened.waitForFunction(() => document.querySelector('output')?.value);
    assert.equal((await opened.locator('output').innerText()).split(',').length, 5);
    assert.equal(await opened.title(), 'worker');
  });
});

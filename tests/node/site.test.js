/** build/site, and that decem serve sends it exactly as long as it is up to date. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { handle } from '../../wasm/cli/server.js';
import { serve } from './helpers/server.js';

const ROOT = new URL('../../', import.meta.url);
const SITE = new URL('build/site/', ROOT);
const make = () => execFileSync(process.execPath, [fileURLToPath(new URL('wasm/setup/site.js', ROOT))], { encoding: 'utf8' });

test('what is up to date is not made again; what is older than its source is, and leftovers go', () => {
  const leftover = new URL('web/leftover.js', SITE);
  const script = new URL('web/app.js', SITE);
  make();
  assert.equal(make(), '');
  writeFileSync(leftover, '');
  utimesSync(script, 0, 0);
  assert.match(make(), /^build\/site: 1 of \d+ files made/);
  assert.ok(!existsSync(leftover));
  assert.ok(statSync(script).mtimeMs > 0);
});

test('what a page and its host need is there', () => {
  const models = JSON.parse(readFileSync(new URL('models/index.json', SITE), 'utf8'));
  for (const file of ['index.html', 'web/index.html', 'web/samples/CREDITS.md', 'build/wasm/decem-simd.wasm', `models/${models[0].file}`, 'models/labels/imagenet-1k.json']) {
    assert.ok(existsSync(new URL(file, SITE)), file);
  }
});

test('decem serve sends the minified copy, and the source once that is newer', async (t) => {
  const origin = await serve(t, handle);
  const minified = new URL('web/app.js', SITE);
  const text = async () => (await fetch(`${origin}/web/app.js`)).text();
  make();
  assert.equal(await text(), readFileSync(minified, 'utf8'));
  const source = readFileSync(new URL('web/app.js', ROOT), 'utf8');
  utimesSync(minified, 0, 0);
  try {
    assert.equal(await text(), source);
  } finally {
    make();
  }
  // A change in what it is made of counts as well.
  const part = new URL('web/dom.js', ROOT);
  const { atime, mtime } = statSync(part);
  utimesSync(part, atime, new Date(Date.now() + 60_000));
  try {
    assert.equal(await text(), source);
  } finally {
    utimesSync(part, atime, mtime);
  }
});

test('a visit fetches four scripts, the camera one more, and a host without headers one more', () => {
  const scripts = readdirSync(SITE, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.js')).sort();
  assert.deepEqual(scripts, ['service-worker.js', 'wasm/js/index.js', 'wasm/js/thread.js', 'wasm/js/worker.js', 'web/app.js', 'web/isolation.js', 'web/live.js']);
});

test('the site itself, and what is not of the page, has no address there', async (t) => {
  const origin = await serve(t, handle);
  for (const path of ['/build/site/web/app.js', '/wasm/setup/site.js']) assert.equal((await fetch(origin + path)).status, 404, path);
});

/** The cache folder: what is stored, what is asked of the server, what heals, what is never left behind. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, readdir, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { openCache } from '../../wasm/js/cache.js';
import { fetchFile } from '../../wasm/js/fetch-file.js';
import { roughServer } from './helpers/rough-server.js';

const FILE = randomBytes(300_000);
const hashOf = (bytes) => createHash('sha256').update(bytes).digest('hex');

/** A folder that does not exist yet, and goes with the test. */
async function freshFolder(t) {
  const parent = await mkdtemp(join(tmpdir(), 'decem-cache-'));
  t.after(() => rm(parent, { recursive: true }));
  return join(parent, 'cache');
}

/** Expects the folder to hold so many files with their lines of facts, and nothing else. */
async function holds(folder, count) {
  const names = await readdir(folder).catch(() => []);
  assert.equal(names.filter((name) => name.endsWith('.json')).length, count, names.join());
  assert.equal(names.length, 2 * count, names.join());
}

test('a file is fetched once, checked, and stored with what is known of it', async (t) => {
  const folder = await freshFolder(t);
  const { address, log } = await roughServer(t, { bytes: FILE, cuts: [100_000] });
  const first = await fetchFile(`${address}/w.pth#part`, { cache: folder, sha256: hashOf(FILE) });
  assert.deepEqual([first.from, first.bytes, first.sha256], ['network', FILE.length, hashOf(FILE)]);
  assert.ok((await readFile(first.path)).equals(FILE));
  assert.match(first.path, /\.pth$/);
  assert.equal(log.length, 2);
  const again = await fetchFile(`${address}/w.pth`, { cache: folder, sha256: hashOf(FILE).toUpperCase() });
  assert.deepEqual({ ...again, from: 0 }, { ...first, from: 0 });
  assert.equal(again.from, 'cache');
  assert.equal(log.length, 2, 'no network where the hash is known');

  const cache = await openCache(folder);
  const [{ url, bytes, sha256, stored }] = await cache.list();
  assert.deepEqual([url, bytes, sha256], [`${address}/w.pth`, FILE.length, hashOf(FILE)]);
  assert.ok(Date.now() - stored.getTime() < 60_000);
  assert.equal(await cache.size(), FILE.length);
  await holds(folder, 1);
});

test('without a hash the server is asked for headers alone; a changed file is fetched again', async (t) => {
  const folder = await freshFolder(t);
  const manners = { bytes: FILE };
  const { address, log, gets } = await roughServer(t, manners);
  assert.equal((await fetchFile(address, { cache: folder })).from, 'network');
  assert.equal((await fetchFile(address, { cache: folder })).from, 'cache');
  assert.deepEqual(log.map(({ method }) => method), ['GET', 'HEAD']);
  manners.bytes = randomBytes(1000);
  const changed = await fetchFile(address, { cache: folder });
  assert.deepEqual([changed.from, changed.sha256], ['network', hashOf(manners.bytes)]);
  assert.equal(gets().length, 2);
  await holds(folder, 1);
  manners.before = [(request, response) => response.writeHead(503).end()];
  assert.equal((await fetchFile(address, { cache: folder })).from, 'cache', 'a server in trouble');
  manners.before = [(request, response) => response.destroy()];
  assert.equal((await fetchFile(address, { cache: folder })).from, 'cache', 'offline');
  manners.before = [1, 2].map(() => (request, response) => response.writeHead(404).end() && true);
  await assert.rejects(fetchFile(address, { cache: folder }), { code: 'FETCH_FAILED', message: /404/ });
});

test('a stored file that was damaged or cut short heals by itself', async (t) => {
  const folder = await freshFolder(t);
  const { address, gets } = await roughServer(t, { bytes: FILE });
  const options = { cache: folder, sha256: hashOf(FILE) };
  const { path } = await fetchFile(address, options);
  await writeFile(path, Buffer.from(FILE).fill(7, 5000, 5001));
  const healed = await fetchFile(address, options);
  assert.equal(healed.from, 'network');
  assert.ok((await readFile(healed.path)).equals(FILE));
  await truncate(healed.path, 100);
  assert.equal((await fetchFile(address, options)).from, 'network');
  await writeFile(join(folder, (await readdir(folder)).find((name) => name.endsWith('.json'))), '{"url":');
  assert.equal((await fetchFile(address, options)).from, 'network');
  assert.equal(gets().length, 4);
  const cache = await openCache(folder);
  await cache.delete(address);
  await holds(folder, 0);
});

test('a wrong hash is named, and what was fetched is not kept; the next try works', async (t) => {
  const folder = await freshFolder(t);
  const manners = { bytes: Buffer.from(FILE).fill(0, 100, 101) };
  const { address } = await roughServer(t, manners);
  const options = { cache: folder, sha256: hashOf(FILE) };
  await assert.rejects(fetchFile(address, options), (error) => {
    assert.equal(error.code, 'WRONG_HASH');
    assert.ok(error.message.includes(hashOf(FILE)) && error.message.includes(hashOf(manners.bytes)) && error.message.includes(address));
    return true;
  });
  await holds(folder, 0);
  manners.bytes = FILE;
  await fetchFile(address, options);
  await holds(folder, 1);
});

test('a known other hash means another file: fetched, and put in its place', async (t) => {
  const folder = await freshFolder(t);
  const manners = { bytes: FILE };
  const { address, log } = await roughServer(t, manners);
  await fetchFile(address, { cache: folder, sha256: hashOf(FILE) });
  manners.bytes = randomBytes(100);
  assert.equal((await fetchFile(address, { cache: folder, sha256: hashOf(manners.bytes) })).from, 'network');
  assert.deepEqual(log.map(({ method }) => method), ['GET', 'GET']);
  await holds(folder, 1);
});

test('aborted or broken off, nothing half-written is left', async (t) => {
  const folder = await freshFolder(t);
  const abort = new AbortController();
  const manners = { bytes: FILE, bytesPerSecond: 1_000_000 };
  const { address } = await roughServer(t, manners);
  const options = { cache: folder, signal: abort.signal, onProgress: ({ loaded }) => loaded > 50_000 && abort.abort() };
  await assert.rejects(fetchFile(address, options), { name: 'AbortError' });
  await holds(folder, 0);
  Object.assign(manners, { etag: null, cuts: [100_000, 100_000, 100_000], bytesPerSecond: undefined });
  await assert.rejects(fetchFile(address, { cache: folder }), { code: 'FETCH_FAILED', message: /broke off after 100000 bytes/ });
  await holds(folder, 0);
  manners.cuts = [100_000];
  await fetchFile(address, { cache: folder });
  await holds(folder, 1);
});

test('two at once spoil nothing', async (t) => {
  const folder = await freshFolder(t);
  const { address } = await roughServer(t, { bytes: FILE, bytesPerSecond: 3_000_000 });
  const both = await Promise.all([1, 2].map(() => fetchFile(address, { cache: folder })));
  assert.deepEqual(both.map(({ sha256 }) => sha256), [hashOf(FILE), hashOf(FILE)]);
  const [{ path }] = await (await openCache(folder)).list();
  assert.ok((await readFile(path)).equals(FILE));
  await holds(folder, 1);
});

test('deleting one and all, and what is not there', async (t) => {
  const folder = await freshFolder(t);
  const cache = await openCache(folder);
  assert.deepEqual([await cache.list(), await cache.size(), await cache.read('https://example.org/a')], [[], 0, null]);
  for (const name of ['b', 'a', 'c']) {
    const writer = await cache.write(`https://example.org/${name}`);
    await writer.write(FILE.subarray(0, 1000));
    await writer.commit();
    await writer.discard();
  }
  assert.deepEqual((await cache.list()).map(({ url }) => url.at(-1)), ['a', 'b', 'c']);
  assert.equal(await cache.size(), 3000);
  assert.equal(await cache.delete('https://example.org/b'), true);
  assert.equal(await cache.delete('https://example.org/b'), false);
  await holds(folder, 2);
  await cache.clear();
  await holds(folder, 0);
});

test('files made here: what read gives is what was written, also while it is replaced', async (t) => {
  const cache = await openCache(await freshFolder(t));
  const put = async (bytes) => {
    const writer = await cache.write('decem:mobilenetv2');
    for (let at = 0; at < bytes.length; at += 70_000) await writer.write(bytes.subarray(at, at + 70_000));
    return writer.commit({ sha256: hashOf(bytes) });
  };
  await put(FILE);
  const reading = (await cache.read('decem:mobilenetv2')).chunks();
  const parts = [Buffer.from((await reading.next()).value)];
  assert.equal((await put(FILE.subarray(0, 10))).bytes, 10);
  for await (const part of reading) parts.push(Buffer.from(part));
  assert.ok(Buffer.concat(parts).equals(FILE));
  assert.equal((await cache.read('decem:mobilenetv2')).sha256, hashOf(FILE.subarray(0, 10)));
});

test("what a process that died has left is swept away, a day later; what is somebody else's never", async (t) => {
  const folder = await freshFolder(t);
  const cache = await openCache(folder);
  const { path: kept } = await (await cache.write('decem:a')).commit();
  const [old, orphan, young] = ['1.part', '2.pth', '3.part'].map((end) => join(folder, `${'ab'.repeat(16)}-${end}`));
  const strange = join(folder, 'notes.txt');
  for (const path of [old, orphan, young, strange]) await writeFile(path, 'x');
  for (const path of [kept, old, orphan, strange]) await utimes(path, 0, 0);
  await (await cache.write('decem:b')).discard();
  assert.deepEqual([kept, old, orphan, young, strange].map((path) => existsSync(path)), [true, false, false, true, true]);
});

test('a full disk, and a folder that cannot be: named, with what to do', async (t) => {
  const folder = await freshFolder(t);
  const { address } = await roughServer(t, { bytes: FILE });
  await writeFile(folder, 'a file where the folder should be');
  await assert.rejects(fetchFile(address, { cache: folder }), { code: 'STORE_FAILED', message: /Cannot store in .*DECEM_CACHE/ });
  await rm(folder);
  // A limit on the size of files stands for a full disk: writing fails in the same place.
  const script = `
    import { openCache } from ${JSON.stringify(new URL('../../wasm/js/cache.js', import.meta.url).href)};
    process.on('SIGXFSZ', () => {});
    const writer = await (await openCache()).write('https://example.org/a');
    try {
      for (let i = 0; i < 10; i++) await writer.write(new Uint8Array(20000));
    } catch ({ code, message }) { console.log(code, message); }`;
  const { stdout, stderr } = spawnSync('bash', ['-c', 'ulimit -f 100; "$0" --input-type=module -e "$1"', process.execPath, script],
    { encoding: 'utf8', env: { ...process.env, DECEM_CACHE: folder } });
  assert.match(stdout, /^STORE_FAILED Cannot store in .*no room left/, stderr);
  await holds(folder, 0);
});

test('the folder is $DECEM_CACHE, else decem in $XDG_CACHE_HOME', async (t) => {
  const folder = await freshFolder(t);
  const before = { ...process.env };
  t.after(() => { process.env = before; });
  delete process.env.DECEM_CACHE;
  process.env.XDG_CACHE_HOME = folder;
  await (await (await openCache()).write('decem:a')).commit();
  await holds(join(folder, 'decem'), 1);
  process.env.DECEM_CACHE = join(folder, 'own');
  await (await (await openCache()).write('decem:a')).commit();
  await holds(join(folder, 'own'), 1);
});

/** Downloads that break off, servers of all manners: the same bytes in the end, or a sentence that says why not. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';

import { openDownload } from '../../wasm/js/download.js';
import { backoff, askedPause } from '../../wasm/js/retry.js';
import { random } from './helpers/random.js';
import { roughServer } from './helpers/rough-server.js';

const FILE = randomBytes(600_000);
const CHUNK_BYTES = 16 << 10;

/** @param {string} address @param {import('../../wasm/js/download.js').DownloadOptions} [options] */
async function fetchAll(address, options) {
  const download = await openDownload(new URL(address), 'weights', options);
  const chunks = [];
  for await (const chunk of download.chunks()) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

/** Expects a DecemError of the code FETCH_FAILED whose sentence matches. */
const rejects = (promise, sentence) => assert.rejects(promise, (error) => {
  assert.equal(error.name, 'DecemError');
  assert.equal(error.code, 'FETCH_FAILED');
  assert.match(error.message, sentence);
  return true;
});

test('a file comes as it is, with one request', async (t) => {
  const { address, log } = await roughServer(t, { bytes: FILE });
  assert.ok((await fetchAll(address)).equals(FILE));
  assert.deepEqual(log.map(({ range }) => range), [null]);
});

test('cut four times at random: the same bytes, and none twice but the cut chunk\'s', async (t) => {
  for (let seed = 1; seed <= 3; seed++) {
    const next = random(seed);
    const cuts = Array.from({ length: 4 }, () => 1 + Math.floor(next() * (FILE.length - 1))).sort((a, b) => a - b);
    const { address, log } = await roughServer(t, { bytes: FILE, cuts: [...cuts] });
    assert.ok((await fetchAll(address)).equals(FILE), `seed ${seed}`);
    assert.equal(log.length, 5, 'one request a cut');
    log.slice(1).forEach(({ begin, ifRange }, index) => {
      assert.ok(begin <= cuts[index] && begin > cuts[index] - 2 * CHUNK_BYTES, `cut at ${cuts[index]}, taken up at ${begin}`);
      assert.match(ifRange, /^"/);
    });
    const sent = log.reduce((sum, entry) => sum + entry.sent, 0);
    assert.ok(sent <= FILE.length + 4 * 2 * CHUNK_BYTES, `${sent} bytes sent for ${FILE.length}`);
  }
});

test('a server without ranges: what is there already is passed over', async (t) => {
  const { address, log } = await roughServer(t, { bytes: FILE, ranges: false, cuts: [200_000] });
  assert.ok((await fetchAll(address)).equals(FILE));
  assert.deepEqual(log.map(({ begin }) => begin), [0, 0]);
});

test('a file that changes meanwhile is not spliced: by ETag, by Last-Modified, by a 416', async (t) => {
  const other = randomBytes(500_000);
  for (const [manners, change] of [
    [{}, { bytes: other }],
    [{ ranges: false }, { bytes: other }],
    [{ etag: null, lastModified: 'Mon, 02 Nov 2026 10:00:00 GMT' }, { bytes: other, lastModified: 'Tue, 03 Nov 2026 10:00:00 GMT' }],
    [{}, { bytes: other.subarray(0, 1000), etag: null, lastModified: null }],
  ]) {
    const all = { bytes: FILE, cuts: [300_000], ...manners };
    const { address } = await roughServer(t, all);
    all.before = [() => {}, () => void Object.assign(all, change)];
    await rejects(fetchAll(address), /changed on the server while it was being loaded/);
  }
});

test('a part from elsewhere, or of another length, is refused though the server calls it 206', async (t) => {
  for (const [range, etag] of [
    [`bytes 0-${FILE.length - 1}/${FILE.length}`, '"a"'],
    ['bytes 300000-699999/700000', '"a"'],
    [`bytes 300000-${FILE.length - 1}/${FILE.length}`, '"b"'], // of another file: If-Range was not understood
  ]) {
    const part = (request, response) => response.writeHead(206, { 'content-range': range, etag }).end('x') && true;
    const { address } = await roughServer(t, { bytes: FILE, etag: '"a"', cuts: [300_000], before: [() => {}, part] });
    await rejects(fetchAll(address), /changed on the server/);
  }
});

test('no ETag and no Last-Modified: taken up only if the caller checks a hash', async (t) => {
  const manners = { bytes: FILE, etag: null };
  const { address, log } = await roughServer(t, manners);
  manners.cuts = [300_000];
  await rejects(fetchAll(address), /broke off after \d+ bytes, and the server cannot go on from there/);
  manners.cuts = [300_000];
  assert.ok((await fetchAll(address, { hashed: true })).equals(FILE));
  assert.equal(log.at(-1).range, 'bytes=300000-');
});

test('a busy server is asked again, as late as it says; a missing file is not', async (t) => {
  const busy = (status, headers = {}) => (request, response) => response.writeHead(status, headers).end('busy') && true;
  const pauses = [];
  const manners = { bytes: FILE, before: [busy(503, { 'retry-after': '1' }), busy(429)] };
  const { address, log } = await roughServer(t, manners);
  assert.ok((await fetchAll(address, { onPause: (ms) => pauses.push(ms) })).equals(FILE));
  assert.equal(log.length, 3);
  assert.ok(pauses[0] >= 1000, String(pauses));
  assert.equal(pauses.at(-1), null);

  manners.before = [busy(404), busy(404)];
  log.length = 0;
  await rejects(fetchAll(address), /answered 404 Not Found. Please check the address/);
  assert.equal(log.length, 1);
  manners.before = [busy(503, { 'retry-after': '3600' })];
  await rejects(fetchAll(address), /answered 503/);
});

test('it gives up after so many failures in a row, and says where it broke off', async (t) => {
  const die = (request, response) => response.destroy() && true;
  const manners = { bytes: FILE, cuts: [100_000], before: [() => {}, die, die] };
  const { address, log } = await roughServer(t, manners);
  await rejects(fetchAll(address, { retries: 2 }), /no answer from http/);
  assert.equal(log.length, 3);
});

test('nobody there, a redirect that leads around, a redirect to the file, a web page', async (t) => {
  await rejects(fetchAll('http://127.0.0.1:9/w', { retries: 0 }), /no answer from http:\/\/127\.0\.0\.1:9\/w/);
  const around = (request, response) => response.writeHead(302, { location: '/again' }).end() && true;
  const circle = await roughServer(t, { bytes: FILE, before: Array(60).fill(around) });
  await rejects(fetchAll(circle.address, { retries: 0 }), /no answer.*redirect/);
  const file = await roughServer(t, { bytes: FILE, cuts: [200_000] });
  const leads = (request, response) => response.writeHead(302, { location: `${file.address}/there` }).end() && true;
  const { address } = await roughServer(t, { bytes: FILE, before: [leads, leads] });
  assert.ok((await fetchAll(address)).equals(FILE));
  assert.equal(file.log.length, 2);
  const page = (request, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Sign in</h1>') && true;
  const portal = await roughServer(t, { bytes: FILE, cuts: [200_000], before: [() => {}, page] });
  await rejects(fetchAll(portal.address), /answered with a web page/);
});

test('a connection that falls silent counts as lost', async (t) => {
  const manners = { bytes: FILE, cuts: [250_000], silent: true };
  const { address, log } = await roughServer(t, manners);
  assert.ok((await fetchAll(address, { silenceMs: 200 })).equals(FILE));
  assert.deepEqual(log.map(({ begin }) => begin), [0, 250_000]);
});

test('aborting: before, while waiting for the answer, in the middle, in the pause before another try', async (t) => {
  const reason = new Error('enough');
  const { address, log } = await roughServer(t, { bytes: FILE, bytesPerSecond: 500_000 });
  await assert.rejects(openDownload(new URL(address), 'weights', { signal: AbortSignal.abort(reason) }), reason);
  assert.equal(log.length, 0);

  const hang = new AbortController();
  const hanging = await roughServer(t, { bytes: FILE, before: [() => { setTimeout(() => hang.abort(reason), 20); return true; }] });
  await assert.rejects(fetchAll(hanging.address, { signal: hang.signal }), reason);

  const middle = new AbortController();
  const download = await openDownload(new URL(address), 'weights', { signal: middle.signal });
  await assert.rejects(async () => {
    for await (const chunk of download.chunks()) middle.abort(reason);
  }, reason);

  const pausing = new AbortController();
  const dead = await roughServer(t, { bytes: FILE, before: [(request, response) => response.writeHead(503, { 'retry-after': '50' }).end() && true] });
  const start = performance.now();
  await assert.rejects(fetchAll(dead.address, { signal: pausing.signal, onPause: () => setTimeout(() => pausing.abort(reason), 10) }), reason);
  assert.ok(performance.now() - start < 10_000);
});

test('leaving early closes the connection', async (t) => {
  let close;
  const closed = new Promise((resolve) => { close = resolve; });
  const { address } = await roughServer(t, { bytes: FILE, bytesPerSecond: 100_000, before: [(request) => void request.on('close', close)] });
  const download = await openDownload(new URL(address), 'weights');
  for await (const chunk of download.chunks()) break;
  await closed;
});

test('pauses double, by chance up to half less, and what a server asks for is understood', () => {
  for (let failures = 0; failures < 12; failures++) {
    const most = Math.min(15_000, 500 * 2 ** failures);
    for (let i = 0; i < 20; i++) {
      const ms = backoff(failures);
      assert.ok(ms > most / 2 - 1 && ms <= most);
    }
  }
  assert.equal(askedPause(null), 0);
  assert.equal(askedPause('7'), 7000);
  assert.equal(askedPause('soon'), 0);
  assert.equal(askedPause('86400'), null);
  const inTen = askedPause(new Date(Date.now() + 10_000).toUTCString());
  assert.ok(inTen > 8000 && inTen <= 10_000);
  assert.equal(askedPause(new Date(Date.now() - 10_000).toUTCString()), 0);
});

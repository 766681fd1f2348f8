/** What decem serve sends compressed, what it does not, and that caches can tell the two apart. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { before, describe, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { handle } from '../../wasm/cli/server.js';

const ROOT = new URL('../../', import.meta.url);
const WASM = '/build/wasm/decem-simd.wasm';
const plain = readFileSync(new URL(`.${WASM}`, ROOT));

describe('compression', () => {
  let port = 0;
  before(async () => {
    const server = createServer(handle);
    await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
    server.unref();
    port = server.address().port;
  });

  /** fetch() would decompress, and would choose what it accepts by itself. */
  const get = (path, headers = {}, method = 'GET') => new Promise((resolve, reject) => {
    request({ port, path, headers, method, agent: false }, async (response) => {
      const chunks = [];
      for await (const chunk of response) chunks.push(chunk);
      resolve({ status: response.statusCode, headers: response.headers, bytes: Buffer.concat(chunks) });
    }).on('error', reject).end();
  });

  test('scripts, styles, documents, lists and modules are compressed for those who take gzip', async () => {
    for (const path of ['/web/', '/web/style.css', '/web/app.js', '/models/labels/imagenet-1k.json', WASM]) {
      const { status, headers, bytes } = await get(path, { 'accept-encoding': 'br, gzip' });
      assert.equal(status, 200, path);
      assert.equal(headers['content-encoding'], 'gzip', path);
      assert.equal(headers.vary, 'Accept-Encoding', path);
      assert.equal(headers['content-length'], String(bytes.length), path);
      assert.ok(gunzipSync(bytes).length > bytes.length, path);
    }
    assert.deepEqual(gunzipSync((await get(WASM, { 'accept-encoding': 'gzip' })).bytes), plain);
  });

  test('nobody else gets what they did not ask for', async () => {
    for (const accepted of [undefined, 'identity', 'br', 'gzip;q=0', 'gzip; q=0.00']) {
      const { headers, bytes } = await get(WASM, accepted === undefined ? {} : { 'accept-encoding': accepted });
      assert.equal(headers['content-encoding'], undefined, accepted);
      assert.equal(headers.vary, 'Accept-Encoding', accepted);
      assert.deepEqual(bytes, plain, accepted);
    }
  });

  test('pictures and weights go as they are', async () => {
    for (const path of ['/web/samples/cat.jpg', '/models/shufflenetv2-everyday100.safetensors']) {
      const { headers } = await get(path, { 'accept-encoding': 'gzip' }, 'HEAD');
      assert.equal(headers['content-encoding'], undefined, path);
      assert.equal(headers.vary, undefined, path);
    }
  });

  test('a range is one of the plain bytes', async () => {
    const { status, headers, bytes } = await get(WASM, { 'accept-encoding': 'gzip', range: 'bytes=0-7' });
    assert.equal(status, 206);
    assert.equal(headers['content-encoding'], undefined);
    assert.deepEqual(bytes, plain.subarray(0, 8));
  });

  test('each form has its own tag, and 304 answers only to that', async () => {
    const packed = (await get(WASM, { 'accept-encoding': 'gzip' })).headers.etag;
    const loose = (await get(WASM)).headers.etag;
    assert.notEqual(packed, loose);
    const status = async (headers) => (await get(WASM, headers)).status;
    assert.equal(await status({ 'accept-encoding': 'gzip', 'if-none-match': packed }), 304);
    assert.equal(await status({ 'accept-encoding': 'gzip', 'if-none-match': loose }), 200);
    assert.equal(await status({ 'if-none-match': loose }), 304);
    assert.equal(await status({ 'if-none-match': packed }), 200);
    // The tag of the compressed form must not open a range of the plain one.
    assert.equal(await status({ range: 'bytes=0-7', 'if-range': packed }), 200);
  });

  test('HEAD tells the compressed length and sends nothing', async () => {
    const whole = await get(WASM, { 'accept-encoding': 'gzip' });
    const head = await get(WASM, { 'accept-encoding': 'gzip' }, 'HEAD');
    assert.equal(head.headers['content-length'], String(whole.bytes.length));
    assert.equal(head.bytes.length, 0);
  });
});

/** Image files in Node: decoded by sharp as Pillow decodes them, or refused in plain words. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import sharp from 'sharp';

import { Classifier } from '../../wasm/js/index.js';
import { decodeBytes } from '../../wasm/js/image-node.js';
import { syntheticImage } from './helpers/generator.js';
import { serve } from './helpers/server.js';
import { smallFile } from './helpers/small.js';

const pixels = syntheticImage(50, 40);
const raw = (data, width, height, channels) => sharp(data, { raw: { width, height, channels } });
const png = await raw(pixels.data, 50, 40, 3).png().toBuffer();

const folder = await mkdtemp(join(tmpdir(), 'decem-image-'));
const path = join(folder, 'noise.png');
await writeFile(path, png);
after(() => rm(folder, { recursive: true }));

const classifier = await Classifier.load(smallFile);
const { logits: expected } = await classifier.classify(pixels, { logits: true });

for (const [name, source] of [
  ['a path', path],
  ['a file URL', pathToFileURL(path)],
  ['a Buffer', png],
  ['an ArrayBuffer', new Uint8Array(png).buffer],
  ['a Blob', new Blob([png])],
]) {
  test(`an image from ${name}`, async () => {
    assert.deepEqual((await classifier.classify(source, { logits: true })).logits, expected);
  });
}

test('an image from an address', async (t) => {
  const address = await serve(t, ({ url }, response) => {
    if (url === '/noise.png') response.writeHead(200, { 'content-type': 'image/png' }).end(png);
    else response.writeHead(404).end();
  });
  assert.deepEqual((await classifier.classify(`${address}/noise.png`, { logits: true })).logits, expected);
  await assert.rejects(classifier.classify(`${address}/none.png`), { code: 'FETCH_FAILED', message: /none\.png answered 404/ });
});

test('PNG is decoded to the byte; JPEG and WebP are read', async () => {
  assert.deepEqual(await decodeBytes(png), { ...pixels, data: Buffer.from(pixels.data) });
  for (const file of [await sharp(png).jpeg().toBuffer(), await sharp(png).webp({ lossless: true }).toBuffer()]) {
    const { width, height, channels } = await decodeBytes(file);
    assert.deepEqual([width, height, channels], [50, 40, 3]);
  }
});

test('alpha is dropped, not blended', async () => {
  const file = await raw(new Uint8Array([10, 20, 30, 0, 40, 50, 60, 128]), 2, 1, 4).png().toBuffer();
  assert.deepEqual([...(await decodeBytes(file)).data], [10, 20, 30, 40, 50, 60]);
});

test('grey becomes three equal channels; 16 bits become 8; CMYK becomes RGB', async () => {
  const grey = await raw(new Uint8Array([0, 77, 255]), 3, 1, 1).toColourspace('b-w').png().toBuffer();
  assert.equal((await sharp(grey).metadata()).channels, 1);
  assert.deepEqual([...(await decodeBytes(grey)).data], [0, 0, 0, 77, 77, 77, 255, 255, 255]);
  const deep = await sharp(png).toColourspace('rgb16').png().toBuffer();
  assert.equal((await sharp(deep).metadata()).depth, 'ushort');
  assert.deepEqual((await decodeBytes(deep)).data, Buffer.from(pixels.data));
  const cmyk = await sharp(png).toColourspace('cmyk').jpeg().toBuffer();
  assert.equal((await sharp(cmyk).metadata()).space, 'cmyk');
  assert.equal((await decodeBytes(cmyk)).channels, 3);
});

test('stored orientation is not applied, as Pillow does not', async () => {
  const turned = await sharp(png).jpeg().withMetadata({ orientation: 6 }).toBuffer();
  assert.equal((await sharp(turned).metadata()).orientation, 6);
  const { width, height } = await decodeBytes(turned);
  assert.deepEqual([width, height], [50, 40]);
});

test('a colour profile is not applied, as Pillow does not', async () => {
  const red = await raw(new Uint8Array([255, 0, 0]), 1, 1, 3).withIccProfile('p3').png().toBuffer();
  assert.ok((await sharp(red).metadata()).icc);
  const [r, g, b] = (await decodeBytes(red)).data;
  // Display P3 writes sRGB's red as 234, 51, 35; with the profile applied it would be 255, 0, 0 again.
  assert.ok(Math.abs(r - 234) <= 2 && Math.abs(g - 51) <= 2 && Math.abs(b - 35) <= 2, `${r}, ${g}, ${b}`);
});

for (const [name, source, code, sentence] of [
  ['a path to nothing', join(folder, 'none.png'), 'FETCH_FAILED', /none\.png: there is no such file/],
  ['an empty file', Buffer.alloc(0), 'INVALID_IMAGE', /empty/],
  ['text', Buffer.from('not a picture'), 'INVALID_IMAGE', /cannot be decoded/],
  ['a PNG cut short', png.subarray(0, png.length / 2), 'INVALID_IMAGE', /cannot be decoded/],
]) {
  test(`refused: ${name}; the next image is classified`, async () => {
    await assert.rejects(classifier.classify(source), { name: 'DecemError', code, message: sentence });
    assert.deepEqual((await classifier.classify(path, { logits: true })).logits, expected);
  });
}

test('refused: 20,000 x 20,000 pixels, before they are decoded', async () => {
  const huge = await sharp({ create: { width: 20000, height: 20000, channels: 3, background: 'red' }, limitInputPixels: false })
    .png({ compressionLevel: 1 })
    .toBuffer();
  await assert.rejects(classifier.classify(huge), { code: 'INVALID_IMAGE', message: /20000 x 20000 pixels, more than the limit of \d+/ });
  assert.deepEqual((await classifier.classify(path, { logits: true })).logits, expected);
});

/** decem cache, and weights from an address on the command line. */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, test } from 'node:test';
import { decem, jsonLines, start } from './helpers/cli.js';
import { roughServer } from './helpers/rough-server.js';
import { smallFile } from './helpers/small.js';

const parent = await mkdtemp(join(tmpdir(), 'decem-cache-command-'));
const folder = join(parent, 'cache');
process.env.DECEM_CACHE = folder;
beforeEach(() => rm(folder, { recursive: true, force: true }));
after(() => rm(parent, { recursive: true }));

test('weights from an address are kept, listed, used again and deleted', async (t) => {
  const { address, gets } = await roughServer(t, { bytes: smallFile, cuts: [100_000] });
  const [a, b] = [`${address}/a.safetensors`, `${address}/b.safetensors`];
  assert.equal((await decem('cache')).stdout, 'Nothing is kept.\n');
  for (const url of [a, b, a]) assert.equal((await decem('summary', url)).status, 0);
  assert.equal(gets().length, 3, 'one for each, and one for the rest of the one that was cut');

  const files = jsonLines((await decem('cache', '--json')).stdout);
  assert.deepEqual(files.map(({ url, bytes }) => [url, bytes]), [[a, smallFile.length], [b, smallFile.length]]);
  const { stdout } = await decem('cache');
  assert.match(stdout, new RegExp(`\\d kB +\\d{4}-\\d\\d-\\d\\d +${a}\\n`));
  assert.match(stdout, /\n2 files, /);

  assert.match((await decem('cache', '--delete', a)).stdout, /deleted/);
  const again = await decem('cache', '--delete', a);
  assert.deepEqual([again.status, again.stdout], [2, '']);
  assert.match(again.stderr, /nothing is kept for http/);
  assert.match((await decem('cache', '--clear')).stdout, /^1 file, .* deleted/);
  assert.deepEqual(await readdir(folder), []);
});

for (const args of [['everything'], ['--delete', 'x', '--clear']]) {
  test(`decem cache ${args.join(' ')} is refused`, async () => assert.equal((await decem('cache', ...args)).status, 2));
}

test('stopped in the middle, nothing half-written stays', async (t) => {
  const { address } = await roughServer(t, { bytes: smallFile, bytesPerSecond: smallFile.length / 20 });
  const child = start(['summary', `${address}/a.safetensors`]);
  const ended = new Promise((resolve) => child.on('close', (status, signal) => resolve(signal)));
  while (!(await readdir(folder).catch(() => [])).some((name) => name.endsWith('.part'))) await new Promise((resolve) => setTimeout(resolve, 20));
  child.kill('SIGINT');
  assert.equal(await ended, 'SIGINT');
  assert.deepEqual(await readdir(folder), []);
});

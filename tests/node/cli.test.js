/** The command line, run as a user runs it. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import sharp from 'sharp';
import { ROOT, decem, jsonLines, start } from './helpers/cli.js';

const PARAMETERS_AND_MACS = {
  googlenet: [13378280, '1591.0'],
  resnet18: [11694312, '1814.1'],
  resnet50: [25583592, '4089.2'],
  resnet101: [44601832, '7801.4'],
  resnet152: [60268520, '11513.6'],
  vgg16: [138357544, '15470.3'],
  mobilenetv1: [4231976, '568.7'],
  mobilenetv2: [3504872, '300.8'],
  shufflenetv1: [1877920, '137.5'],
  shufflenetv2: [2131226, '128.4'],
};

const folder = mkdtempSync(join(tmpdir(), 'decem-cli-'));
after(() => rmSync(folder, { recursive: true }));

/** @param {string} name @param {string | Uint8Array} contents */
function file(name, contents) {
  const path = join(folder, name);
  writeFileSync(path, contents);
  return path;
}

const noise = { create: { width: 90, height: 70, channels: /** @type {3} */ (3), background: '#000', noise: { type: /** @type {'gaussian'} */ ('gaussian'), mean: 128, sigma: 60 } } };
const png = file('noise.png', await sharp(noise).png().toBuffer());
const jpeg = file('noise.jpg', await sharp(noise).jpeg().toBuffer());
const webp = file('noise.webp', await sharp(noise).webp().toBuffer());

describe('help and usage', () => {
  test('--help names every command, and each has a help of its own with an example', async () => {
    const { status, stdout } = await decem('--help');
    assert.equal(status, 0);
    for (const command of ['classify', 'summary', 'cache', 'bench', 'profile', 'serve']) {
      assert.match(stdout, new RegExp(`^  ${command} `, 'm'));
      const help = await decem(command, '--help');
      assert.equal(help.status, 0);
      assert.match(help.stdout, new RegExp(`Example: decem ${command}`));
    }
  });

  test('--version is the package\'s', async () => {
    const { stdout } = await decem('--version');
    assert.equal(stdout.trim(), JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8')).version);
  });

  const wrong = {
    'no command': [],
    'an unknown command': ['clasify', png],
    'an unknown option': ['classify', png, '--topk', '3'],
    'no image': ['classify'],
    'top-k of 0': ['classify', png, '--top-k', '0'],
    'top-k that is no number': ['classify', png, '--top-k', 'five'],
    'options that are not JSON': ['classify', png, '--network', 'vgg16', '--options', '{variant}'],
    'options that are no object': ['summary', 'vgg16', '--options', '[1]'],
    'options without a network': ['classify', png, '--options', '{}'],
    'two networks to summarise': ['summary', 'vgg16', 'resnet18'],
    'no runs': ['bench', 'shufflenetv2', '--runs', '0'],
    'a port past the last': ['serve', '--port', '65536'],
  };
  for (const [what, args] of Object.entries(wrong)) {
    test(`${what}: exit status 2, usage on stderr, nothing on stdout`, async () => {
      const { status, stdout, stderr } = await decem(...args);
      assert.equal(status, 2, stderr);
      assert.equal(stdout, '');
      assert.match(stderr, /Usage: decem/);
      assert.doesNotMatch(stderr, /\n    at /, 'no stack');
    });
  }
});

describe('summary', () => {
  for (const [network, [parameters, macs]] of Object.entries(PARAMETERS_AND_MACS)) {
    test(`${network} has the article's parameters and MACs`, async () => {
      const { status, stdout, stderr } = await decem('summary', network, '--json');
      assert.equal(status, 0, stderr);
      const [summary] = jsonLines(stdout);
      assert.equal(summary.parameters, parameters);
      assert.equal((summary.macs / 1e6).toFixed(1), macs);
      const total = (/** @type {'parameters' | 'macs'} */ key) =>
        summary.layers.reduce((/** @type {number} */ sum, /** @type {any} */ layer) => sum + layer[key], 0);
      assert.equal(total('parameters'), parameters, 'the layers add up');
      assert.equal(total('macs'), summary.macs, 'the layers add up');
    });
  }

  test('as text: a table of layers, aligned, with totals', async () => {
    const { status, stdout } = await decem('summary', 'resnet18');
    assert.equal(status, 0);
    assert.match(stdout, /^conv1\s+Conv2d\s+64 x 112 x 112\s+9,\d{3}\s+118,013,952$/m);
    assert.match(stdout, /^Total\s+11,694,312\s+[\d,]+$/m);
    assert.match(stdout, /^MACs\s+1814\.1 million/m);
  });

  test('takes options, and names one that the network does not have', async () => {
    const half = jsonLines((await decem('summary', 'mobilenetv2', '--json', '--options', '{"width_mult": 0.5}')).stdout)[0];
    assert.ok(half.parameters < PARAMETERS_AND_MACS.mobilenetv2[0]);
    const { status, stderr } = await decem('summary', 'mobilenetv2', '--options', '{"groups": 3}');
    assert.equal(status, 1);
    assert.match(stderr, /groups/);
  });

  test('of a file: what it is and where it comes from', async () => {
    const { status, stdout } = await decem('summary', `${ROOT}models/shufflenetv2-everyday100.safetensors`);
    assert.equal(status, 0);
    assert.match(stdout, /^shufflenetv2/);
    assert.match(stdout, /100 classes/);
    assert.match(stdout, /^Weights\s+trained for this project/m);
  });

  test('of a name that is nothing lists the networks', async () => {
    const { status, stderr } = await decem('summary', 'alexnet');
    assert.equal(status, 1);
    for (const network of Object.keys(PARAMETERS_AND_MACS)) assert.match(stderr, new RegExp(`\\b${network}\\b`));
  });
});

describe('classify', () => {
  test('JSON: one object an image, with the agreed keys', async () => {
    const { status, stdout, stderr } = await decem('classify', png, jpeg, webp, '--network', 'shufflenetv2', '--json', '--top-k', '3');
    assert.equal(status, 0, stderr);
    const lines = jsonLines(stdout);
    assert.deepEqual(lines.map((line) => line.file), [png, jpeg, webp]);
    for (const { network, trained, predictions, timings, logits } of lines) {
      assert.equal(network, 'shufflenetv2');
      assert.equal(trained, false);
      assert.equal(predictions.length, 3);
      for (const { index, label, probability } of predictions) {
        assert.ok(Number.isInteger(index) && index >= 0 && index < 1000);
        assert.equal(label, `class ${index}`);
        assert.ok(probability > 0 && probability <= 1);
      }
      assert.ok(predictions[0].probability >= predictions[1].probability && predictions[1].probability >= predictions[2].probability);
      assert.ok(timings.preprocessMs > 0 && timings.inferenceMs > 0 && timings.totalMs >= timings.inferenceMs);
      assert.equal(logits, undefined);
    }
  });

  test('--logits: one array for each output, main first, and the most probable class has the largest', async () => {
    const [{ logits, predictions }] = jsonLines((await decem('classify', png, '--network', 'googlenet', '--logits', '--top-k', '1')).stdout);
    assert.deepEqual(logits.map((/** @type {number[]} */ output) => output.length), [1000, 1000, 1000]);
    assert.equal(logits[0].indexOf(Math.max(...logits[0])), predictions[0].index);
  });

  test('the same seed gives the same answer, another seed another', async () => {
    const run = async (/** @type {string} */ seed) =>
      jsonLines((await decem('classify', png, '--network', 'shufflenetv2', '--json', '--seed', seed)).stdout)[0].predictions;
    assert.deepEqual(await run('7'), await run('7'));
    assert.notDeepEqual(await run('7'), await run('8'));
  });

  test('text calls synthetic weights untrained', async () => {
    const { status, stdout, stderr } = await decem('classify', png, '--network', 'shufflenetv2');
    assert.equal(status, 0);
    assert.match(stderr, /trained ones are there: --weights \S*shufflenetv2-everyday100\.safetensors/);
    assert.match(stdout, /untrained \(synthetic weights\)/);
    assert.doesNotMatch(stdout, /\x1b/, 'no colours where there is no terminal');
  });

  test('without weights: those that ship with decem, and it says so', async () => {
    const { status, stdout, stderr } = await decem('classify', png, '--json');
    assert.equal(status, 0, stderr);
    assert.match(stderr, /default weights.*shufflenetv2-everyday100\.safetensors/);
    const [{ network, trained, predictions }] = jsonLines(stdout);
    assert.equal(network, 'shufflenetv2');
    assert.equal(trained, true);
    assert.doesNotMatch(predictions[0].label, /^class \d/);
  });

  test('an image that cannot be read is named, the others are done, exit status 1', async () => {
    const text = file('text.jpg', 'this is not a photograph');
    const empty = file('empty.png', '');
    const missing = join(folder, 'missing.jpg');
    const images = [text, png, empty, missing, jpeg];
    const { status, stdout, stderr } = await decem('classify', ...images, '--network', 'shufflenetv2', '--json');
    assert.equal(status, 1);
    const lines = jsonLines(stdout);
    assert.deepEqual(lines.map((line) => line.file), images);
    assert.deepEqual(lines.map((line) => 'error' in line), [true, false, true, true, false]);
    for (const { error } of lines.filter((line) => line.error)) {
      assert.equal(typeof error.code, 'string');
      assert.notEqual(error.message, '');
    }
    for (const bad of [text, empty, missing]) assert.ok(stderr.includes(bad), `${bad} is named`);
    assert.doesNotMatch(stderr, /\n    at /, 'no stack');
  });

  const shipped = readFileSync(`${ROOT}models/shufflenetv2-everyday100.safetensors`);
  const bad = {
    'that are cut short': [file('short.safetensors', shipped.subarray(0, 100000)), /short|missing|ended|bytes/i],
    'that are a web page': [file('page.safetensors', '<!doctype html><title>404</title>'), /HTML/],
    'that do not exist': [join(folder, 'none.safetensors'), /none\.safetensors/],
  };
  for (const [what, [weights, message]] of Object.entries(bad)) {
    test(`weights ${what}: a sentence and exit status 1`, async () => {
      const { status, stdout, stderr } = await decem('classify', png, '--weights', /** @type {string} */ (weights));
      assert.equal(status, 1);
      assert.equal(stdout, '');
      assert.match(stderr, /** @type {RegExp} */ (message));
      assert.doesNotMatch(stderr, /\n    at /, 'no stack');
    });
  }

  const shared = join(ROOT, '../shared');
  const skip = existsSync(join(shared, 'models')) ? false : 'no ../shared with real weights and photographs here';
  for (const weights of ['mobilenetv2', 'mobilenetv1-tf', 'googlenet-bvlc']) {
    test(`${weights} says what a person would of photographs`, { skip }, async () => {
      const expected = {
        'cat.jpg': /cat|tabby/,
        'dragonfly.jpg': /dragonfly|damselfly/,
        'hot_dog.jpg': /hotdog|hot dog/,
        'sunflower.jpg': /daisy|bee/,
        'parrot.jpg': /macaw/,
      };
      const photos = Object.keys(expected).map((name) => join(shared, 'images/photos', name));
      const { status, stdout, stderr } = await decem('classify', ...photos, '--weights', join(shared, 'models', `${weights}.safetensors`), '--json');
      assert.equal(status, 0, stderr);
      for (const [index, { file: name, predictions }] of jsonLines(stdout).entries()) {
        const labels = predictions.map((/** @type {any} */ prediction) => prediction.label).join('; ');
        assert.match(labels, Object.values(expected)[index], name);
      }
    });
  }
});

describe('bench and profile', () => {
  test('bench: the agreed keys, in order of size', async () => {
    const { status, stdout } = await decem('bench', 'shufflenetv2', '--runs', '3', '--threads', '2', '--variant', 'strict', '--json');
    assert.equal(status, 0);
    const [{ network, variant, threads, runs, meanMs, medianMs, minMs, trained }] = jsonLines(stdout);
    assert.deepEqual({ network, variant, threads, runs, trained }, { network: 'shufflenetv2', variant: 'strict', threads: 2, runs: 3, trained: false });
    assert.ok(minMs > 0 && minMs <= medianMs && minMs <= meanMs);
    assert.match((await decem('bench', 'shufflenetv2', '--runs', '1', '--threads', '1')).stdout, /1 thread; 1 run each[^]*untrained \(synthetic weights\)/);
  });

  test('threads and variants that there are not: the choice, and status 2', async () => {
    for (const threads of ['0', '17', '1.5', 'many']) {
      const { status, stderr } = await decem('bench', 'shufflenetv2', '--threads', threads);
      assert.equal(status, 2);
      assert.match(stderr, /--threads takes a whole number from 1 to 16 or auto/);
    }
    assert.match((await decem('profile', 'shufflenetv2', '--variant', 'fast')).stderr, /--variant takes auto, strict or relaxed/);
  });

  test('profile: steps that add up', async () => {
    const { status, stdout } = await decem('profile', 'shufflenetv2', '--runs', '1', '--json');
    assert.equal(status, 0);
    const [{ network, steps, totalMs }] = jsonLines(stdout);
    assert.equal(network, 'shufflenetv2');
    const sum = (/** @type {string} */ key) => steps.reduce((/** @type {number} */ all, /** @type {any} */ step) => all + step[key], 0);
    assert.ok(Math.abs(sum('ms') - totalMs) < 1e-6 * totalMs);
    assert.equal((sum('macs') / 1e6).toFixed(1), PARAMETERS_AND_MACS.shufflenetv2[1]);
  });
});

describe('serve', () => {
  /** @type {import('node:child_process').ChildProcess | undefined} */
  let child;
  let origin = '';
  after(() => child?.kill('SIGKILL'));

  test('says its address', async () => {
    child = start(['serve', '--port', '0']);
    const said = await new Promise((resolve) => child?.stdout?.once('data', resolve));
    origin = /http:\/\/127\.0\.0\.1:\d+/.exec(String(said))?.[0] ?? assert.fail(String(said));
  });

  test('the page, the library and the module, isolated and with their types', async () => {
    const types = { '/': /^text\/html/, '/wasm/js/index.js': /^text\/javascript/, '/build/wasm/decem-simd.wasm': /^application\/wasm$/ };
    for (const [path, type] of Object.entries(types)) {
      const response = await fetch(origin + path);
      await response.arrayBuffer();
      assert.equal(response.status, 200, path);
      assert.match(response.headers.get('content-type') ?? '', type);
      assert.equal(response.headers.get('cross-origin-opener-policy'), 'same-origin');
      assert.equal(response.headers.get('cross-origin-embedder-policy'), 'require-corp');
    }
  });

  test('lists the models with their bytes and networks', async () => {
    const list = await (await fetch(`${origin}/models/index.json`)).json();
    const shipped = list.find((/** @type {any} */ entry) => entry.file === 'shufflenetv2-everyday100.safetensors');
    assert.equal(shipped.bytes, readFileSync(`${ROOT}models/shufflenetv2-everyday100.safetensors`).length);
    assert.equal(shipped.network, 'shufflenetv2');
  });

  test('byte ranges, and 304 for what has not changed', async () => {
    const url = `${origin}/models/shufflenetv2-everyday100.safetensors`;
    const whole = readFileSync(`${ROOT}models/shufflenetv2-everyday100.safetensors`);
    const part = async (/** @type {string} */ range) => {
      const response = await fetch(url, { headers: { range } });
      return { status: response.status, of: response.headers.get('content-range'), bytes: Buffer.from(await response.arrayBuffer()) };
    };
    assert.deepEqual(await part('bytes=8-15'), { status: 206, of: `bytes 8-15/${whole.length}`, bytes: whole.subarray(8, 16) });
    assert.deepEqual((await part('bytes=-4')).bytes, whole.subarray(-4));
    assert.deepEqual((await part(`bytes=${whole.length - 3}-`)).bytes, whole.subarray(-3));
    assert.equal((await part(`bytes=${whole.length}-`)).status, 416);
    assert.equal((await part('bytes=5-4')).status, 416);

    const first = await fetch(url, { method: 'HEAD' });
    assert.equal(first.headers.get('content-length'), String(whole.length));
    const again = await fetch(url, { headers: { 'if-none-match': first.headers.get('etag') ?? '' } });
    assert.equal(again.status, 304);
  });

  test('nothing outside the folders that it serves', async () => {
    const paths = ['/package.json', '/src/decem.h', '/.git/config', '/web/..%2fpackage.json', '/web/%2e%2e/package.json', '/models/..%5c..%5cpackage.json', '/web/%00', '/%zz'];
    for (const path of paths) assert.equal((await fetch(origin + path)).status, 404, path);
    // fetch() resolves dots by itself; a hostile client does not.
    const { request } = await import('node:http');
    const status = await new Promise((resolve, reject) => {
      request(`${origin}`, { path: '/web/../package.json' }, (response) => resolve(response.resume().statusCode)).on('error', reject).end();
    });
    assert.equal(status, 404);
    assert.equal((await fetch(`${origin}/web/`, { method: 'POST' })).status, 405);
  });

  test('a port that is taken is named', async () => {
    const { status, stderr } = await decem('serve', '--port', new URL(origin).port);
    assert.equal(status, 1);
    assert.match(stderr, /taken/);
  });

  test('Ctrl+C ends it with exit status 0', async () => {
    assert.ok(child);
    const ended = new Promise((resolve) => child?.once('exit', resolve));
    child.kill('SIGINT');
    assert.equal(await ended, 0);
  });
});

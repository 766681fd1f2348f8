/** decem convert: files of PyTorch's give bit for bit the weights that were saved, hostile ones a sentence and no output. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';

import { convert } from '../../wasm/convert/convert.js';
import { chooseFormats } from '../../wasm/convert/formats.js';
import { fromHalf, toHalf } from '../../wasm/convert/half.js';
import { quantiseRow } from '../../wasm/convert/quantise.js';
import { FilledTensor } from '../../wasm/convert/tensor.js';
import { Model } from '../../wasm/js/model.js';
import { compile } from '../../wasm/js/wasm.js';
import { CheckpointMaker, withoutTorch } from './helpers/checkpoints.js';
import { ROOT, decem, jsonLines, start } from './helpers/cli.js';
import { syntheticInput } from './helpers/generator.js';
import { dict, integer, pickle, tensor, torchFile, unicode, zip } from './helpers/pickles.js';
import { safetensors } from './helpers/safetensors.js';
import { SMALL, smallFile, smallMetadata, smallTensors } from './helpers/small.js';

const folder = mkdtempSync(join(tmpdir(), 'decem-convert-'));
after(() => rmSync(folder, { recursive: true }));
const module = await compile({});
const out = join(folder, 'out.safetensors');

/** Of the largest logit: torch.onnx.export folds in float32, each weight to within an ulp, and layers amplify that; everything else is exact. */
const FOLDED_TOLERANCE = 4e-5;

/** @param {string} name @param {string | Uint8Array} contents */
function file(name, contents) {
  const path = join(folder, name);
  writeFileSync(path, contents);
  return path;
}

/** @param {string} path @returns {{ header: any, data: Buffer }} */
function readSafetensors(path) {
  const bytes = readFileSync(path);
  const length = Number(bytes.readBigUInt64LE());
  assert.equal(length % 8, 0, 'tensors begin at a multiple of 8 bytes');
  return { header: JSON.parse(bytes.toString('utf8', 8, 8 + length)), data: bytes.subarray(8 + length) };
}

/**
 * @param {{ header: any, data: Buffer }} file
 * @param {string} name
 * @returns {Float32Array} the tensor's numbers, of whatever type they are there
 */
function numbersOf({ header, data }, name) {
  const { dtype, shape, data_offsets: [begin, end] } = header[name];
  const bytes = data.subarray(begin, end);
  if (dtype === 'F32') return Float32Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(4 * i));
  if (dtype === 'F16') return Float32Array.from({ length: bytes.length / 2 }, (_, i) => fromHalf(bytes.readUInt16LE(2 * i)));
  assert.equal(dtype, 'I8');
  const scales = numbersOf({ header, data }, `${name}.scale`);
  return Float32Array.from(bytes, (_, i) => bytes.readInt8(i) * scales[Math.floor(i / (bytes.length / shape[0]))]);
}

/** @param {{ header: any }} file @returns {Record<string, string[]>} the names of its tensors by type */
function byType({ header: { __metadata__, ...entries } }) {
  /** @type {Record<string, string[]>} */
  const names = { F32: [], F16: [], I8: [] };
  for (const [name, { dtype }] of Object.entries(entries)) names[dtype].push(name);
  return names;
}

/** @param {Model} model @param {number} size @returns {Float32Array[]} */
function run(model, size) {
  model.setInput(syntheticInput(size, size));
  model.run();
  return Array.from({ length: model.outputCount }, (_, output) => model.logits(output));
}

/** @param {string} path @param {string} network @param {object} options @param {number} size */
async function logitsOf(path, network, options, size) {
  const model = await Model.create(module);
  model.select(network, { ...options, input_size: size });
  model.push(readFileSync(path));
  model.finish();
  return run(model, size);
}

/** @param {Float32Array[]} actual @param {Float32Array[]} expected @returns {number} the largest difference, of the largest logit */
function difference(actual, expected) {
  assert.equal(actual.length, expected.length);
  return Math.max(...expected.map((logits, output) => {
    const largest = logits.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    return logits.reduce((most, value, index) => Math.max(most, Math.abs(value - actual[output][index])), 0) / largest;
  }));
}

/** @param {string} path of an ONNX file @returns {string} of one whose nodes are not called by their modules */
function anonymous(path) {
  const text = readFileSync(path).toString('latin1').replace(/\/(Conv|Gemm)"/g, (name) => `-${name.slice(1)}`);
  return file('anonymous.onnx', Buffer.from(text, 'latin1'));
}

/** @param {Promise<unknown>} promise @param {RegExp} message */
async function refused(promise, message) {
  await assert.rejects(promise, (/** @type {any} */ error) => {
    assert.equal(error.name, 'DecemError', String(error.stack));
    assert.match(error.message, message);
    return true;
  });
  assert.deepEqual(readdirSync(folder).filter((name) => name.startsWith('out.')), [], 'nothing is left behind');
}

describe('files that PyTorch writes', { skip: withoutTorch }, () => {
  const maker = withoutTorch ? null : new CheckpointMaker(folder);
  after(() => maker?.end());

  const all = ['state_dict', 'module', 'onnx', 'onnx_plain'];
  // The two largest take as long as the others together; they hold the same layers as ResNet-50.
  const large = (/** @type {string} */ format) => (process.env.DECEM_TEST_LARGE ? all : [format]);
  const every = [...all, 'checkpoint', 'legacy', 'module_legacy', 'views', 'double'];
  const small = { num_classes: 10 };
  /** @type {(import('./helpers/checkpoints.js').Asked & { known?: object })[]} */
  const cases = [
    { network: 'googlenet', options: small, size: 224, formats: all },
    { network: 'resnet18', options: small, size: 64, formats: [...all, 'checkpoint'] },
    { network: 'resnet50', options: small, size: 64, formats: all },
    { network: 'resnet101', options: small, size: 64, formats: large('module') },
    { network: 'resnet152', options: small, size: 64, formats: large('onnx') },
    { network: 'vgg16', options: { ...small, input_size: 32 }, size: 32, formats: all },
    { network: 'mobilenetv1', options: small, size: 224, formats: every },
    { network: 'mobilenetv2', options: { width_mult: 0.5 }, size: 64, formats: all },
    { network: 'shufflenetv1', options: { groups: 8 }, size: 64, formats: every },
    { network: 'shufflenetv2', options: {}, size: 64, formats: every },
    { network: 'resnet18', options: small, size: 224, formats: all, torchvision: true, known: { variant: 'torchvision' } },
    { network: 'mobilenetv2', options: small, size: 64, formats: all, torchvision: true },
    { network: 'googlenet', options: small, size: 224, formats: all, torchvision: true, known: { variant: 'torchvision', aux: false } },
  ];
  for (const { known, ...asked } of cases) {
    const { network, options, size, formats, torchvision } = asked;
    test(`${network} ${JSON.stringify(options)}${torchvision ? ' of torchvision' : ''}: ${formats.join(', ')}`, async () => {
      const files = await /** @type {CheckpointMaker} */ (maker).make(asked);
      const direct = await Model.create(module);
      direct.select(network, { ...options, ...known, input_size: size });
      direct.synthesize(1);
      const expected = run(direct, size);
      /** @type {{ header: any, data: Buffer } | undefined} */
      let exact;
      for (const format of formats) {
        const folded = format === 'onnx';
        const report = await convert(files[format], out, folded ? { network } : {});
        assert.equal(report.network, network, format);
        assert.deepEqual(report.options, { ...direct.describe().options, input_size: report.options.input_size }, format);
        assert.deepEqual(report.leftOut, [], format);
        assert.equal(report.loss.absolute, 0, format);
        if (folded) {
          const apart = difference(await logitsOf(out, network, { ...options, ...known }, size), expected);
          assert.ok(apart <= FOLDED_TOLERANCE, `${format}: ${apart}`);
        } else if (exact) {
          const { header, data } = readSafetensors(out);
          assert.deepEqual(Object.keys(header), Object.keys(exact.header), format);
          assert.ok(data.equals(exact.data), `${format} gives the bytes of ${formats[0]}`);
        } else {
          exact = readSafetensors(out);
          assert.deepEqual(Object.keys(exact.header).slice(1), direct.describe().tensors.map(({ name }) => name), 'in order of execution');
          assert.deepEqual(await logitsOf(out, network, { ...options, ...known }, size), expected, `${format}: bit for bit`);
        }
        rmSync(files[format]);
        rmSync(out);
      }
    });
  }

  test('float16 and bfloat16 are read as they are, and float16 is written without an error', async () => {
    const options = { num_classes: 10 };
    const files = await /** @type {CheckpointMaker} */ (maker).make({ network: 'shufflenetv2', options, size: 64, formats: ['half', 'bfloat16', 'state_dict'] });
    await convert(files.half, out);
    const half = readSafetensors(out);
    const report = await convert(files.half, out, { dtype: 'F16' });
    assert.equal(report.loss.absolute, 0);
    const written = readSafetensors(out);
    assert.ok(written.data.length < 0.6 * half.data.length);
    for (const name of byType(written).F16) assert.deepEqual(numbersOf(written, name), numbersOf(half, name), name);
    const { loss } = await convert(files.state_dict, out, { dtype: 'F16' });
    assert.ok(loss.relative > 2 ** -13 && loss.relative <= 2 ** -11, String(loss.relative));
    // bfloat16 has 8 bits of a float32's 24: the upper half of its bytes, rounded.
    await convert(files.state_dict, out);
    const exact = readSafetensors(out).data;
    await convert(files.bfloat16, out);
    const rounded = readSafetensors(out).data;
    for (let at = 0; at < exact.length; at += 4) {
      const value = exact.readFloatLE(at);
      assert.ok(Math.abs(rounded.readFloatLE(at) - value) <= Math.abs(value) * 2 ** -8);
    }
    rmSync(out);
  });

  test('folded ONNX without the names of modules: by order, unless that leaves a choice', async () => {
    const maker_ = /** @type {CheckpointMaker} */ (maker);
    const options = { num_classes: 10 };
    const [shuffle] = [await maker_.make({ network: 'shufflenetv2', options, size: 64, formats: ['onnx'] })];
    await convert(shuffle.onnx, out, { network: 'shufflenetv2' });
    const named = readSafetensors(out).data;
    await convert(anonymous(shuffle.onnx), out, { network: 'shufflenetv2' });
    assert.ok(readSafetensors(out).data.equals(named));
    rmSync(out);
    const resnet = await maker_.make({ network: 'resnet18', options, size: 64, formats: ['onnx'] });
    const without = anonymous(resnet.onnx);
    await refused(convert(without, out, { network: 'resnet18' }), /several options.*"variant":"torchvision"/);
    const { options: chosen } = await convert(without, out, { network: 'resnet18', options: { variant: 'article' } });
    assert.equal(chosen.variant, 'article');
    rmSync(out);
  });

  test('a .pth of another network names both', async () => {
    const files = await /** @type {CheckpointMaker} */ (maker).make({ network: 'mobilenetv2', options: {}, size: 64, formats: ['state_dict', 'onnx'] });
    await refused(convert(files.state_dict, out, { network: 'resnet18' }), /of resnet18 is not in the file.*those of mobilenetv2: use --network mobilenetv2/s);
    await refused(convert(files.onnx, out, { network: 'resnet18' }), /not of resnet18.*has weights \[32,3,3,3\] where conv1 has \[64,3,7,7\]/s);
    await refused(convert(files.onnx, out), /--network NAME/);
  });
});

describe('files that are there', () => {
  const shared = `${ROOT}../shared/models/shufflenetv2-everyday100`;
  const skip = existsSync(`${shared}.pth`) ? false : 'no ../shared/models here';
  test('shufflenetv2-everyday100.pth gives the tensors of its .safetensors', { skip }, async () => {
    await convert(`${shared}.pth`, out);
    const [made, kept] = [readSafetensors(out), readSafetensors(`${shared}.safetensors`)];
    const entries = Object.entries(made.header).slice(1);
    for (const [name, { shape, data_offsets: [begin, end] }] of entries) {
      const other = kept.header[name];
      assert.deepEqual(shape, other.shape);
      assert.ok(made.data.subarray(begin, end).equals(kept.data.subarray(...other.data_offsets)), name);
    }
    assert.equal(entries.length, 237);
    rmSync(out);
  });

  test('safetensors: another type, order and metadata; what it says of itself stays', async () => {
    const input = file('in.safetensors', safetensors([...smallTensors].reverse(), smallMetadata));
    const labels = SMALL.labels.map((label) => label.toUpperCase());
    const { status, stdout, stderr } = await decem('convert', input, out, '--dtype', 'f16', '--json', '--source', 'here', '--labels', file('labels.json', JSON.stringify(labels)));
    assert.equal(status, 0, stderr);
    assert.equal(stderr, '', 'quiet where there is no terminal');
    const [report] = jsonLines(stdout);
    assert.equal(report.bytes, readFileSync(out).length);
    assert.equal(report.tensors, smallTensors.length);
    assert.ok(report.loss.relative > 0 && report.loss.relative <= 2 ** -11);
    const written = readSafetensors(out);
    const { header } = written;
    assert.deepEqual(Object.keys(header).slice(1), smallTensors.map(({ name }) => name));
    const { __metadata__: metadata } = header;
    assert.deepEqual(JSON.parse(metadata.labels), labels);
    assert.equal(metadata.license, 'MIT');
    assert.equal(metadata.source, 'here');
    assert.equal(metadata.network, SMALL.network);
    assert.deepEqual(JSON.parse(metadata.preprocess), { ...SMALL.preprocess, interpolation: 'bilinear' });
    for (const { name, shape, values } of smallTensors) {
      const spared = shape.length === 1 || shape[1] === 1;
      assert.equal(header[name].dtype, spared ? 'F32' : 'F16', name);
      assert.deepEqual(numbersOf(written, name), header[name].dtype === 'F32' ? values : Float32Array.from(values, (value) => fromHalf(toHalf(value))), name);
    }
    const count = (/** @type {string[]} */ names) => names.reduce((sum, name) => sum + numbersOf(written, name).length, 0);
    const { F32, F16 } = byType(written);
    assert.deepEqual(report.formats, { F32: count(F32), F16: count(F16) });
    assert.ok(F16.includes('classifier.1.weight') && F16.includes('features.18.0.weight'));
    const classify = await decem('summary', out, '--json');
    assert.equal(jsonLines(classify.stdout)[0].labels, 10);
    rmSync(out);
  });

  test('onto itself', async () => {
    const path = file('itself.safetensors', smallFile);
    await convert(path, path, { dtype: 'F16' });
    await convert(path, path, { dtype: 'F16' });
    assert.equal(readSafetensors(path).header['classifier.1.weight'].dtype, 'F16');
  });

  test('options, preprocess and labels that do not fit are named', async () => {
    const input = file('in.safetensors', safetensors(smallTensors));
    const network = SMALL.network;
    await refused(convert(input, out, { network, options: { groups: 3 } }), /groups/);
    await refused(convert(input, out, { network, options: { num_classes: 11 } }), /classifier\.1\.weight/);
    await refused(convert(input, out, { network, preprocess: { crop: 'all' } }), /crop/);
    await refused(convert(input, out, { labels: { text: '["ant"]', count: 1 } }), /1 labels were given for the 10 classes/);
    await refused(convert(input, out, { network: 'alexnet' }), /alexnet/);
    await refused(convert(file('less.safetensors', safetensors(smallTensors.slice(1))), out, { network }), /features\.0\.0\.weight of mobilenetv2 is not in the file/);
    const stranger = { name: 'stranger', shape: [2], values: new Float32Array(2) };
    await refused(convert(file('more.safetensors', safetensors([...smallTensors, stranger])), out), /stranger/);
  });
});

test('float16 is rounded to the nearest, ties to even, as the arithmetic says', () => {
  for (let bits = 0; bits < 0x7bff; bits++) {
    const [low, high] = [fromHalf(bits), fromHalf(bits + 1)];
    const middle = (low + high) / 2;
    assert.equal(toHalf(low), bits);
    assert.equal(toHalf(-high), (bits + 1) | 0x8000);
    assert.equal(toHalf(middle), bits % 2 === 0 ? bits : bits + 1);
    assert.equal(toHalf(middle * (1 - 2 ** -23)), bits);
    assert.equal(toHalf(middle * (1 + 2 ** -23)), bits + 1);
  }
});

describe('weights of 8 bits', () => {
  const quantise = (/** @type {number[]} */ row) => {
    const whole = new Int8Array(row.length).fill(99);
    const scale = quantiseRow(Float64Array.from(row), whole);
    return { scale, whole: Array.from(whole) };
  };

  test('a row: its largest is 127, and rounding does not change its sum', () => {
    assert.deepEqual(quantise([127, 1, -2, 0, -127]), { scale: 1, whole: [127, 1, -2, 0, -127] });
    assert.deepEqual(quantise([-254, 2]), { scale: 2, whole: [-127, 1] });
    // Rounded alone, each 0.4 would be 0, and together they are 4.
    assert.deepEqual(quantise([127, ...new Array(10).fill(0.4)]).whole, [127, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0]);
    // Those that are nearest to the other whole number change.
    assert.deepEqual(quantise([127, -0.3, -0.45, -0.4, -0.1]).whole, [127, 0, -1, 0, 0]);
    assert.deepEqual(quantise([0, 0]), { scale: 0, whole: [0, 0] });
    assert.deepEqual(quantise([1e-44, 0]), { scale: 0, whole: [0, 0] });
    assert.deepEqual(quantise([-3]).whole, [-127]);
    let state = 1;
    const row = Array.from({ length: 5000 }, () => (state = (state * 48271) % 2147483647) / 2147483647 - 0.3);
    const { scale, whole } = quantise(row);
    const sum = (/** @type {number[]} */ numbers) => numbers.reduce((total, number) => total + number, 0);
    assert.ok(Math.abs(sum(whole) - sum(row) / scale) <= 0.5 + 1e-6);
    assert.ok(whole.every((number, i) => Math.abs(number - row[i] / scale) <= 0.6 && Math.abs(number) <= 127));
  });

  test('a file: convolutions and linear layers I8 beside their scales, depthwise F16, all else F32; answers hardly change', async () => {
    const input = file('in.safetensors', smallFile);
    const { status, stdout, stderr } = await decem('convert', input, out, '--dtype', 'i8', '--json');
    assert.equal(status, 0, stderr);
    const [report] = jsonLines(stdout);
    const written = readSafetensors(out);
    const { F32, F16, I8 } = byType(written);
    assert.equal(report.tensors, smallTensors.length);
    assert.equal(report.bytes, readFileSync(out).length);
    let [error, numbers] = [0, 0];
    for (const { name, shape, values } of smallTensors) {
      assert.ok((shape.length === 1 ? F32 : shape[1] === 1 ? F16 : I8).includes(name), name);
      assert.deepEqual(written.header[name].shape, shape);
      if (I8.includes(name)) numbers += values.length;
      const rounded = numbersOf(written, name);
      error = Math.max(error, ...values.map((value, i) => Math.abs(value - rounded[i])));
    }
    assert.ok(Math.abs(report.loss.absolute - error) < 1e-7, `${report.loss.absolute} ${error}`);
    assert.equal(report.formats.I8, numbers);
    assert.deepEqual(F32.filter((name) => name.endsWith('.scale')).sort(), I8.map((name) => `${name}.scale`).sort());

    const { network, options } = SMALL;
    const apart = difference(await logitsOf(out, network, options, 32), await logitsOf(input, network, options, 32));
    assert.ok(apart > 0 && apart < 0.1, String(apart));

    // To float32 and back: the same numbers.
    const wide = join(folder, 'wide.safetensors');
    assert.equal((await convert(out, wide)).loss.absolute, 0);
    const again = join(folder, 'again.safetensors');
    await convert(wide, again, { dtype: 'I8' });
    assert.deepEqual(readFileSync(again), readFileSync(out));
    assert.ok(difference(await logitsOf(wide, network, options, 32), await logitsOf(out, network, options, 32)) < 5e-5);
    rmSync(out);
  });

  test('the smallest weights are spared, up to a twenty-fifth of all, or a million', () => {
    const named = (/** @type {Record<string, number[]>} */ shapes) =>
      Object.entries(shapes).map(([name, shape]) => ({ name, tensor: new FilledTensor(shape, 0) }));
    const some = named({ 'a.weight': [10, 3, 2, 2], 'a.bias': [10], 'deep.weight': [20, 1, 3, 3], 'b.weight': [100, 100], 'c.weight': [10, 15], 'd.weight': [70, 1] });
    const formats = Object.fromEntries(chooseFormats(some, 'I8'));
    // 10,520 weights: 420 may be spared, of which 180 are depthwise; 70 and 120 more, but then not 150.
    assert.deepEqual(formats, { 'a.weight': 'F16', 'a.bias': 'F32', 'deep.weight': 'F16', 'b.weight': 'I8', 'c.weight': 'I8', 'd.weight': 'F16' });
    assert.equal(chooseFormats(some, 'F16').get('d.weight'), 'F32');
    assert.deepEqual(new Set(chooseFormats(some, 'F32').values()), new Set(['F32']));
    const large = named({ a: [1000, 1000], b: [100, 500], c: [10000, 10000] });
    assert.deepEqual([...chooseFormats(large, 'I8').values()], ['I8', 'F16', 'I8']);
  });

  test('scales that are missing, or not its own', async () => {
    await convert(file('in.safetensors', smallFile), out, { dtype: 'I8' });
    const bytes = readFileSync(out);
    rmSync(out);
    const changed = (/** @type {(text: string) => string} */ change) => {
      const length = Number(bytes.readBigUInt64LE());
      const text = change(bytes.toString('utf8', 8, 8 + length));
      const copy = Buffer.from(bytes);
      copy.write(text.padEnd(length).slice(0, length), 8);
      return file('changed.safetensors', copy);
    };
    await refused(convert(changed((text) => text.replace('classifier.1.weight.scale', 'classifier.1.weight.stale')), out), /classifier\.1\.weight holds whole numbers/);
    await refused(convert(changed((text) => text.replace(/(weight.scale":{"dtype":"F32","shape":)\[10\]/, '$1[5,2]')), out), /classifier\.1\.weight\.scale is not the F32 scales of the rows/);
  });
});

describe('numbers that cannot be written', () => {
  const name = 'features.18.0.weight';
  /** @param {number} value */
  const withValue = (value) => {
    const tensors = smallTensors.map((entry) => (entry.name === name ? { ...entry, values: entry.values.with(3, value) } : entry));
    return file('value.safetensors', safetensors(tensors, smallMetadata));
  };
  test('beyond 65504 in float16, not finite in any', async () => {
    await refused(convert(withValue(65505), out, { dtype: 'F16' }), new RegExp(`Tensor ${name} holds 65505.*--dtype f32`));
    await refused(convert(withValue(NaN), out), new RegExp(`Tensor ${name} .*not finite`));
    await refused(convert(withValue(-Infinity), out, { dtype: 'F16' }), new RegExp(`Tensor ${name} .*not finite`));
    await refused(convert(withValue(NaN), out, { dtype: 'I8' }), new RegExp(`Tensor ${name} .*not finite`));
    const { loss } = await convert(withValue(65504), out, { dtype: 'F16' });
    assert.ok(loss.relative < 2 ** -10);
    rmSync(out);
  });
});

describe('pickles with code in them are refused, and nothing of them is run', () => {
  const run = join(folder, 'was-run');
  const system = (/** @type {string} */ name) => pickle(`c${name}\n(`, unicode(`touch ${run}`), 'tR');
  /** @type {Record<string, [Buffer, RegExp]>} */
  const hostile = {
    'os.system': [system('os\nsystem'), /os\.system/],
    'posix.system': [system('posix\nsystem'), /posix\.system/],
    'nt.system': [system('nt\nsystem'), /nt\.system/],
    'builtins.eval': [system('builtins\neval'), /builtins\.eval/],
    'builtins.exec': [system('__builtin__\nexec'), /__builtin__\.exec/],
    'builtins.__import__': [system('builtins\n__import__'), /__import__/],
    'builtins.getattr of a text': [system('builtins\ngetattr'), /calls builtins\.getattr/],
    'builtins.getattr of a module': [pickle('cbuiltins\ngetattr\n(ctorch\nutils\n', unicode('os'), 'tR'), /calls builtins\.getattr/],
    'a call of what builtins.getattr gives': [pickle('cbuiltins\ngetattr\n(cnet\nNet\n', unicode('run'), 'tR(', unicode('touch'), 'tR'), /calls what is no function/],
    'a way from an object to what it can reach': [pickle('cbuiltins\ngetattr\n(cnet\nNet\n)\x81', unicode('__class__'), 'tR'), /calls builtins\.getattr/],
    'subprocess.Popen': [system('subprocess\nPopen'), /subprocess\.Popen/],
    'runpy': [system('runpy\n_run_code'), /runpy/],
    'torch.load': [system('torch\nload'), /torch\.load/],
    'torch.hub': [system('torch.hub\nload'), /torch\.hub\.load/],
    'torch.storage._load_from_bytes': [system('torch.storage\n_load_from_bytes'), /_load_from_bytes/],
    'a dotted name into os, by STACK_GLOBAL': [pickle(unicode('torch.utils.data'), unicode('dataset.os.system'), '\x93'), /os\.system/],
    'eval that is only named': [pickle(dict({ 'conv1.weight': Buffer.from('cbuiltins\neval\n') })), /builtins\.eval/],
    'eval as a class whose object is made': [pickle('cbuiltins\neval\n)\x81'), /builtins\.eval/],
    'a function of somebody\'s': [system('models.zoo\nbuild'), /models\.zoo\.build.*state_dict/s],
    'a function that is called as a state is set': [pickle('cposix\nsystem\n)R}b'), /posix\.system/],
    'an extension code': [pickle('\x82\x01'), /EXT1/],
    'INST of protocol 0': [pickle('(', unicode('touch'), 'ios\nsystem\n'), /INST/],
  };
  for (const [what, [bytes, message]] of Object.entries(hostile)) {
    test(what, async () => {
      await refused(convert(file('hostile.pth', torchFile(bytes)), out), message);
      const legacy = Buffer.concat([pickle('\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19'), pickle('M\xe9\x03'), pickle('}'), bytes]);
      await refused(convert(file('hostile-legacy.pth', legacy), out), message);
      assert.equal(existsSync(run), false);
    });
  }

  test('but a method of its own that a module keeps, as the article\'s ShuffleNetV1 does, is none of them', async () => {
    const parameters = dict({ weight: tensor('0', 1, { shape: [1], strides: [1] }) });
    const state = dict({ _modules: dict({}), _parameters: parameters, combine: Buffer.concat([Buffer.from('cbuiltins\ngetattr\n(cnet\nNet\n'), unicode('_add'), Buffer.from('tR')]) });
    const net = torchFile(pickle('cnet\nNet\n)\x81q\x01', state, 'b'), { 0: new Uint8Array(4) });
    await refused(convert(file('method.pth', net), out), /of none of the ten/);
  });

  test('by the command line: a sentence, exit status 1', async () => {
    const { status, stdout, stderr } = await decem('convert', file('hostile.pth', torchFile(system('os\nsystem'))), out);
    assert.equal(status, 1);
    assert.equal(stdout, '');
    assert.match(stderr, /^decem: .*hostile\.pth: refused, because it wants to use os\.system/);
    assert.doesNotMatch(stderr, /\n    at /, 'no stack');
  });
});

describe('damaged files are refused with a sentence', () => {
  const numbers = Buffer.from(new Float32Array([1, 2, 3, 4]).buffer);
  const of = (/** @type {Parameters<typeof tensor>[2]} */ view, count = 4) => torchFile(pickle(dict({ x: tensor('0', count, view) })), { 0: numbers });
  /** A module that holds itself twice. */
  const loop = pickle('cnet\nNet\n)\x81q\x01}(', unicode('_modules'), '}(', unicode('a'), 'h\x01', unicode('b'), 'h\x01', 'uub');
  const deep = (/** @type {number} */ levels) => {
    const parts = ['cnet\nNet\n)\x81}b'];
    for (let level = 0; level < levels; level++) parts.push(`q${String.fromCharCode(level)}0cnet\nNet\n)\x81}(`, unicode('_modules'), '}(', unicode('a'), `h${String.fromCharCode(level)}`, unicode('b'), `h${String.fromCharCode(level)}`, 'uub');
    return pickle(...parts);
  };
  /** @type {Record<string, [Uint8Array | string, RegExp]>} */
  const damaged = {
    'an empty file': ['', /empty/],
    'one byte': [Buffer.from([0x80]), /neither of PyTorch/],
    'a web page': ['<!doctype html><title>404</title>', /web page/],
    'an archive without data.pkl': [zip({ 'archive/version': Buffer.from('3') }), /data\.pkl/],
    'a TorchScript archive': [zip({ 'a/data.pkl': pickle('N'), 'a/constants.pkl': pickle('N') }), /TorchScript/],
    'a compressed entry': [zip({ 'archive/data.pkl': pickle('N') }, { method: 8 }), /compressed/],
    'an entry larger than the file': [zip({ 'archive/data.pkl': pickle('N') }, { size: 0x7fffffff }), /past its end/],
    'a big-endian archive': [zip({ 'a/data.pkl': pickle('N'), 'a/byteorder': Buffer.from('big') }), /big-endian/],
    'no tensors': [torchFile(pickle(dict({ epoch: integer(3) }))), /no tensors with names/],
    'a number': [torchFile(pickle(integer(3))), /no tensors with names/],
    'two models': [torchFile(pickle(dict({ generator: dict({ x: tensor('0', 4, { shape: [4], strides: [1] }) }), critic: dict({ x: tensor('0', 4, { shape: [4], strides: [1] }) }) })), { 0: numbers }), /"generator", "critic"/],
    'a storage that is missing': [torchFile(pickle(dict({ x: tensor('7', 4, { shape: [4], strides: [1] }) })), { 0: numbers }), /storage 7 is missing/],
    'a view past its storage': [of({ shape: [5], strides: [1] }), /does not fit/],
    'a view with an offset past its storage': [of({ shape: [4], strides: [1], offset: 1 }), /does not fit/],
    'strides past the storage': [of({ shape: [2, 2], strides: [3, 1] }), /does not fit/],
    'a storage that is longer than its bytes': [of({ shape: [8], strides: [1] }, 8), /does not fit/],
    'a negative offset': [of({ shape: [1], strides: [1], offset: -1 }), /no storage, shape or strides/],
    'more elements than there can be': [of({ shape: [0x7fffffff, 0x7fffffff, 0x7fffffff], strides: [0, 0, 0] }), /does not fit/],
    'very many elements from one': [of({ shape: [0x7fffffff, 0x7ff], strides: [0, 0] }), /of none of the ten/],
    'more dimensions than there can be': [of({ shape: Array(9).fill(1), strides: Array(9).fill(1) }), /cannot be/],
    'quantized numbers': [of({ shape: [4], strides: [1], type: 'QInt8Storage' }), /QInt8Storage/],
    'modules that hold one another': [torchFile(loop), /without an end/],
    'modules that hold one another twice, 60 deep': [torchFile(deep(60)), /without an end/],
    'a pickle that breaks off': [torchFile(Buffer.from([0x80, 2, 0x58, 255, 0, 0, 0])), /breaks off/],
    'a text of 2 ** 60 bytes': [torchFile(Buffer.from([0x80, 4, 0x8d, 0, 0, 0, 0, 0, 0, 0, 16])), /longer than any/],
    'a stack that is empty': [torchFile(pickle('\x85')), /not there/],
    'a memo that is empty': [torchFile(pickle('h\x05')), /not seen/],
    'an unknown operation': [torchFile(pickle('\xff')), /unknown operation/],
    'a pickle of millions of lists': [torchFile(pickle(']'.repeat(2_100_000))), /more parts/],
    'a pickle that is none of torch.save': [pickle('N'), /not one of torch\.save/],
    'ONNX without a graph': [Buffer.from([0x08, 0x07]), /no graph/],
    'ONNX whose graph is longer than the file': [Buffer.from([0x08, 0x07, 0x3a, 0xff, 0xff, 0x7f]), /cut short/],
    'ONNX whose numbers never end': [Buffer.concat([Buffer.from([0x08, 0x07]), Buffer.alloc(64, 0xff)]), /cut short/],
    'safetensors with a header that is no JSON': [Buffer.concat([Buffer.from([2, 0, 0, 0, 0, 0, 0, 0]), Buffer.from('{{')]), /no JSON/],
    'safetensors that ends before its tensors': [smallFile.subarray(0, smallFile.length - 1), /cut short/],
  };
  for (const [what, [bytes, message]] of Object.entries(damaged)) {
    test(what, () => refused(convert(file('damaged', bytes), out), message));
  }

  test('a file cut anywhere', async () => {
    const whole = torchFile(pickle(dict({ x: tensor('0', 4, { shape: [2, 2], strides: [1, 2] }) })), { 0: numbers });
    for (let length = 0; length < whole.length; length++) {
      await refused(convert(file('cut', whole.subarray(0, length)), out), /cut short|empty|neither/);
    }
    await refused(convert(file('cut', whole), out), /of none of the ten/);
  });

  test('a file with any byte changed gives an answer of decem\'s, never a crash', async () => {
    const whole = torchFile(pickle(dict({ x: tensor('0', 4, { shape: [2, 2], strides: [1, 2] }) })), { 0: numbers });
    for (let at = 0; at < whole.length; at++) {
      for (const flip of [1, 0x80]) {
        const bytes = Buffer.from(whole);
        bytes[at] ^= flip;
        await refused(convert(file('changed', bytes), out), /./);
      }
    }
  });
});

describe('what cannot be written leaves nothing behind', () => {
  test('a folder that is not there', async () => {
    await refused(convert(file('in.safetensors', smallFile), join(folder, 'none/out.safetensors')), /no such folder/);
  });

  test('a disk that is full; the next try works', { skip: existsSync('/dev/full') ? false : 'no /dev/full here' }, async () => {
    const input = file('in.safetensors', smallFile);
    symlinkSync('/dev/full', `${out}.part`);
    await refused(convert(input, out), /disk is full/);
    await convert(input, out);
    assert.equal(readSafetensors(out).header.__metadata__.network, SMALL.network);
    rmSync(out);
  });

  test('an output that is there stays as it is when the conversion fails', async () => {
    const input = file('in.safetensors', smallFile);
    writeFileSync(out, 'precious');
    const controller = new AbortController();
    const onProgress = () => controller.abort(new Error('enough'));
    await assert.rejects(convert(input, out, { onProgress, signal: controller.signal }), /enough/);
    assert.equal(readFileSync(out, 'utf8'), 'precious');
    assert.equal(existsSync(`${out}.part`), false);
    rmSync(out);
  });

  test('Ctrl-C: ends by the signal, and nothing is left', async () => {
    // VGG16 of zeros: the file takes no disk, and half a gigabyte is not converted in an instant.
    const model = await Model.create(module);
    model.select('vgg16');
    const { tensors } = model.describe();
    const bytes = (/** @type {number[]} */ shape) => shape.reduce((product, size) => product * size, 4);
    let at = 0;
    const entries = tensors.map(({ name, shape }) => [name, { dtype: 'F32', shape, data_offsets: [at, (at += bytes(shape))] }]);
    const header = Buffer.from(JSON.stringify(Object.fromEntries(entries)));
    const prefix = Buffer.alloc(8);
    prefix.writeBigUInt64LE(BigInt(header.length));
    const input = file('large.safetensors', Buffer.concat([prefix, header]));
    truncateSync(input, 8 + header.length + at);

    const child = start(['convert', input, out, '--dtype', 'f16']);
    const ended = new Promise((resolve) => child.on('close', (status, signal) => resolve({ status, signal })));
    while (!existsSync(`${out}.part`)) await new Promise((resolve) => setTimeout(resolve, 5));
    child.kill('SIGINT');
    assert.deepEqual(await ended, { status: null, signal: 'SIGINT' });
    assert.equal(existsSync(out), false);
    assert.equal(existsSync(`${out}.part`), false);
    rmSync(input);
  });
});

describe('the command line', () => {
  for (const [what, args] of Object.entries({
    'no output': ['convert', 'in.pth'],
    'an output of another kind': ['convert', 'in.pth', 'out.bin'],
    'a type that is none': ['convert', 'in.pth', out, '--dtype', 'f8'],
    'options that are no object': ['convert', 'in.pth', out, '--options', '3'],
  })) {
    test(`${what}: exit status 2`, async () => {
      const { status, stdout, stderr } = await decem(...args);
      assert.equal(status, 2);
      assert.equal(stdout, '');
      assert.match(stderr, /Usage: decem convert/);
    });
  }

  test('the help lists it, and it has one of its own', async () => {
    assert.match((await decem('--help')).stdout, /^ {2}convert /m);
    const { status, stdout } = await decem('convert', '--help');
    assert.equal(status, 0);
    assert.match(stdout, /Example: decem convert/);
  });

  test('a file that is not there: exit status 1, and its name', async () => {
    const { status, stderr } = await decem('convert', join(folder, 'none.pth'), out);
    assert.equal(status, 1);
    assert.match(stderr, /none\.pth: there is no such file/);
  });

  test('the report as text', async () => {
    const { status, stdout } = await decem('convert', file('in.safetensors', smallFile), out);
    assert.equal(status, 0);
    assert.match(stdout, /^Network +mobilenetv2 .*"width_mult":0\.1/m);
    assert.match(stdout, new RegExp(`^Written .*: ${smallTensors.length} tensors, [\\d,]+ numbers, F32$`, 'm'));
    assert.match(stdout, /^Error +none/m);
    rmSync(out);
  });
});

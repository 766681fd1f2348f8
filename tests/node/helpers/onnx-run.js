/**
 * Runs an ONNX graph, slowly and plainly, by what https://onnx.ai/onnx/operators/ says of each operation: a second opinion on the
 * files that decem writes, where onnxruntime is not installed. Values are { shape, values } with the number of images first.
 */
import { readOnnx } from '../../bench/convert/onnx.js';

/** @typedef {{ shape: number[], values: Float32Array | number[] }} Value */

/**
 * @param {Buffer} bytes of the file
 * @param {Value} input
 * @returns {Record<string, Value>} the outputs by their names, in their order
 */
export function runOnnx(bytes, input) {
  const graph = readOnnx(bytes);
  /** @type {Map<string, Value>} */
  const values = new Map([...graph.constants, [graph.input, input]]);
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((name) => {
      const value = values.get(name);
      if (!value) throw new Error(`${node.name} reads ${name}, which is not there yet`);
      return value;
    });
    if (!OPERATIONS[node.op]) throw new Error(`${node.op} is not run here`);
    if (values.has(node.outputs[0])) throw new Error(`${node.outputs[0]} is made twice`);
    values.set(node.outputs[0], OPERATIONS[node.op](inputs, node.attributes));
  }
  return Object.fromEntries(graph.outputs.map((name) => [name, /** @type {Value} */ (values.get(name))]));
}

/** @param {number[]} shape */
const countOf = (shape) => shape.reduce((product, size) => product * size, 1);

/** @param {Value} x @param {(value: number, index: number) => number} make @returns {Value} */
const map = ({ shape, values }, make) => ({ shape, values: Float32Array.from(values, make) });

/** @param {(a: number, b: number) => number} make @returns {(inputs: Value[]) => Value} b of the same shape, or a single number */
const binary = (make) => ([a, b]) => map(a, (value, index) => make(value, b.values[b.shape.length === 0 ? 0 : index]));

/**
 * Every place of a sliding window: calls `at` with the output's index and, for each tap inside the image, where it reads.
 * @param {number[]} shape of the input, [N, C, H, W]
 * @param {any} attributes
 * @param {(out: number, image: number, channel: number, taps: { tap: number, at: number }[]) => void} each
 * @returns {number[]} [rows, columns] of the output
 */
function slide([images, channels, height, width], { kernel_shape: [kh, kw], strides: [sh, sw], pads: [top, left, bottom, right] }, each) {
  const rows = Math.floor((height + top + bottom - kh) / sh) + 1;
  const columns = Math.floor((width + left + right - kw) / sw) + 1;
  let out = 0;
  for (let image = 0; image < images; image++) {
    for (let channel = 0; channel < channels; channel++) {
      for (let row = 0; row < rows; row++) {
        for (let column = 0; column < columns; column++) {
          const taps = [];
          for (let tap = 0; tap < kh * kw; tap++) {
            const y = row * sh - top + Math.floor(tap / kw);
            const x = column * sw - left + (tap % kw);
            if (y >= 0 && y < height && x >= 0 && x < width) taps.push({ tap, at: y * width + x });
          }
          each(out++, image, channel, taps);
        }
      }
    }
  }
  return [rows, columns];
}

/** @param {(taps: number[], size: number) => number} reduce @returns {(inputs: Value[], attributes: any) => Value} */
function pool(reduce) {
  return ([{ shape, values }], attributes) => {
    if (attributes.ceil_mode) throw new Error('ceil_mode is not run here');
    const plane = shape[2] * shape[3];
    const size = attributes.kernel_shape[0] * attributes.kernel_shape[1];
    /** @type {number[]} */
    const results = [];
    const side = slide(shape, attributes, (out, image, channel, taps) => {
      const start = (image * shape[1] + channel) * plane;
      results[out] = reduce(taps.map(({ at }) => values[start + at]), size);
    });
    return { shape: [shape[0], shape[1], ...side], values: Float32Array.from(results) };
  };
}

/** @param {Value[]} inputs @param {any} attributes @returns {Value} */
function conv([x, weights, bias], attributes) {
  const [images, channels, height, width] = x.shape;
  const [outputs, inGroup, kh, kw] = weights.shape;
  const outGroup = outputs / attributes.group;
  const plane = height * width;
  const taps = kh * kw;
  // The windows of one channel of one image, the same for all.
  /** @type {{ tap: number, at: number }[][]} */
  const windows = [];
  const side = slide([1, 1, height, width], attributes, (out, image, channel, list) => (windows[out] = list));
  const results = new Float32Array(images * outputs * windows.length);
  for (let image = 0; image < images; image++) {
    for (let out = 0; out < outputs; out++) {
      const first = Math.floor(out / outGroup) * inGroup;
      windows.forEach((window, place) => {
        let sum = bias ? bias.values[out] : 0;
        for (let channel = 0; channel < inGroup; channel++) {
          const from = (image * channels + first + channel) * plane;
          const weight = (out * inGroup + channel) * taps;
          for (const { tap, at } of window) sum += weights.values[weight + tap] * x.values[from + at];
        }
        results[(image * outputs + out) * windows.length + place] = sum;
      });
    }
  }
  return { shape: [images, outputs, ...side], values: results };
}

/** @param {Value} a [n, k], the same for all @param {Value} b [..., k, m] @returns {Value} */
function matMul([a, b]) {
  const [n, k] = a.shape;
  const m = b.shape[b.shape.length - 1];
  const maps = countOf(b.shape) / (k * m);
  const values = new Float32Array(maps * n * m);
  for (let index = 0; index < values.length; index++) {
    const [map, row, column] = [Math.floor(index / (n * m)), Math.floor(index / m) % n, index % m];
    for (let i = 0; i < k; i++) values[index] += a.values[row * k + i] * b.values[(map * k + i) * m + column];
  }
  return { shape: [...b.shape.slice(0, -2), n, m], values };
}

/** @param {Value[]} inputs @param {any} attributes @returns {Value} */
function transpose([{ shape, values }], { perm }) {
  const strides = shape.map((_, axis) => countOf(shape.slice(axis + 1)));
  const sizes = perm.map((/** @type {number} */ axis) => shape[axis]);
  const results = Float32Array.from({ length: values.length }, (_, index) => {
    let from = 0;
    for (let axis = sizes.length - 1, left = index; axis >= 0; left = Math.floor(left / sizes[axis--])) from += (left % sizes[axis]) * strides[perm[axis]];
    return values[from];
  });
  return { shape: sizes, values: results };
}

/** Channels [start, end) of every image. @param {Value} x @param {number} start @param {number} end @returns {Value} */
function channelsOf({ shape: [images, channels, ...map], values }, start, end) {
  const plane = countOf(map);
  const count = (end - start) * plane;
  const results = new Float32Array(images * count);
  for (let image = 0; image < images; image++) {
    const from = (image * channels + start) * plane;
    results.set(values.slice(from, from + count), image * count);
  }
  return { shape: [images, end - start, ...map], values: results };
}

/** @param {Value[]} parts @returns {Value} along channels */
function concat(parts) {
  const [images, , ...map] = parts[0].shape;
  const values = [];
  for (let image = 0; image < images; image++) {
    for (const part of parts) values.push(...part.values.slice((image * part.values.length) / images, ((image + 1) * part.values.length) / images));
  }
  return { shape: [images, parts.reduce((sum, part) => sum + part.shape[1], 0), ...map], values: Float32Array.from(values) };
}

/** @param {Value} x [images, classes] @param {(value: number, largest: number, sum: number) => number} make @returns {Value} */
function softmax({ shape, values }, make) {
  const [images, classes] = shape;
  const results = [];
  for (let image = 0; image < images; image++) {
    const row = Array.from(values.slice(image * classes, (image + 1) * classes));
    const largest = Math.max(...row);
    const sum = row.reduce((total, value) => total + Math.exp(value - largest), 0);
    results.push(...row.map((value) => make(value, largest, sum)));
  }
  return { shape, values: Float32Array.from(results) };
}

/** @type {Record<string, (inputs: Value[], attributes: any) => Value>} */
const OPERATIONS = {
  Conv: conv,
  BatchNormalization: ([x, weight, bias, mean, variance], { epsilon }) => {
    const plane = countOf(x.shape.slice(2));
    return map(x, (value, index) => {
      const channel = Math.floor(index / plane) % x.shape[1];
      return ((value - mean.values[channel]) / Math.sqrt(variance.values[channel] + epsilon)) * weight.values[channel] + bias.values[channel];
    });
  },
  Relu: ([x]) => map(x, (value) => Math.max(0, value)),
  Clip: ([x, low, high]) => map(x, (value) => Math.min(high.values[0], Math.max(low.values[0], value))),
  MaxPool: pool((taps) => Math.max(...taps)),
  AveragePool: (inputs, attributes) => {
    if (attributes.count_include_pad !== 1) throw new Error('only count_include_pad is run here');
    return pool((taps, size) => taps.reduce((sum, value) => sum + value, 0) / size)(inputs, attributes);
  },
  GlobalAveragePool: ([x]) => pool((taps, size) => taps.reduce((sum, value) => sum + value, 0) / size)([x], { kernel_shape: x.shape.slice(2), strides: [1, 1], pads: [0, 0, 0, 0] }),
  MatMul: matMul,
  Transpose: transpose,
  Mul: binary((a, b) => a * b),
  Add: binary((a, b) => a + b),
  Div: binary((a, b) => a / b),
  Pow: binary((a, b) => a ** b),
  Concat: (parts, { axis }) => {
    if (axis !== 1) throw new Error('only channels are concatenated here');
    return concat(parts);
  },
  Slice: ([x, starts, ends, axes]) => {
    if (String(axes.values) !== '1') throw new Error('only channels are sliced here');
    return channelsOf(x, starts.values[0], ends.values[0]);
  },
  Reshape: ([{ shape, values }, target]) => {
    const sizes = Array.from(target.values, (size, axis) => (size === 0 ? shape[axis] : size));
    if (countOf(sizes) !== values.length) throw new Error(`[${shape}] cannot be reshaped to [${sizes}]`);
    return { shape: sizes, values };
  },
  Flatten: ([{ shape, values }]) => ({ shape: [shape[0], countOf(shape.slice(1))], values }),
  Gemm: ([x, weights, bias], { transB }) => {
    if (transB !== 1) throw new Error('only weights [out, in] are run here');
    const [outputs, inputs] = weights.shape;
    const values = Float32Array.from({ length: x.shape[0] * outputs }, (_, index) => {
      const [image, out] = [Math.floor(index / outputs), index % outputs];
      let sum = bias.values[out];
      for (let i = 0; i < inputs; i++) sum += weights.values[out * inputs + i] * x.values[image * inputs + i];
      return sum;
    });
    return { shape: [x.shape[0], outputs], values };
  },
  Softmax: ([x]) => softmax(x, (value, largest, sum) => Math.exp(value - largest) / sum),
  LogSoftmax: ([x]) => softmax(x, (value, largest, sum) => value - largest - Math.log(sum)),
};

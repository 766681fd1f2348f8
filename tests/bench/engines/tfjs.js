// TensorFlow.js with its WebAssembly backend (XNNPACK), through its own operations: fused convolutions, explicit pads. A
// grouped convolution, which it does not have, is one convolution a group; a channel shuffle is a transpose.
import { isNode, peers, readBytes, readJson } from '../place.js';

const PACKAGES = { tf: '@tensorflow/tfjs-core', wasm: '@tensorflow/tfjs-backend-wasm' };

export async function start({ threads }) {
  const { tf, wasm } = isNode ? await importPackages() : await loadScripts();
  wasm.setWasmPaths(`${peers}${PACKAGES.wasm}/dist/`);
  wasm.setThreadsCount(threads);
  if (threads === 1) tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  if (threads > 1 && !isNode) claimCores(2 * threads);
  await tf.setBackend('wasm');
  if (threads > 1 && !isNode) unclaimCores();
  return {
    version: tf.version_core,
    threads: tf.env().getBool('WASM_HAS_MULTITHREAD_SUPPORT') ? wasm.getThreadsCount() : 1,
    load: async (network, input) => {
      const graph = await readJson(`${network}.tfjs.json`);
      return makeModel(tf, graph, await readBytes(`${network}.tfjs.bin`), input);
    },
  };
}

/** The backend takes at most half of the cores that it is told of: on a small machine, fewer than it is asked to. */
function claimCores(count) {
  Object.defineProperty(navigator, 'hardwareConcurrency', { value: count, configurable: true });
}

/** Uncovers the true count, which the prototype gives. */
function unclaimCores() {
  Reflect.deleteProperty(navigator, 'hardwareConcurrency');
}

async function importPackages() {
  const [tf, wasm] = [await import(PACKAGES.tf), await import(PACKAGES.wasm)];
  return { tf: tf.default, wasm: wasm.default }; // CommonJS
}

/** The packages' module builds want a bundler; their script builds put everything into `tf`. */
async function loadScripts() {
  for (const file of [`${PACKAGES.tf}/dist/tf-core.min.js`, `${PACKAGES.wasm}/dist/tf-backend-wasm.min.js`]) {
    const script = document.createElement('script');
    script.src = `${peers}${file}`;
    await new Promise((resolve, reject) => {
      script.onload = resolve;
      script.onerror = () => reject(new Error(`cannot load ${script.src}`));
      document.head.append(script);
    });
  }
  const { tf } = /** @type {any} */ (globalThis);
  return { tf, wasm: tf.wasm };
}

function makeModel(tf, graph, bytes, input) {
  const owned = [];
  const tensor = ({ offset, shape }) => {
    const count = shape.reduce((product, length) => product * length, 1);
    owned.push(tf.tensor(new Float32Array(bytes, offset * 4, count), shape));
    return owned.at(-1);
  };
  const steps = graph.operations.map((operation) => {
    const { inputs, output } = operation;
    return { inputs, output, apply: makeApply(tf, operation, tensor) };
  });
  const [height, width, channels] = graph.inputShape;
  const dead = deadAfter(steps, graph);

  return {
    run() {
      const values = new Map([[graph.input, tf.tensor(input.hwc, [1, height, width, channels])]]);
      steps.forEach(({ inputs, output, apply }, index) => {
        values.set(output, tf.tidy(() => apply(...inputs.map((name) => values.get(name)))));
        dead[index].forEach((name) => values.get(name).dispose());
      });
      return graph.outputs.map((name) => {
        const logits = values.get(name).dataSync();
        values.get(name).dispose();
        return logits;
      });
    },
    dispose: () => owned.forEach((weights) => weights.dispose()),
  };
}

/** For each step, the values that nothing reads after it. */
function deadAfter(steps, graph) {
  const lastUse = new Map();
  steps.forEach(({ inputs, output }, index) => [...inputs, output].forEach((name) => lastUse.set(name, index)));
  graph.outputs.forEach((name) => lastUse.delete(name));
  const dead = steps.map(() => []);
  lastUse.forEach((index, name) => dead[index].push(name));
  return dead;
}

const ACTIVATIONS = { none: 'linear', relu: 'relu', relu6: 'relu6' };

/** @returns {(...tensors: any[]) => any} */
function makeApply(tf, operation, tensor) {
  const { kind } = operation;
  const activated = (value) => (operation.activation === 'relu' ? tf.relu(value) : value);
  if (kind === 'conv') return makeConvolution(tf, operation, tensor);
  if (kind === 'maxpool') {
    const { kernel, stride, pads } = operation;
    const pad = pads.some((side) => side) ? explicit(pads) : 'valid';
    return (x) => tf.maxPool(x, kernel, stride, pad);
  }
  if (kind === 'avgpool') {
    // PyTorch counts the padding in the average: pad with zeros first.
    const { kernel, stride, pads } = operation;
    const apply = (x) => tf.avgPool(x, kernel, stride, 'valid');
    if (!pads.some((side) => side)) return apply;
    return (x) => apply(tf.pad(x, explicit(pads)));
  }
  if (kind === 'dense') {
    const [b, bias, activation] = [tensor(operation.weights), tensor(operation.bias), ACTIVATIONS[operation.activation]];
    return (a) => tf.fused.matMul({ a, b, bias, activation });
  }
  if (kind === 'slice') {
    const { start, shape } = operation;
    return (x) => tf.slice(x, [0, 0, 0, start], [1, ...shape]);
  }
  if (kind === 'shuffle') {
    const { groups, shape: [height, width, channels] } = operation;
    return (x) => {
      const split = tf.reshape(x, [height, width, groups, channels / groups]);
      return tf.reshape(tf.transpose(split, [0, 1, 3, 2]), [1, height, width, channels]);
    };
  }
  if (kind === 'zeros') {
    return () => tf.zeros([1, ...operation.shape]);
  }
  const scalar = operation.scalar === undefined ? [] : [operation.scalar];
  const simple = {
    add: (...x) => activated(tf.add(...x, ...scalar)),
    multiply: (...x) => tf.mul(...x, ...scalar),
    divide: (...x) => tf.div(...x, ...scalar),
    concat: (...x) => tf.concat(x, 3),
    sqrt: (x) => tf.sqrt(x),
    relu: (x) => tf.relu(x),
    mean: (x) => tf.mean(x, [1, 2]),
    flatten: (x) => tf.reshape(x, [1, operation.shape[0]]),
  };
  if (!simple[kind]) throw new Error(`tfjs: no operation '${kind}'`);
  return simple[kind];
}

/** [top, left, bottom, right] as tfjs writes pads of an NHWC tensor. */
function explicit([top, left, bottom, right]) {
  return [[0, 0], [top, bottom], [left, right], [0, 0]];
}

function makeConvolution(tf, operation, tensor) {
  const { stride: strides, depthwise, shape } = operation;
  const [filters, biases] = [operation.weights.map(tensor), operation.bias.map(tensor)];
  const pad = paddingOf(operation);
  const activation = ACTIVATIONS[operation.activation];
  if (depthwise) {
    const [filter, bias] = [filters[0], biases[0]];
    return (x) => tf.fused.depthwiseConv2d({ x, filter, strides, pad, bias, activation });
  }
  const one = (x, index) => {
    return tf.fused.conv2d({ x, filter: filters[index], strides, pad, bias: biases[index], activation });
  };
  if (filters.length === 1) return (x) => one(x, 0);
  return (x) => tf.concat(tf.split(x, filters.length, 3).map(one), 3);
}

/** 'same' where it is what PyTorch does (stride 1, odd kernel), 'valid' without pads, else the pads themselves. */
function paddingOf({ kernel, stride, pads }) {
  if (!pads.some((side) => side)) return 'valid';
  const same = stride.every((step) => step === 1) && pads.every((side, index) => side === (kernel[index % 2] - 1) / 2);
  return same ? 'same' : explicit(pads);
}

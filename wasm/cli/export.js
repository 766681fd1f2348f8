/** decem export NETWORK|FILE OUT.onnx: a network with its weights for every other engine. */
import { existsSync } from 'node:fs';
import { exportOnnx } from '../convert/export.js';
import { Classifier, DecemError } from '../js/index.js';
import { UsageError, jsonObject, wholeNumber } from './command.js';
import { Interrupt } from './interrupt.js';
import { ProgressBar, bold, columns, formatBytes, formatCount } from './terminal.js';
import { UNTRAINED, requireModule } from './weights.js';

/** @type {import('./command.js').Command} */
export default {
  name: 'export',
  about: 'writes ONNX of a network, as torch.onnx.export does',
  usage: 'NETWORK|FILE OUT.onnx [--options JSON] [--logits] [--json]',
  options: {
    network: { value: 'NAME', about: 'the network of a FILE that does not tell' },
    options: { value: 'JSON', about: "the network's options; what a file's tensors tell is found without" },
    seed: { value: 'N', about: "of a NETWORK's synthetic weights; 1 if left out" },
    logits: { about: "end before softmax, where the article's network has one" },
    json: { about: 'the report as one JSON object' },
  },
  more: `FILE holds weights: .safetensors, .pth, .pt or .onnx. A NETWORK alone is written with synthetic weights, untrained.
The ONNX is float32 of opset 13 and takes any number of images at once, [batch, 3, H, W]: its metadata says how photographs
become that, and what the classes are called. "decem convert" reads it back, bit for bit.`,
  example: 'decem export mobilenetv2.safetensors mobilenetv2.onnx',

  async run(values, positionals) {
    const [input, output] = positionals;
    if (positionals.length !== 2) throw new UsageError('name a network or a file to read, and the file to write.');
    if (!output.endsWith('.onnx')) throw new UsageError(`the file to write must end in .onnx, and "${output}" does not.`);
    const options = jsonObject(values.options, 'options');
    const seed = wholeNumber(values.seed, { name: 'seed', otherwise: 1, least: 0, most: 0xffffffff });
    const network = /** @type {string | undefined} */ (values.network);
    requireModule();
    const source = await sourceOf(input);
    if (source.network !== undefined && network !== undefined) throw new UsageError('--network goes with a file, not with a network.');

    const progress = new ProgressBar();
    const interrupt = new Interrupt();
    try {
      const report = await exportOnnx(output, {
        network, ...source, options, seed, logits: values.logits === true,
        signal: interrupt.signal,
        onProgress: (done, total) => progress.update(done, total, `${output}  ${formatBytes(done)} of ${formatBytes(total)}`),
      });
      progress.end();
      console.log(values.json ? JSON.stringify(report) : table(report));
      return 0;
    } finally {
      progress.end();
      interrupt.end();
    }
  },
};

/** @param {string} argument @returns {Promise<{ network?: string, file?: string }>} */
async function sourceOf(argument) {
  const names = await Classifier.networks();
  if (names.includes(argument)) return { network: argument };
  if (existsSync(argument)) return { file: argument };
  throw new DecemError(`"${argument}" is neither a file nor a network. The networks are ${names.join(', ')}.`, 'UNKNOWN_NETWORK');
}

/** @param {import('../convert/export.js').ExportReport} report */
function table({ file, network, options, input, outputs, final, output, bytes, nodes, tensors, parameters, opset }) {
  const shape = (/** @type {number[]} */ sizes) => `[${['batch', ...sizes].join(', ')}]`;
  const rows = [
    ['Network', `${network} ${JSON.stringify(options)}`],
    ['Weights', file ?? UNTRAINED],
    ['Written', `${output}, ${formatBytes(bytes)}: ${tensors} tensors, ${formatCount(parameters)} numbers, ${nodes} nodes, opset ${opset}`],
    ['Input', `${input.name} ${shape(input.shape)}`],
    ['Outputs', `${outputs.map(({ name }) => name).join(', ')} ${shape(outputs[0].shape)}: ${final}`],
  ];
  return columns(rows, ['left', 'left']).map((line) => line.replace(/^\S+/, bold)).join('\n');
}

/** decem convert IN OUT.safetensors: weights of PyTorch or ONNX, checked and ready to load. */
import { existsSync } from 'node:fs';
import { convert } from '../convert/convert.js';
import { loadLabels } from '../js/labels.js';
import { UsageError, jsonObject } from './command.js';
import { Interrupt } from './interrupt.js';
import { ProgressBar, bold, columns, formatBytes, formatCount } from './terminal.js';
import { requireModule } from './weights.js';

/** What --dtype may be. */
export const DTYPES = /** @type {const} */ ({ f32: 'F32', f16: 'F16', i8: 'I8' });

/** @type {import('./command.js').Command} */
export default {
  name: 'convert',
  about: 'makes safetensors for decem of a .pth, .pt, .onnx or .safetensors file',
  usage: 'IN OUT.safetensors [--network NAME] [--dtype f32|f16|i8] [--options JSON] [--labels FILE] [--json]',
  options: {
    network: { value: 'NAME', about: 'the network; needed for ONNX with folded batch norms, recognised elsewhere' },
    dtype: { value: 'f32|f16|i8', about: 'of the numbers; f32 if left out, f16 takes half of the bytes, i8 about a quarter' },
    options: { value: 'JSON', about: "the network's options; what the tensors' shapes tell is found without" },
    labels: { value: 'FILE|NAME', about: "the classes' names: a JSON array of them, or a list of decem's such as imagenet-1k" },
    preprocess: { value: 'JSON', about: 'how photographs become the input: resize, crop, mean, std, channels, interpolation' },
    license: { value: 'TEXT', about: "the weights' licence" },
    source: { value: 'TEXT', about: 'where the weights come from' },
    json: { about: 'the report as one JSON object' },
  },
  more: `Reads what torch.save wrote (a state_dict, a checkpoint with one, a whole module; the zip format and the one before
PyTorch 1.6), what torch.onnx.export wrote, and safetensors. Nothing in a .pth is run: a file that wants to run
something is refused. Every tensor is checked against the network, and an output is whole or not there.`,
  example: 'decem convert resnet18.pth resnet18.safetensors --network resnet18 --dtype f16',

  async run(values, positionals) {
    const [input, output] = positionals;
    if (positionals.length !== 2) throw new UsageError('name the file to read and the file to write.');
    if (!output.endsWith('.safetensors')) throw new UsageError(`the file to write must end in .safetensors, and "${output}" does not.`);
    const dtype = DTYPES[/** @type {keyof typeof DTYPES} */ (values.dtype ?? 'f32')];
    if (!dtype) throw new UsageError(`--dtype is f32, f16 or i8, not "${values.dtype}".`);
    const options = jsonObject(values.options, 'options');
    const preprocess = jsonObject(values.preprocess, 'preprocess');
    const text = (/** @type {string} */ name) => /** @type {string | undefined} */ (values[name]);
    requireModule();
    const labels = await readLabels(text('labels'));

    const progress = new ProgressBar();
    const interrupt = new Interrupt();
    try {
      const report = await convert(input, output, {
        network: text('network'), options, dtype, preprocess, labels, license: text('license'), source: text('source'),
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

/**
 * @param {string | undefined} labels a file or the name of a list
 * @returns {Promise<import('../convert/convert.js').ConvertOptions['labels']>}
 */
async function readLabels(labels) {
  if (labels === undefined) return undefined;
  const names = await loadLabels(labels, {});
  // What is no file is the name of one of the lists that come with decem.
  return { text: existsSync(labels) ? JSON.stringify(names) : labels, count: names?.length ?? 0 };
}

/** @param {import('../convert/convert.js').Report} report */
function table({ input, output, found, network, options, formats, tensors, parameters, bytes, inputBytes, leftOut, loss }) {
  const counts = Object.entries(formats).map(([format, count]) => `${formatCount(count)} as ${format}`);
  const rows = [
    ['Read', `${input}, ${formatBytes(inputBytes)}: ${found}`],
    ['Network', `${network} ${JSON.stringify(options)}`],
    ['Written', `${output}, ${formatBytes(bytes)}: ${tensors} tensors, ${formatCount(parameters)} numbers, ${Object.keys(formats).length === 1 ? Object.keys(formats)[0] : counts.join(', ')}`],
    ['Error', lossText(loss)],
    ...(leftOut.length > 0 ? [['Left out', `${leftOut.length} tensors that the network does not need with these options: ${leftOut.slice(0, 3).join(', ')}${leftOut.length > 3 ? ', ...' : ''}`]] : []),
  ];
  return columns(rows, ['left', 'left']).map((line) => line.replace(/^\S+/, bold)).join('\n');
}

/** @param {import('../convert/write.js').Loss} loss */
function lossText({ absolute, absoluteTensor, relative, relativeTensor }) {
  if (absolute === 0) return 'none: every number is as it was';
  return `at most ${absolute.toPrecision(2)} (${absoluteTensor}), and ${relative.toExponential(1)} of a tensor's largest number (${relativeTensor})`;
}

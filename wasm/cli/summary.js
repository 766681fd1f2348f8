/** decem summary NETWORK|FILE: layers, shapes, parameters and multiply-accumulates. */
import { Classifier } from '../js/index.js';
import { UsageError } from './command.js';
import { bold, columns, dim, formatBytes, formatCount } from './terminal.js';
import { loadClassifier, networkOrFile } from './weights.js';

/** @type {import('./command.js').Command} */
export default {
  name: 'summary',
  about: "lists a network's layers, output shapes, parameters and costs",
  usage: 'NETWORK|FILE [--options JSON] [--json]',
  options: {
    options: { value: 'JSON', about: "the network's options" },
    json: { about: 'one JSON object' },
  },
  more: `Shapes are channels x height x width, for one image. MACs are multiply-accumulates of the convolutions and
fully connected layers. A network is described without any weights; a file is read and checked whole.`,
  example: `decem summary mobilenetv2 --options '{"width_mult": 0.5}'`,

  async run(values, positionals) {
    if (positionals.length !== 1) throw new UsageError('name one network or file.');
    const choice = await networkOrFile(positionals[0], values);
    const summary = await (choice.network ? Classifier.summary(choice.network, choice.options) : summaryOfFile(choice));
    console.log(values.json ? JSON.stringify(summary) : table(summary));
    return 0;
  },
};

/** @param {import('./weights.js').Choice} choice */
async function summaryOfFile(choice) {
  const classifier = await loadClassifier(choice);
  try {
    return classifier.summary();
  } finally {
    classifier.dispose();
  }
}

/** @param {import('../js/index.js').Summary} summary */
function table({ network, options, layers, parameters, macs, memory, preprocess, outputs, classes, source, license }) {
  const rows = [
    ['Layer', 'Type', 'Output', 'Parameters', 'MACs'],
    ...layers.map((layer) => [
      layer.name,
      layer.type,
      layer.shape.join(' x '),
      formatCount(layer.parameters),
      formatCount(layer.macs),
    ]),
    ['Total', '', '', formatCount(parameters), formatCount(macs)],
  ];
  const [head, ...body] = columns(rows, ['left', 'left', 'right', 'right', 'right']);
  const rule = dim('-'.repeat(Math.max(...body.map((line) => line.length))));
  const { resize, crop, channels, interpolation } = preprocess;
  const facts = [
    ['MACs', `${(macs / 1e6).toFixed(1)} million for one image`],
    ['Memory', `${formatBytes(memory)}, weights and activations`],
    ['Input', `${channels}, shorter side to ${resize} (${interpolation}), middle ${crop} x ${crop}`],
    ['Outputs', `${outputs.length === 1 ? '' : `${outputs.join(', ')}: `}${formatCount(classes)} classes`],
    ...(source ? [['Weights', source]] : []),
    ...(license ? [['Licence', license]] : []),
  ];
  const title = [bold(network), Object.keys(options).length > 0 ? JSON.stringify(options) : ''].join(' ').trim();
  return [title, '', bold(head), rule, ...body.slice(0, -1), rule, bold(/** @type {string} */ (body.at(-1))), '', ...columns(facts, ['left', 'left'])].join('\n');
}

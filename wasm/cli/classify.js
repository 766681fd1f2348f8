/** decem classify IMAGE...: what photographs show. */
import { RUN_OPTIONS, UsageError, messageOf, runOptions, wholeNumber } from './command.js';
import { ProgressBar, accent, bar, bold, clip, dim, formatMs, widthOf } from './terminal.js';
import { UNTRAINED, WEIGHTS_OPTIONS, chosenWeights, loadClassifier } from './weights.js';

/**
 * @typedef {import('../js/index.js').Classification} Classification
 * @typedef {import('../js/index.js').Classifier} Classifier
 */

/** @type {import('./command.js').Command} */
export default {
  name: 'classify',
  about: 'says what photographs show',
  usage: 'IMAGE... [--weights FILE|URL | --network NAME] [--top-k K] [--threads N] [--json] [--logits]',
  options: {
    ...WEIGHTS_OPTIONS,
    'top-k': { value: 'K', about: 'how many labels to give; 5 if left out' },
    ...RUN_OPTIONS,
    json: { about: 'one JSON object a line: file, network, predictions, timings' },
    logits: { about: 'JSON with logits too: one array for each classifier output, main first, before softmax' },
  },
  more: `Images are JPEG, PNG, WebP and whatever else the package sharp reads. Without --weights and --network, the weights
that ship with decem are used: they know 100 everyday classes. An image that cannot be read is named, and the
others are done all the same; the exit status is then 1.`,
  example: 'decem classify photo.jpg --weights mobilenetv2.safetensors --top-k 3',

  async run(values, images) {
    if (images.length === 0) throw new UsageError('which images?');
    const topK = wholeNumber(values['top-k'], { name: 'top-k', otherwise: 5 });
    const logits = Boolean(values.logits);
    const json = Boolean(values.json) || logits;
    const how = runOptions(values);

    const classifier = await loadClassifier(chosenWeights(values), how);
    const progress = new ProgressBar();
    let status = 0;
    try {
      if (!json) console.log(heading(classifier));
      for (const [index, file] of images.entries()) {
        if (!process.stdout.isTTY) progress.update(index, images.length, file);
        try {
          const result = await classifier.classify(file, { topK, logits });
          console.log(json ? jsonLine(file, result) : textBlock(file, result));
        } catch (error) {
          status = 1;
          progress.end();
          const message = messageOf(error);
          console.error(`decem: ${message.includes(file) ? message : `${file}: ${message}`}`);
          if (json) console.log(JSON.stringify({ file, error: errorObject(error) }));
        }
      }
    } finally {
      progress.end();
      classifier.dispose();
    }
    return status;
  },
};

/** @param {string} file @param {Classification} result */
function jsonLine(file, result) {
  const logits = result.logits && { logits: result.logits.map((output) => Array.from(output)) };
  return JSON.stringify({ file, ...result, ...logits });
}

/** @param {unknown} error */
function errorObject(error) {
  const code = error instanceof Error && 'code' in error ? error.code : 'INTERNAL';
  return { code, message: messageOf(error) };
}

/** @param {Classifier} classifier */
function heading(classifier) {
  const { source, license } = classifier.summary();
  if (!classifier.trained) return `${bold(classifier.network)} ${UNTRAINED}: the answers mean nothing`;
  const of = [source, license].filter(Boolean).join('; ');
  return bold(classifier.network) + (of ? ` ${dim(clip(of, widthOf(process.stdout) - classifier.network.length - 1))}` : '');
}

/** @param {string} file @param {Classification} result */
function textBlock(file, { predictions, outputs = [], timings }) {
  const labelWidth = Math.min(Math.max(...predictions.map(({ label }) => label.length)), widthOf(process.stdout) - 40);
  const lines = predictions.map(
    ({ label, probability }) =>
      `  ${clip(label, labelWidth).padEnd(labelWidth)}  ${(probability * 100).toFixed(1).padStart(5)} %  ${accent(bar(probability, 24))}`.trimEnd(),
  );
  const branches = outputs.slice(1).map(({ name, predictions: [first] }) =>
    dim(`  ${name}: ${clip(first.label, labelWidth)}, ${(first.probability * 100).toFixed(1)} %`),
  );
  const times = dim(`  ${formatMs(timings.preprocessMs)} to read and resize, ${formatMs(timings.inferenceMs)} to run`);
  return ['', bold(file), ...lines, ...branches, times].join('\n');
}

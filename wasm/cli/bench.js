/** decem bench [NETWORK|FILE...]: how long one image takes, as the article's speed() measures it. */
import { Classifier } from '../js/index.js';
import { median } from '../js/median.js';
import { RUN_OPTIONS, runOptions, wholeNumber } from './command.js';
import { mean, testImage } from './measure.js';
import { ProgressBar, bar, bold, columns, dim, formatMs, formatThreads } from './terminal.js';
import { UNTRAINED, loadClassifier, networkOrFile, requireModule } from './weights.js';

const WARM_UP_RUNS = 3;

/**
 * @typedef {object} Measurement
 * @property {string} network
 * @property {boolean} trained
 * @property {'strict' | 'relaxed' | null} variant
 * @property {number} threads
 * @property {number} runs
 * @property {number} meanMs
 * @property {number} medianMs
 * @property {number} minMs
 */

/** @type {import('./command.js').Command} */
export default {
  name: 'bench',
  about: 'measures how long networks take for one image',
  usage: '[NETWORK|FILE...] [--runs N] [--threads N] [--options JSON] [--json]',
  options: {
    runs: { value: 'N', about: 'images to time; 30 if left out' },
    options: { value: 'JSON', about: "the networks' options" },
    ...RUN_OPTIONS,
    json: { about: 'one JSON object a line: network, variant, threads, runs, meanMs, medianMs, minMs' },
  },
  more: `Times the network alone, without decoding and resizing, after ${WARM_UP_RUNS} runs to warm up. Networks have synthetic weights, whose
values do not change the time. Without a NETWORK: all ten.`,
  example: 'decem bench resnet50 mobilenetv2 --runs 100',

  async run(values, positionals) {
    const runs = wholeNumber(values.runs, { name: 'runs', otherwise: 30 });
    const how = runOptions(values);
    requireModule();
    const subjects = positionals.length > 0 ? positionals : await Classifier.networks();
    /** @type {Measurement[]} */
    const results = [];
    for (const subject of subjects) {
      const result = await measure(subject, runs, values, how);
      results.push(result);
      if (values.json) console.log(JSON.stringify(result));
    }
    if (!values.json) console.log(table(results));
    return 0;
  },
};

/**
 * @param {string} subject
 * @param {number} runs
 * @param {Record<string, string | boolean | undefined>} values
 * @param {import('../js/index.js').LoadOptions} how
 * @returns {Promise<Measurement>}
 */
async function measure(subject, runs, values, how) {
  const progress = new ProgressBar();
  const classifier = await loadClassifier(await networkOrFile(subject, values), how);
  try {
    const image = testImage(classifier.summary().preprocess.crop);
    /** @type {number[]} */
    const times = [];
    for (let run = -WARM_UP_RUNS; run < runs; run++) {
      const { timings } = await classifier.classify(image, { topK: 1 });
      if (run >= 0) times.push(timings.inferenceMs);
      progress.update(run + WARM_UP_RUNS + 1, runs + WARM_UP_RUNS, subject);
    }
    return {
      network: classifier.network,
      trained: classifier.trained,
      variant: classifier.variant,
      threads: classifier.threads,
      runs,
      meanMs: mean(times),
      medianMs: median(times),
      minMs: Math.min(...times),
    };
  } finally {
    progress.end();
    classifier.dispose();
  }
}

/** @param {Measurement[]} results */
function table(results) {
  const longest = Math.max(...results.map((result) => result.medianMs));
  const rows = [
    ['Network', 'mean', 'median', 'min', '', ''],
    ...results.map(({ network, trained, meanMs, medianMs, minMs }) => [
      network,
      formatMs(meanMs),
      formatMs(medianMs),
      formatMs(minMs),
      bar(medianMs / longest, 24),
      trained ? '' : UNTRAINED,
    ]),
  ];
  const [head, ...body] = columns(rows, ['left', 'right', 'right', 'right', 'left', 'left']);
  const { node, v8 } = process.versions;
  const [{ variant, threads, runs }] = results;
  const machine = `Node ${node}, V8 ${v8}, ${process.platform} ${process.arch}`;
  return [dim(`${machine}, ${variant}, ${formatThreads(threads)}; ${runs === 1 ? '1 run' : `${runs} runs`} each`), bold(head), ...body].join('\n');
}

/** decem profile NETWORK|FILE: where the time goes, step by step. */
import { medianSteps } from '../js/median.js';
import { RUN_OPTIONS, UsageError, runOptions, wholeNumber } from './command.js';
import { testImage } from './measure.js';
import { ProgressBar, bar, bold, columns, dim, formatMs, formatThreads } from './terminal.js';
import { UNTRAINED, loadClassifier, networkOrFile } from './weights.js';

const WARM_UP_RUNS = 3;

/** @type {import('./command.js').Command} */
export default {
  name: 'profile',
  about: 'shows how long each step of a network takes',
  usage: 'NETWORK|FILE [--runs N] [--threads N] [--options JSON] [--json]',
  options: {
    runs: { value: 'N', about: 'images to time; 10 if left out' },
    options: { value: 'JSON', about: "the network's options" },
    ...RUN_OPTIONS,
    json: { about: 'one JSON object: network, variant, threads, runs, totalMs, steps' },
  },
  more: `Each step's time is the median over the runs. Layers that are computed together share a step. GFLOP/s counts two
operations a multiply-accumulate.`,
  example: 'decem profile mobilenetv2',

  async run(values, positionals) {
    if (positionals.length !== 1) throw new UsageError('name one network or file.');
    const runs = wholeNumber(values.runs, { name: 'runs', otherwise: 10 });
    const classifier = await loadClassifier(await networkOrFile(positionals[0], values), runOptions(values));
    try {
      const steps = await measureSteps(classifier, runs);
      const totalMs = steps.reduce((sum, step) => sum + step.ms, 0);
      const { network, trained, variant, threads } = classifier;
      const result = { network, trained, variant, threads, runs, totalMs, steps };
      console.log(values.json ? JSON.stringify(result) : table(result));
    } finally {
      classifier.dispose();
    }
    return 0;
  },
};

/**
 * @param {import('../js/index.js').Classifier} classifier
 * @param {number} runs
 */
async function measureSteps(classifier, runs) {
  const image = testImage(classifier.summary().preprocess.crop);
  const progress = new ProgressBar();
  /** @type {import('../js/index.js').Profile[]} */
  const profiles = [];
  for (let run = -WARM_UP_RUNS; run < runs; run++) {
    const profile = await classifier.profile(image);
    if (run >= 0) profiles.push(profile);
    progress.update(run + WARM_UP_RUNS + 1, runs + WARM_UP_RUNS, classifier.network);
  }
  progress.end();
  return medianSteps(profiles);
}

/** @param {{ network: string, trained: boolean, variant: string | null, threads: number, totalMs: number, steps: import('../js/index.js').Profile['steps'] }} profile */
function table({ network, trained, variant, threads, totalMs, steps }) {
  const most = Math.max(...steps.map((step) => step.ms));
  const row = (/** @type {string} */ name, /** @type {string} */ kernel, /** @type {number} */ macs, /** @type {number} */ ms) => [
    name,
    kernel,
    formatMs(ms),
    `${((100 * ms) / totalMs).toFixed(1)} %`,
    macs > 0 ? ((2 * macs) / (ms * 1e6)).toFixed(1) : '',
  ];
  const rows = [
    ['Step', 'Kernel', 'Time', 'Share', 'GFLOP/s', ''],
    ...steps.map(({ name, kernel, macs, ms }) => [...row(name, kernel, macs, ms), bar(ms / most, 20)]),
    [...row('Total', '', steps.reduce((sum, step) => sum + step.macs, 0), totalMs), ''],
  ];
  const [head, ...body] = columns(rows, ['left', 'left', 'right', 'right', 'right', 'left']);
  const title = `${bold(network)} ${dim(`${trained ? '' : `${UNTRAINED}, `}${variant}, ${formatThreads(threads)}`)}`;
  return [title, '', bold(head), ...body.slice(0, -1), bold(/** @type {string} */ (body.at(-1)))].join('\n');
}

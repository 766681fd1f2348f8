// npm run bench: decem against its peers on the ten networks, on this machine. See --help and README.md.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, main } from '../../wasm/setup/run.js';
import { SetupError } from '../../wasm/setup/tools.js';
import { drawChart } from './chart.js';
import { costsOf } from './costs.js';
import { HOSTS } from './hosts.js';
import { busyCores, describeMachine } from './machine.js';
import { ENGINES, NETWORKS } from './networks.js';
import { readValues } from './options.js';
import { prepare } from './prepare.js';
import { readmeTables } from './readme.js';
import { compare, formatMs, report } from './report.js';

const HELP = `Usage: npm run bench -- [options]

Times decem and other engines in turn on the same networks, weights and image.

  --networks A,B    of ${NETWORKS.map(({ name }) => name).join(', ')} (all)
  --engines A,B     of ${ENGINES.map(({ name }) => name).join(', ')} (all)
  --where A,B       of ${Object.keys(HOSTS).join(', ')} (all)
  --threads 1,2     thread counts (1,2)
  --measure A,B     of speed, gain, load (all); gain: decem's thread counts beside each other; load: time to the first result, memory
  --runs N          timed rounds of the engines at the most (30)
  --seconds S       for one network in one place, after which no round is begun, but for the first five (5)

Example: npm run bench -- --networks mobilenetv2 --where chromium --threads 1

Writes Markdown to the standard output, and build/bench/result.json, result.md, readme.md (the short tables) and chart.svg.`;

const LOAD_ENGINES = ['decem', 'ort'];
/** Other programs that keep more than this many cores busy are worth a warning. */
const QUIET_CORES = 0.15;
/** Logits further than this from PyTorch's are wrong. */
const TOLERANCE = 1e-4;

const folder = join(ROOT, 'build', 'bench');

function readOptions() {
  const text = (value) => /** @type {const} */ ({ type: 'string', default: value });
  const all = (list) => text(list.join());
  const options = {
    networks: all(NETWORKS.map(({ name }) => name)),
    engines: all(ENGINES.map(({ name }) => name)),
    where: all(Object.keys(HOSTS)),
    threads: text('1,2'),
    measure: text('speed,gain,load'),
    runs: text('30'),
    seconds: text('5'),
    help: { type: /** @type {const} */ ('boolean'), short: 'h', default: false },
  };
  const { values, choice } = readValues(options, HELP);
  const count = (name, value = values[name]) => {
    if (!(Number(value) > 0) || (name !== 'seconds' && !Number.isInteger(Number(value)))) {
      throw new SetupError(`--${name}: '${value}' is not a number above 0`);
    }
    return Number(value);
  };
  return {
    help: values.help,
    networks: choice('networks', NETWORKS.map(({ name }) => name)),
    engines: choice('engines', ENGINES.map(({ name }) => name)),
    where: choice('where', Object.keys(HOSTS)),
    measure: choice('measure', ['speed', 'gain', 'load']),
    threads: String(values.threads).split(',').map((value) => count('threads', value)),
    runs: count('runs'),
    seconds: count('seconds'),
  };
}

/** @returns {object[]} every job for one place, in order */
function jobsOf({ networks, engines, threads, measure, runs, seconds }, where) {
  const here = (count) => engines.filter((name) => where === 'chromium' || count <= ENGINES.find((engine) => engine.name === name).inNode);
  const jobs = [];
  for (const network of networks) {
    if (measure.includes('speed')) {
      for (const count of threads) jobs.push({ kind: 'speed', network, engines: here(count), threads: count, runs, seconds });
    }
    if (measure.includes('gain') && engines.includes('decem') && threads.length > 1) {
      jobs.push({ kind: 'gain', network, engine: 'decem', counts: threads, runs, seconds });
    }
    if (measure.includes('load')) {
      const loaded = here(1).filter((engine) => LOAD_ENGINES.includes(engine));
      // As many threads as a visitor would get.
      for (const engine of loaded) jobs.push({ kind: 'load', network, engine, threads: Math.max(...threads) });
    }
  }
  return jobs;
}

/** One line about a measurement, for the standard error output. */
function sentence({ where, kind, network, threads, engine, result }) {
  if (kind === 'load') {
    const what = result.failure ?? `${formatMs(result.cold.totalMs)} ms to the first result, ${formatMs(result.warm.totalMs)} when loaded again`;
    return `${where}, ${network}, ${engine}: ${what}`;
  }
  if (kind === 'gain') {
    if (result.failure) return `${where}, ${network}, decem's threads: ${result.failure}`;
    const each = result.map(({ threads: count, times, gain }) => `${formatMs(times.median)} ms on ${count} (${gain.median.toFixed(2)})`);
    return `${where}, ${network}, decem's threads: ${each.join(', ')}`;
  }
  const { times } = compare({ network, threads, result });
  const each = Object.entries(result).map(([name, { failure }]) => `${name} ${failure ?? `${formatMs(times[name])} ms`}`);
  return `${where}, ${threads} thread${threads > 1 ? 's' : ''}, ${network}: ${each.join(', ')}`;
}

/** A crash of the whole process or page, told of every engine in it. */
function failed(job, error) {
  const failure = String(error?.message ?? error).split('\n')[0];
  return job.kind !== 'speed' ? { failure } : Object.fromEntries(job.engines.map((name) => [name, { failure }]));
}

/** Whether our own engine failed or is wrong anywhere. */
function oursIsBroken(measurements) {
  const ours = measurements.flatMap(({ kind, engine, result }) => {
    if (kind === 'speed') return result.decem ? [result.decem] : [];
    return kind === 'gain' || engine === 'decem' ? [result] : [];
  });
  return ours.some(({ failure, disagreement = 0 }) => failure || !(disagreement <= TOLERANCE));
}

await main(async () => {
  const options = readOptions();
  if (options.help) return console.log(HELP);
  await prepare(options);
  const { payload } = await import('./payload.js'); // needs the packages

  const result = {
    date: new Date().toISOString().slice(0, 16).replace('T', ' '),
    machine: describeMachine(),
    quietCores: QUIET_CORES,
    ...options,
    versions: {},
    /** Of our own build, by place. */
    arithmetic: {},
    /** What one core can do, by place. */
    peaks: {},
    costs: Object.fromEntries(await Promise.all(options.networks.map(async (network) => [network, await costsOf(network)]))),
    payloads: Object.fromEntries(options.engines.map((engine) => [engine, payload(engine)])),
    measurements: [],
  };
  const save = () => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'result.json'), `${JSON.stringify(result, null, 1)}\n`);
  };
  const begin = performance.now();
  const total = options.where.reduce((sum, where) => sum + jobsOf(options, where).length, 0);
  for (const where of options.where) {
    const host = await HOSTS[where]();
    result.versions[where] = host.version;
    const noteBest = async () => {
      const { result: measured } = await host.run({ kind: 'peak' });
      for (const [name, value] of Object.entries(measured)) result.peaks[where][name] = Math.max(value, result.peaks[where][name] ?? 0);
    };
    result.peaks[where] = {};
    await noteBest();
    for (const job of jobsOf(options, where)) {
      const busy = await busyCores();
      if (busy > QUIET_CORES) console.error(`Other programs keep ${busy.toFixed(1)} cores busy: this measurement will be unsteady.`);
      const answer = await host.run(job).catch((error) => ({ result: failed(job, error) }));
      const measurement = { where, ...job, busyCores: busy, ...answer };
      result.measurements.push(measurement);
      const found = job.kind === 'speed' ? answer.result : { [job.engine]: answer.result };
      for (const [name, { version }] of Object.entries(found)) if (version) result.versions[name] = version;
      if (found.decem?.arithmetic) result.arithmetic[where] = found.decem.arithmetic;
      console.error(`[${result.measurements.length}/${total}] ${sentence(measurement)}`);
      save();
    }
    await noteBest(); // again: another program may have disturbed the first
    await host.close();
  }

  result.minutes = (performance.now() - begin) / 60_000;
  save();
  writeFileSync(join(folder, 'readme.md'), `${readmeTables(result)}\n`);
  const markdown = report(result);
  writeFileSync(join(folder, 'result.md'), `${markdown}\n`);
  const chart = drawChart(result);
  if (chart) writeFileSync(join(folder, 'chart.svg'), chart);
  console.log(markdown);
  if (oursIsBroken(result.measurements)) throw new SetupError('decem failed, or is further from PyTorch than it may be: see the tables.');
});

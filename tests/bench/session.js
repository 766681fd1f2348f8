// The measurements themselves. Runs in Node (node-runner.js) and in a page (page.html), in a process of its own for each job.
//
// An engine is a module of engines/ with
//     start({ threads }) -> { version, arithmetic (ours alone), threads, load(network, input) -> Model }
//     Model: { run(): outputs or a promise of them, dispose() }
// where run() takes the input in the engine's own layout to the logits as arrays: what a user of that engine would time.
import { measurePeak } from './peak.js';
import { readInput, readJson } from './place.js';
import { disagreement, statistics } from './statistics.js';

/** Between two engines' turns: the page breathes. */
const REST_MS = 25;
/** The same where there are threads: onnxruntime-web's go on spinning for longer than that, and take a core from whoever is next. */
const THREADS_REST_MS = 100;
/** Runs of an engine before any is timed; fewer where they take long. */
const WARM_UPS = 3;
const WARM_UP_MS = 1500;
const LEAST_ROUNDS = 5;
/** Who is further from PyTorch has computed something else, such as nothing for want of memory. Ours has a stricter bound in bench.js. */
const ABSURD = 0.01;

/**
 * @typedef {{ kind: 'peak' }} PeakJob
 * @typedef {{ kind: 'kernels', network: string, variant: 'strict' | 'relaxed', runs: number }} KernelsJob
 * @typedef {{ kind: 'speed', network: string, engines: string[], threads: number, runs: number, seconds: number }} SpeedJob
 * @typedef {{ kind: 'gain', network: string, counts: number[], runs: number, seconds: number }} GainJob
 * @typedef {{ kind: 'load', network: string, engine: string, threads: number }} LoadJob
 */

/** @param {PeakJob | KernelsJob | SpeedJob | GainJob | LoadJob} job */
export async function runJob(job) {
  if (job.kind === 'peak') return measurePeak();
  if (job.kind === 'kernels') return (await import('./engines/decem-model.js')).timeSteps(job);
  if (job.kind === 'gain') return measureGain(job);
  return job.kind === 'speed' ? measureSpeed(job) : measureLoad(job);
}

/**
 * Times several engines in turn: ours, a peer, the next, ours ... An engine that cannot run the network is
 * reported with its error; the others go on.
 * @param {SpeedJob} job
 */
async function measureSpeed({ network, engines, threads, runs, seconds }) {
  const input = await readInput();
  const reference = await readJson(`${network}.logits.json`);
  const results = {};
  const ready = [];
  for (const name of engines) {
    try {
      const engine = await (await import(`./engines/${name}.js`)).start({ threads });
      const model = await engine.load(network, input);
      const error = disagreement(await model.run(), reference);
      if (!(error < ABSURD)) throw new Error(`its logits are off by ${error} of the largest`);
      const begin = performance.now();
      for (let i = 1; i < WARM_UPS && performance.now() - begin < WARM_UP_MS; i++) await model.run();
      results[name] = { version: engine.version, arithmetic: engine.arithmetic, threads: engine.threads, disagreement: error };
      ready.push({ name, model, times: [] });
    } catch (error) {
      results[name] = { failure: describeFailure(error) };
    }
  }
  await takeTurns(ready, runs, seconds, threads > 1 ? THREADS_REST_MS : REST_MS);
  for (const { name, times, model } of ready) {
    results[name].times = statistics(times);
    model.dispose();
  }
  return results;
}

/**
 * Times models one after the other, round after round, into their `times`. Each runs twice and the second run counts, as in a video: the first
 * brings weights, code and predictions back, which the model before has driven out of the caches.
 */
async function takeTurns(ready, runs, seconds, restMs = REST_MS) {
  const deadline = performance.now() + seconds * 1000;
  for (let round = 0; round < runs && (round < LEAST_ROUNDS || performance.now() < deadline); round++) {
    for (const { model, times } of ready) {
      await rest(restMs);
      await model.run();
      const start = performance.now();
      await model.run();
      times.push(performance.now() - start);
    }
  }
}

/**
 * What threads bring: decem on each number of threads in turn, so that a machine whose speed changes changes it for all of them. How many
 * times as fast is told round by round, against the first count.
 * @param {GainJob} job
 */
async function measureGain({ network, counts, runs, seconds }) {
  const input = await readInput();
  const ready = [];
  for (const threads of counts) {
    const engine = await (await import('./engines/decem.js')).start({ threads, inWorker: true });
    const model = await engine.load(network, input);
    for (let i = 0; i < WARM_UPS; i++) await model.run();
    ready.push({ model, times: [] });
  }
  await takeTurns(ready, runs, seconds);
  ready.forEach(({ model }) => model.dispose());
  return ready.map(({ times }, index) => {
    return { threads: counts[index], times: statistics(times), gain: statistics(times.map((ms, round) => ready[0].times[round] / ms)) };
  });
}

/**
 * One engine from nothing to its first result, then the same network once more in the same process. Ours by its public class, as
 * `startWhole`: with its worker, its cache of weights and an image to be resized.
 * @param {LoadJob} job
 */
async function measureLoad({ network, engine: name, threads }) {
  try {
    const input = await readInput();
    const begin = performance.now();
    const { start, startWhole = start } = await import(`./engines/${name}.js`);
    const engine = await startWhole({ threads });
    const startMs = performance.now() - begin;
    const cold = await firstResult(engine, network, input);
    await rest();
    const warm = await firstResult(engine, network, input);
    return {
      version: engine.version,
      threads: engine.threads,
      cold: { startMs, ...cold, totalMs: startMs + cold.loadMs + cold.firstRunMs },
      warm: { ...warm, totalMs: warm.loadMs + warm.firstRunMs },
    };
  } catch (error) {
    return { failure: describeFailure(error) };
  }
}

async function firstResult(engine, network, input) {
  const start = performance.now();
  const model = await engine.load(network, input);
  const loadMs = performance.now() - start;
  await model.run();
  const firstRunMs = performance.now() - start - loadMs;
  model.dispose();
  return { loadMs, firstRunMs };
}

function rest(ms = REST_MS) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function describeFailure(error) {
  return String(error?.message ?? error).split('\n')[0].slice(0, 200);
}

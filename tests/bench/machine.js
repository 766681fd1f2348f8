// The machine, and whether anything else keeps it busy.
import { cpus, totalmem } from 'node:os';

const SAMPLE_MS = 400;

export function describeMachine() {
  const cores = cpus();
  return { processor: cores[0].model.trim(), cores: cores.length, memoryGiB: Math.round(totalmem() / 2 ** 30), platform: process.platform };
}

/** @returns {Promise<number>} how many cores other programs keep busy at this moment */
export async function busyCores() {
  const before = times();
  await new Promise((resolve) => setTimeout(resolve, SAMPLE_MS));
  const after = times();
  return (cpus().length * (after.busy - before.busy)) / Math.max(1, after.total - before.total);
}

/** Milliseconds of all cores since the start of the machine. */
function times() {
  let [busy, total] = [0, 0];
  for (const { times: core } of cpus()) {
    const sum = Object.values(core).reduce((a, b) => a + b, 0);
    total += sum;
    busy += sum - core.idle;
  }
  return { busy, total };
}

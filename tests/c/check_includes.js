/**
 * Includes in src/ go one way. A room may include itself, decem.h, and the rooms below it:
 *
 *     base < image, graph < networks < weights < plan < classify < model
 *
 * and kernels stand beside: they include base alone, and plan and above may include them. Every include in quotes is
 * written from src/ ("base/json.h"), so that this script, and a reader, can see where it goes.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';

/** @type {Record<string, string[]>} room -> the rooms it may include, besides itself */
const BELOW = {
  base: [],
  image: ['base'],
  graph: ['base'],
  kernels: ['base'],
  networks: ['base', 'graph'],
  weights: ['base', 'image', 'graph', 'networks'],
  plan: ['base', 'image', 'graph', 'networks', 'weights', 'kernels'],
  classify: ['base', 'image', 'graph', 'networks', 'weights', 'kernels', 'plan'],
  model: ['base', 'image', 'graph', 'networks', 'weights', 'kernels', 'plan', 'classify'],
};
/** @type {Record<string, string>} includes that are not files in src/ -> where they may stand */
const GENERATED = { 'network_families.inc': 'networks/registry.c' };

const src = fileURLToPath(new URL('../../src', import.meta.url));
const files = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .map((file) => file.replaceAll('\\', '/'))
  .filter((file) => /\.(c|h|inc)$/.test(file));

const faults = [];
for (const file of files) {
  const room = file.split('/')[0];
  if (file !== 'decem.h' && !(room in BELOW)) {
    faults.push(`src/${file}: "${room}" is no room of the plan; rooms are ${Object.keys(BELOW).join(', ')}`);
    continue;
  }
  for (const [, target] of readFileSync(join(src, file), 'utf8').matchAll(/^\s*#\s*include\s*"([^"]+)"/gm)) {
    const fault = judge(file, room, target);
    if (fault) faults.push(`src/${file} includes "${target}": ${fault}`);
  }
}

/**
 * @param {string} file
 * @param {string} room
 * @param {string} target
 * @returns {string | null} what is wrong
 */
function judge(file, room, target) {
  if (target in GENERATED) return GENERATED[target] === file ? null : `only ${GENERATED[target]} does`;
  if (posix.normalize(target) !== target || !existsSync(join(src, target))) return 'write it from src/, as "room/file.h"';
  if (file === 'decem.h') return 'the public header stands alone';
  if (target === 'decem.h') return null;
  const to = target.split('/')[0];
  if (to === room || BELOW[room].includes(to)) return null;
  return `${room} may include ${BELOW[room].join(', ') || 'nothing but itself'}`;
}

if (faults.length > 0) {
  console.error(faults.join('\n'));
  process.exitCode = 1;
} else {
  console.log(`${files.length} files, all includes go one way`);
}

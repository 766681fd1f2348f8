/** The tests of tests/c once more, compiled to WASM: the same C must pass where it will run. Those of kernels in relaxed arithmetic too. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { hasRelaxedSimd } from '../../wasm/js/variants.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
// Whole networks in WASM are golden.test.js's, with the module that ships.
const ELSEWHERE = ['test_golden.c'];
const sources = readdirSync(`${ROOT}/tests/c`).filter((file) => /^test_.*\.c$/.test(file) && !ELSEWHERE.includes(file));

test('there are tests in C', () => assert.notEqual(sources.length, 0));

const strict = sources.map((source) => source.replace(/\.c$/, ''));
const relaxed = readdirSync(`${ROOT}/build/wasm-tests`).filter((file) => file.endsWith('-relaxed.wasm')).map((file) => file.replace(/\.wasm$/, ''));

test('there are tests of relaxed kernels', () => assert.ok(relaxed.length >= 9));

for (const name of [...strict, ...relaxed]) {
  // Node 20 has relaxed SIMD when asked for it; later ones need not be asked.
  const flags = name.endsWith('-relaxed') && !hasRelaxedSimd() ? ['--experimental-wasm-relaxed-simd'] : [];
  test(`${name} in WASM`, () => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['--no-warnings', ...flags, 'tests/node/helpers/run-wasi.js', `build/wasm-tests/${name}.wasm`],
      { cwd: ROOT, encoding: 'utf8' },
    );
    assert.equal(status, 0, `${stdout}\n${stderr}`);
  });
}

/** The tests of tests/c once more, compiled to WASM: the same C must pass where it will run. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
// Whole networks in WASM are golden.test.js's, with the module that ships.
const ELSEWHERE = ['test_golden.c'];
const sources = readdirSync(`${ROOT}/tests/c`).filter((file) => /^test_.*\.c$/.test(file) && !ELSEWHERE.includes(file));

test('there are tests in C', () => assert.notEqual(sources.length, 0));

for (const source of sources) {
  const name = source.replace(/\.c$/, '');
  test(`${name} in WASM`, () => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['--no-warnings', 'tests/node/helpers/run-wasi.js', `build/wasm-tests/${name}.wasm`],
      { cwd: ROOT, encoding: 'utf8' },
    );
    assert.equal(status, 0, `${stdout}\n${stderr}`);
  });
}

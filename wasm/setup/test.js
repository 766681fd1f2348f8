/**
 * npm test [-- PART...]: builds all and runs every test; goes on after a failure and ends with a summary.
 * Parts: includes, types, c, node, browser. Without one: all.
 */
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { build, runTypeScript } from './build.js';
import { requirePackages } from './packages.js';
import { ROOT, main, run } from './run.js';
import { SetupError } from './tools.js';

/** @type {Record<string, { what: string, targets: string[], tools?: string[], run: () => void }>} */
const PARTS = {
  includes: { what: 'includes go one way', targets: [], run: () => run(process.execPath, ['tests/c/check_includes.js']) },
  types: { what: 'types in JSDoc (tsc --checkJs)', targets: ['types'], run: () => ['wasm/cli', 'web'].forEach(runTypeScript) },
  c: {
    what: 'C under ASan and UBSan',
    targets: ['asan'],
    run: () =>
      run('ctest', ['--test-dir', 'build/asan', '--output-on-failure', '--no-tests=error', '-j', String(availableParallelism())]),
  },
  node: { what: 'Node: binding, command line, C in WASM', targets: ['wasm', 'site', 'wasm-tests', 'native', 'types'], run: () => nodeTests('tests/node') },
  browser: { what: 'the page in Chromium', targets: ['wasm', 'site', 'types'], tools: ['chromium'], run: () => nodeTests('tests/browser') },
};

/** @param {string} folder with *.test.js */
function nodeTests(folder) {
  const files = readdirSync(join(ROOT, folder)).filter((file) => file.endsWith('.test.js'));
  if (files.length === 0) throw new SetupError(`no tests in ${folder}`);
  run(process.execPath, ['--test', '--test-concurrency=1', '--test-reporter=spec', ...files.map((file) => `${folder}/${file}`)]);
}

await main(() => {
  const asked = process.argv.slice(2);
  const unknown = asked.find((name) => !(name in PARTS));
  if (unknown) throw new SetupError(`no part "${unknown}"; there are ${Object.keys(PARTS).join(', ')}`);
  const names = asked.length > 0 ? asked : Object.keys(PARTS);

  requirePackages();
  /** @type {string[]} */
  const summary = [];
  for (const name of names) {
    const { what, targets, tools, run: body } = PARTS[name];
    const start = performance.now();
    console.log(`\n== ${what}`);
    let result = 'ok';
    try {
      build(targets, tools);
      body();
    } catch (error) {
      if (!(error instanceof SetupError)) throw error;
      console.error(error.message);
      result = 'FAILED';
      process.exitCode = 1;
    }
    summary.push(`${result.padEnd(7)} ${what} (${((performance.now() - start) / 1000).toFixed(1)} s)`);
  }
  console.log(`\n${summary.join('\n')}`);
});

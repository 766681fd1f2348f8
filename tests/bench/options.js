// What the benchmarks' commands share in reading their options.
import { parseArgs } from 'node:util';
import { SetupError } from '../../wasm/setup/tools.js';

/**
 * @param {import('node:util').ParseArgsConfig['options']} options
 * @param {string} help printed after what is wrong
 * @returns {{ values: Record<string, any>, choice: (name: string, allowed: string[]) => string[] }} choice: what a list of names
 *   asks for, in the order of those allowed
 */
export function readValues(options, help) {
  let values;
  try {
    ({ values } = parseArgs({ options }));
  } catch (error) {
    throw new SetupError(`${error.message}\n\n${help}`);
  }
  const choice = (name, allowed) => {
    const chosen = String(values[name]).split(',');
    const wrong = chosen.find((item) => !allowed.includes(item));
    if (wrong !== undefined) throw new SetupError(`--${name}: '${wrong}' is none of ${allowed.join(', ')}`);
    return allowed.filter((item) => chosen.includes(item));
  };
  return { values, choice };
}

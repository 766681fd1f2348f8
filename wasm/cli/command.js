/** What a command of the command line is, how its arguments are read, and how its errors are told. */
import { parseArgs } from 'node:util';
import { DecemError } from '../js/index.js';
import { bold, dim } from './terminal.js';

/**
 * An option. With `value` it takes one, and `value` is its name in the help; without, it is a switch.
 * @typedef {object} Option
 * @property {string} about
 * @property {string} [value]
 */

/**
 * @typedef {object} Command
 * @property {string} name
 * @property {string} about      one line
 * @property {string} usage      what follows the name
 * @property {string} more       a paragraph for the help
 * @property {string} example
 * @property {Record<string, Option>} options
 * @property {(values: Record<string, string | boolean | undefined>, positionals: string[]) => Promise<number>} run gives the exit status
 */

/** A command line that is wrong: told with the usage, exit status 2. */
export class UsageError extends Error {}

/**
 * @param {Command} command
 * @param {string[]} args
 * @returns {Promise<number>} the exit status
 */
export async function runCommand(command, args) {
  try {
    const { values, positionals } = parse(command, args);
    if (values.help) {
      console.log(help(command));
      return 0;
    }
    return await command.run(values, positionals);
  } catch (error) {
    if (error instanceof UsageError) {
      console.error(`decem ${command.name}: ${error.message}\n\nUsage: decem ${command.name} ${command.usage}`);
      console.error(`"decem ${command.name} --help" says more.`);
      return 2;
    }
    console.error(`decem: ${messageOf(error)}`);
    return 1;
  }
}

/**
 * A sentence for people; with the stack where the error is a defect of decem's.
 * @param {unknown} error
 * @returns {string}
 */
export function messageOf(error) {
  if (error instanceof DecemError) return error.message;
  if (error instanceof Error && 'code' in error && 'syscall' in error) return error.message;
  return error instanceof Error ? String(error.stack) : String(error);
}

/**
 * @param {Command} command
 * @param {string[]} args
 */
function parse(command, args) {
  const entries = Object.entries(command.options).map(([name, { value }]) => [name, { type: value ? 'string' : 'boolean' }]);
  const options = /** @type {Record<string, { type: 'string' | 'boolean', short?: string }>} */ (Object.fromEntries(entries));
  try {
    return parseArgs({
      args,
      options: { ...options, help: { type: 'boolean', short: 'h' } },
      allowPositionals: true,
    });
  } catch (error) {
    throw new UsageError(/** @type {Error} */ (error).message.replace(/\. To specify .*$/s, '.'));
  }
}

/** @param {Command} command */
function help(command) {
  /** @type {[string, Option][]} */
  const rows = Object.entries({ ...command.options, help: { about: 'this text' } });
  const names = rows.map(([name, { value }]) => `--${name}${value ? ` ${value}` : ''}`);
  const width = Math.max(...names.map((name) => name.length));
  const options = rows.map(([, { about }], index) => `  ${names[index].padEnd(width)}  ${about}`);
  return `${bold(`decem ${command.name}`)}: ${command.about}

Usage: decem ${command.name} ${command.usage}

${options.join('\n')}

${command.more}

${dim('Example:')} ${command.example}`;
}

/**
 * An option's whole number.
 * @param {string | boolean | undefined} text
 * @param {{ name: string, otherwise: number, least?: number, most?: number }} expected
 * @returns {number}
 */
export function wholeNumber(text, { name, otherwise, least = 1, most = Number.MAX_SAFE_INTEGER }) {
  if (text === undefined) return otherwise;
  const number = /^\d+$/.test(String(text)) ? Number(text) : NaN;
  if (number >= least && number <= most) return number;
  const range = most === Number.MAX_SAFE_INTEGER ? `from ${least} up` : `from ${least} to ${most}`;
  throw new UsageError(`--${name} takes a whole number ${range}, not "${text}".`);
}

/** How to run; for commands that run networks to spread into their options. */
export const RUN_OPTIONS = {
  threads: { value: 'N', about: '1 to 16, or auto: one a core, 4 at most; auto if left out' },
  variant: { value: 'NAME', about: 'strict (the same bits everywhere), relaxed (fused multiply-add, faster) or auto; auto if left out' },
};

/**
 * Reads RUN_OPTIONS.
 * @param {Record<string, string | boolean | undefined>} values
 * @returns {Pick<import('../js/index.js').LoadOptions, 'threads' | 'variant'>}
 */
export function runOptions({ threads = 'auto', variant = 'auto' }) {
  if (variant !== 'auto' && variant !== 'strict' && variant !== 'relaxed') {
    throw new UsageError(`--variant takes auto, strict or relaxed, not "${variant}".`);
  }
  if (threads === 'auto') return { threads, variant };
  const count = Number(threads);
  if (Number.isInteger(count) && count >= 1 && count <= 16) return { threads: count, variant };
  throw new UsageError(`--threads takes a whole number from 1 to 16 or auto, not "${threads}".`);
}

/**
 * An option's JSON object; undefined where the option is not given.
 * @param {string | boolean | undefined} text
 * @param {string} name
 * @returns {Record<string, unknown> | undefined}
 */
export function jsonObject(text, name) {
  if (text === undefined) return undefined;
  try {
    const value = JSON.parse(String(text));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch {
    // said below
  }
  throw new UsageError(`--${name} takes a JSON object such as '{"variant": "torchvision"}', not ${text}`);
}

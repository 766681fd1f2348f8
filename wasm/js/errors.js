/**
 * The one kind of error that decem throws of itself. Aborting is not an error of decem's: an aborted call
 * rejects with the signal's own reason, as the platform's functions do.
 */

/**
 * Names of the C core's statuses, by number (src/decem.h). The numbers are stable.
 */
const CORE_CODES = Object.freeze([
  'OK',
  'OUT_OF_MEMORY',
  'INVALID_ARGUMENT',
  'WRONG_STATE',
  'UNKNOWN_NETWORK',
  'INVALID_OPTION',
  'MALFORMED_FILE',
  'UNRECOGNISED_NETWORK',
  'MISSING_TENSOR',
  'UNEXPECTED_TENSOR',
  'WRONG_SHAPE',
  'UNSUPPORTED_DTYPE',
  'NOT_FINITE',
  'INVALID_IMAGE',
  'THREAD_LOST',
  'WRONG_HASH',
]);

/**
 * What can go wrong outside the C core, in JavaScript: `status` is -1 there.
 *
 * - `UNSUPPORTED`: this browser or Node lacks something that decem needs, such as WebAssembly SIMD
 * - `FETCH_FAILED`: a URL could not be fetched, or answered with something else than what was asked for
 * - `STORE_FAILED`: a file could not be kept on this device, for want of room or of permission
 * - `MISSING_PACKAGE`: decoding images in Node needs the package `sharp`
 * - `WORKER_FAILED`: the worker could not start, or died
 * - `DISPOSED`: the classifier has been disposed of
 * - `INTERNAL`: the WebAssembly module trapped: a defect in decem
 *
 * @typedef {'UNSUPPORTED' | 'FETCH_FAILED' | 'STORE_FAILED' | 'MISSING_PACKAGE' | 'WORKER_FAILED' | 'DISPOSED' | 'INTERNAL'} HostCode
 */

/**
 * The name of a status of the C core.
 * @param {number} status
 * @returns {string}
 */
export function codeOfStatus(status) {
  return CORE_CODES[status] ?? 'INTERNAL';
}

export class DecemError extends Error {
  /**
   * @param {string} message a sentence that names what is wrong and what to do
   * @param {string} code such as 'MISSING_TENSOR'; see {@link HostCode} for those that are not the C core's
   * @param {ErrorOptions} [options] `cause`, where another error lies behind this one
   */
  constructor(message, code, options) {
    super(message, options);
    this.name = 'DecemError';
    /** Such as 'MISSING_TENSOR': stable, for programs. */
    this.code = code;
    /** The C core's status number; -1 for what went wrong outside it. */
    this.status = CORE_CODES.indexOf(code);
  }
}

/** Text for people: colours, numbers, bars, tables, and the progress bar. Plain where there is no terminal. */

/** @param {NodeJS.WriteStream} stream */
function takesColour(stream) {
  return Boolean(stream.isTTY) && !process.env.NO_COLOR && process.env.TERM !== 'dumb';
}

/** @param {number} on @param {number} off @returns {(text: string) => string} */
function style(on, off) {
  return (text) => (takesColour(process.stdout) ? `\x1b[${on}m${text}\x1b[${off}m` : text);
}

export const bold = style(1, 22);
export const dim = style(2, 22);
export const accent = style(36, 39);

/**
 * A line's width, between what a bar needs and what the eye likes. Some terminals say that theirs is 0.
 * @param {NodeJS.WriteStream} stream
 */
export function widthOf(stream) {
  return Math.min(120, Math.max(60, stream.columns || 100));
}

/** @param {number} bytes @returns {string} such as "13.9 MB" */
export function formatBytes(bytes) {
  const units = ['bytes', 'kB', 'MB', 'GB'];
  const power = bytes < 1000 ? 0 : Math.min(3, Math.floor(Math.log10(bytes) / 3));
  return `${power === 0 ? bytes : (bytes / 1000 ** power).toFixed(1)} ${units[power]}`;
}

/** @param {number} count @returns {string} such as "3,504,872" */
export function formatCount(count) {
  return count.toLocaleString('en-US');
}

/** @param {number} ms @returns {string} such as "12.3 ms" */
export function formatMs(ms) {
  return `${ms.toFixed(ms < 1 ? 3 : ms < 100 ? 2 : 1)} ms`;
}

/** @param {number} threads */
export function formatThreads(threads) {
  return threads === 1 ? '1 thread' : `${threads} threads`;
}

/**
 * A bar of block characters, to an eighth of a character.
 * @param {number} fraction from 0 to 1
 * @param {number} width in characters
 * @returns {string} padded to the width
 */
export function bar(fraction, width) {
  const eighths = Math.round(Math.min(1, Math.max(0, fraction)) * width * 8);
  const part = ' ▏▎▍▌▋▊▉'[eighths % 8].trim();
  return ('█'.repeat(Math.floor(eighths / 8)) + part).padEnd(width);
}

/** @param {string} text @param {number} width @returns {string} cut with an ellipsis where it is longer */
export function clip(text, width) {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}

/**
 * Aligned columns, two spaces apart.
 * @param {string[][]} rows
 * @param {('left' | 'right')[]} sides one for each column
 * @returns {string[]} lines
 */
export function columns(rows, sides) {
  const widths = sides.map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) =>
    row
      .map((cell, column) => (sides[column] === 'right' ? cell.padStart(widths[column]) : cell.padEnd(widths[column])))
      .join('  ')
      .trimEnd(),
  );
}

/**
 * A progress bar on stderr, on one line that it takes away at the end. Shows nothing in the first second, and
 * nothing at all where stderr is no terminal.
 */
export class ProgressBar {
  #shown = false;
  #start = performance.now();
  #last = 0;

  /**
   * @param {number} done
   * @param {number | null} total null where it is not known
   * @param {string} text what follows the bar
   */
  update(done, total, text) {
    const now = performance.now();
    if (!process.stderr.isTTY || now - this.#start < 1000 || now - this.#last < 50) return;
    this.#last = now;
    this.#shown = true;
    const share = total ? `${bar(done / total, 24)} ${String(Math.floor((100 * done) / total)).padStart(3)} %  ` : '';
    process.stderr.write(`\r\x1b[K${clip(share + text, widthOf(process.stderr) - 1)}`);
  }

  /** Takes the bar away. A later update begins anew. */
  end() {
    if (this.#shown) process.stderr.write('\r\x1b[K');
    this.#shown = false;
    this.#start = performance.now();
  }
}

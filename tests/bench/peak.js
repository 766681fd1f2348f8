// What one core can do in WebAssembly at the most, here and today: the constants of the floor. Each is measured by a module of one
// small function, put together here: multiply and add on registers, the same fused, and reading memory.

const CALLS = 30;
const CALL_MS = 5;
const WARM_UP_MS = 200;
const PAGE_BYTES = 1 << 16;
/** More than any cache holds. */
const READ_BYTES = 192 << 20;

/** As many sums as hide the latency of their instructions, and still fit the 16 registers of x86 with two constants. */
const SUMS = 12;
const UNROLLED = 2;
const LANES = 4;
const VECTOR_BYTES = 16;
const LOADS = 8;

const [I32, F32, V128] = [0x7f, 0x7d, 0x7b];
const get = (local) => [0x20, local];
const set = (local) => [0x21, local];
const splat = (value) => [0x43, ...new Uint8Array(new Float32Array([value]).buffer), 0xfd, 0x13];
const load = (offset) => [0xfd, 0x00, 4, offset];
const ADD = [0xfd, 0xe4, 0x01];
const MULTIPLY = [0xfd, 0xe6, 0x01];
const MULTIPLY_ADD = [0xfd, 0x85, 0x02]; // relaxed: fused where the processor can
const END = 0x0b;

const repeat = (count, make) => Array.from({ length: count }, (_, index) => make(index)).flat();

/** @param {number} value below 2^28 @returns {number[]} */
function leb(value) {
  return value < 128 ? [value] : [(value & 127) | 128, ...leb(value >> 7)];
}

/** The body for n = local 0, less `step` each time, down to 0. `step` is a positive number of 13 bits. */
const loop = (step, body) => [0x03, 0x40, ...get(0), 0x41, (step & 127) | 128, step >> 7, 0x6b, ...set(0), ...body, ...get(0), 0x0d, 0, END];

/** A function from n, a positive i32, to a float that depends on all `sums`, which are its locals from 1 on: nothing can be left out. */
function functionOf(sums, constants, start, loops) {
  const total = [...get(1), ...repeat(sums - 1, (i) => [...get(i + 2), ...ADD]), 0xfd, 0x1f, 0];
  return [1, sums + constants, V128, ...start, ...loops, ...total, END];
}

/** Sums of x = factor * x + term, n times. */
function arithmetic(fused) {
  const [factor, term] = [SUMS + 1, SUMS + 2];
  const start = [...repeat(SUMS, (i) => [...splat(i), ...set(i + 1)]), ...splat(0.999), ...set(factor), ...splat(0.5), ...set(term)];
  const step = (x) => [...get(x), ...get(factor), ...(fused ? [...get(term), ...MULTIPLY_ADD] : [...MULTIPLY, ...get(term), ...ADD]), ...set(x)];
  return functionOf(SUMS, 2, start, loop(1, repeat(UNROLLED * SUMS, (i) => step(i % SUMS + 1))));
}

/** Sums of the first n bytes of memory. */
function reading() {
  const body = repeat(LOADS, (i) => [...get(i + 1), ...get(0), ...load(i * VECTOR_BYTES), ...ADD, ...set(i + 1)]);
  return functionOf(LOADS, 0, [], loop(LOADS * VECTOR_BYTES, body));
}

/** A module that exports one function and its memory. */
function moduleOf(code, pages) {
  const section = (id, bytes) => [id, ...leb(bytes.length), ...bytes];
  return new Uint8Array([
    0, 97, 115, 109, 1, 0, 0, 0,
    ...section(1, [1, 0x60, 1, I32, 1, F32]),
    ...section(3, [1, 0]),
    ...section(5, [1, 0, ...leb(pages)]),
    ...section(7, [2, 1, 102, 0, 0, 1, 109, 2, 0]), // f, m
    ...section(10, [1, ...leb(code.length), ...code]),
  ]);
}

/**
 * @param {(n: number) => number} run
 * @param {number} n of the first call; later ones take as many as fill CALL_MS
 * @param {boolean} fixed whether n must stay as it is
 * @returns {number} the least milliseconds for one of n
 */
function leastMs(run, n, fixed) {
  const time = () => {
    const start = performance.now();
    run(n);
    return performance.now() - start;
  };
  for (const begin = performance.now(); performance.now() - begin < WARM_UP_MS; ) {
    const ms = time();
    if (!fixed && ms < CALL_MS) n *= 2;
  }
  return Math.min(...Array.from({ length: CALLS }, time)) / n;
}

/**
 * The best of many short calls: what interrupts them only makes them slower, and would flatter by a higher floor.
 * @returns {{ fusedFlops?: number, flops: number, bytes: number }} a second, of one core; fused only where this engine has it
 */
export function measurePeak() {
  const flopsOf = (fused) => {
    const bytes = moduleOf(arithmetic(fused), 0);
    if (!WebAssembly.validate(bytes)) return undefined;
    const { f } = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports;
    return (2 * LANES * SUMS * UNROLLED * 1e3) / leastMs(f, 1000, false);
  };
  const { f, m } = new WebAssembly.Instance(new WebAssembly.Module(moduleOf(reading(), READ_BYTES / PAGE_BYTES))).exports;
  new Uint8Array(m.buffer).fill(1); // pages that nobody has written are all the same one
  return { fusedFlops: flopsOf(true), flops: flopsOf(false), bytes: 1e3 / leastMs(f, READ_BYTES, true) };
}

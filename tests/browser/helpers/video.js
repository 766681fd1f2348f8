/**
 * A film for Chromium's fake camera: two very different pictures, a second each, over and over.
 */
import { writeFileSync } from 'node:fs';

const width = 320;
const height = 240;
const framesPerSecond = 10;

/**
 * A frame in planar YUV 4:2:0.
 * @param {(x: number, y: number) => [number, number, number]} colour  Y, U, V of a pixel
 */
function frame(colour) {
  const y = Buffer.alloc(width * height);
  const u = Buffer.alloc(y.length / 4);
  const v = Buffer.alloc(y.length / 4);
  for (let row = 0; row < height; row += 1) {
    for (let column = 0; column < width; column += 1) {
      const [luma, blue, red] = colour(column, row);
      y[row * width + column] = luma;
      const quarter = (row >> 1) * (width / 2) + (column >> 1);
      u[quarter] = blue;
      v[quarter] = red;
    }
  }
  return Buffer.concat([Buffer.from('FRAME\n'), y, u, v]);
}

/** An orange ball on white. */
const ball = frame((x, y) => (Math.hypot(x - width / 2, y - height / 2) < 90 ? [160, 50, 190] : [235, 128, 128]));
/** Black and white stripes. */
const stripes = frame((x) => ((x >> 3) & 1 ? [235, 128, 128] : [16, 128, 128]));

/** @param {string} path  of a .y4m file to write */
export function writeFilm(path) {
  const second = (/** @type {Buffer} */ picture) => Array.from({ length: framesPerSecond }, () => picture);
  const head = Buffer.from(`YUV4MPEG2 W${width} H${height} F${framesPerSecond}:1 Ip A1:1 C420jpeg\n`);
  writeFileSync(path, Buffer.concat([head, ...second(ball), ...second(stripes)]));
}

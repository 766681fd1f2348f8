// Writes a plan as two files for engines/tfjs.js: NAME.tfjs.json, the operations with the places of their weights, and
// NAME.tfjs.bin, the weights as little-endian float32 in TensorFlow's layouts.
import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { permuted } from './graph.js';

/** @param {import('./graph.js').Plan} plan @param {string} stem the path without its extension */
export function writeTfjs(plan, stem) {
  const file = openSync(`${stem}.tfjs.bin`, 'w');
  let offset = 0;
  /** @returns {{ offset: number, shape: number[] }} where the values lie; the offset is in floats */
  const place = (values, shape) => {
    const at = { offset, shape };
    writeSync(file, new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    offset += values.length;
    return at;
  };
  const operations = plan.operations.map((operation) => {
    if (operation.kind === 'dense') {
      const shape = [operation.shape[0], operation.weights.length / operation.shape[0]];
      const weights = place(permuted(operation.weights, shape, [1, 0]), [shape[1], shape[0]]);
      return { ...operation, weights, bias: place(operation.bias, [shape[0]]) };
    }
    if (operation.kind === 'conv') {
      const [outputs, [height, width]] = [operation.shape[2], operation.kernel];
      const inputs = operation.weights.length / (outputs * height * width);
      const channels = plan.shapes.get(operation.inputs[0])?.[2];
      const depthwise = operation.groups === channels && inputs === 1;
      // Depthwise: [H][W][C][1]. Else each group by itself: [H][W][I][O].
      const parts = depthwise ? 1 : operation.groups;
      const perPart = outputs / parts;
      const weights = Array.from({ length: parts }, (_, part) => {
        const size = perPart * inputs * height * width;
        const values = operation.weights.subarray(part * size, (part + 1) * size);
        if (depthwise) return place(permuted(values, [outputs, height * width], [1, 0]), [height, width, outputs, 1]);
        return place(permuted(values, [perPart, inputs, height * width], [2, 1, 0]), [height, width, inputs, perPart]);
      });
      const bias = Array.from({ length: parts }, (_, part) => {
        return place(operation.bias.subarray(part * perPart, (part + 1) * perPart), [perPart]);
      });
      return { ...operation, depthwise, weights, bias };
    }
    return operation;
  });
  closeSync(file);
  const { input, outputs } = plan;
  const inputShape = plan.shapes.get(input);
  writeFileSync(`${stem}.tfjs.json`, JSON.stringify({ input, inputShape, outputs, operations }));
}

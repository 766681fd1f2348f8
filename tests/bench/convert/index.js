// From build/bench/NAME.onnx to the files of the engines that do not read ONNX.
import { readFileSync } from 'node:fs';
import { planGraph } from './graph.js';
import { readOnnx } from './onnx.js';
import { writeTfjs } from './tfjs.js';
import { writeTflite } from './tflite.js';

const INPUT = [224, 224, 3];

/** @param {string} stem the path without .onnx */
export function convert(stem) {
  const plan = planGraph(readOnnx(readFileSync(`${stem}.onnx`)), INPUT);
  writeTfjs(plan, stem);
  writeTflite(plan, stem);
}

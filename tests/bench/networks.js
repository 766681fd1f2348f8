// What is known of the ten networks before anything is measured: their cost, the least time it can take, and the figures
// of an engine that is not run here.

/** Of one core in WASM: fused multiply-add on 128-bit vectors from the first-level cache, and streaming through memory. */
const PEAK_FLOPS = 59.5e9;
const PEAK_BYTES = 33e9;

/**
 * macs: multiply-accumulates of one 224x224 image, in millions. Of them, macs3x3: in ungrouped 3x3 convolutions of
 * stride 1; dense: in fully connected layers, which is also the count of their weights.
 *
 * published: medians of ncnn's own WASM build, which is not run here, and of onnxruntime-web, both on one core
 * of one machine on one day. ncnn's GoogLeNet is without its side branches.
 *
 * @typedef {{ name: string, title: string, macs: number, macs3x3: number, dense: number, published?: { ncnn: number, ort: number } }} Network
 * @type {Network[]}
 */
export const NETWORKS = [
  { name: 'googlenet', title: 'GoogLeNet', macs: 1591.0, macs3x3: 962.8, dense: 7.27, published: { ncnn: 63.3, ort: 112 } },
  { name: 'resnet18', title: 'ResNet18', macs: 1814.1, macs3x3: 1502.9, dense: 0.51, published: { ncnn: 52.5, ort: 124 } },
  { name: 'resnet50', title: 'ResNet50', macs: 4089.2, macs3x3: 1502.9, dense: 2.05, published: { ncnn: 150, ort: 275 } },
  { name: 'resnet101', title: 'ResNet101', macs: 7801.4, macs3x3: 3468.2, dense: 2.05 },
  { name: 'resnet152', title: 'ResNet152', macs: 11513.6, macs3x3: 5433.5, dense: 2.05 },
  { name: 'vgg16', title: 'VGG16', macs: 15470.3, macs3x3: 15346.6, dense: 123.63, published: { ncnn: 249, ort: 950 } },
  { name: 'mobilenetv1', title: 'MobileNetV1', macs: 568.7, macs3x3: 0, dense: 1.02, published: { ncnn: 32.1, ort: 42.5 } },
  { name: 'mobilenetv2', title: 'MobileNetV2', macs: 300.8, macs3x3: 0, dense: 1.28, published: { ncnn: 19.2, ort: 28.0 } },
  { name: 'shufflenetv1', title: 'ShuffleNetV1', macs: 137.5, macs3x3: 0, dense: 0.96, published: { ncnn: 8.7, ort: 11.8 } },
  { name: 'shufflenetv2', title: 'ShuffleNetV2', macs: 128.4, macs3x3: 0, dense: 1.02, published: { ncnn: 9.8, ort: 10.7 } },
];

/** The engines in the order of the tables, ours first. */
export const ENGINES = [
  { name: 'decem', title: 'decem' },
  { name: 'ort', title: 'onnxruntime-web' },
  { name: 'tfjs', title: 'TensorFlow.js' },
  { name: 'litert', title: 'LiteRT.js' },
];

/**
 * The least milliseconds that one core needs: `direct` for convolutions as they are written, `winograd` with
 * F(4,3), which leaves a quarter of the multiplications of a 3x3 layer, its transforms not counted.
 * @param {Network} network
 */
export function floorMs({ macs, macs3x3, dense }) {
  const compute = (millions) => (2 * millions * 1e6 * 1e3) / PEAK_FLOPS;
  const denseMs = Math.max(compute(dense), (4 * dense * 1e6 * 1e3) / PEAK_BYTES);
  return { direct: compute(macs - dense) + denseMs, winograd: compute(macs - dense - macs3x3 * 0.75) + denseMs };
}

/**
 * What ncnn would take on this machine today, in milliseconds, by how far onnxruntime-web is from its published time.
 * @param {Network} network
 * @param {number | undefined} ortMs median of today, one thread
 */
export function scaledNcnnMs({ published }, ortMs) {
  return published && ortMs !== undefined ? (published.ncnn * ortMs) / published.ort : undefined;
}

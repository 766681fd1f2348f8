// The ten networks and the engines, the least time that a network can take, and the figures of an engine that is not run here.

/**
 * published: medians of ncnn's own WASM build, which is not run here, and of onnxruntime-web, both on one core
 * of one machine on one day. ncnn's GoogLeNet is without its side branches.
 *
 * @typedef {{ name: string, title: string, published?: { ncnn: number, ort: number } }} Network
 * @type {Network[]}
 */
export const NETWORKS = [
  { name: 'googlenet', title: 'GoogLeNet', published: { ncnn: 63.3, ort: 112 } },
  { name: 'resnet18', title: 'ResNet18', published: { ncnn: 52.5, ort: 124 } },
  { name: 'resnet50', title: 'ResNet50', published: { ncnn: 150, ort: 275 } },
  { name: 'resnet101', title: 'ResNet101' },
  { name: 'resnet152', title: 'ResNet152' },
  { name: 'vgg16', title: 'VGG16', published: { ncnn: 249, ort: 950 } },
  { name: 'mobilenetv1', title: 'MobileNetV1', published: { ncnn: 32.1, ort: 42.5 } },
  { name: 'mobilenetv2', title: 'MobileNetV2', published: { ncnn: 19.2, ort: 28.0 } },
  { name: 'shufflenetv1', title: 'ShuffleNetV1', published: { ncnn: 8.7, ort: 11.8 } },
  { name: 'shufflenetv2', title: 'ShuffleNetV2', published: { ncnn: 9.8, ort: 10.7 } },
];

/** The engines in the order of the tables, ours first; `inNode`: on how many threads they run there at the most. */
export const ENGINES = [
  { name: 'decem', title: 'decem', inNode: Infinity },
  { name: 'ort', title: 'onnxruntime-web', inNode: Infinity },
  { name: 'tfjs', title: 'TensorFlow.js', inNode: 1 },
  { name: 'litert', title: 'LiteRT.js', inNode: 0 },
];

/**
 * The least milliseconds that so many cores need: `direct` for convolutions as they are written, `winograd` with
 * F(4,3), which leaves a quarter of the multiplications of a 3x3 layer, its transforms not counted. Fully connected layers take
 * what reading their weights takes.
 * @param {import('./costs.js').Costs} costs
 * @param {ReturnType<typeof import('./peak.js').measurePeak>} peak of one core
 * @param {number} [threads]
 */
export function floorMs({ macs, macs3x3, dense }, { fusedFlops, flops, bytes }, threads = 1) {
  const best = Math.max(fusedFlops ?? 0, flops);
  const compute = (count) => (2 * count * 1e3) / best / threads;
  const denseMs = Math.max(compute(dense), (4 * dense * 1e3) / bytes / threads);
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

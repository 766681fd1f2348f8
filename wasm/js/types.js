/**
 * The shapes of what goes into a classifier and what comes out. Types only: nothing here runs.
 */

/**
 * Raw pixels, row by row from the top, 8 bits a channel: 3 channels are RGB, 4 are RGBA. Alpha is ignored.
 * `channels` may be left out for 4, so that an ImageData is one.
 * @typedef {object} Pixels
 * @property {Uint8Array | Uint8ClampedArray} data `[height][width][channels]`
 * @property {number} width
 * @property {number} height
 * @property {number} [channels] 3 or 4; 4 if left out
 */

/**
 * Whatever holds a picture. A string is a URL; in Node it may also be a path, and bytes are an encoded file
 * (JPEG, PNG, WebP: needs the package `sharp`).
 * @typedef {Pixels | ImageData | ImageBitmap | HTMLVideoElement | HTMLImageElement | HTMLCanvasElement
 *   | OffscreenCanvas | VideoFrame | Blob | URL | string | ArrayBuffer | Uint8Array} ImageSource
 */

/**
 * Whatever holds the bytes of a safetensors file. A string is a URL; in Node it may also be a path.
 * @typedef {string | URL | Request | Response | ReadableStream<Uint8Array> | AsyncIterable<Uint8Array> | Blob
 *   | ArrayBuffer | ArrayBufferView} WeightsSource
 */

/**
 * Asks for a network with pseudo-random weights: the same for the same seed everywhere, and untrained: its
 * answers mean nothing.
 * @typedef {object} SyntheticWeights
 * @property {string} network such as 'mobilenetv2'; `Classifier.networks()` lists them
 * @property {NetworkOptions} [options]
 * @property {number} [seed] 32-bit unsigned; 1 if left out
 */

/**
 * A network's options, such as `{ num_classes: 100, variant: 'torchvision' }`.
 * @typedef {Record<string, unknown>} NetworkOptions
 */

/**
 * @typedef {object} Progress
 * @property {'wasm' | 'weights' | 'ready'} phase
 * @property {number} loaded bytes of the weights so far. It only grows, unless the file has to be begun anew: it changed on the
 *   server meanwhile, or what was stored turned out to be damaged
 * @property {number | null} total bytes of the weights; null where the source does not say
 * @property {string} source what is being loaded: an address, a file's name, or a few words
 * @property {'network' | 'cache' | 'file' | 'memory' | null} from where the bytes come from; cache: stored on this device from an
 *   earlier load; null where that is not known (yet)
 * @property {number} bytesPerSecond over the last seconds; 0 before the first byte
 * @property {number | null} secondsLeft at that speed; null where it cannot be said
 * @property {number | null} retryInSeconds null, unless the connection was lost or the server is busy: then how long until it is
 *   tried again
 */

/**
 * @typedef {object} WasmOptions
 * @property {string | URL | ArrayBuffer | Uint8Array | WebAssembly.Module} [wasm] the module, where it is not beside this
 *   package: its address (in Node also a path), its bytes, or compiled; `variant` then means nothing, and threads need a module
 *   that has shared memory
 * @property {'auto' | 'strict' | 'relaxed'} [variant] the arithmetic. strict: the same bits on every machine and for any number
 *   of threads; relaxed: fused multiply-add, faster, its last bits depend on the processor; auto, if left out: relaxed where it
 *   can be had
 * @property {number | 'auto'} [threads] that a run may use, from 1 to 16. auto, if left out: one a core, 4 at most. It is 1,
 *   whatever is asked, where threads cannot share memory: in a page that is not cross-origin isolated, and on a page's own
 *   thread; `classifier.threads` tells
 * @property {typeof globalThis.fetch} [fetch] used for everything that decem fetches
 * @property {AbortSignal} [signal]
 */

/**
 * @typedef {object} OwnLoadOptions
 * @property {(progress: Progress) => void} [onProgress]
 * @property {ImageSource | Promise<ImageSource | null>} [image] to be classified while the weights still come;
 *   `classifier.first` is its answer. Of a promise that gives null there is no answer: `first` rejects
 * @property {string} [sha256] of the file, as 64 hexadecimal digits: there is no answer from a file that has another
 * @property {boolean | string | import('./cache.js').WeightsCache} [cache] weights from an address are kept on this device, and
 *   come from there the next time; see `openCache` for where that is. What is stored is used without asking the server where
 *   `sha256` is given; else the server is asked whether the file is still the same, and where it does not answer, what is stored
 *   is used. false: neither read nor kept; a string: as `openCache` takes it
 * @property {number} [retries] how often in a row a lost connection is taken up, and a busy server is asked, before giving up; 6
 *   if left out, about half a minute
 * @property {string} [network] the network of the file, where its metadata and its tensors do not say; wins over them
 * @property {NetworkOptions} [options] with `network`
 * @property {string[] | string | URL} [labels] the classes' names in index order, a JSON file of them, or the name of a list,
 *   such as 'imagenet-1k'; wins over the file's metadata
 * @property {number} [topK] how many predictions `classify` gives unless told otherwise; 5 if left out
 * @property {boolean} [worker] true: in a worker of its own, or fail; false: on this thread. Left out: in a worker where
 *   there are workers (browsers) and one starts, else on this thread
 *
 * @typedef {OwnLoadOptions & WasmOptions} LoadOptions
 */

/**
 * @typedef {object} Prediction
 * @property {number} index of the class
 * @property {string} label its name; 'class 17' where the weights name no classes
 * @property {number} probability from 0 to 1
 */

/**
 * @typedef {object} Timings in milliseconds
 * @property {number} preprocessMs decoding, resizing, cropping, normalising
 * @property {number} inferenceMs running the network
 * @property {number} totalMs both, and the way to the worker and back, without waiting for earlier calls
 */

/**
 * @typedef {object} OutputPredictions
 * @property {string} name 'main', or a branch of GoogLeNet
 * @property {Prediction[]} predictions
 */

/**
 * @typedef {object} Classification
 * @property {string} network
 * @property {boolean} trained false for synthetic weights: the predictions then mean nothing
 * @property {Prediction[]} predictions of the main output, the most probable first
 * @property {OutputPredictions[]} [outputs] of every output, main first, where the network has several
 * @property {Float32Array[]} [logits] on request: one array for each output, main first, before softmax
 * @property {Timings} timings
 */

/**
 * @typedef {object} ClassifyOptions
 * @property {number} [topK]
 * @property {boolean} [logits] also give the logits
 * @property {AbortSignal} [signal]
 */

/**
 * @typedef {object} OwnStreamOptions
 * @property {(result: Classification) => void} onResult
 *
 * @typedef {OwnStreamOptions & ClassifyOptions} StreamOptions
 */

/**
 * A layer, named and counted as in PyTorch.
 * @typedef {object} Layer
 * @property {string} name the module's path, such as 'layer1.0.conv1'
 * @property {string} type such as 'Conv2d'
 * @property {number[]} shape of its output: [C, H, W], or [C]
 * @property {number} parameters
 * @property {number} macs multiply-accumulates for one image
 */

/**
 * How a photo becomes the network's input.
 * @typedef {object} Preprocess
 * @property {number} resize the shorter side is resized to this
 * @property {number} crop then the middle square of this side is taken
 * @property {'RGB' | 'BGR'} channels
 * @property {number[]} mean by channel, of values from 0 to 1
 * @property {number[]} std
 * @property {'bilinear' | 'bicubic'} interpolation
 */

/**
 * @typedef {object} Summary
 * @property {string} network
 * @property {NetworkOptions} options
 * @property {Layer[]} layers
 * @property {number} parameters
 * @property {number} macs multiply-accumulates for one image
 * @property {number} memory bytes that the weights and the activations take
 * @property {Preprocess} preprocess
 * @property {string[]} outputs the classifier outputs' names, main first
 * @property {number} classes
 * @property {number} labels how many of the classes have a name
 * @property {boolean} trained
 * @property {string | null} source where the weights come from, as their file says
 * @property {string | null} license of the weights, as their file says
 */

/**
 * @typedef {object} ProfiledStep
 * @property {string} name of its first layer: layers that are computed together share a step
 * @property {string} type of that layer, such as 'Conv2d'
 * @property {string} kernel the function that computes it
 * @property {number[]} shape of its output: [C, H, W]
 * @property {number} macs
 * @property {number} ms
 */

/**
 * @typedef {object} Profile
 * @property {string} network
 * @property {ProfiledStep[]} steps in the order in which they run
 * @property {Timings} timings
 */

/**
 * The pixels that the network saw: RGBA, opaque. `new ImageData(crop.data, crop.width, crop.height)` draws it.
 * @typedef {object} Crop
 * @property {number} width
 * @property {number} height
 * @property {Uint8ClampedArray} data
 */

export {};

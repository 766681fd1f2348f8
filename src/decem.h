/* decem: ten classic image classifiers in one small C core.
 *
 * The whole public interface. A program makes a model, gives it weights, gives it an image, runs it and
 * reads the answer:
 *
 *     decem_model *model;
 *     decem_model_create(&model);
 *     while ((count = fread(buffer, 1, sizeof buffer, file)) > 0)
 *         if (decem_model_push(model, buffer, count) != DECEM_OK) fail(decem_model_message(model));
 *     decem_model_finish(model);
 *     decem_model_begin_image(model, width, height, 3);
 *     decem_model_push_rows(model, pixels, height);
 *     decem_model_run(model);
 *     const float *probabilities = decem_model_probabilities(model, 0);
 *     decem_model_destroy(model);
 *
 * Every call that can fail returns a status; decem_model_message() then gives a sentence that names the
 * thing that is wrong and what to do. A failed call leaves the model such that it can be destroyed, and any
 * other model untouched. A model whose weights failed to load stays failed: destroy it and make another.
 *
 * The library keeps no global state and does no input or output. A model is used by one thread at a time;
 * different models may be used by different threads at once.
 *
 * Units and shapes: all activations and logits are 32-bit floats; images are 8 bits a channel; a size is in
 * bytes where its name says bytes, else in elements. C = channels, H = height, W = width.
 */
#ifndef DECEM_H
#define DECEM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The numbers are stable: new ones are only ever added at the end. */
typedef enum decem_status {
    DECEM_OK = 0,
    DECEM_OUT_OF_MEMORY = 1,        /* the message says how many bytes were wanted */
    DECEM_INVALID_ARGUMENT = 2,     /* a NULL, a size of 0, an index out of range */
    DECEM_WRONG_STATE = 3,          /* calls out of order, such as running before the weights are in */
    DECEM_UNKNOWN_NETWORK = 4,      /* no network of that name */
    DECEM_INVALID_OPTION = 5,       /* an option the network does not have, or a value out of its range */
    DECEM_MALFORMED_FILE = 6,       /* not a safetensors file, or one that is cut short or contradicts itself */
    DECEM_UNRECOGNISED_NETWORK = 7, /* no metadata, and the tensors are of none of the ten networks */
    DECEM_MISSING_TENSOR = 8,
    DECEM_UNEXPECTED_TENSOR = 9,
    DECEM_WRONG_SHAPE = 10,
    DECEM_UNSUPPORTED_DTYPE = 11,   /* tensors are F32, F16 or BF16; weights of convolutions and linear layers also I8 */
    DECEM_NOT_FINITE = 12,          /* a weight that is NaN or infinite, or a variance or scale below zero */
    DECEM_INVALID_IMAGE = 13,       /* an image of no pixels, or of more than it can be */
    DECEM_THREAD_LOST = 14,         /* a helper took work and died; the model can still be destroyed */
    DECEM_WRONG_HASH = 15           /* the file's SHA-256 is not the one that was expected */
} decem_status;

/* The name of a status, such as "missing tensor". Never NULL. */
const char *decem_status_string(decem_status status);

/* ---- The networks -------------------------------------------------------------------------------- */

/* How many networks there are, and their names ("googlenet", "resnet18", ...), family by family.
 * decem_network_name gives NULL for an index out of range. */
int32_t decem_network_count(void);
const char *decem_network_name(int32_t index);

/* ---- A model's life ------------------------------------------------------------------------------ */

typedef struct decem_model decem_model;

/* Makes an empty model. Fails only for want of memory, and then sets *model to NULL. */
decem_status decem_model_create(decem_model **model);

/* Frees the model and all it holds. NULL is allowed. */
void decem_model_destroy(decem_model *model);

/* A sentence about the last call that failed on this model; "" when none has. Owned by the model and
 * valid until the next call on it. */
const char *decem_model_message(const decem_model *model);

/* Chooses the network by name, with options as a JSON object such as {"variant": "torchvision"} (NULL or ""
 * for none). Needed before decem_model_synthesize; before decem_model_push it is optional, and then wins
 * over what the file says of itself. No memory for weights is taken yet, so that any network can be
 * described at no cost. */
decem_status decem_model_select(decem_model *model, const char *network, const char *options);

/* ---- Threads ------------------------------------------------------------------------------------- */

enum { DECEM_THREADS_MAX = 16 };

/* How many threads a run may use, 1 (the default) to DECEM_THREADS_MAX, the caller's own included; said before any weights
 * are given. The library starts none: for each further one the caller starts a thread that calls decem_model_help. The answer
 * is the same, to the bit, for any number of threads, and however many of them have come. */
decem_status decem_model_set_threads(decem_model *model, int32_t threads);

/* Helps in every run of the model until decem_model_dismiss: called by another thread, once, with an index of its own from 1
 * to threads - 1. In WASM that thread is a worker with an instance of the same module on the same shared memory, and with a
 * stack of its own. */
void decem_model_help(decem_model *model, int32_t thread);

/* Tells all helpers to return. The model must not be destroyed before they have; later runs use one thread. */
void decem_model_dismiss(decem_model *model);

/* ---- Weights ------------------------------------------------------------------------------------- */

/* Takes the next bytes of a safetensors file, in pieces of any size. Tensors are checked, converted and
 * packed as they come; the file itself is never kept. Names are those of the PyTorch state_dict. A tensor is F32, F16 or
 * BF16; a weight of a convolution or linear layer may be I8 beside a tensor NAME.scale, F32, of one number for each output
 * channel, by which its whole numbers are multiplied. Linear layers keep I8 in memory; everything else is f32 there.
 * The file's __metadata__ may say: network, options (JSON), preprocess (JSON: resize, crop, channels, mean,
 * std, interpolation), labels, license, source. A file without it is recognised by its tensors. */
decem_status decem_model_push(decem_model *model, const void *bytes, size_t count);

/* Says what SHA-256 the file has, as 64 hexadecimal digits, before its first byte. decem_model_finish then fails with
 * DECEM_WRONG_HASH where it has another. */
decem_status decem_model_expect_sha256(decem_model *model, const char *hex);

/* Says that the file has ended. On DECEM_OK the model is ready to run. */
decem_status decem_model_finish(decem_model *model);

/* Fills the selected network with pseudo-random weights instead: the same bits for the same seed on every
 * machine. Such a model is untrained; its answers mean nothing. */
decem_status decem_model_synthesize(decem_model *model, uint32_t seed);

/* Of the file's __metadata__, the text under a key; NULL where there is none. Valid as long as the model. */
const char *decem_model_metadata(const decem_model *model, const char *key);

/* ---- Images -------------------------------------------------------------------------------------- */

/* Starts an image of width x height pixels, channels 3 (RGB) or 4 (RGBA, whose alpha is ignored), each side
 * from 1 to 65,535. Resizing is Pillow's (antialiased), cropping is torchvision's, to the bit. It may begin while the weights
 * still come, once the end of the file's header is in; so may decem_model_set_input. */
decem_status decem_model_begin_image(decem_model *model, uint32_t width, uint32_t height, uint32_t channels);

/* Gives the next `count` rows: [count][width][channels] bytes, top to bottom. The image need not be whole in
 * memory: each row is reduced to the width that the network sees at once. After the last row the input
 * of the network is complete. */
decem_status decem_model_push_rows(decem_model *model, const uint8_t *rows, uint32_t count);

/* What the network was shown: [crop][crop][3] bytes, RGB, before mean and std. NULL before the first
 * image. Owned by the model; valid until the next image. */
const uint8_t *decem_model_crop(decem_model *model);

/* Gives the input directly instead: [3][H][W] floats as PyTorch lays them out, already normalised. */
decem_status decem_model_set_input(decem_model *model, const float *input);

/* ---- Running ------------------------------------------------------------------------------------- */

/* Runs the network on the last input. Allocates nothing. */
decem_status decem_model_run(decem_model *model);

/* The same, one step at a time, for profiles: run steps 0, 1, ... count - 1 in order. What each step is,
 * decem_model_describe says. */
int32_t decem_model_step_count(const decem_model *model);
decem_status decem_model_run_step(decem_model *model, int32_t step);

/* How many of the first steps have their weights: 0 before the first weights are in, decem_model_step_count when all are. These
 * may be run while the rest still comes, so that in a file whose tensors are in the order of execution little is left to do
 * after its last byte:
 *
 *     decem_model_push(model, bytes, count);
 *     if (!begun && decem_model_ready_steps(model) > 0) begun = give_image(model);
 *     while (begun && next < decem_model_ready_steps(model)) decem_model_run_step(model, next++);
 *
 * There is no result before decem_model_finish has found the file whole and, where its SHA-256 is known, the right one. */
int32_t decem_model_ready_steps(const decem_model *model);

/* How many classifier outputs the network has: 1, or 3 for GoogLeNet with its branches (main, branch 2,
 * branch 1). 0 before the network is known. */
int32_t decem_model_output_count(const decem_model *model);

/* How many classes each output has. */
int32_t decem_model_class_count(const decem_model *model);

/* Results of the last run, [class_count] floats each; NULL before the first run or for an index out of range.
 * logits: before softmax. probabilities: their softmax. output: what the article's network returns, which
 * is softmax, log_softmax or the logits themselves, as the network has it. */
const float *decem_model_logits(const decem_model *model, int32_t output);
const float *decem_model_probabilities(const decem_model *model, int32_t output);
const float *decem_model_output(const decem_model *model, int32_t output);

/* The vector that the main classifier reads: [*count] floats. NULL before the first run. */
const float *decem_model_embedding(const decem_model *model, int32_t *count);

/* The `count` most probable classes of an output, most probable first; equal ones by lower index.
 * Writes min(count, class_count) indices and returns how many. */
int32_t decem_model_top(const decem_model *model, int32_t output, int32_t count, int32_t *indices);

/* ---- Looking inside ------------------------------------------------------------------------------ */

/* The network as a JSON object: name, options, input size, preprocessing, outputs, layers (name, type, output
 * shape [C, H, W], parameters, multiply-accumulates), totals, memory in bytes, tensors (name, shape, role) and
 * the planned steps (name, kernel, multiply-accumulates). Available once the network is known; NULL before,
 * or when memory runs out. Owned by the model; valid until the next call of this function on it. */
const char *decem_model_describe(decem_model *model);

/* The network's graph as a JSON object, for whoever writes it in another format: outputs (the nodes that give the logits,
 * main first) and nodes in the order in which they run (type, name, inputs (nodes), shape [C, H, W], window [height, width,
 * stride, padding top, left, bottom, right], groups, bias, epsilon, start, size: src/graph/graph.h says what they are).
 * Available and owned as the description is: each of the two is valid until the next call of either. */
const char *decem_model_graph(decem_model *model);

/* Writes elements [first, first + count), in PyTorch's order, of a tensor of the weights that decem_model_synthesize gives the
 * network for this seed; `tensor` counts as the description lists them. Needs no weights, and takes no memory. */
decem_status decem_model_synthetic_tensor(decem_model *model, uint32_t seed, int32_t tensor, int32_t first, int32_t count, float *values);

/* For tests: keeps every layer's output, so that decem_model_activation can read it after a run. Call it
 * before any weights are given; costs memory, changes no result. */
decem_status decem_model_keep_activations(decem_model *model);

/* The output of the layer of that name, written to `values` as [C][H][W]; shape gets C, H, W. With
 * values NULL only the shape is written. DECEM_INVALID_ARGUMENT where there is no such layer or its output
 * never exists by itself (a convolution fused with the layers after it). */
decem_status decem_model_activation(decem_model *model, const char *layer, int32_t shape[3], float *values);

#ifdef __cplusplus
}
#endif

#endif

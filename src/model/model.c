/* A model's life, its images and its answers. */
#include "model/model.h"

#include <stdlib.h>
#include <string.h>

#include "base/weave.h"
#include "classify/classify.h"

static void run_tile(const void *context, int32_t step, int32_t tile, int32_t thread) {
    const decem_model *model = context;
    decem_plan_run_tile(model->plan, step, tile, thread);
}

decem_status decem_model_create(decem_model **out) {
    *out = calloc(1, sizeof **out);
    if (*out == NULL) return DECEM_OUT_OF_MEMORY;
    decem_team_open(&(*out)->team, run_tile, *out);
    return DECEM_OK;
}

void decem_model_destroy(decem_model *model) {
    if (model == NULL) return;
    decem_safetensors_destroy(model->file);
    decem_image_destroy(model->image);
    free(model->asked_options);
    free(model->graph);
    free(model->plan);
    free(model->parameters);
    free(model->bindings);
    free(model->row);
    free(model->arena);
    free(model->constants);
    free(model->crop);
    free(model->results);
    free(model->description);
    free(model);
}

const char *decem_model_message(const decem_model *model) {
    return model->message.text;
}

const char *decem_model_metadata(const decem_model *model, const char *key) {
    return model->file == NULL || key == NULL ? NULL : decem_safetensors_metadata(model->file, key);
}

static decem_value input_value(const decem_model *model) {
    decem_value value = 0;
    while (model->graph->nodes[value].op != DECEM_OP_INPUT) value++;
    return value;
}

/* ---- Images ---- */

/* Images and single steps are for a network whose weights still come as well. */
static decem_status check_begun(decem_model *model) {
    if (model->stage == DECEM_STAGE_LOADING || model->stage == DECEM_STAGE_READY) return DECEM_OK;
    return decem_fail(&model->message, DECEM_WRONG_STATE, "the network has no weights yet; load them first");
}

decem_status decem_model_begin_image(decem_model *model, uint32_t width, uint32_t height, uint32_t channels) {
    decem_status status = check_begun(model);
    if (status == DECEM_OK) status = decem_image_begin(model->image, &model->preprocess, width, height, channels, &model->message);
    if (status != DECEM_OK) return status;
    model->has_input = false;
    decem_team_wake(&model->team); /* a run mostly follows at once */
    return DECEM_OK;
}

/* A run of the input before it cannot go on. */
static void take_input(decem_model *model) {
    model->has_input = true;
    model->steps_run = 0;
}

decem_status decem_model_push_rows(decem_model *model, const uint8_t *rows, uint32_t count) {
    decem_status status = check_begun(model);
    if (status != DECEM_OK) return status;
    bool done = false;
    status = decem_image_push_rows(model->image, rows, count, &done, &model->message);
    if (status != DECEM_OK || !done) return status;
    decem_map input = decem_plan_map(model->plan, input_value(model));
    decem_image_normalise(model->image, input.at, input.row_stride);
    take_input(model);
    return DECEM_OK;
}

const uint8_t *decem_model_crop(decem_model *model) {
    const uint8_t *rgbx = model->image == NULL ? NULL : decem_image_crop(model->image);
    if (rgbx == NULL) return NULL;
    size_t pixels = (size_t)model->preprocess.crop * (size_t)model->preprocess.crop;
    if (model->crop == NULL) model->crop = malloc(pixels * 3);
    if (model->crop == NULL) return NULL;
    for (size_t i = 0; i < pixels; i++)
        for (size_t c = 0; c < 3; c++) model->crop[i * 3 + c] = rgbx[i * 4 + c];
    return model->crop;
}

decem_status decem_model_set_input(decem_model *model, const float *input) {
    decem_status status = check_begun(model);
    if (status != DECEM_OK) return status;
    if (input == NULL) return decem_fail(&model->message, DECEM_INVALID_ARGUMENT, "no input was given");
    decem_team_wake(&model->team);
    decem_map map = decem_plan_map(model->plan, input_value(model));
    ptrdiff_t plane = (ptrdiff_t)map.height * map.width;
    for (int32_t y = 0; y < map.height; y++, input += map.width)
        decem_weave_3(input, input + plane, input + 2 * plane, map.width, map.at + y * map.row_stride);
    take_input(model);
    return DECEM_OK;
}

/* ---- Running ---- */

int32_t decem_model_step_count(const decem_model *model) {
    return model->network == NULL ? 0 : model->plan->step_count;
}

int32_t decem_model_ready_steps(const decem_model *model) {
    return model->stage == DECEM_STAGE_LOADING || model->stage == DECEM_STAGE_READY ? decem_plan_ready_steps(model->plan) : 0;
}

static float *result(const decem_model *model, int32_t output, int32_t which) {
    return model->results + ((ptrdiff_t)output * 2 + which) * model->options.num_classes;
}

static const float *logits_of(const decem_model *model, int32_t output) {
    return decem_plan_map(model->plan, model->graph->outputs[output].logits).at;
}

static void finish_run(decem_model *model) {
    int32_t classes = model->options.num_classes;
    for (int32_t k = 0; k < model->graph->output_count; k++) {
        const float *logits = logits_of(model, k);
        float *output = result(model, k, 1);
        decem_softmax(logits, classes, result(model, k, 0));
        if (model->graph->final == DECEM_FINAL_LOG_SOFTMAX) decem_log_softmax(logits, classes, output);
        else memcpy(output, model->graph->final == DECEM_FINAL_SOFTMAX ? result(model, k, 0) : logits, (size_t)classes * sizeof(float));
    }
    model->has_run = true;
}

decem_status decem_model_run_step(decem_model *model, int32_t step) {
    decem_status status = check_begun(model);
    if (status != DECEM_OK) return status;
    if (!model->has_input) return decem_fail(&model->message, DECEM_WRONG_STATE, "no image has been given yet");
    if (step < 0 || step >= model->plan->step_count || (step != 0 && step != model->steps_run))
        return decem_fail(&model->message, DECEM_INVALID_ARGUMENT, "step %d is out of order: %d is next", step, model->steps_run);
    if (step >= decem_plan_ready_steps(model->plan))
        return decem_fail(&model->message, DECEM_WRONG_STATE, "step %d has no weights yet; give more of the file first", step);
    model->has_run = false;
    decem_plan_begin_step(model->plan, step);
    if (model->plan->steps[step].tiles > 0 && !decem_team_run(&model->team, step, model->plan->steps[step].tiles))
        return decem_fail(&model->message, DECEM_THREAD_LOST, "a thread of this model has died in the middle of its work; load the model again");
    model->steps_run = step + 1;
    if (model->steps_run == model->plan->step_count) finish_run(model);
    return DECEM_OK;
}

decem_status decem_model_run(decem_model *model) {
    int32_t step = 0;
    decem_status status = check_begun(model);
    if (status != DECEM_OK) return status;
    if (model->stage != DECEM_STAGE_READY)
        return decem_fail(&model->message, DECEM_WRONG_STATE, "the weights are not all in yet; give the rest of the file, or run the steps that are ready");
    do status = decem_model_run_step(model, step++);
    while (status == DECEM_OK && step < model->plan->step_count);
    return status;
}

int32_t decem_model_output_count(const decem_model *model) {
    return model->network == NULL ? 0 : model->graph->output_count;
}

int32_t decem_model_class_count(const decem_model *model) {
    return model->network == NULL ? 0 : model->options.num_classes;
}

/* What was computed from a file that is not checked yet is no result. */
static bool has_answer(const decem_model *model) {
    return model->has_run && model->stage == DECEM_STAGE_READY;
}

static bool has_result(const decem_model *model, int32_t output) {
    return has_answer(model) && output >= 0 && output < model->graph->output_count;
}

const float *decem_model_logits(const decem_model *model, int32_t output) {
    return has_result(model, output) ? logits_of(model, output) : NULL;
}

const float *decem_model_probabilities(const decem_model *model, int32_t output) {
    return has_result(model, output) ? result(model, output, 0) : NULL;
}

const float *decem_model_output(const decem_model *model, int32_t output) {
    return has_result(model, output) ? result(model, output, 1) : NULL;
}

const float *decem_model_embedding(const decem_model *model, int32_t *count) {
    if (!has_answer(model)) return NULL;
    decem_value value = model->graph->nodes[model->graph->outputs[0].logits].inputs[0];
    *count = decem_graph_shape(model->graph, value).channels;
    return decem_plan_map(model->plan, value).at;
}

int32_t decem_model_top(const decem_model *model, int32_t output, int32_t count, int32_t *indices) {
    if (!has_result(model, output) || count < 1) return 0;
    if (count > model->options.num_classes) count = model->options.num_classes;
    return decem_top(logits_of(model, output), model->options.num_classes, count, indices);
}

/* ---- Threads ---- */

/* What changes the plan has to be said before any weights are there; the plan of a network chosen already is made again. */
static decem_status check_unloaded(decem_model *model) {
    if (model->stage <= DECEM_STAGE_PLANNED && model->file == NULL) return DECEM_OK;
    return decem_fail(&model->message, DECEM_WRONG_STATE, "threads and the keeping of activations must be chosen before any weights are given");
}

static decem_status plan_again(decem_model *model) {
    return model->stage == DECEM_STAGE_PLANNED ? decem_model_plan(model, model->asked_network) : DECEM_OK;
}

decem_status decem_model_set_threads(decem_model *model, int32_t threads) {
    decem_status status = check_unloaded(model);
    if (status != DECEM_OK) return status;
    if (threads < 1 || threads > DECEM_THREADS_MAX)
        return decem_fail(&model->message, DECEM_INVALID_ARGUMENT, "%d threads are not possible; choose 1 to %d", threads, DECEM_THREADS_MAX);
    model->threads = threads;
    decem_team_set_size(&model->team, threads);
    return plan_again(model);
}

void decem_model_help(decem_model *model, int32_t thread) {
    if (thread > 0 && thread < model->threads) decem_team_help(&model->team, thread);
}

void decem_model_dismiss(decem_model *model) {
    decem_team_close(&model->team);
}

/* ---- For tests ---- */

decem_status decem_model_keep_activations(decem_model *model) {
    decem_status status = check_unloaded(model);
    if (status != DECEM_OK) return status;
    model->keeps_activations = true;
    return plan_again(model);
}

/* The value of a layer, or of a module: that of the last layer in it. */
static decem_value find_layer(const decem_graph *graph, const char *name) {
    size_t length = strlen(name);
    for (int32_t i = graph->count - 1; i >= 0; i--)
        if (strncmp(graph->nodes[i].name, name, length) == 0 && (graph->nodes[i].name[length] == '\0' || graph->nodes[i].name[length] == '.')) return i;
    return -1;
}

decem_status decem_model_activation(decem_model *model, const char *layer, int32_t shape[3], float *values) {
    if (!model->keeps_activations || !has_answer(model))
        return decem_fail(&model->message, DECEM_WRONG_STATE, "activations are there only after a run of a model that keeps them");
    decem_value value = layer == NULL ? -1 : find_layer(model->graph, layer);
    decem_map map = value < 0 ? (decem_map){NULL, 0, 0, 0, 0, 0} : decem_plan_map(model->plan, value);
    if (map.at == NULL || model->plan->activated[value])
        return decem_fail(&model->message, DECEM_INVALID_ARGUMENT, "there is no layer %s, or it is computed together with the next one", layer == NULL ? "" : layer);
    shape[0] = map.channels, shape[1] = map.height, shape[2] = map.width;
    for (int32_t c = 0; values != NULL && c < map.channels; c++)
        for (int32_t y = 0; y < map.height; y++)
            for (int32_t x = 0; x < map.width; x++) *values++ = map.at[y * map.row_stride + x * map.pixel_stride + c];
    return DECEM_OK;
}

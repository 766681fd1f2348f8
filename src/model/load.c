/* From names and bytes to a network with weights. */
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "model/model.h"
#include "weights/synthetic.h"

static decem_status out_of_memory(decem_model *model, uint64_t bytes, const char *what) {
    return decem_fail(&model->message, DECEM_OUT_OF_MEMORY, "out of memory: %l bytes wanted for %s; close other pages or choose a smaller network",
                      (int64_t)bytes, what);
}

static decem_status fail(decem_model *model, decem_status status) {
    model->stage = DECEM_STAGE_FAILED;
    model->failure = status;
    return status;
}

static char *copy_text(const char *text) {
    size_t bytes = strlen(text) + 1;
    char *copy = malloc(bytes);
    if (copy != NULL) memcpy(copy, text, bytes);
    return copy;
}

/* The file's word on a matter, when it is about this network. */
static const char *metadata(const decem_model *model, const char *key) {
    return model->file == NULL ? NULL : decem_safetensors_metadata(model->file, key);
}

/* Options and preprocessing: the network's own, then the file's, then the caller's. */
static decem_status settle_options(decem_model *model, const decem_network *network) {
    const char *file_network = metadata(model, "network"), *file_preprocess = metadata(model, "preprocess");
    decem_options *options = &model->options;
    int32_t recognised_size = options->input_size;
    options->input_size = 0;
    decem_status status = DECEM_OK;
    if (file_network != NULL && strcmp(file_network, network->name) == 0) status = decem_options_parse(network, metadata(model, "options"), options, &model->message);
    if (status == DECEM_OK) status = decem_options_parse(network, model->asked_options, options, &model->message);
    if (status != DECEM_OK) return status;

    int32_t asked_size = options->input_size;
    model->preprocess = decem_preprocess_default(asked_size > 0 ? asked_size : recognised_size);
    if (file_preprocess != NULL) {
        status = decem_preprocess_parse(file_preprocess, &model->preprocess, &model->message);
        if (status != DECEM_OK) return status;
    }
    decem_preprocess *p = &model->preprocess;
    if (asked_size > 0 && asked_size != p->crop) {
        p->resize = (int32_t)((int64_t)p->resize * asked_size / p->crop);
        p->crop = asked_size;
        if (p->resize < 1) p->resize = 1;
    }
    if (p->crop > DECEM_INPUT_SIZE_MAX)
        return decem_fail(&model->message, DECEM_INVALID_OPTION, "a crop of %d pixels is more than the %d that a network can be given", p->crop, DECEM_INPUT_SIZE_MAX);
    options->input_size = p->crop;
    return DECEM_OK;
}

static decem_status list_parameters(decem_model *model) {
    decem_parameter node_parameters[DECEM_PARAMETERS_MAX];
    int32_t count = 0;
    for (int32_t i = 0; i < model->graph->count; i++) count += decem_node_parameters(model->graph, i, node_parameters);
    free(model->parameters);
    model->parameters = malloc((size_t)count * sizeof *model->parameters);
    if (model->parameters == NULL) return out_of_memory(model, (uint64_t)count * sizeof *model->parameters, "the list of tensors");
    model->parameter_count = 0;
    for (int32_t i = 0; i < model->graph->count; i++)
        model->parameter_count += decem_node_parameters(model->graph, i, model->parameters + model->parameter_count);
    return DECEM_OK;
}

/* From the graph to memory's layout: kernels are chosen for what the file holds, once that is known. */
static decem_status plan_steps(decem_model *model) {
    decem_plan_fuse(model->plan, model->graph);
    for (int32_t i = 0; i < model->binding_count; i++) {
        const decem_binding *binding = &model->bindings[i];
        if (binding->parameter >= 0 && !binding->scales) decem_plan_take_dtype(model->plan, &model->parameters[binding->parameter], binding->dtype);
    }
    decem_plan_choose(model->plan);
    return decem_plan_layout(model->plan, model->keeps_activations, model->threads > 0 ? model->threads : 1, &model->message);
}

decem_status decem_model_plan(decem_model *model, const decem_network *network) {
    model->network = NULL; /* whatever was planned before is gone */
    model->stage = DECEM_STAGE_EMPTY;
    decem_status status = settle_options(model, network);
    if (status != DECEM_OK) return status;
    if (model->graph == NULL) model->graph = malloc(sizeof *model->graph);
    if (model->plan == NULL) model->plan = malloc(sizeof *model->plan);
    if (model->graph == NULL || model->plan == NULL) return out_of_memory(model, sizeof *model->graph + sizeof *model->plan, "the plan");
    decem_graph_reset(model->graph, &model->message);
    network->build(model->graph, &model->options);
    status = decem_graph_status(model->graph);
    if (status != DECEM_OK) return status;
    status = plan_steps(model);
    if (status == DECEM_OK) status = list_parameters(model);
    if (status != DECEM_OK) return status;
    model->network = network;
    model->stage = DECEM_STAGE_PLANNED;
    return DECEM_OK;
}

static uint64_t largest_row(const decem_model *model) {
    int64_t most = 1;
    for (int32_t i = 0; i < model->parameter_count; i++) {
        const decem_parameter *p = &model->parameters[i];
        int64_t row = p->rank == 1 ? p->shape[0] : decem_parameter_elements(p) / p->shape[0];
        if (row > most) most = row;
        if (p->shape[0] > most) most = p->shape[0]; /* its scales, if it is I8 */
    }
    return (uint64_t)most;
}

static float *allocate_lines(uint64_t bytes) {
    return aligned_alloc(DECEM_PLAN_LINE, (size_t)bytes);
}

/* Takes the memory that the plan wants, all of it, once. */
decem_status decem_model_allocate(decem_model *model) {
    uint64_t constants = (uint64_t)model->plan->constant_elements * sizeof(float), arena = (uint64_t)model->plan->arena_elements * sizeof(float);
    uint64_t row = largest_row(model) * sizeof(float);
    uint64_t results = (uint64_t)model->graph->output_count * 2 * (uint64_t)model->options.num_classes * sizeof(float);
    model->constants = allocate_lines(constants);
    if (model->constants == NULL) return out_of_memory(model, constants, "the weights");
    model->arena = allocate_lines(arena);
    if (model->arena == NULL) return out_of_memory(model, arena, "the activations");
    model->row = malloc((size_t)row);
    model->results = malloc((size_t)results);
    model->image = decem_image_create();
    if (model->row == NULL || model->results == NULL || model->image == NULL) return out_of_memory(model, row + results, "the results");
    decem_plan_prepare(model->plan, model->arena, model->constants);
    model->stage = DECEM_STAGE_LOADING;
    return DECEM_OK;
}

decem_status decem_model_select(decem_model *model, const char *name, const char *options) {
    if (model->stage != DECEM_STAGE_EMPTY && model->stage != DECEM_STAGE_PLANNED)
        return decem_fail(&model->message, DECEM_WRONG_STATE, "the network must be chosen before its weights are given");
    if (name == NULL) return decem_fail(&model->message, DECEM_INVALID_ARGUMENT, "no network was named");
    const decem_network *network = decem_network_find(name);
    if (network == NULL)
        return decem_fail(&model->message, DECEM_UNKNOWN_NETWORK,
                          "there is no network %s; choose googlenet, resnet18, resnet50, resnet101, resnet152, vgg16, mobilenetv1, mobilenetv2, shufflenetv1 or shufflenetv2", name);
    char *asked_options = NULL;
    if (options != NULL && (asked_options = copy_text(options)) == NULL) return out_of_memory(model, strlen(options), "the options");
    free(model->asked_options);
    model->asked_options = asked_options;
    model->asked_network = network;
    model->options = decem_options_default(network);
    decem_status status = decem_model_plan(model, network);
    if (status != DECEM_OK) { /* nothing of a choice that was refused counts later */
        model->asked_network = NULL;
        free(model->asked_options);
        model->asked_options = NULL;
    }
    return status;
}

/* ---- From a file ---- */

typedef struct tensor_list {
    const decem_tensor *tensors;
    int32_t count, hint; /* where to look first: files are mostly in the order in which we ask */
} tensor_list;

static int32_t find_tensor(tensor_list *list, const char *name) {
    for (int32_t i = 0; i < list->count; i++) {
        int32_t at = (list->hint + i) % list->count;
        if (strcmp(list->tensors[at].name, name) != 0) continue;
        list->hint = (at + 1) % list->count;
        return at;
    }
    return -1;
}

static int64_t tensor_dimension(const void *context, const char *name, int32_t axis) {
    tensor_list list = *(const tensor_list *)context;
    int32_t at = find_tensor(&list, name);
    if (at < 0 || axis >= list.tensors[at].rank || list.tensors[at].shape[axis] > INT64_MAX) return -1;
    return (int64_t)list.tensors[at].shape[axis];
}

/* The network that the file names, or that its tensors fit. */
static decem_status find_network(decem_model *model, const decem_tensor_shapes *shapes, const decem_network **out) {
    const char *name = metadata(model, "network");
    const decem_network *network = model->asked_network;
    if (network == NULL && name != NULL && (network = decem_network_find(name)) == NULL)
        return decem_fail(&model->message, DECEM_UNKNOWN_NETWORK, "the file is for a network %s, which decem does not have; choose one of the ten by name if it is one", name);
    if (network != NULL) {
        model->options = decem_options_default(network);
        network->recognise(shapes, &model->options);
        *out = network;
        return DECEM_OK;
    }
    for (int32_t i = 0; (network = decem_network_at(i)) != NULL; i++) {
        model->options = decem_options_default(network);
        if (network->recognise(shapes, &model->options)) {
            *out = network;
            return DECEM_OK;
        }
    }
    return decem_fail(&model->message, DECEM_UNRECOGNISED_NETWORK,
                      "the file does not say what network it is for, and its tensors are of none of the ten; name the network, or check that it is a state_dict of one");
}

static bool is_counter(const char *name) {
    static const char suffix[] = "num_batches_tracked";
    size_t length = strlen(name);
    return length >= sizeof suffix - 1 && strcmp(name + length - (sizeof suffix - 1), suffix) == 0;
}

/* A side branch in the file that the options leave out. */
static bool is_left_out(const decem_network *network, const char *name) {
    for (const char *const *prefix = network->optional; prefix != NULL && *prefix != NULL; prefix++)
        if (strncmp(name, *prefix, strlen(*prefix)) == 0) return true;
    return false;
}

static decem_status check_shape(decem_model *model, const decem_tensor *tensor, const decem_parameter *parameter) {
    bool same = tensor->rank == parameter->rank;
    for (int32_t i = 0; same && i < tensor->rank; i++) same = tensor->shape[i] == (uint64_t)parameter->shape[i];
    if (same) return DECEM_OK;
    for (int32_t i = 0; i < parameter->rank && i < tensor->rank; i++)
        if (tensor->shape[i] != (uint64_t)parameter->shape[i])
            return decem_fail(&model->message, DECEM_WRONG_SHAPE, "tensor %s has size %l in dimension %d where %s with these options has %l; check the options",
                              tensor->name, (int64_t)tensor->shape[i], i, model->network->name, parameter->shape[i]);
    return decem_fail(&model->message, DECEM_WRONG_SHAPE, "tensor %s has %d dimensions where %s has %d; check that the file is for this network",
                      tensor->name, tensor->rank, model->network->name, parameter->rank);
}

/* Finds the scales of an I8 tensor. */
static decem_status bind_scales(decem_model *model, tensor_list *list, const char *name, int32_t parameter) {
    const decem_parameter *p = &model->parameters[parameter];
    char scale_name[DECEM_PARAMETER_NAME_BYTES + sizeof ".scale"];
    strcat(strcpy(scale_name, name), ".scale");
    if (p->role != DECEM_ROLE_WEIGHT)
        return decem_fail(&model->message, DECEM_UNSUPPORTED_DTYPE, "tensor %s is I8, which only weights of convolutions and linear layers can be; save it as F32", name);
    int32_t at = find_tensor(list, scale_name);
    if (at < 0)
        return decem_fail(&model->message, DECEM_MISSING_TENSOR, "tensor %s is I8, but its scales, a tensor %s, are not in the file; convert the weights again", name, scale_name);
    const decem_tensor *scales = &list->tensors[at];
    if (scales->dtype != DECEM_DTYPE_F32)
        return decem_fail(&model->message, DECEM_UNSUPPORTED_DTYPE, "tensor %s is not F32, as the scales of I8 weights must be", scale_name);
    if (scales->rank != 1 || scales->shape[0] != (uint64_t)p->shape[0])
        return decem_fail(&model->message, DECEM_WRONG_SHAPE, "tensor %s must have one scale for each of the %l rows of %s", scale_name, p->shape[0], name);
    model->bindings[at].parameter = parameter;
    model->bindings[at].scales = true;
    return DECEM_OK;
}

/* Finds each parameter's tensor, and refuses tensors that are no parameter's. */
static decem_status bind(decem_model *model, tensor_list *list) {
    char name[DECEM_PARAMETER_NAME_BYTES];
    for (int32_t i = 0; i < list->count; i++) {
        const decem_tensor *t = &list->tensors[i];
        model->bindings[i] = (decem_binding){t->dtype, -1, false, t->row_elements, t->row_count};
    }
    for (int32_t p = 0; p < model->parameter_count; p++) {
        decem_parameter_name(model->graph, &model->parameters[p], name);
        int32_t at = find_tensor(list, name);
        if (at < 0)
            return decem_fail(&model->message, DECEM_MISSING_TENSOR, "tensor %s of %s is not in the file; check that the file is for this network and these options", name, model->network->name);
        decem_dtype dtype = list->tensors[at].dtype;
        decem_status status = check_shape(model, &list->tensors[at], &model->parameters[p]);
        if (status != DECEM_OK) return status;
        if (dtype > DECEM_DTYPE_I8)
            return decem_fail(&model->message, DECEM_UNSUPPORTED_DTYPE, "tensor %s is not F32, F16, BF16 or I8; save the weights in one of these", name);
        model->bindings[at].parameter = p;
        if (dtype == DECEM_DTYPE_I8 && (status = bind_scales(model, list, name, p)) != DECEM_OK) return status;
    }
    for (int32_t i = 0; i < list->count; i++)
        if (model->bindings[i].parameter < 0 && !is_counter(list->tensors[i].name) && !is_left_out(model->network, list->tensors[i].name))
            return decem_fail(&model->message, DECEM_UNEXPECTED_TENSOR, "tensor %s is not of %s with these options; check that the file is for this network", list->tensors[i].name, model->network->name);
    return DECEM_OK;
}

static decem_status on_header(void *context, const decem_tensor *tensors, int32_t count) {
    decem_model *model = context;
    tensor_list list = {tensors, count, 0};
    decem_tensor_shapes shapes = {&list, tensor_dimension};
    const decem_network *network = NULL;
    decem_status status = find_network(model, &shapes, &network);
    if (status == DECEM_OK) status = decem_model_plan(model, network);
    if (status != DECEM_OK) return status;
    model->bindings = malloc((size_t)(count > 0 ? count : 1) * sizeof *model->bindings);
    if (model->bindings == NULL) return out_of_memory(model, (uint64_t)count * sizeof *model->bindings, "the list of tensors");
    status = bind(model, &list);
    if (status != DECEM_OK) return status;
    model->binding_count = count;
    status = plan_steps(model);
    if (status == DECEM_OK) return decem_model_allocate(model);
    model->network = NULL; /* of its plan there is a part only */
    return status;
}

/* `what` has one %l, for `at`. */
static decem_status refuse_row(decem_model *model, const decem_binding *binding, const char *what, int64_t at) {
    char format[160] = "tensor %s%s ", name[DECEM_PARAMETER_NAME_BYTES];
    decem_parameter_name(model->graph, &model->parameters[binding->parameter], name);
    return decem_fail(&model->message, DECEM_NOT_FINITE, strcat(format, what), name, binding->scales ? ".scale" : "", at);
}

static decem_status on_row(void *context, int32_t tensor, uint64_t row, const uint8_t *bytes) {
    decem_model *model = context;
    decem_binding *binding = &model->bindings[tensor];
    if (binding->parameter < 0) return DECEM_OK;
    const decem_parameter *parameter = &model->parameters[binding->parameter];
    if (!decem_dtype_to_f32(binding->dtype, bytes, (size_t)binding->row_elements, model->row))
        return refuse_row(model, binding, "holds a number that is not finite (in row %l); the training may have diverged: use an earlier checkpoint", (int64_t)row);
    if (binding->scales) {
        for (uint64_t i = 0; i < binding->row_elements; i++)
            if (model->row[i] < 0.0f) return refuse_row(model, binding, "has a negative scale at index %l; convert the weights again", (int64_t)i);
        decem_plan_take_scales(model->plan, parameter, model->row);
    } else {
        decem_plan_take_row(model->plan, parameter, (int64_t)row, model->row);
    }
    return --binding->rows_left > 0 ? DECEM_OK : decem_plan_finish_tensor(model->plan, parameter, &model->message);
}

/* A failed model answers every further load with what went wrong first. */
static decem_status check_loading(decem_model *model) {
    if (model->stage == DECEM_STAGE_FAILED) return model->failure;
    if (model->stage == DECEM_STAGE_READY) return decem_fail(&model->message, DECEM_WRONG_STATE, "this model has its weights already; make another for other weights");
    return DECEM_OK;
}

decem_status decem_model_push(decem_model *model, const void *bytes, size_t count) {
    decem_status status = check_loading(model);
    if (status != DECEM_OK) return status;
    if (bytes == NULL && count > 0) return decem_fail(&model->message, DECEM_INVALID_ARGUMENT, "no bytes were given");
    if (model->file == NULL) {
        model->file = decem_safetensors_create((decem_safetensors_handler){model, on_header, on_row}, &model->message);
        if (model->file == NULL) return out_of_memory(model, 0, "the file's header");
    }
    if (model->expects) decem_sha256_push(&model->hash, bytes, count);
    status = decem_safetensors_push(model->file, bytes, count);
    return status == DECEM_OK ? DECEM_OK : fail(model, status);
}

decem_status decem_model_finish(decem_model *model) {
    decem_status status = check_loading(model);
    if (status != DECEM_OK) return status;
    if (model->file == NULL) return decem_fail(&model->message, DECEM_WRONG_STATE, "no weights have been given");
    status = decem_safetensors_finish(model->file);
    if (status == DECEM_OK) status = decem_model_check_hash(model);
    if (status != DECEM_OK) return fail(model, status);
    model->stage = DECEM_STAGE_READY;
    return DECEM_OK;
}

decem_status decem_model_synthesize(decem_model *model, uint32_t seed) {
    decem_status status = check_loading(model);
    if (status != DECEM_OK) return status;
    if (model->stage != DECEM_STAGE_PLANNED || model->file != NULL)
        return decem_fail(&model->message, DECEM_WRONG_STATE, "choose a network first, and give it no file");
    status = decem_model_allocate(model);
    for (int32_t i = 0; status == DECEM_OK && i < model->parameter_count; i++) {
        const decem_parameter *p = &model->parameters[i];
        int64_t rows = p->rank == 1 ? 1 : p->shape[0], elements = decem_parameter_elements(p) / rows;
        for (int64_t row = 0; row < rows; row++) {
            decem_synthetic_fill(model->graph, p, seed, row * elements, elements, model->row);
            decem_plan_take_row(model->plan, p, row, model->row);
        }
        status = decem_plan_finish_tensor(model->plan, p, &model->message);
    }
    if (status != DECEM_OK) return fail(model, status);
    model->synthetic = true;
    model->stage = DECEM_STAGE_READY;
    return DECEM_OK;
}

decem_status decem_model_synthetic_tensor(decem_model *model, uint32_t seed, int32_t tensor, int32_t first, int32_t count, float *values) {
    if (model->network == NULL) return decem_fail(&model->message, DECEM_WRONG_STATE, "choose a network first");
    const decem_parameter *p = tensor < 0 || tensor >= model->parameter_count ? NULL : &model->parameters[tensor];
    if (p == NULL || first < 0 || count < 0 || count > decem_parameter_elements(p) - first || values == NULL)
        return decem_fail(&model->message, DECEM_INVALID_ARGUMENT, "tensor %d does not have %d elements from %d on", tensor, count, first);
    decem_synthetic_fill(model->graph, p, seed, first, count, values);
    return DECEM_OK;
}

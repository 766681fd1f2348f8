/* A model as JSON, for summaries, profiles and exporters. */
#include <stdlib.h>
#include <string.h>

#include "model/model.h"

/* Text that grows. After memory has run out nothing more is written, and `failed` stays. */
typedef struct writer {
    char *text;
    size_t used, room;
    bool failed;
    bool separate; /* a comma is due before the next member */
} writer;

static void put(writer *w, const char *bytes, size_t count) {
    if (w->failed) return;
    if (w->used + count + 1 > w->room) {
        size_t room = (w->used + count + 1) * 2;
        char *text = realloc(w->text, room);
        if (text == NULL) {
            w->failed = true;
            return;
        }
        w->text = text;
        w->room = room;
    }
    memcpy(w->text + w->used, bytes, count);
    w->used += count;
    w->text[w->used] = '\0';
}

static void put_text(writer *w, const char *text) {
    put(w, text, strlen(text));
}

static void put_string(writer *w, const char *text) {
    static const char digits[] = "0123456789abcdef";
    put_text(w, "\"");
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        char escaped[6] = {'\\', 'u', '0', '0', digits[c >> 4], digits[c & 15]};
        if (c == '"' || c == '\\') put(w, (char[]){'\\', (char)c}, 2);
        else if (c < 0x20) put(w, escaped, 6);
        else put(w, text, 1);
    }
    put_text(w, "\"");
}

static void put_integer(writer *w, int64_t number) {
    char digits[24];
    size_t at = sizeof digits;
    uint64_t left = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    do digits[--at] = (char)('0' + left % 10);
    while ((left /= 10) > 0);
    if (number < 0) digits[--at] = '-';
    put(w, digits + at, sizeof digits - at);
}

/* To nine decimals, without trailing zeros. */
static void put_number(writer *w, double number) {
    if (number < 0) {
        put_text(w, "-");
        number = -number;
    }
    int64_t scaled = (int64_t)(number * 1e9 + 0.5), fraction = scaled % 1000000000;
    put_integer(w, scaled / 1000000000);
    if (fraction == 0) return;
    char digits[10] = ".";
    size_t count = 10;
    for (size_t i = 9; i > 0; i--, fraction /= 10) digits[i] = (char)('0' + fraction % 10);
    while (digits[count - 1] == '0') count--;
    put(w, digits, count);
}

static void next(writer *w) {
    if (w->separate) put_text(w, ",");
    w->separate = true;
}

static void key(writer *w, const char *name) {
    next(w);
    put_string(w, name);
    put_text(w, ":");
}

static void open(writer *w, const char *bracket) {
    put_text(w, bracket);
    w->separate = false;
}

static void close(writer *w, const char *bracket) {
    put_text(w, bracket);
    w->separate = true;
}

static void member_string(writer *w, const char *name, const char *text) {
    key(w, name);
    put_string(w, text);
}

static void member_integer(writer *w, const char *name, int64_t number) {
    key(w, name);
    put_integer(w, number);
}

static void put_dimensions(writer *w, const int64_t *dimensions, int32_t count) {
    open(w, "[");
    for (int32_t i = 0; i < count; i++) {
        next(w);
        put_integer(w, dimensions[i]);
    }
    close(w, "]");
}

static void put_three(writer *w, const char *name, const float numbers[3]) {
    key(w, name);
    open(w, "[");
    for (int32_t i = 0; i < 3; i++) {
        next(w);
        put_number(w, (double)numbers[i]);
    }
    close(w, "]");
}

static void put_option(writer *w, const decem_option_spec *spec, const decem_option_value *value) {
    key(w, spec->name);
    switch (spec->kind) {
        case DECEM_OPTION_INTEGER: case DECEM_OPTION_NUMBER: put_number(w, value->number); break;
        case DECEM_OPTION_BOOLEAN: put_text(w, value->number != 0 ? "true" : "false"); break;
        case DECEM_OPTION_CHOICE: put_string(w, spec->choices[(int32_t)value->number]); break;
        case DECEM_OPTION_LIST_OF_INTEGERS: {
            int64_t list[DECEM_OPTION_LIST];
            for (int32_t i = 0; i < spec->list_length; i++) list[i] = value->list[i];
            put_dimensions(w, list, spec->list_length);
            break;
        }
    }
}

static void describe_settings(writer *w, const decem_model *model) {
    const decem_options *options = &model->options;
    const decem_preprocess *p = &model->preprocess;
    member_string(w, "network", model->network->name);
    key(w, "options");
    open(w, "{");
    member_integer(w, "num_classes", options->num_classes);
    member_integer(w, "input_size", options->input_size);
    for (int32_t i = 0; i < model->network->spec_count; i++) put_option(w, &model->network->specs[i], &options->value[i]);
    close(w, "}");
    key(w, "preprocess");
    open(w, "{");
    member_integer(w, "resize", p->resize);
    member_integer(w, "crop", p->crop);
    member_string(w, "interpolation", p->interpolation == DECEM_BICUBIC ? "bicubic" : "bilinear");
    member_string(w, "channels", p->bgr ? "BGR" : "RGB");
    put_three(w, "mean", p->mean);
    put_three(w, "std", p->std);
    close(w, "}");
    key(w, "trained");
    bool has_weights = model->stage == DECEM_STAGE_LOADING || model->stage == DECEM_STAGE_READY; /* or those that are coming */
    put_text(w, has_weights && !model->synthetic ? "true" : "false");
    static const char *const finals[] = {"logits", "softmax", "log_softmax"};
    member_string(w, "final", finals[model->graph->final]);
    key(w, "outputs");
    open(w, "[");
    for (int32_t i = 0; i < model->graph->output_count; i++) {
        next(w);
        put_string(w, model->graph->outputs[i].name);
    }
    close(w, "]");
}

static int64_t node_parameters(const decem_model *model, int32_t node) {
    decem_parameter parameters[DECEM_PARAMETERS_MAX];
    int32_t count = decem_node_parameters(model->graph, node, parameters);
    int64_t elements = 0;
    for (int32_t i = 0; i < count; i++)
        if (decem_parameter_is_trained(&parameters[i])) elements += decem_parameter_elements(&parameters[i]);
    return elements;
}

/* The layers as torchsummary lists them: what does no work and has no module in the article stays out. */
static void describe_layers(writer *w, const decem_model *model) {
    int64_t parameters = 0, macs = 0;
    key(w, "layers");
    open(w, "[");
    for (int32_t i = 0; i < model->graph->count; i++) {
        const decem_node *node = &model->graph->nodes[i];
        if (node->op == DECEM_OP_INPUT || node->op == DECEM_OP_CHUNK || node->op == DECEM_OP_FLATTEN) continue;
        int64_t shape[3] = {node->shape.channels, node->shape.height, node->shape.width};
        parameters += node_parameters(model, i);
        macs += decem_node_macs(model->graph, node);
        next(w);
        open(w, "{");
        member_string(w, "name", node->name);
        member_string(w, "type", decem_node_type(node));
        key(w, "shape");
        put_dimensions(w, shape, node->op == DECEM_OP_LINEAR ? 1 : 3);
        member_integer(w, "parameters", node_parameters(model, i));
        member_integer(w, "macs", decem_node_macs(model->graph, node));
        close(w, "}");
    }
    close(w, "]");
    member_integer(w, "parameters", parameters);
    member_integer(w, "macs", macs);
}

static void describe_tensors(writer *w, const decem_model *model) {
    char name[DECEM_PARAMETER_NAME_BYTES];
    key(w, "tensors");
    open(w, "[");
    for (int32_t i = 0; i < model->parameter_count; i++) {
        const decem_parameter *p = &model->parameters[i];
        decem_parameter_name(model->graph, p, name);
        next(w);
        open(w, "{");
        member_string(w, "name", name);
        key(w, "shape");
        put_dimensions(w, p->shape, p->rank);
        member_string(w, "role", p->role >= DECEM_ROLE_NORM_WEIGHT ? "norm" : model->graph->nodes[p->node].classifier ? "classifier" : "layer");
        close(w, "}");
    }
    close(w, "]");
}

/* Of a step that is computed with the one before it, none: they are that one's. */
static int64_t step_macs(const decem_model *model, const decem_step *step) {
    if (step->kind == DECEM_STEP_MOVE || decem_step_is_in_bands(model->plan, step)) return 0;
    return decem_node_macs(model->graph, &model->graph->nodes[step->node]) + (step->band_rows > 0 ? decem_node_macs(model->graph, &model->graph->nodes[step[1].node]) : 0);
}

static void describe_steps(writer *w, const decem_model *model) {
    key(w, "steps");
    open(w, "[");
    for (int32_t i = 0; i < model->plan->step_count; i++) {
        const decem_step *step = &model->plan->steps[i];
        const decem_node *node = &model->graph->nodes[step->node], *result = &model->graph->nodes[step->result];
        int64_t shape[3] = {result->shape.channels, result->shape.height, result->shape.width};
        next(w);
        open(w, "{");
        member_string(w, "name", node->name);
        member_string(w, "type", decem_node_type(node));
        member_string(w, "kernel", decem_step_kernel(model->plan, step));
        key(w, "shape");
        put_dimensions(w, shape, 3);
        member_integer(w, "macs", step_macs(model, step));
        close(w, "}");
    }
    close(w, "]");
}

static void describe_memory(writer *w, const decem_model *model) {
    key(w, "memory");
    open(w, "{");
    member_integer(w, "weights", model->plan->constant_elements * (int64_t)sizeof(float));
    member_integer(w, "activations", model->plan->arena_elements * (int64_t)sizeof(float));
    close(w, "}");
}

static void describe_node(writer *w, const decem_node *node) {
    const decem_window *window = &node->window;
    const decem_padding *p = &window->padding;
    int64_t inputs[DECEM_GRAPH_INPUTS], shape[3] = {node->shape.channels, node->shape.height, node->shape.width};
    int64_t windows[7] = {window->height, window->width, window->stride, p->top, p->left, p->bottom, p->right};
    for (int32_t i = 0; i < node->input_count; i++) inputs[i] = node->inputs[i];
    next(w);
    open(w, "{");
    member_string(w, "type", decem_node_type(node));
    member_string(w, "name", node->name);
    key(w, "inputs");
    put_dimensions(w, inputs, node->input_count);
    key(w, "shape");
    put_dimensions(w, shape, 3);
    key(w, "window");
    put_dimensions(w, windows, 7);
    member_integer(w, "groups", node->groups);
    key(w, "bias");
    put_text(w, node->bias ? "true" : "false");
    key(w, "epsilon");
    put_number(w, (double)node->epsilon);
    member_integer(w, "start", node->start);
    member_integer(w, "size", node->size);
    close(w, "}");
}

static void describe_graph(writer *w, const decem_graph *graph) {
    key(w, "outputs");
    open(w, "[");
    for (int32_t i = 0; i < graph->output_count; i++) {
        next(w);
        put_integer(w, graph->outputs[i].logits);
    }
    close(w, "]");
    key(w, "nodes");
    open(w, "[");
    for (int32_t i = 0; i < graph->count; i++) describe_node(w, &graph->nodes[i]);
    close(w, "]");
}

static bool is_known(const decem_model *model) {
    return model->stage != DECEM_STAGE_EMPTY && model->stage != DECEM_STAGE_FAILED;
}

/* The text becomes the model's, in the place of the one before. */
static const char *keep(decem_model *model, writer *w) {
    free(model->description);
    model->description = w->failed ? NULL : w->text;
    if (w->failed) free(w->text);
    return model->description;
}

const char *decem_model_describe(decem_model *model) {
    if (!is_known(model)) return NULL;
    writer w = {NULL, 0, 0, false, false};
    open(&w, "{");
    describe_settings(&w, model);
    describe_layers(&w, model);
    describe_tensors(&w, model);
    describe_steps(&w, model);
    describe_memory(&w, model);
    close(&w, "}");
    return keep(model, &w);
}

const char *decem_model_graph(decem_model *model) {
    if (!is_known(model)) return NULL;
    writer w = {NULL, 0, 0, false, false};
    open(&w, "{");
    describe_graph(&w, model->graph);
    close(&w, "}");
    return keep(model, &w);
}

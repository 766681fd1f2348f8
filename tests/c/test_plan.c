/* Plans against the interpreter: random graphs of every operation, fused, laid out and run, give what their nodes say one by one; with
 * memory shared or not, on any thread, and in any order of tiles the same to the bit. Then the ten networks' layouts. */
#include "plan/plan.h"

#include "interpreter.h"
#include "networks/network.h"
#include "random_graph.h"

#define COUNT(array) (int32_t)(sizeof(array) / sizeof *(array))

enum { GRAPHS = 400, WEIGHTS_SEED = 11 };

static const double TOLERANCE = 2e-5; /* of the largest value that went into a layer or came out of it */
static const double I8_TOLERANCE = 1e-4; /* where Linears round their input to 16 bits */

static decem_graph graph; /* these are too large for a stack */
static decem_plan plan, other_plan;
static interpretation truth;
static decem_message message;

/* ---- Making and running plans -------------------------------------------------------------------- */

static bool is_quantised(const decem_parameter *parameter) {
    return truth.quantised && parameter->role == DECEM_ROLE_WEIGHT;
}

static void take_dtypes(decem_plan *p) {
    decem_parameter parameters[DECEM_PARAMETERS_MAX];
    for (int32_t i = 0; i < graph.count; i++)
        if (decem_node_parameters(&graph, i, parameters) > 0 && is_quantised(&parameters[0])) decem_plan_take_dtype(p, &parameters[0], DECEM_DTYPE_I8);
}

/* Weights as they are in an I8 file: gives the scales, and leaves whole numbers. */
static void quantise(decem_plan *p, const decem_parameter *parameter, float *values) {
    int64_t rows = parameter->shape[0], columns = decem_parameter_elements(parameter) / rows;
    float *scales = malloc((size_t)rows * sizeof *scales);
    for (int64_t i = 0; i < rows * columns; i++) values[i] /= scales[i / columns] = row_scale(i / columns);
    decem_plan_take_scales(p, parameter, scales);
    CHECK_EQUAL(decem_plan_finish_tensor(p, parameter, &message), DECEM_OK);
    free(scales);
}

static void give_weights(decem_plan *p) {
    decem_parameter parameters[DECEM_PARAMETERS_MAX];
    for (int32_t i = graph.count - 1; i >= 0; i--) { /* last layer first: files come in any order */
        int32_t count = decem_node_parameters(&graph, i, parameters);
        for (int32_t k = 0; k < count; k++) {
            int64_t rows = parameters[k].rank == 1 ? 1 : parameters[k].shape[0], elements = decem_parameter_elements(&parameters[k]);
            float *values = parameter_of(&truth, i, k);
            if (is_quantised(&parameters[k])) quantise(p, &parameters[k], values);
            for (int64_t row = 0; row < rows; row++) decem_plan_take_row(p, &parameters[k], row, values + row * (elements / rows));
            CHECK(decem_plan_ready_steps(p) < p->step_count);
            CHECK_EQUAL(decem_plan_finish_tensor(p, &parameters[k], &message), DECEM_OK);
            free(values);
        }
    }
    CHECK_EQUAL(decem_plan_ready_steps(p), p->step_count);
}

/* Memory of exactly the sizes asked for, and NaNs wherever the plan may not read before it has written. */
static bool make_plan(decem_plan *p, bool keeps_all, int32_t threads) {
    decem_plan_fuse(p, &graph);
    take_dtypes(p);
    decem_plan_choose(p);
    if (!CHECK_EQUAL(decem_plan_layout(p, keeps_all, threads, &message), DECEM_OK)) return false;
    float *arena = malloc((size_t)p->arena_elements * sizeof(float)), *constants = malloc((size_t)p->constant_elements * sizeof(float));
    decem_plan_prepare(p, arena, constants);
    const decem_buffer *input = &p->buffers[p->places[0].buffer];
    for (int64_t i = 0; i < p->arena_elements; i++)
        if (i < input->offset || i >= input->offset + input->elements) memcpy(&arena[i], &CANARY, sizeof CANARY);
    give_weights(p);
    return true;
}

static void free_plan(decem_plan *p) {
    free(p->arena);
    free(p->constants);
}

/* Tiles first to last on thread 0, or last to first, taking turns on all threads. */
static void run(const decem_plan *p, const float *input, bool backwards) {
    decem_map map = decem_plan_map(p, 0);
    for (int32_t y = 0; y < map.height; y++)
        for (int32_t x = 0; x < map.width; x++)
            for (int32_t c = 0; c < map.channels; c++) *map_at(&map, y, x, c) = *input++;
    for (int32_t s = 0; s < p->step_count; s++) {
        decem_plan_begin_step(p, s);
        for (int32_t t = 0; t < p->steps[s].tiles; t++) {
            int32_t tile = backwards ? p->steps[s].tiles - 1 - t : t;
            decem_plan_run_tile(p, s, tile, tile % p->threads);
        }
    }
}

/* ---- Against the interpreter --------------------------------------------------------------------- */

/* Values whose place holds what a layer behind them made of them: an activation done before its concatenation. */
static bool is_overwritten(const decem_plan *p, decem_value value) {
    for (int32_t i = 0; i < graph.count; i++) {
        if (p->same_as[i] == i) continue;
        const decem_node *concat = &graph.nodes[p->same_as[i]];
        if (p->same_as[i] == value) return true;
        for (int32_t k = 0; k < concat->input_count; k++)
            if (concat->inputs[k] == value) return true;
    }
    return false;
}

static double largest(decem_value value) {
    double most = 0;
    for (size_t i = 0; i < elements_of(&graph, value); i++) most = fmax(most, fabs((double)truth.values[value][i]));
    return most;
}

/* The largest magnitude that a value's rounding errors can be in proportion to: its own and its inputs'; and where no weights come
 * in between, also what those come from. */
static double scale_of(decem_value value) {
    const decem_node *node = &graph.nodes[value];
    bool weighted = node->op == DECEM_OP_CONV || node->op == DECEM_OP_LINEAR || node->op == DECEM_OP_NORM;
    double most = largest(value);
    for (int32_t k = 0; k < node->input_count; k++) most = fmax(most, weighted ? largest(node->inputs[k]) : scale_of(node->inputs[k]));
    return most;
}

static int32_t check_values(const decem_plan *p) {
    int32_t compared = 0;
    for (int32_t i = 0; i < graph.count; i++) {
        decem_map got = decem_plan_map(p, i), wanted = value_map(&truth, i);
        if (got.at == NULL || graph.nodes[i].op == DECEM_OP_FLATTEN || is_overwritten(p, i)) continue;
        double error = 0, bound = (truth.quantised ? I8_TOLERANCE : TOLERANCE) * scale_of(i);
        for (int32_t y = 0; y < wanted.height; y++)
            for (int32_t x = 0; x < wanted.width; x++)
                for (int32_t c = 0; c < wanted.channels; c++) {
                    double difference = fabs((double)*map_at(&got, y, x, c) - (double)*map_at(&wanted, y, x, c));
                    if (!(difference <= error)) error = difference; /* also NaN */
                }
        if (!CHECK(error <= bound)) printf("    node %d %s (%s): error %g, at most %g\n", (int)i, graph.nodes[i].name, decem_node_type(&graph.nodes[i]), error, bound);
        compared++;
    }
    return compared;
}

static void check_same_logits(const decem_plan *a, const decem_plan *b) {
    for (int32_t k = 0; k < graph.output_count; k++) {
        decem_value logits = graph.outputs[k].logits, features = graph.nodes[logits].inputs[0];
        CHECK(memcmp(decem_plan_map(a, logits).at, decem_plan_map(b, logits).at, elements_of(&graph, logits) * sizeof(float)) == 0);
        if (k == 0) CHECK(memcmp(decem_plan_map(a, features).at, decem_plan_map(b, features).at, elements_of(&graph, features) * sizeof(float)) == 0);
    }
}

/* ---- Layout -------------------------------------------------------------------------------------- */

static void uses(const decem_plan *p, decem_value value, int32_t step, int32_t *first, int32_t *last) {
    if (value < 0) return;
    int32_t buffer = p->places[value].buffer;
    if (!CHECK(buffer >= 0 && buffer < p->buffer_count)) return;
    if (first[buffer] > step) first[buffer] = step;
    if (last[buffer] < step) last[buffer] = step;
}

/* From the steps alone: buffers whose lives overlap do not, and all lie in the arena, below the scratch. */
static void check_buffers(const decem_plan *p) {
    static int32_t first[DECEM_GRAPH_NODES], last[DECEM_GRAPH_NODES];
    for (int32_t b = 0; b < p->buffer_count; b++) first[b] = p->step_count, last[b] = -1;
    for (int32_t s = 0; s < p->step_count; s++) {
        const decem_step *step = &p->steps[s];
        uses(p, step->band_rows > 0 ? step[1].result : step->result, s, first, last);
        if (!decem_step_is_in_bands(p, step)) uses(p, step->input, s, first, last);
        uses(p, step->addend, s, first, last);
    }
    uses(p, 0, -1, first, last);
    uses(p, 0, p->step_count, first, last);
    for (int32_t k = 0; k < p->graph->output_count; k++) uses(p, p->graph->outputs[k].logits, p->step_count, first, last);
    int32_t overlaps = 0;
    for (int32_t a = 0; a < p->buffer_count; a++) {
        const decem_buffer *x = &p->buffers[a];
        CHECK(x->offset >= 0 && x->offset % 16 == 0 && x->offset + x->elements <= p->arena_elements - p->scratch_elements * p->threads);
        CHECK(x->elements >= (int64_t)(x->height + 2 * x->halo) * (x->width + 2 * x->halo) * x->channels);
        for (int32_t b = 0; b < a; b++) {
            const decem_buffer *y = &p->buffers[b];
            bool together = (first[a] <= last[b] && first[b] <= last[a]) || p->keeps_all;
            overlaps += together && x->offset < y->offset + y->elements && y->offset < x->offset + x->elements;
        }
    }
    CHECK_EQUAL(overlaps, 0);
}

/* ---- Random graphs ------------------------------------------------------------------------------- */

static int32_t values_compared, steps_of_kind[DECEM_STEP_MOVE + 1], large_kernels, pooled, fused_additions, added_in_place, interleaved, shuffled, pushed, banded;

static void count_what_was_met(const decem_plan *p) {
    for (int32_t s = 0; s < p->step_count; s++) {
        const decem_step *step = &p->steps[s];
        steps_of_kind[step->kind]++;
        large_kernels += step->kind == DECEM_STEP_WINOGRAD && graph.nodes[step->node].window.height == 5;
        pooled += step->pools;
        fused_additions += step->kind != DECEM_STEP_MOVE && step->addend >= 0 && !step->interleave;
        interleaved += step->interleave;
        shuffled += step->shuffle > 1;
    }
    for (int32_t i = 0; i < graph.count; i++) pushed += p->same_as[i] != i;
}

static bool adds_in_place(const decem_plan *p, const decem_step *step) {
    if (step->addend < 0) return false;
    decem_place addend = p->places[step->addend], result = p->places[step->result];
    return addend.buffer == result.buffer && addend.channel == result.channel;
}

/* The graph that was built: a plan that keeps all values against the interpreter, and one that does not against the first. */
static void check_graph(uint32_t seed, int32_t threads) {
    if (decem_graph_status(&graph) != DECEM_OK) printf("    %s\n", message.text);
    if (!CHECK_EQUAL(decem_graph_status(&graph), DECEM_OK)) return;
    uint32_t values = seed;
    float *input = make_values(elements_of(&graph, 0), &values), *second = make_values(elements_of(&graph, 0), &values);
    truth.quantised = seed % 3 == 2;
    interpret(&truth, &graph, WEIGHTS_SEED, input);

    if (make_plan(&plan, true, 1)) {
        run(&plan, input, false);
        values_compared += check_values(&plan);
        check_buffers(&plan);
        count_what_was_met(&plan);
        if (make_plan(&other_plan, false, threads)) {
            check_buffers(&other_plan);
            for (int32_t s = 0; s < other_plan.step_count; s++) {
                added_in_place += adds_in_place(&other_plan, &other_plan.steps[s]);
                banded += other_plan.steps[s].band_rows > 0;
            }
            run(&other_plan, second, false); /* what one run leaves in memory must not show in the next */
            run(&other_plan, input, true);
            check_same_logits(&plan, &other_plan);
        }
        free_plan(&other_plan);
    }
    free_plan(&plan);
    free_interpretation(&truth);
    free(input);
    free(second);
}

static void test_random_graphs(void) {
    for (uint32_t seed = 0; seed < GRAPHS; seed++) {
        char name[32];
        snprintf(name, sizeof name, "graph %u", (unsigned)seed);
        check_in(name);
        build_random_graph(&graph, &message, seed);
        check_graph(seed, 3);
    }
    check_in("all graphs");
    for (int32_t kind = 0; kind < COUNT(steps_of_kind); kind++) CHECK(steps_of_kind[kind] > GRAPHS / 8);
    CHECK(steps_of_kind[DECEM_STEP_WINOGRAD] - large_kernels > GRAPHS / 8);
    CHECK(large_kernels > GRAPHS / 8);
    CHECK(pooled > GRAPHS / 8);
    CHECK(fused_additions > GRAPHS / 8);
    CHECK(added_in_place > GRAPHS / 16);
    CHECK(interleaved > GRAPHS / 8);
    CHECK(shuffled > GRAPHS / 8);
    CHECK(pushed > GRAPHS / 8);
    CHECK(values_compared > GRAPHS * 8);
}

/* ---- Bands --------------------------------------------------------------------------------------- */

typedef struct band_case {
    int32_t channels, height, width;
    decem_window window, next;
    bool twice;  /* the convolution's result is read by another layer too */
    int32_t out; /* channels of the next one; 0: it is a depthwise convolution */
    bool pool;   /* 2x2 maxima of its outputs */
} band_case;

static void build_bands(const band_case *c) {
    decem_graph_reset(&graph, &message);
    decem_value x = decem_graph_input(&graph, 3, c->height, c->width);
    x = decem_graph_activation(&graph, decem_graph_conv(&graph, x, "expand", c->channels, c->window, 1, true), "", DECEM_RELU6);
    decem_value y = decem_graph_conv(&graph, x, "next", c->out > 0 ? c->out : c->channels, c->next, c->out > 0 ? 1 : c->channels, false);
    y = decem_graph_norm(&graph, y, "norm", 1e-5f);
    if (c->pool) y = decem_graph_max_pool(&graph, y, "", decem_square(2, 2, 0));
    y = decem_graph_flatten(&graph, decem_graph_adaptive_pool(&graph, y, "", 1, 1), "");
    if (c->twice) decem_graph_output_logits(&graph, decem_graph_linear(&graph, decem_graph_flatten(&graph, decem_graph_adaptive_pool(&graph, x, "", 1, 1), ""), "side", 5), "side");
    decem_graph_output_logits(&graph, decem_graph_linear(&graph, y, "fc", 10), "main");
}

/* Results above and below the size from which on bands pay, bands of several rows and of the fewest, padding on each side, products that take too long,
 * and a reader too many; the same before a Winograd's convolution, with and without a pool, of heights that its blocks divide and do not. */
static void test_bands(void) {
    decem_window one = decem_square(1, 1, 0), left = decem_square(3, 2, 1), right = left;
    left.padding.bottom = left.padding.right = 0;
    right.padding.top = right.padding.left = 0;
    const struct { const char *name; band_case of; int32_t bands; } rows[] = {
        {"stride 1", {16, 131, 140, one, decem_square(3, 1, 1), false, 0, false}, 1},
        {"stride 2", {16, 131, 140, one, decem_square(3, 2, 1), false, 0, false}, 1},
        {"no padding", {16, 133, 140, one, decem_square(3, 1, 0), false, 0, false}, 1},
        {"padding above and left", {12, 160, 140, one, left, false, 0, false}, 1},
        {"padding below and right", {12, 160, 139, one, right, false, 0, false}, 1},
        {"a window of 3x3 before it", {16, 260, 280, decem_square(3, 2, 1), decem_square(3, 1, 1), false, 0, false}, 1},
        {"pixels spread", {128, 9, 230, one, decem_square(3, 2, 1), false, 0, false}, 1},
        {"narrow and high", {64, 1000, 5, one, decem_square(3, 2, 1), false, 0, false}, 1},
        {"too small", {16, 120, 130, one, decem_square(3, 1, 1), false, 0, false}, 0},
        {"too much to compute", {16, 131, 140, decem_square(5, 1, 2), decem_square(3, 1, 1), false, 0, false}, 0},
        {"two readers", {16, 131, 140, one, decem_square(3, 1, 1), true, 0, false}, 0},
        {"winograd", {16, 132, 140, one, decem_square(3, 1, 1), false, 64, false}, 1},
        {"winograd, cut blocks", {16, 133, 143, one, decem_square(3, 1, 0), false, 64, false}, 1},
        {"winograd, a window of 3x3 before it", {64, 70, 90, decem_square(3, 1, 1), decem_square(3, 1, 1), false, 64, false}, 1},
        {"winograd, 5x5", {16, 131, 140, one, decem_square(5, 1, 2), false, 64, false}, 1},
        {"winograd, pool", {16, 132, 140, one, decem_square(3, 1, 1), false, 64, true}, 1},
        {"winograd, odd pool", {16, 135, 139, one, decem_square(3, 1, 1), false, 64, true}, 1},
        {"winograd, stride 2", {16, 131, 140, one, decem_square(3, 2, 1), false, 64, false}, 0},
        {"winograd, two readers", {16, 131, 140, one, decem_square(3, 1, 1), true, 64, false}, 0},
    };
    for (int32_t i = 0; i < COUNT(rows); i++)
        for (int32_t threads = 1; threads <= 4; threads++) {
            check_in(rows[i].name);
            build_bands(&rows[i].of);
            banded = 0;
            check_graph((uint32_t)(3 * i), threads);
            CHECK_EQUAL(banded, rows[i].bands);
        }
}

/* ---- The ten networks ---------------------------------------------------------------------------- */

static bool build_network(const char *name, const char *json) {
    const decem_network *network = decem_network_find(name);
    if (!CHECK(network != NULL)) return false;
    decem_options options = decem_options_default(network);
    decem_graph_reset(&graph, &message);
    return CHECK(decem_options_parse(network, json, &options, &message) == DECEM_OK) && (network->build(&graph, &options), CHECK_EQUAL(decem_graph_status(&graph), DECEM_OK));
}

/* Bytes of all activations at 224 pixels, without what kernels want besides. A change that is meant is written down here; any other is a
 * network that no longer fits where it did. */
static void test_arenas(void) {
    static const struct { const char *network, *options; int64_t activations; } rows[] = {
        {"googlenet", "", 5419008},
        {"resnet18", "", 4616192},
        {"resnet50", "", 6272000},
        {"resnet101", "", 6272000},
        {"resnet152", "", 6272000},
        {"vgg16", "", 11049536},
        {"mobilenetv1", "", 5545536},
        {"mobilenetv2", "", 3021376},
        {"shufflenetv1", "", 2118208},
        {"shufflenetv2", "", 2140096},
        {"googlenet", "{\"variant\": \"torchvision\"}", 4616192},
        {"resnet18", "{\"variant\": \"torchvision\"}", 4616192},
        {"resnet50", "{\"variant\": \"torchvision\"}", 6272000},
        {"mobilenetv1", "{\"padding\": \"tf_same\"}", 5545536},
        {"shufflenetv2", "{\"stages_repeats\": [4, 8, 4]}", 2140096},
    };
    for (int32_t i = 0; i < COUNT(rows); i++) {
        check_in(rows[i].network);
        if (!build_network(rows[i].network, rows[i].options)) continue;
        for (int32_t keeps_all = 0; keeps_all < 2; keeps_all++) {
            decem_plan_fuse(&plan, &graph);
            decem_plan_choose(&plan);
            CHECK_EQUAL(decem_plan_layout(&plan, keeps_all == 1, 2, &message), DECEM_OK);
            check_buffers(&plan);
            int64_t bytes = plan.linear_input * (int64_t)sizeof(float);
            if (keeps_all) CHECK(bytes > rows[i].activations);
            else CHECK_EQUAL(bytes, rows[i].activations);
        }
    }
}

static void test_too_large(void) {
    static const struct { int32_t channels, side; const char *part; } rows[] = {
        {64, DECEM_GRAPH_SIDE_MAX, "choose a smaller input size"}, /* one layer of 4 GiB */
        {60, DECEM_GRAPH_SIDE_MAX, "choose smaller ones"},         /* two layers, of 3.8 GiB together with the input */
    };
    for (int32_t i = 0; i < COUNT(rows); i++) {
        check_in(rows[i].part);
        decem_graph_reset(&graph, &message);
        decem_value x = decem_graph_input(&graph, rows[i].channels, rows[i].side, rows[i].side);
        x = decem_graph_max_pool(&graph, x, "pool", decem_square(2, 2, 0));
        x = decem_graph_flatten(&graph, decem_graph_adaptive_pool(&graph, x, "", 1, 1), "");
        decem_graph_output_logits(&graph, decem_graph_linear(&graph, x, "fc", 10), "main");
        CHECK_EQUAL(decem_graph_status(&graph), DECEM_OK);
        decem_plan_fuse(&plan, &graph);
        decem_plan_choose(&plan);
        CHECK_EQUAL(decem_plan_layout(&plan, false, 1, &message), DECEM_INVALID_OPTION);
        CHECK_CONTAINS(message.text, rows[i].part);
    }
}

/* A map of several pixels that lies in memory with something between its values cannot be read as a vector. */
static void test_flattened(void) {
    for (int32_t kind = 0; kind < 3; kind++) {
        decem_graph_reset(&graph, &message);
        decem_value x = decem_graph_max_pool(&graph, decem_graph_input(&graph, 8, 4, 4), "pool", decem_square(2, 2, 0)), from = x;
        if (kind == 0) from = decem_graph_chunk(&graph, x, 0, 4);
        if (kind == 1) decem_graph_conv(&graph, x, "conv", 3, decem_square(3, 1, 1), 1, false); /* whose padding is around the pixels */
        if (kind == 2) decem_graph_concat(&graph, (decem_value[]){x, x}, 2, "");
        x = decem_graph_linear(&graph, decem_graph_flatten(&graph, from, "flat"), "fc", 10);
        decem_graph_output_logits(&graph, x, "main");
        CHECK_EQUAL(decem_graph_status(&graph), DECEM_OK);
        decem_plan_fuse(&plan, &graph);
        decem_plan_choose(&plan);
        CHECK_EQUAL(decem_plan_layout(&plan, false, 1, &message), DECEM_INVALID_OPTION);
        CHECK_CONTAINS(message.text, "layer flat: a map of several pixels");
    }
}

int main(void) {
    test_random_graphs();
    test_bands();
    test_arenas();
    test_too_large();
    test_flattened();
    return check_report();
}

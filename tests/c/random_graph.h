/* Small random graphs made of every operation, in every order that a builder may append them: values read by one layer, by many or by
 * none, branches joined again, and the patterns that fusion looks for. */
#ifndef DECEM_TESTS_RANDOM_GRAPH_H
#define DECEM_TESTS_RANDOM_GRAPH_H

#include <stdlib.h>

#include "graph/graph.h"

enum { RANDOM_VALUES = 256 };

typedef struct random_graph {
    decem_graph *graph;
    uint32_t state;
    decem_value values[RANDOM_VALUES]; /* that further layers may read */
    int32_t count;
} random_graph;

/* From 0 to below - 1. Drawn one statement at a time, since compilers differ in the order of arguments. */
static inline int32_t draw(random_graph *r, int32_t below) {
    uint32_t x = r->state += 0x9E3779B9u;
    x ^= x >> 16;
    x *= 0x7feb352du;
    x ^= x >> 15;
    x *= 0x846ca68bu;
    return (int32_t)((x ^ x >> 16) % (uint32_t)below);
}

static inline bool chance(random_graph *r, int32_t percent) {
    return draw(r, 100) < percent;
}

static inline const char *new_name(random_graph *r) {
    return decem_graph_name(r->graph, "layer%d", r->graph->count);
}

/* Offers a value to the layers that follow. */
static inline decem_value offer(random_graph *r, decem_value value) {
    if (value >= 0 && r->count < RANDOM_VALUES) r->values[r->count++] = value;
    return value;
}

/* Mostly one of the latest. */
static inline decem_value any_value(random_graph *r) {
    int32_t window = chance(r, 75) && r->count > 4 ? 4 : r->count;
    return r->values[r->count - 1 - draw(r, window)];
}

/* Another value of the same height and width, and of as many channels where `channels` says so; else the same one. */
static inline decem_value similar_value(random_graph *r, decem_value to, bool channels) {
    decem_shape wanted = decem_graph_shape(r->graph, to);
    int32_t start = draw(r, r->count);
    for (int32_t i = 0; i < r->count; i++) {
        decem_value value = r->values[(start + i) % r->count];
        decem_shape s = decem_graph_shape(r->graph, value);
        if (value != to && s.height == wanted.height && s.width == wanted.width && (!channels || s.channels == wanted.channels)) return value;
    }
    return to;
}

static inline decem_activation draw_activation(random_graph *r) {
    return chance(r, 70) ? DECEM_RELU : DECEM_RELU6;
}

static inline decem_value maybe_activate(random_graph *r, decem_value x, int32_t percent) {
    return chance(r, percent) ? offer(r, decem_graph_activation(r->graph, x, new_name(r), draw_activation(r))) : x;
}

/* A window that fits the image: 1, 2, 3 or 5 wide, any padding that PyTorch allows, not always the same on every side. */
static inline decem_window draw_window(random_graph *r, decem_shape image, bool square_padding) {
    static const int32_t sizes[] = {1, 2, 3, 3, 3, 5};
    int32_t size = sizes[draw(r, 6)], stride = 1 + draw(r, 3) / 2, most = size / 2;
    decem_window w = decem_square(size, stride, draw(r, most + 1));
    if (!square_padding && chance(r, 20)) {
        w.padding.top = draw(r, most + 1);
        w.padding.left = draw(r, most + 1);
    }
    int32_t least = image.height < image.width ? image.height : image.width;
    return least < w.height ? decem_square(1, 1, 0) : w;
}

/* Norm and activation behind a convolution, as often as not. Only what is offered may be read by others. */
static inline decem_value finish_conv(random_graph *r, decem_value x) {
    if (chance(r, 60)) x = decem_graph_norm(r->graph, x, new_name(r), 1e-5f);
    if (chance(r, 30)) offer(r, x);
    if (chance(r, 60)) x = decem_graph_activation(r->graph, x, "", draw_activation(r));
    return offer(r, x);
}

static inline decem_value random_conv(random_graph *r, decem_value x) {
    static const int32_t widths[] = {1, 3, 4, 7, 8, 8, 9, 16, 16, 24};
    bool wide = chance(r, 25); /* wide enough for Winograd's algorithm */
    int32_t side = wide && chance(r, 85) ? 5 : 3;
    decem_window window = wide ? decem_square(side, 1, side / 2) : draw_window(r, decem_graph_shape(r->graph, x), false);
    int32_t width = wide ? 32 : widths[draw(r, 10)];
    return finish_conv(r, decem_graph_conv(r->graph, x, new_name(r), width, window, 1, chance(r, 50)));
}

/* As ResNet begins: 7 wide, stride 2. */
static inline decem_value random_stem(random_graph *r, decem_value x) {
    static const int32_t heights[] = {7, 7, 7, 3, 1};
    decem_shape image = decem_graph_shape(r->graph, x);
    decem_window window = decem_square(7, 2, draw(r, 4));
    window.height = heights[draw(r, 5)];
    if (window.height < 7) window.padding.top = window.padding.bottom = window.height / 2;
    if (image.height + 2 * window.padding.top < window.height || image.width + 2 * window.padding.left < 7) return x;
    return finish_conv(r, decem_graph_conv(r->graph, x, new_name(r), chance(r, 80) ? 16 : 7, window, 1, chance(r, 50)));
}

/* As VGG16 has it: a convolution whose only reader, perhaps, is a maximum pool of 2x2. */
static inline decem_value random_pooled_conv(random_graph *r, decem_value x) {
    int32_t channels = chance(r, 80) ? 56 : 7;
    decem_value from = x, other = -1;
    x = decem_graph_conv(r->graph, x, new_name(r), channels, decem_square(3, 1, 1), 1, true);
    if (chance(r, 25)) other = decem_graph_conv(r->graph, from, new_name(r), channels, decem_square(1, 1, 0), 1, true);
    if (other >= 0) x = decem_graph_add(r->graph, x, other, "");
    if (chance(r, 70)) x = decem_graph_activation(r->graph, x, "", DECEM_RELU);
    decem_shape s = decem_graph_shape(r->graph, x);
    if (chance(r, 20)) offer(r, x);
    if (s.height < 2 || s.width < 2) return offer(r, x);
    int32_t stride = chance(r, 90) ? 2 : 1, pad = chance(r, 10);
    decem_window window = decem_square(2, stride, pad);
    window.ceil_mode = chance(r, 20);
    return offer(r, decem_graph_max_pool(r->graph, x, new_name(r), window));
}

static inline decem_value random_grouped(random_graph *r, decem_value x) {
    int32_t channels = decem_graph_shape(r->graph, x).channels, groups = 1 + draw(r, 4), factor = 1 + draw(r, 2);
    if (channels % groups != 0) groups = 1;
    int32_t width = groups * 2 * (1 + draw(r, 5)), stride = 1 + draw(r, 2);
    x = finish_conv(r, decem_graph_conv(r->graph, x, new_name(r), width, decem_square(1, stride, 0), groups, chance(r, 50)));
    return chance(r, 60) ? offer(r, decem_graph_shuffle(r->graph, x, "", groups * factor)) : x;
}

static inline decem_value random_depthwise(random_graph *r, decem_value x) {
    decem_shape s = decem_graph_shape(r->graph, x);
    decem_window window = decem_square(3, 1 + draw(r, 2), 1);
    return finish_conv(r, decem_graph_conv(r->graph, x, new_name(r), s.channels, window, s.channels, chance(r, 50)));
}

static inline decem_value random_pool(random_graph *r, decem_value x) {
    decem_window window = draw_window(r, decem_graph_shape(r->graph, x), true);
    int32_t kind = draw(r, 3);
    if (kind == 0) {
        int32_t height = 1 + draw(r, 6), width = 1 + draw(r, 6);
        return offer(r, decem_graph_adaptive_pool(r->graph, x, new_name(r), height, width));
    }
    window.ceil_mode = kind == 1 && chance(r, 50);
    return offer(r, kind == 1 ? decem_graph_max_pool(r->graph, x, new_name(r), window) : decem_graph_avg_pool(r->graph, x, new_name(r), window));
}

static inline decem_value random_concat(random_graph *r, decem_value x) {
    decem_value inputs[DECEM_GRAPH_INPUTS] = {x};
    int32_t count = 2 + draw(r, 3), channels = decem_graph_shape(r->graph, x).channels;
    for (int32_t i = 1; i < count; i++) {
        inputs[i] = similar_value(r, x, chance(r, 40));
        channels += decem_graph_shape(r->graph, inputs[i]).channels;
    }
    if (channels > 64) return x;
    decem_value joined = offer(r, decem_graph_concat(r->graph, inputs, count, ""));
    return maybe_activate(r, joined, 30);
}

/* The joints of ShuffleNetV2 and V1: two fresh branches, mostly of the same width, shuffled, mostly in two; or activated behind their
 * concatenation. */
static inline decem_value random_joint(random_graph *r, decem_value x) {
    decem_shape s = decem_graph_shape(r->graph, x);
    int32_t half = s.channels / 2 > 0 ? s.channels / 2 : 1;
    bool shuffled = chance(r, 60);
    decem_value passed = chance(r, 50) ? decem_graph_chunk(r->graph, x, 0, half) : decem_graph_conv(r->graph, x, new_name(r), half, decem_square(1, 1, 0), 1, true);
    if (chance(r, 30)) passed = decem_graph_avg_pool(r->graph, x, "", decem_square(1, 1, 0));
    int32_t width = decem_graph_shape(r->graph, passed).channels + (chance(r, 15) ? 2 : 0);
    decem_value worked = decem_graph_conv(r->graph, x, new_name(r), width, decem_square(3, 1, 1), 1, false);
    worked = decem_graph_norm(r->graph, worked, new_name(r), 1e-3f);
    if (shuffled && chance(r, 60)) worked = decem_graph_activation(r->graph, worked, "", DECEM_RELU);
    bool swapped = chance(r, 20);
    x = decem_graph_concat(r->graph, (decem_value[]){swapped ? worked : passed, swapped ? passed : worked}, 2, "");
    if (shuffled) return offer(r, decem_graph_shuffle(r->graph, x, new_name(r), chance(r, 85) ? 2 : decem_graph_shape(r->graph, x).channels));
    return offer(r, decem_graph_activation(r->graph, x, new_name(r), draw_activation(r)));
}

static inline decem_value random_add(random_graph *r, decem_value x) {
    decem_value other = similar_value(r, x, true);
    if (other == x && chance(r, 80)) other = decem_graph_conv(r->graph, x, new_name(r), decem_graph_shape(r->graph, x).channels, decem_square(1, 1, 0), 1, true);
    bool swapped = chance(r, 50);
    return maybe_activate(r, offer(r, decem_graph_add(r->graph, swapped ? other : x, swapped ? x : other, new_name(r))), 50);
}

static inline void random_layer(random_graph *r) {
    decem_value x = any_value(r);
    decem_shape s = decem_graph_shape(r->graph, x);
    switch (draw(r, 16)) {
    case 0: case 1: case 2: random_conv(r, x); break;
    case 3: random_grouped(r, x); break;
    case 4: random_depthwise(r, x); break;
    case 5: random_pool(r, x); break;
    case 6: case 7: random_concat(r, x); break;
    case 8: case 9: random_joint(r, x); break;
    case 10: random_add(r, x); break;
    case 11: offer(r, decem_graph_shuffle(r->graph, x, "", s.channels % 2 == 0 ? 2 : s.channels)); break;
    case 12: offer(r, decem_graph_chunk(r->graph, x, draw(r, s.channels), 1)); break;
    case 13: case 14: random_pooled_conv(r, x); break;
    case 15: offer(r, decem_graph_lrn(r->graph, x, new_name(r), 1 + draw(r, 5))); break;
    }
}

/* A vector that others may read too, and the logits. Several pixels are flattened only from a map of their own. */
static inline void random_head(random_graph *r, decem_value x, const char *name) {
    x = chance(r, 50) ? decem_graph_adaptive_pool(r->graph, x, "", 1, 1) : decem_graph_adaptive_pool(r->graph, x, "", 2, 3);
    x = decem_graph_flatten(r->graph, x, "");
    if (chance(r, 50)) {
        x = offer(r, decem_graph_linear(r->graph, x, new_name(r), 1 + draw(r, 40)));
        x = maybe_activate(r, x, 60);
    }
    x = decem_graph_linear(r->graph, x, new_name(r), 1 + draw(r, 40));
    decem_graph_output_logits(r->graph, x, name);
    maybe_activate(r, x, 20); /* the logits themselves stay as they are */
}

static inline void build_random_graph(decem_graph *graph, decem_message *message, uint32_t seed) {
    random_graph r = {.graph = graph, .state = seed * 2654435761u};
    decem_graph_reset(graph, message);
    bool stem = chance(&r, 40);
    int32_t least = stem ? 12 : 3, channels = 1 + draw(&r, 8), height = least + draw(&r, 14), width = least + draw(&r, 14);
    decem_value input = offer(&r, decem_graph_input(graph, channels, height, width));
    if (stem) random_stem(&r, input);
    int32_t layers = 3 + draw(&r, 25), side = draw(&r, layers);
    for (int32_t i = 0; i < layers; i++) {
        random_layer(&r);
        if (i == side && chance(&r, 50)) random_head(&r, any_value(&r), "side");
    }
    random_head(&r, r.values[r.count - 1], "main");
}

#endif

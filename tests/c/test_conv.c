/* The convolution kernel against its reference: every edge of channels, sizes, windows, padding, groups, shuffles and
 * tails, packed and unpacked memory, and the same bits however it is cut into tiles. */
#include "conv_reference.h"

#define COUNT(array) (int32_t)(sizeof(array) / sizeof *(array))

typedef struct conv_case {
    decem_conv_shape shape;
    int32_t height, width; /* of the input, without padding */
    border around;
    int32_t gap;           /* elements between pixels of every map */
    tail tail;
    decem_clamp before, after;
} conv_case;

static uint32_t seed = 1;

static const int32_t edges[] = {1, 3, 7, 8, 9, 58};

/* ---- One case ------------------------------------------------------------------------------------ */

typedef struct constants {
    float *weights, *bias; /* as PyTorch has them */
    float *packed, *packed_bias;
    decem_conv_panel *panels;
    int32_t *segments;
} constants;

/* Packs seeded weights row by row. Every other channel is halved after packing and in the original: exact, so that
 * decem_conv_scale_row is seen to reach its channel and no other. */
static constants make_constants(const decem_conv_shape *shape) {
    int32_t depth = decem_conv_depth(shape), panels = decem_conv_panel_count(shape), out = shape->out_channels;
    constants made = {.weights = make_values((size_t)(out * depth), &seed), .bias = make_values((size_t)out, &seed)};
    made.packed = calloc((size_t)decem_conv_weight_elements(shape), sizeof(float));
    made.packed_bias = calloc((size_t)(panels * DECEM_CONV_COLUMNS), sizeof(float));
    made.panels = malloc((size_t)panels * sizeof *made.panels);
    made.segments = malloc((size_t)(shape->window_height * shape->window_width) * sizeof *made.segments);
    decem_conv_panels(shape, made.panels);
    for (int32_t n = 0; n < out; n++) {
        float *row = made.weights + n * depth;
        decem_conv_pack_row(shape, n, row, made.packed);
        made.packed_bias[decem_conv_bias_index(shape, n)] = made.bias[n];
        if (n % 2 == 0) continue;
        decem_conv_scale_row(shape, n, 0.5f, made.packed);
        for (int32_t k = 0; k < depth; k++) row[k] *= 0.5f;
    }
    return made;
}

static void free_constants(constants *c) {
    free(c->weights);
    free(c->bias);
    free(c->packed);
    free(c->packed_bias);
    free(c->panels);
    free(c->segments);
}

/* How far each value may be from the reference: the header's tolerance; for an addition also its own rounding. Laid out
 * as the outputs are: by the same definition, of magnitudes. */
static void define_bound(const conv_case *c, const guarded_map *input, const constants *k, const guarded_map *addend, const decem_map *bound) {
    const decem_conv_shape *shape = &c->shape;
    int32_t depth = decem_conv_depth(shape), out = shape->out_channels;
    guarded_map inputs = make_magnitudes(input), addends = make_magnitudes(addend);
    float *weights = magnitudes(k->weights, (size_t)(out * depth)), *bias = magnitudes(k->bias, (size_t)out);
    for (int32_t i = 0; i < out * depth; i++) weights[i] *= (float)depth;
    for (int32_t n = 0; n < out; n++) bias[n] *= 2.0f;
    for (size_t i = 0; i < addends.count; i++) addends.memory[i] *= c->tail == INTERLEAVED ? 0.0f : 1.0f;
    define_conv(shape, inputs.map, weights, bias, c->tail, unbounded, &addends.map, unbounded, bound);
    for (int32_t y = 0; y < bound->height; y++)
        for (int32_t x = 0; x < bound->width; x++)
            for (int32_t n = 0; n < bound->channels; n++) *map_at(bound, y, x, n) *= 0x1p-23f;
    free(weights);
    free(bias);
    free_map(&inputs);
    free_map(&addends);
}

/* Runs all tiles, last to first when `backwards`, into a fresh map. */
static guarded_map run(decem_conv_args args, int32_t gap, bool backwards) {
    guarded_map output = make_map(args.output.height, args.output.width, args.output.channels, gap);
    args.output = output.map;
    int32_t tiles = decem_conv_tiles(&args);
    for (int32_t t = 0; t < tiles; t++) decem_f32_conv__simd(&args, backwards ? tiles - 1 - t : t);
    return output;
}

/* Every bit of memory: outputs, and the canaries between them. */
static void check_same(decem_conv_args args, int32_t gap, const guarded_map *first) {
    guarded_map again = run(args, gap, true);
    CHECK(memcmp(again.memory, first->memory, first->count * sizeof(float)) == 0);
    free_map(&again);
}

/* However the work is cut, the answer is the same to the bit. */
static void check_tilings(const decem_conv_shape *shape, const decem_conv_args *args, int32_t gap, const guarded_map *first) {
    int32_t woven = decem_conv_woven(args), most = DECEM_CONV_TILE_ROWS / woven / DECEM_CONV_ROWS * DECEM_CONV_ROWS;
    int32_t rows[] = {4, 8, most}, panels[] = {woven, 2 * woven, args->panel_count};
    for (int32_t i = 0; i < COUNT(rows); i++)
        for (int32_t j = 0; j < COUNT(panels); j++) {
            decem_conv_args cut = *args;
            cut.tile_rows = rows[i];
            cut.tile_panels = panels[j];
            check_same(cut, gap, first);
        }
    for (int32_t threads = 1; threads <= 16; threads *= 2) {
        decem_conv_args cut = *args;
        decem_conv_choose_tiles(&cut, shape, threads);
        CHECK(cut.tile_rows >= DECEM_CONV_ROWS && cut.tile_rows <= most && cut.tile_rows % DECEM_CONV_ROWS == 0);
        CHECK(cut.tile_panels >= 1 && cut.tile_panels % woven == 0);
        check_same(cut, gap, first);
    }
}

static void check_case(const conv_case *c) {
    const decem_conv_shape *shape = &c->shape;
    int32_t height = (c->height + c->around.top + c->around.bottom - shape->window_height) / shape->stride + 1;
    int32_t width = (c->width + c->around.left + c->around.right - shape->window_width) / shape->stride + 1;
    char name[160];
    snprintf(name, sizeof name, "%d to %d channels, %d groups, shuffle %d, window %dx%d/%d, image %dx%d padded %d %d %d %d, gap %d, tail %d",
             (int)shape->in_channels, (int)shape->out_channels, (int)shape->groups, (int)shape->shuffle, (int)shape->window_height, (int)shape->window_width,
             (int)shape->stride, (int)c->height, (int)c->width, (int)c->around.top, (int)c->around.left, (int)c->around.bottom, (int)c->around.right, (int)c->gap,
             (int)c->tail);
    check_in(name);

    int32_t out = c->tail == INTERLEAVED ? 2 * shape->out_channels : shape->out_channels;
    guarded_map input = make_input(c->height, c->width, shape->in_channels, c->gap, c->around, &seed);
    guarded_map addend = make_input(height, width, shape->out_channels, 2 * c->gap, (border){0, 0, 0, 0}, &seed);
    guarded_map wanted = make_map(height, width, out, 0), bound = make_map(height, width, out, 0);
    constants k = make_constants(shape);
    define_conv(shape, input.map, k.weights, k.bias, c->tail, c->before, &addend.map, c->after, &wanted.map);
    define_bound(c, &input, &k, &addend, &bound.map);

    decem_conv_args args = {.input = input.map, .output = wanted.map, .stride = shape->stride, .segments = k.segments, .weights = k.packed,
                            .bias = k.packed_bias, .panels = k.panels, .panel_count = decem_conv_panel_count(shape), .output_step = shape->shuffle,
                            .finish = finish_of(c->tail, c->before, &addend.map, c->after)};
    args.segment_count = decem_conv_segments(shape, input.map.row_stride, input.map.pixel_stride, k.segments, &args.segment_length);
    decem_conv_choose_tiles(&args, shape, 1);
    guarded_map output = run(args, c->gap, false);
    CHECK(agrees(&output.map, &wanted.map, &bound.map));
    CHECK(is_untouched_around(&output));
    check_tilings(shape, &args, c->gap, &output);

    free_constants(&k);
    free_map(&input);
    free_map(&addend);
    free_map(&wanted);
    free_map(&bound);
    free_map(&output);
}

/* Twice: pixels side by side, and with a gap between them. */
static void check_both(conv_case c) {
    if (c.height + c.around.top + c.around.bottom < c.shape.window_height || c.width + c.around.left + c.around.right < c.shape.window_width) return;
    check_case(&c);
    c.gap = 5;
    check_case(&c);
}

static decem_conv_shape full(int32_t in, int32_t out, int32_t window, int32_t stride) {
    return (decem_conv_shape){in, out, 1, 1, window, window, stride};
}

static border all_round(int32_t size) {
    return (border){size, size, size, size};
}

/* ---- Edges by name ------------------------------------------------------------------------------- */

static void test_channels(void) {
    for (int32_t i = 0; i < COUNT(edges); i++)
        for (int32_t j = 0; j < COUNT(edges); j++) {
            check_both((conv_case){.shape = full(edges[i], edges[j], 1, 1), .height = 3, .width = 5, .before = unbounded});
            check_both((conv_case){.shape = full(edges[i], edges[j], 3, 2), .height = 5, .width = 3, .around = all_round(1), .before = relu});
        }
}

static void test_sizes_and_windows(void) {
    static const struct { int32_t window, stride, around; } windows[] = {{1, 1, 0}, {1, 2, 0}, {2, 2, 0}, {3, 1, 1}, {3, 2, 1}, {5, 1, 2}, {7, 2, 3}};
    static const int32_t sizes[][2] = {{1, 1}, {7, 7}, {14, 14}, {5, 9}, {13, 2}, {1, 11}};
    for (int32_t w = 0; w < COUNT(windows); w++)
        for (int32_t s = 0; s < COUNT(sizes); s++)
            check_both((conv_case){.shape = full(3, 9, windows[w].window, windows[w].stride), .height = sizes[s][0], .width = sizes[s][1],
                                   .around = all_round(windows[w].around), .before = narrow});
}

static void test_windows_that_are_not_square(void) {
    check_both((conv_case){.shape = {3, 8, 1, 1, 1, 3, 1}, .height = 4, .width = 6, .around = {0, 1, 0, 1}});
    check_both((conv_case){.shape = {3, 8, 1, 1, 3, 1, 2}, .height = 5, .width = 4, .around = {1, 0, 1, 0}});
    check_both((conv_case){.shape = {1, 8, 1, 1, 4, 2, 1}, .height = 5, .width = 4});
}

static void test_padding_corners(void) {
    for (int32_t corner = 0; corner < 16; corner++)
        for (int32_t stride = 1; stride <= 2; stride++)
            check_both((conv_case){.shape = full(3, 8, 3, stride), .height = 5, .width = 4, .around = {corner & 1, corner >> 1 & 1, corner >> 2 & 1, corner >> 3}});
}

/* One less, as many and one more pixels than the micro-kernel's rows, two of it, and the largest tile. */
static void test_pixels_in_a_tile(void) {
    static const int32_t counts[] = {1, 2, 3, 4, 5, 7, 8, 9, DECEM_CONV_TILE_ROWS - 1, DECEM_CONV_TILE_ROWS, DECEM_CONV_TILE_ROWS + 1};
    for (int32_t i = 0; i < COUNT(counts); i++) {
        check_both((conv_case){.shape = full(8, 17, 1, 1), .height = 1, .width = counts[i]});
        check_both((conv_case){.shape = full(2, 9, 1, 1), .height = counts[i], .width = 1, .tail = ADDED, .before = relu, .after = unbounded});
    }
}

static void test_groups_and_shuffles(void) {
    static const int32_t groups[] = {1, 2, 3, 4, 8}, widths[] = {1, 3, 7, 8, 9};
    for (int32_t g = 0; g < COUNT(groups); g++)
        for (int32_t i = 0; i < COUNT(widths); i++)
            for (int32_t factor = 0; factor <= 2; factor++) { /* no shuffle; as many blocks as groups; twice as many */
                int32_t shuffle = factor == 0 ? 1 : groups[g] * factor, block = widths[COUNT(widths) - 1 - i];
                int32_t out = block * (factor == 0 ? groups[g] : shuffle);
                check_both((conv_case){.shape = {widths[i] * groups[g], out, groups[g], shuffle, 1, 1, 1}, .height = 3, .width = 3, .before = relu});
            }
    for (int32_t shuffle = 2; shuffle <= 6; shuffle++) /* more pixels than a tile has */
        check_both((conv_case){.shape = {2 * shuffle, 20 * shuffle, shuffle, shuffle, 1, 1, 1}, .height = 9, .width = 15, .before = relu});
}

static void test_tails(void) {
    const decem_clamp clamps[] = {unbounded, relu, narrow};
    for (int32_t n = 0; n < COUNT(edges); n++)
        for (int32_t b = 0; b < COUNT(clamps); b++) {
            for (int32_t a = 0; a < COUNT(clamps); a++)
                check_both((conv_case){.shape = full(7, edges[n], 1, 1), .height = 3, .width = 3, .tail = ADDED, .before = clamps[b], .after = clamps[a]});
            check_both((conv_case){.shape = full(7, edges[n], 1, 1), .height = 3, .width = 3, .tail = INTERLEAVED, .before = clamps[b], .after = unbounded});
        }
    check_both((conv_case){.shape = {12, 20, 2, 1, 1, 1, 1}, .height = 3, .width = 3, .tail = ADDED, .before = unbounded, .after = relu});
    check_both((conv_case){.shape = {12, 20, 2, 1, 1, 1, 1}, .height = 3, .width = 3, .tail = INTERLEAVED, .before = relu});
}

/* The reference itself, by hand: 2 x 2 pixels 1 2 / 3 4, weights 1 10 / 100 1000, bias 5, one padded column at the left. */
static void test_the_definition(void) {
    check_in("by hand");
    guarded_map input = make_input(2, 2, 1, 0, (border){0, 1, 0, 0}, &seed), output = make_map(1, 2, 1, 0);
    for (int32_t i = 0; i < 4; i++) *map_at(&input.map, i / 2, 1 + i % 2, 0) = (float)(i + 1);
    const float weights[] = {1, 10, 100, 1000}, bias[] = {5};
    decem_conv_shape shape = full(1, 1, 2, 1);
    decem_f32_conv__ref(&shape, input.map, weights, bias, output.map);
    CHECK_EQUAL(output.map.at[0], 5 + 10 * 1 + 1000 * 3);
    CHECK_EQUAL(output.map.at[1], 5 + 1 * 1 + 10 * 2 + 100 * 3 + 1000 * 4);
    free_map(&input);
    free_map(&output);
}

int main(void) {
    test_the_definition();
    test_channels();
    test_sizes_and_windows();
    test_windows_that_are_not_square();
    test_padding_corners();
    test_pixels_in_a_tile();
    test_groups_and_shuffles();
    test_tails();
    return check_report();
}

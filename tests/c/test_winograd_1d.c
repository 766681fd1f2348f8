/* The first layers' convolution, 7 wide and of stride 2, against the same reference as the direct one: blocks that are cut by the image's edge,
 * padding, few and many channels, windows of every height, and the same bits however the work is cut into tiles. */
#include "kernels/winograd_1d/winograd_1d.h"

#include "conv_reference.h"

#define COUNT(array) (int32_t)(sizeof(array) / sizeof *(array))

enum { WIDTH = DECEM_WINOGRAD_1D_WIDTH, STRIDE = DECEM_WINOGRAD_1D_STRIDE };

static uint32_t seed = 11;

typedef struct stem_case {
    int32_t in, out, height, width, window_height;
    border around;
    int32_t gap;
    decem_clamp clamp;
} stem_case;

/* Runs all tiles, last to first when `backwards`, into a fresh map. Scratch has exactly the size that was asked for, and NaNs in it. */
static guarded_map run(decem_winograd_1d_args args, int32_t gap, bool backwards) {
    guarded_map output = make_map(args.output.height, args.output.width, args.output.channels, gap);
    size_t elements = (size_t)decem_winograd_1d_scratch_elements(&args);
    float *scratch = malloc(elements * sizeof *scratch);
    args.output = output.map;
    int32_t tiles = decem_winograd_1d_tiles(&args);
    for (int32_t t = 0; t < tiles; t++) {
        for (size_t i = 0; i < elements; i++) memcpy(&scratch[i], &CANARY, sizeof CANARY);
        decem_f32_winograd_1d__simd(&args, backwards ? tiles - 1 - t : t, scratch);
    }
    free(scratch);
    return output;
}

static void check_tilings(decem_winograd_1d_args args, int32_t gap, const guarded_map *first) {
    for (int32_t threads = 1; threads <= 16; threads *= 2) {
        decem_winograd_1d_choose_tiles(&args, threads);
        CHECK(args.tile_rows >= 1 && args.tile_rows <= args.output.height);
        guarded_map again = run(args, gap, true);
        CHECK(memcmp(again.memory, first->memory, first->count * sizeof(float)) == 0);
        free_map(&again);
    }
}

/* Packs a channel's weights; every other one is halved afterwards, and in the original: exact. */
static float *pack(const decem_conv_shape *shape, float *weights) {
    float *packed = malloc((size_t)decem_winograd_1d_weight_elements(shape) * sizeof *packed);
    int32_t depth = shape->in_channels * shape->window_height * WIDTH;
    for (int32_t n = 0; n < shape->out_channels; n++, weights += depth) {
        decem_winograd_1d_pack_row(shape, n, weights, packed);
        if (n % 2 == 0) continue;
        decem_winograd_1d_scale_row(shape, n, 0.5f, packed);
        for (int32_t k = 0; k < depth; k++) weights[k] *= 0.5f;
    }
    return packed;
}

static void check_case(const stem_case *c) {
    int32_t height = (c->height + c->around.top + c->around.bottom - c->window_height) / STRIDE + 1;
    int32_t width = (c->width + c->around.left + c->around.right - WIDTH) / STRIDE + 1;
    char name[160];
    snprintf(name, sizeof name, "%dx%d, %d to %d channels, image %dx%d padded %d %d %d %d, gap %d", (int)c->window_height, (int)WIDTH, (int)c->in, (int)c->out, (int)c->height,
             (int)c->width, (int)c->around.top, (int)c->around.left, (int)c->around.bottom, (int)c->around.right, (int)c->gap);
    check_in(name);
    uint32_t values = seed++ * 7919u, same_values = values;
    guarded_map padded = make_input(c->height, c->width, c->in, 0, c->around, &values), input = make_input(c->height, c->width, c->in, c->gap, (border){0, 0, 0, 0}, &same_values);
    guarded_map wanted = make_map(height, width, c->out, 0), bound = make_map(height, width, c->out, 0);
    decem_conv_shape shape = {c->in, c->out, 1, 1, c->window_height, WIDTH, STRIDE};
    int32_t depth = c->in * c->window_height * WIDTH;
    float *weights = make_values((size_t)(c->out * depth), &seed), *bias = make_values((size_t)c->out, &seed), *packed = pack(&shape, weights);

    define_conv(&shape, padded.map, weights, bias, PLAIN, c->clamp, NULL, unbounded, &wanted.map);
    define_winograd_bound(&padded.map, weights, depth, PLAIN, &bound.map);
    decem_winograd_1d_args args = {.window_height = c->window_height, .input = input.map, .padding_top = c->around.top, .padding_left = c->around.left,
                                   .output = wanted.map, .weights = packed, .bias = bias, .clamp = c->clamp};
    decem_winograd_1d_choose_tiles(&args, 1);
    guarded_map output = run(args, c->gap, false);
    CHECK(agrees(&output.map, &wanted.map, &bound.map));
    CHECK(is_untouched_around(&output));
    check_tilings(args, c->gap, &output);

    free(weights);
    free(bias);
    free(packed);
    free_map(&padded);
    free_map(&input);
    free_map(&wanted);
    free_map(&bound);
    free_map(&output);
}

/* With pixels side by side and with a gap between them. */
static void check_both(stem_case c) {
    for (c.gap = 0; c.gap <= 4; c.gap += 4) check_case(&c);
}

static const border three = {3, 3, 3, 3};

static void test_channels(void) {
    static const int32_t ins[] = {2, 3, 4, 5, 8}, outs[] = {8, 16, 24, 64};
    for (int32_t i = 0; i < COUNT(ins); i++)
        for (int32_t o = 0; o < COUNT(outs); o++)
            check_both((stem_case){.in = ins[i], .out = outs[o], .height = 9, .width = 12, .window_height = 7, .around = three, .clamp = relu});
}

/* Outputs one less, as many and one more than a block's, several chunks of blocks in a row, and images of several tiles. */
static void test_sizes(void) {
    static const int32_t sizes[][2] = {{1, 1}, {2, 2}, {5, 5}, {6, 6}, {7, 7}, {8, 9}, {13, 16}, {4, 150}, {70, 5}, {33, 131}};
    for (int32_t s = 0; s < COUNT(sizes); s++) {
        check_both((stem_case){.in = 3, .out = 8, .height = sizes[s][0], .width = sizes[s][1], .window_height = 7, .around = three});
        if (sizes[s][0] >= 7 && sizes[s][1] >= 7) check_both((stem_case){.in = 3, .out = 8, .height = sizes[s][0], .width = sizes[s][1], .window_height = 7});
    }
}

static void test_window_heights(void) {
    static const int32_t heights[] = {1, 2, 3, 5, 7, 9};
    for (int32_t h = 0; h < COUNT(heights); h++)
        check_both((stem_case){.in = 3, .out = 16, .height = 20, .width = 19, .window_height = heights[h], .around = {heights[h] / 2, 3, heights[h] / 2, 3}, .clamp = narrow});
}

/* Each side padded or not, and as far as a window may reach. */
static void test_padding(void) {
    for (int32_t corner = 0; corner < 16; corner++)
        for (int32_t pad = 3; pad <= 6; pad += 3)
            check_both((stem_case){.in = 3, .out = 8, .height = 9, .width = 8, .window_height = 7,
                                   .around = {pad * (corner & 1), pad * (corner >> 1 & 1), pad * (corner >> 2 & 1), pad * (corner >> 3)}});
}

int main(void) {
    test_channels();
    test_sizes();
    test_window_heights();
    test_padding();
    return check_report();
}

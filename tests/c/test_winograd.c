/* Winograd's convolutions against the same reference as the direct one: every kernel and stride, all sizes of blocks, those that are cut by the
 * image's edge, padding, additions, and the same bits however the work is cut into tiles. */
#include "kernels/winograd/winograd.h"

#include "conv_reference.h"

#define COUNT(array) (int32_t)(sizeof(array) / sizeof *(array))

static uint32_t seed = 7;

typedef struct winograd_case {
    int32_t kernel, stride, side;
    int32_t in, out, height, width;
    border around;
    int32_t gap;
    bool pool; /* 2x2 maxima of the outputs; then the tail is PLAIN */
    tail tail; /* PLAIN or ADDED */
    decem_clamp before, after;
} winograd_case;

/* Runs all tiles, last to first when `backwards`, into a fresh map. Scratch has exactly the size that was asked for, and NaNs in it. */
static guarded_map run(decem_winograd_args args, int32_t gap, bool backwards) {
    guarded_map output = make_map(args.output.height, args.output.width, args.output.channels, gap);
    size_t elements = (size_t)decem_winograd_scratch_elements(&args);
    float *scratch = malloc(elements * sizeof *scratch);
    args.output = output.map;
    int32_t tiles = decem_winograd_tiles(&args);
    for (int32_t t = 0; t < tiles; t++) {
        for (size_t i = 0; i < elements; i++) memcpy(&scratch[i], &CANARY, sizeof CANARY);
        decem_f32_winograd__simd(&args, backwards ? tiles - 1 - t : t, scratch);
    }
    free(scratch);
    return output;
}

static void check_same(decem_winograd_args args, int32_t gap, const guarded_map *first) {
    guarded_map again = run(args, gap, true);
    CHECK(memcmp(again.memory, first->memory, first->count * sizeof(float)) == 0);
    free_map(&again);
}

static void check_tilings(const decem_winograd_args *args, int32_t gap, const guarded_map *first) {
    static const int32_t batches[] = {DECEM_WINOGRAD_FEW, 8, DECEM_WINOGRAD_BATCH_MAX};
    for (int32_t i = 0; i < COUNT(batches); i++)
        for (int32_t panels = 1; panels <= 2; panels++) {
            decem_winograd_args cut = *args;
            cut.batch = batches[i];
            cut.tile_panels = panels;
            check_same(cut, gap, first);
        }
    for (int32_t threads = 1; threads <= 16; threads *= 4) {
        decem_winograd_args cut = *args;
        decem_winograd_choose_tiles(&cut, threads);
        CHECK(cut.batch >= 1 && cut.batch <= DECEM_WINOGRAD_BATCH_MAX && cut.tile_panels >= 1);
        check_same(cut, gap, first);
    }
}

/* Packs a channel's weights; every other one is halved afterwards, and in the original: exact. */
static float *pack(const decem_conv_shape *shape, const float *weights) {
    float *packed = malloc((size_t)decem_winograd_weight_elements(shape) * sizeof *packed);
    for (int32_t n = 0; n < shape->out_channels; n++) {
        decem_winograd_pack_row(shape, n, weights + n * decem_conv_depth(shape), packed);
        if (n % 2 == 1) decem_winograd_scale_row(shape, n, 0.5f, packed);
    }
    return packed;
}

/* The 2x2 maxima of a map; a last odd row or column is left out. */
static guarded_map pooled(guarded_map *of) {
    guarded_map made = make_map(of->map.height / 2, of->map.width / 2, of->map.channels, 0);
    for (int32_t y = 0; y < made.map.height; y++)
        for (int32_t x = 0; x < made.map.width; x++)
            for (int32_t n = 0; n < made.map.channels; n++)
                *map_at(&made.map, y, x, n) = fmaxf(fmaxf(*map_at(&of->map, 2 * y, 2 * x, n), *map_at(&of->map, 2 * y, 2 * x + 1, n)),
                                                    fmaxf(*map_at(&of->map, 2 * y + 1, 2 * x, n), *map_at(&of->map, 2 * y + 1, 2 * x + 1, n)));
    free_map(of);
    return made;
}

static void check_case(const winograd_case *c) {
    int32_t taps = c->kernel * c->kernel, spare_rows = c->height + c->around.top + c->around.bottom - c->kernel;
    int32_t spare_columns = c->width + c->around.left + c->around.right - c->kernel;
    int32_t height = spare_rows / c->stride + 1, width = spare_columns / c->stride + 1;
    if (spare_rows < 0 || spare_columns < 0 || height < 1 + c->pool || width < 1 + c->pool) return;
    char name[160];
    snprintf(name, sizeof name, "%dx%d of stride %d in blocks of %d, %d to %d channels, image %dx%d padded %d %d %d %d, gap %d, pool %d, tail %d", (int)c->kernel, (int)c->kernel, (int)c->stride, (int)c->side, (int)c->in, (int)c->out, (int)c->height,
             (int)c->width, (int)c->around.top, (int)c->around.left, (int)c->around.bottom, (int)c->around.right, (int)c->gap, c->pool, (int)c->tail);
    check_in(name);
    uint32_t values = seed++ * 7919u, same_values = values;
    guarded_map padded = make_input(c->height, c->width, c->in, 0, c->around, &values), input = make_input(c->height, c->width, c->in, c->gap, (border){0, 0, 0, 0}, &same_values);
    guarded_map addend = make_input(height, width, c->out, 2 * c->gap, (border){0, 0, 0, 0}, &seed);
    guarded_map wanted = make_map(height, width, c->out, 0), bound = make_map(height, width, c->out, 0);
    float *weights = make_values((size_t)(c->out * c->in * taps), &seed), *bias = make_values((size_t)c->out, &seed);
    decem_conv_shape shape = {c->in, c->out, 1, 1, c->kernel, c->kernel, c->stride};
    float *packed = pack(&shape, weights);
    for (int32_t n = 1; n < c->out; n += 2)
        for (int32_t k = 0; k < c->in * taps; k++) weights[n * c->in * taps + k] *= 0.5f;

    define_conv(&shape, padded.map, weights, bias, c->tail, c->before, &addend.map, c->after, &wanted.map);
    define_winograd_bound(&padded.map, weights, c->in * taps, c->tail, &bound.map);
    if (c->pool) wanted = pooled(&wanted);
    decem_winograd_args args = {.kernel = c->kernel, .stride = c->stride, .side = c->side, .input = input.map, .padding_top = c->around.top, .padding_left = c->around.left, .pool = c->pool, .output = wanted.map, .weights = packed,
                                .bias = bias, .finish = finish_of(c->tail, c->before, &addend.map, c->after)};
    decem_winograd_choose_tiles(&args, 1);
    guarded_map output = run(args, c->gap, false);
    CHECK(agrees(&output.map, &wanted.map, &bound.map));
    CHECK(is_untouched_around(&output));
    check_tilings(&args, c->gap, &output);

    free(weights);
    free(bias);
    free(packed);
    free_map(&padded);
    free_map(&input);
    free_map(&addend);
    free_map(&wanted);
    free_map(&bound);
    free_map(&output);
}

/* All kernels, with padding as wide as they are, in blocks of all sizes, with pixels side by side and with a gap between them. */
static void check_all(winograd_case c) {
    static const int32_t kinds[][3] = {{3, 1, 6}, {3, 1, 8}, {5, 1, 8}, {3, 2, 4}, {3, 2, 8}, {7, 2, 8}};
    border around = c.around;
    for (int32_t k = 0; k < COUNT(kinds); k++) {
        c.kernel = kinds[k][0];
        c.stride = kinds[k][1];
        c.side = kinds[k][2];
        if (c.stride == 1 ? c.in % 4 != 0 : c.pool) continue;
        int32_t times = c.kernel / 2;
        c.around = (border){times * around.top, times * around.left, times * around.bottom, times * around.right};
        for (c.gap = 0; c.gap <= 4; c.gap += 4) check_case(&c);
    }
}

static const border one = {1, 1, 1, 1};

static void test_channels(void) {
    static const int32_t ins[] = {1, 2, 3, 4, 5, 8, 12, 60}, outs[] = {8, 16, 72};
    for (int32_t i = 0; i < COUNT(ins); i++)
        for (int32_t o = 0; o < COUNT(outs); o++) check_all((winograd_case){.in = ins[i], .out = outs[o], .height = 5, .width = 6, .around = one, .before = relu});
}

/* One less, as many and one more than a block's side, and images of several batches of blocks; with and without a pool. */
static void test_sizes(void) {
    static const int32_t sizes[][2] = {{1, 1}, {2, 2}, {3, 3}, {4, 4}, {5, 5}, {6, 6}, {7, 7}, {8, 8}, {7, 8}, {10, 12}, {14, 14}, {5, 9}, {13, 2}, {1, 11}, {33, 31}};
    for (int32_t s = 0; s < COUNT(sizes); s++) {
        check_all((winograd_case){.in = 4, .out = 8, .height = sizes[s][0], .width = sizes[s][1], .around = one});
        check_all((winograd_case){.in = 3, .out = 8, .height = sizes[s][0], .width = sizes[s][1], .around = one});
        check_all((winograd_case){.in = 4, .out = 8, .height = sizes[s][0], .width = sizes[s][1]});
        check_all((winograd_case){.in = 4, .out = 8, .height = sizes[s][0], .width = sizes[s][1], .around = one, .pool = true});
    }
}

/* As many channels as are transformed at once, fewer, more, and several times that; with few blocks and with more than a batch. Outputs are
 * several groups of panels but where the channels are most, since the reference takes its time. */
static void test_depths(void) {
    static const int32_t sizes[][2] = {{7, 7}, {14, 14}, {33, 31}}, ins[] = {132, 256, 260, 516};
    for (int32_t s = 0; s < COUNT(sizes); s++)
        for (int32_t i = 0; i < COUNT(ins); i++)
            check_all((winograd_case){.in = ins[i], .out = ins[i] > 260 ? 8 : 40, .height = sizes[s][0], .width = sizes[s][1], .around = one, .before = relu});
}

/* Each side padded or not, and as far as a window may reach. */
static void test_padding_corners(void) {
    for (int32_t corner = 0; corner < 16; corner++)
        for (int32_t in = 3; in <= 4; in++)
            for (int32_t pad = 1; pad <= 2; pad++)
                check_all((winograd_case){.in = in, .out = 8, .height = 7, .width = 6,
                                          .around = {pad * (corner & 1), pad * (corner >> 1 & 1), pad * (corner >> 2 & 1), pad * (corner >> 3)}});
}

static void test_tails(void) {
    const decem_clamp clamps[] = {unbounded, relu, narrow};
    for (int32_t b = 0; b < COUNT(clamps); b++) {
        check_all((winograd_case){.in = 8, .out = 16, .height = 6, .width = 5, .around = one, .before = clamps[b]});
        check_all((winograd_case){.in = 8, .out = 16, .height = 6, .width = 9, .around = one, .pool = true, .before = clamps[b]});
        for (int32_t a = 0; a < COUNT(clamps); a++)
            check_all((winograd_case){.in = 8, .out = 16, .height = 6, .width = 5, .around = one, .tail = ADDED, .before = clamps[b], .after = clamps[a]});
    }
}

int main(void) {
    test_channels();
    test_sizes();
    test_depths();
    test_padding_corners();
    test_tails();
    return check_report();
}

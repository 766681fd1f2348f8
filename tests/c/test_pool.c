/* Pools against their reference: maxima to the bit, averages within their tolerance; windows that end outside the image,
 * and adaptive ones that overlap. */
#include "kernels/pool/pool.h"

#include "maps.h"

#define COUNT(array) (int32_t)(sizeof(array) / sizeof *(array))

static uint32_t seed = 5;

typedef struct pool_case {
    decem_pool_kind kind;
    int32_t channels, height, width;
    int32_t window_height, window_width, stride, padding_top, padding_left;
    int32_t out_height, out_width;
    decem_clamp clamp;
    int32_t gap;
    float offset; /* added to every value: far below zero, a pad that counts as zero would win */
} pool_case;

/* Rows of the output, first to last for the reference and last to first for the kernel. */
static void run(decem_pool_args args, decem_map output, bool reference) {
    args.output = output;
    for (int32_t y = 0; y < output.height; y++) {
        if (reference) decem_f32_pool__ref(&args, y);
        else decem_f32_pool__simd(&args, output.height - 1 - y);
    }
}

static void check_case(pool_case c) {
    char name[160];
    snprintf(name, sizeof name, "kind %d, %d channels, image %dx%d to %dx%d, window %dx%d/%d, padding %d %d, gap %d, offset %g", (int)c.kind, (int)c.channels,
             (int)c.height, (int)c.width, (int)c.out_height, (int)c.out_width, (int)c.window_height, (int)c.window_width, (int)c.stride, (int)c.padding_top,
             (int)c.padding_left, (int)c.gap, (double)c.offset);
    check_in(name);
    guarded_map input = make_input(c.height, c.width, c.channels, c.gap, (border){0, 0, 0, 0}, &seed);
    for (int32_t y = 0; y < c.height; y++)
        for (int32_t x = 0; x < c.width; x++)
            for (int32_t n = 0; n < c.channels; n++) *map_at(&input.map, y, x, n) += c.offset;
    guarded_map absolute = make_magnitudes(&input), output = make_map(c.out_height, c.out_width, c.channels, c.gap);
    guarded_map wanted = make_map(c.out_height, c.out_width, c.channels, 0), bound = make_map(c.out_height, c.out_width, c.channels, 0);

    decem_pool_args args = {.kind = c.kind, .input = input.map, .window_height = c.window_height, .window_width = c.window_width, .stride = c.stride,
                            .padding_top = c.padding_top, .padding_left = c.padding_left, .clamp = c.clamp};
    run(args, output.map, false);
    run(args, wanted.map, true);
    args.input = absolute.map;
    args.clamp = unbounded;
    run(args, bound.map, true);
    int32_t area = c.kind == DECEM_POOL_ADAPTIVE ? c.height * c.width : c.window_height * c.window_width;
    for (int32_t y = 0; y < c.out_height; y++)
        for (int32_t x = 0; x < c.out_width; x++)
            for (int32_t n = 0; n < c.channels; n++) *map_at(&bound.map, y, x, n) *= (float)area * 0x1p-23f;
    CHECK(agrees(&output.map, &wanted.map, c.kind == DECEM_POOL_MAX ? NULL : &bound.map));
    CHECK(is_untouched_around(&output));
    free_map(&input);
    free_map(&absolute);
    free_map(&output);
    free_map(&wanted);
    free_map(&bound);
}

static const int32_t channel_edges[] = {1, 2, 3, 4, 5, 7, 8, 9, 58};
static const int32_t sizes[][2] = {{1, 1}, {2, 3}, {7, 7}, {14, 14}, {5, 9}, {13, 4}};

/* Floor and ceil: the last window may end outside the image, but begins inside it or its padding. */
static int32_t places(int32_t size, int32_t pad, int32_t window, int32_t stride, int32_t ceil_mode) {
    int32_t count = (size + 2 * pad - window + (ceil_mode ? stride - 1 : 0)) / stride + 1;
    return (count - 1) * stride >= size + pad ? count - 1 : count;
}

static void test_windows(decem_pool_kind kind) {
    static const struct { int32_t window, stride, pad; } windows[] = {{1, 1, 0}, {2, 2, 0}, {2, 1, 1}, {3, 1, 1}, {3, 2, 1}, {3, 2, 0}, {5, 3, 0}, {5, 2, 2}, {7, 7, 0}};
    for (int32_t w = 0; w < COUNT(windows); w++)
        for (int32_t s = 0; s < COUNT(sizes); s++)
            for (int32_t ceil_mode = 0; ceil_mode <= 1; ceil_mode++) {
                int32_t window = windows[w].window, stride = windows[w].stride, pad = windows[w].pad, height = sizes[s][0], width = sizes[s][1];
                if (height + 2 * pad < window || width + 2 * pad < window) continue;
                pool_case c = {.kind = kind, .channels = 3, .height = height, .width = width, .window_height = window, .window_width = window, .stride = stride,
                               .padding_top = pad, .padding_left = pad, .out_height = places(height, pad, window, stride, ceil_mode),
                               .out_width = places(width, pad, window, stride, ceil_mode), .clamp = unbounded};
                check_case(c);
                c.channels = 9;
                c.offset = -10.0f;
                check_case(c);
            }
}

static void test_channels(decem_pool_kind kind) {
    const decem_clamp clamps[] = {unbounded, relu, narrow};
    for (int32_t i = 0; i < COUNT(channel_edges); i++)
        for (int32_t k = 0; k < COUNT(clamps); k++)
            for (int32_t gap = 0; gap <= 5; gap += 5) {
                pool_case c = {.kind = kind, .channels = channel_edges[i], .height = 7, .width = 5, .window_height = 3, .window_width = 3, .stride = 2, .padding_top = 1,
                               .padding_left = 1, .out_height = 4, .out_width = 3, .clamp = clamps[k], .gap = gap};
                check_case(c);
            }
}

static void test_padding_corners_and_odd_windows(decem_pool_kind kind) {
    for (int32_t corner = 0; corner < 16; corner++) {
        int32_t top = corner & 1, left = corner >> 1 & 1, bottom = corner >> 2 & 1, right = corner >> 3;
        check_case((pool_case){.kind = kind, .channels = 8, .height = 5, .width = 6, .window_height = 3, .window_width = 2, .stride = 1, .padding_top = top,
                               .padding_left = left, .out_height = 3 + top + bottom, .out_width = 5 + left + right, .clamp = unbounded, .gap = 2});
    }
}

static void test_adaptive(void) {
    static const int32_t outs[][2] = {{1, 1}, {4, 4}, {7, 7}, {3, 2}, {1, 5}};
    for (int32_t s = 0; s < COUNT(sizes); s++)
        for (int32_t o = 0; o < COUNT(outs); o++)
            for (int32_t gap = 0; gap <= 3; gap += 3) {
                pool_case c = {.kind = DECEM_POOL_ADAPTIVE, .channels = 9, .height = sizes[s][0], .width = sizes[s][1], .out_height = outs[o][0], .out_width = outs[o][1],
                               .clamp = relu, .gap = gap};
                check_case(c);
            }
}

/* Where windows lie, from PyTorch's documentation of its pools. */
static void test_ranges(void) {
    static const struct { decem_pool_kind kind; int32_t index, in, out, window, stride, pad, first, end; } rows[] = {
        {DECEM_POOL_MAX, 0, 7, 4, 3, 2, 1, 0, 2},      {DECEM_POOL_MAX, 1, 7, 4, 3, 2, 1, 1, 4},      {DECEM_POOL_MAX, 3, 7, 4, 3, 2, 1, 5, 7},
        {DECEM_POOL_AVERAGE, 0, 14, 7, 2, 2, 0, 0, 2}, {DECEM_POOL_MAX, 3, 8, 4, 3, 2, 0, 6, 8},      {DECEM_POOL_ADAPTIVE, 0, 7, 4, 0, 0, 0, 0, 2},
        {DECEM_POOL_ADAPTIVE, 1, 7, 4, 0, 0, 0, 1, 4}, {DECEM_POOL_ADAPTIVE, 3, 7, 4, 0, 0, 0, 5, 7}, {DECEM_POOL_ADAPTIVE, 0, 1, 4, 0, 0, 0, 0, 1},
        {DECEM_POOL_ADAPTIVE, 3, 1, 4, 0, 0, 0, 0, 1}, {DECEM_POOL_ADAPTIVE, 2, 14, 7, 0, 0, 0, 4, 6},
    };
    check_in("ranges");
    for (int32_t i = 0; i < COUNT(rows); i++) {
        int32_t first, end;
        decem_pool_range(rows[i].kind, rows[i].index, rows[i].in, rows[i].out, rows[i].window, rows[i].stride, rows[i].pad, &first, &end);
        CHECK_EQUAL(first, rows[i].first);
        CHECK_EQUAL(end, rows[i].end);
    }
}

/* The reference itself, by hand: 1 2 / 3 6 under a window of 2, padded by 1 at the top left. */
static void test_the_definition(void) {
    check_in("by hand");
    guarded_map input = make_input(2, 2, 1, 0, (border){0, 0, 0, 0}, &seed), output = make_map(2, 2, 1, 0);
    input.map.at[0] = 1, input.map.at[1] = 2, input.map.at[2] = 3, input.map.at[3] = 6;
    decem_pool_args args = {.kind = DECEM_POOL_AVERAGE, .input = input.map, .window_height = 2, .window_width = 2, .stride = 1, .padding_top = 1, .padding_left = 1};
    run(args, output.map, true);
    const float averages[] = {0.25f, 0.75f, 1.0f, 3.0f}, maxima[] = {1, 2, 3, 6};
    for (int32_t i = 0; i < 4; i++) CHECK(same_bits(output.map.at[i], averages[i]));
    args.kind = DECEM_POOL_MAX;
    run(args, output.map, true);
    for (int32_t i = 0; i < 4; i++) CHECK(same_bits(output.map.at[i], maxima[i]));
    args.kind = DECEM_POOL_ADAPTIVE;
    guarded_map one = make_map(1, 1, 1, 0);
    run(args, one.map, true);
    CHECK(same_bits(one.map.at[0], 3.0f));
    free_map(&input);
    free_map(&output);
    free_map(&one);
}

int main(void) {
    test_the_definition();
    test_ranges();
    for (decem_pool_kind kind = DECEM_POOL_MAX; kind <= DECEM_POOL_AVERAGE; kind++) {
        test_windows(kind);
        test_channels(kind);
        test_padding_corners_and_odd_windows(kind);
    }
    test_adaptive();
    return check_report();
}

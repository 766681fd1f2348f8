#include "base/weave.h"
#include "kernels/conv/conv.h"
#include "kernels/conv/gemm.h"

enum {
    CACHE_ELEMENTS = 8 * 1024, /* of input that a tile may touch: its rows stay near while all panels pass */
    ROWS_LEAST = 64            /* a tile reads all weights: fewer rows would not be worth that */
};

/* Rows (pixels) of a tile: where each one's window, output and addend begin, as decem_gemm_rows wants them; and sums
 * that have to be put in their places afterwards. */
enum { ROWS = DECEM_CONV_TILE_ROWS + DECEM_GEMM_ROWS_PAST };
typedef struct tile_rows {
    const float *input[ROWS];
    float *output[ROWS];
    const float *addend[ROWS];
    float *sums[ROWS];
    int32_t count;
} tile_rows;

static void find_rows(const decem_conv_args *args, int32_t first, tile_rows *rows) {
    const decem_map *in = &args->input, *out = &args->output;
    const decem_conv_finish *finish = &args->finish;
    int32_t pixels = out->height * out->width, count = pixels - first;
    if (count > args->tile_rows) count = args->tile_rows;
    for (int32_t i = 0, y = first / out->width, x = first % out->width; i < count; y++, x = 0) {
        const float *input = in->at + y * args->stride * in->row_stride + x * args->stride * in->pixel_stride;
        float *output = out->at + y * out->row_stride + x * out->pixel_stride;
        int32_t end = count - i < out->width - x ? count : i + out->width - x;
        if (finish->addend != NULL) {
            const float *addend = finish->addend + y * finish->addend_row_stride + x * finish->addend_pixel_stride;
            for (int32_t k = i; k < end; k++, addend += finish->addend_pixel_stride) rows->addend[k] = addend;
        }
        for (; i < end; i++, input += args->stride * in->pixel_stride, output += out->pixel_stride) {
            rows->input[i] = input;
            rows->output[i] = output;
        }
    }
    rows->count = count;
    for (int32_t i = count; i < count + DECEM_GEMM_ROWS_PAST; i++) {
        rows->input[i] = rows->input[count - 1];
        rows->output[i] = rows->output[count - 1];
        rows->addend[i] = rows->addend[count - 1];
    }
}

static void find_sums(tile_rows *rows, float (*sums)[DECEM_CONV_COLUMNS]) {
    for (int32_t i = 0; i < rows->count + DECEM_GEMM_ROWS_PAST; i++) rows->sums[i] = sums[i < rows->count ? i : rows->count - 1];
}

/* Channel 2n is the addend's n, 2n + 1 the sums' n. */
DECEM_NOINLINE static void interleave_rows(const tile_rows *rows, const decem_conv_panel *panel) {
    for (int32_t i = 0; i < rows->count; i++)
        decem_weave_2(rows->addend[i] + panel->output_offset, rows->sums[i], panel->columns, rows->output[i] + 2 * panel->output_offset);
}

/* The sums of panels of as many blocks, `apart` elements from each other. */
DECEM_NOINLINE static void weave_rows(const tile_rows *rows, const decem_conv_panel *panel, int32_t blocks, ptrdiff_t apart) {
    for (int32_t i = 0; i < rows->count; i++) {
        const float *sums = rows->sums[i];
        float *output = rows->output[i] + panel->output_offset;
        if (blocks == 2) decem_weave_2(sums, sums + apart, panel->columns, output);
        else decem_weave_3(sums, sums + apart, sums + 2 * apart, panel->columns, output);
    }
}

/* Channels `step` apart. */
DECEM_NOINLINE static void scatter_rows(const tile_rows *rows, const decem_conv_panel *panel, ptrdiff_t step) {
    for (int32_t i = 0; i < rows->count; i++)
        for (int32_t j = 0; j < panel->columns; j++) rows->output[i][panel->output_offset + j * step] = rows->sums[i][j];
}

/* Side by side, for panels of fewer columns than the kernels write, and sums that are activated before the addition. */
DECEM_NOINLINE static void store_rows(const tile_rows *rows, const decem_conv_panel *panel, const decem_conv_finish *finish) {
    for (int32_t i = 0; i < rows->count; i++) {
        const float *sums = rows->sums[i], *addend = finish->addend == NULL ? NULL : rows->addend[i] + panel->output_offset;
        float *output = rows->output[i] + panel->output_offset;
        int32_t j = 0;
        for (; j + 4 <= panel->columns; j += 4) {
            decem_f32x4 value = decem_f32x4_load(sums + j);
            if (addend != NULL) value = decem_clamp_f32x4(decem_f32x4_add(value, decem_f32x4_load(addend + j)), finish->after);
            decem_f32x4_store(output + j, value);
        }
        for (; j < panel->columns; j++) output[j] = addend == NULL ? sums[j] : decem_clamp_f32(sums[j] + addend[j], finish->after);
    }
}

void decem_f32_conv__simd(const decem_conv_args *args, int32_t tile) {
    int32_t panel_tiles = decem_divide_up(args->panel_count, args->tile_panels);
    int32_t first_panel = tile % panel_tiles * args->tile_panels, panel_end = first_panel + args->tile_panels;
    if (panel_end > args->panel_count) panel_end = args->panel_count;
    tile_rows rows;
    find_rows(args, tile / panel_tiles * args->tile_rows, &rows);

    ptrdiff_t panel_weights = (ptrdiff_t)args->segment_count * args->segment_length * DECEM_CONV_COLUMNS;
    const decem_conv_finish *finish = &args->finish;
    int adds = finish->addend != NULL && !finish->interleave && finish->before.bounds == 0; /* in the micro-kernel */
    int in_place = (finish->addend == NULL || adds) && args->output_step == 1;
    int32_t woven = decem_conv_woven(args), apart = rows.count * DECEM_CONV_COLUMNS;
    float sums[DECEM_CONV_TILE_ROWS][DECEM_CONV_COLUMNS];
    find_sums(&rows, sums);
    for (int32_t p = first_panel; p < panel_end; p++) {
        const decem_conv_panel *panel = &args->panels[p];
        const float *weights = args->weights + p * panel_weights, *next = weights + panel_weights;
        decem_gemm_ahead ahead = {next, p + 1 < panel_end ? next + panel_weights : next};
        decem_gemm_panel product = {panel->input_offset, 0, args->segments, args->segment_count, args->segment_length,
                                    weights, args->bias + p * DECEM_CONV_COLUMNS, finish->before, &ahead};
        if (in_place && panel->columns % 4 == 0) {
            product.output_offset = panel->output_offset;
            if (adds) product.clamp = finish->after;
            decem_f32_gemm(&(decem_gemm_rows){rows.input, adds ? rows.addend : NULL, rows.output, rows.count}, &product, panel->columns);
            continue;
        }
        product.output_offset = p % woven * apart;
        decem_f32_gemm(&(decem_gemm_rows){rows.input, NULL, rows.sums, rows.count}, &product, panel->columns);
        if (woven > 1) {
            if (p % woven == woven - 1) weave_rows(&rows, panel - p % woven, woven, apart);
        } else if (finish->interleave) interleave_rows(&rows, panel);
        else if (args->output_step > 1) scatter_rows(&rows, panel, args->output_step);
        else store_rows(&rows, panel, finish);
    }
}

static int32_t row_tiles(const decem_conv_args *args) {
    return decem_divide_up(args->output.height * args->output.width, args->tile_rows);
}

void decem_conv_choose_tiles(decem_conv_args *args, const decem_conv_shape *shape, int32_t threads) {
    int32_t pixels = args->output.height * args->output.width, most = CACHE_ELEMENTS / (shape->in_channels * shape->stride * shape->stride);
    if (most < ROWS_LEAST) most = ROWS_LEAST;
    int32_t woven = decem_conv_woven(args), woven_most = DECEM_CONV_TILE_ROWS / woven / DECEM_CONV_ROWS * DECEM_CONV_ROWS;
    if (most > woven_most) most = woven_most;
    int32_t even = decem_divide_up(pixels, decem_divide_up(pixels, most));
    args->tile_rows = decem_divide_up(even, DECEM_CONV_ROWS) * DECEM_CONV_ROWS;
    args->tile_panels = decem_divide_up(args->panel_count / woven, decem_divide_up(decem_tiles_wanted(threads), row_tiles(args))) * woven;
}

int32_t decem_conv_tiles(const decem_conv_args *args) {
    return row_tiles(args) * decem_divide_up(args->panel_count, args->tile_panels);
}

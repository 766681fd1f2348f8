#include "kernels/conv/conv.h"
#include "kernels/conv/gemm.h"

/* Rows (pixels) of a tile: where each one's window, output and addend begin. The last is repeated up to a
 * multiple of 4, so that the micro-kernel never needs to know: it computes the same values again. */
typedef struct tile_rows {
    const float *input[DECEM_CONV_TILE_ROWS];
    float *output[DECEM_CONV_TILE_ROWS];
    const float *addend[DECEM_CONV_TILE_ROWS];
    int32_t count;
} tile_rows;

static void find_rows(const decem_conv_args *args, int32_t first, tile_rows *rows) {
    const decem_map *in = &args->input, *out = &args->output;
    int32_t pixels = out->height * out->width, count = pixels - first;
    if (count > args->tile_rows) count = args->tile_rows;
    int32_t y = first / out->width, x = first % out->width;
    for (int32_t i = 0; i < count; i++) {
        rows->input[i] = in->at + y * args->stride * in->row_stride + x * args->stride * in->pixel_stride;
        rows->output[i] = out->at + y * out->row_stride + x * out->pixel_stride;
        if (args->finish.addend != NULL)
            rows->addend[i] = args->finish.addend + y * args->finish.addend_row_stride + x * args->finish.addend_pixel_stride;
        if (++x == out->width) x = 0, y++;
    }
    rows->count = count;
    for (int32_t i = count; i % DECEM_CONV_ROWS != 0; i++) {
        rows->input[i] = rows->input[count - 1];
        rows->output[i] = rows->output[count - 1];
        rows->addend[i] = rows->addend[count - 1];
    }
}

/* Finishes up to 8 sums of one pixel: adds or interleaves, clamps, and stores with any step. */
static void finish_row(const decem_conv_args *args, const decem_conv_panel *panel, const float *sums, float *output, const float *addend) {
    const decem_conv_finish *finish = &args->finish;
    int32_t columns = panel->columns, step = args->output_step;
    if (finish->interleave) {
        addend += panel->output_offset;
        output += 2 * panel->output_offset;
        if (columns == 8) {
            decem_f32x4 a0 = decem_f32x4_load(addend), a1 = decem_f32x4_load(addend + 4);
            decem_f32x4 s0 = decem_f32x4_load(sums), s1 = decem_f32x4_load(sums + 4);
            decem_f32x4_store(output, decem_f32x4_zip_low(a0, s0));
            decem_f32x4_store(output + 4, decem_f32x4_zip_high(a0, s0));
            decem_f32x4_store(output + 8, decem_f32x4_zip_low(a1, s1));
            decem_f32x4_store(output + 12, decem_f32x4_zip_high(a1, s1));
            return;
        }
        for (int32_t j = 0; j < columns; j++) {
            output[2 * j] = addend[j];
            output[2 * j + 1] = sums[j];
        }
        return;
    }
    output += panel->output_offset;
    int32_t j = 0;
    if (addend != NULL) {
        addend += panel->output_offset;
        for (; j + 4 <= columns; j += 4)
            decem_f32x4_store(output + j, decem_clamp_f32x4(decem_f32x4_add(decem_f32x4_load(sums + j), decem_f32x4_load(addend + j)), finish->after));
        for (; j < columns; j++) output[j] = decem_clamp_f32(sums[j] + addend[j], finish->after);
        return;
    }
    if (step == 1)
        for (; j + 4 <= columns; j += 4) decem_f32x4_store(output + j, decem_f32x4_load(sums + j));
    for (; j < columns; j++) output[j * step] = sums[j];
}

void decem_f32_conv_4x8__simd(const decem_conv_args *args, int32_t tile) {
    int32_t panel_tiles = decem_divide_up(args->panel_count, args->tile_panels);
    int32_t first_panel = tile % panel_tiles * args->tile_panels, panel_end = first_panel + args->tile_panels;
    if (panel_end > args->panel_count) panel_end = args->panel_count;
    tile_rows rows;
    find_rows(args, tile / panel_tiles * args->tile_rows, &rows);

    ptrdiff_t panel_weights = (ptrdiff_t)args->segment_count * args->segment_length * DECEM_CONV_COLUMNS;
    const decem_conv_finish *finish = &args->finish;
    int adds = finish->addend != NULL && !finish->interleave && !finish->before.active; /* in the micro-kernel */
    int plain = (finish->addend == NULL || adds) && args->output_step == 1;
    float sums[DECEM_CONV_ROWS][DECEM_CONV_COLUMNS];
    float *const sum_rows[DECEM_CONV_ROWS] = {sums[0], sums[1], sums[2], sums[3]};
    for (int32_t p = first_panel; p < panel_end; p++) {
        const decem_conv_panel *panel = &args->panels[p];
        const float *weights = args->weights + p * panel_weights, *bias = args->bias + p * DECEM_CONV_COLUMNS;
        if (plain && panel->columns == DECEM_CONV_COLUMNS) {
            decem_gemm_rows all = {rows.input, adds ? rows.addend : NULL, rows.output, rows.count};
            decem_f32_gemm_4x8__simd(&all, panel->input_offset, panel->output_offset, args->segments, args->segment_count,
                                     args->segment_length, weights, bias, adds ? finish->after : finish->before);
            continue;
        }
        for (int32_t i = 0; i < rows.count; i += DECEM_CONV_ROWS) {
            decem_gemm_rows four = {rows.input + i, NULL, sum_rows, DECEM_CONV_ROWS};
            decem_f32_gemm_4x8__simd(&four, panel->input_offset, 0, args->segments, args->segment_count, args->segment_length, weights,
                                     bias, finish->before);
            for (int32_t r = 0; r < DECEM_CONV_ROWS; r++)
                finish_row(args, panel, sums[r], rows.output[i + r], finish->addend == NULL ? NULL : rows.addend[i + r]);
        }
    }
}

enum { CACHE_ELEMENTS = 32 * 1024 /* of input that a tile may touch: 128 KiB, a part of any second-level cache */ };

static int32_t row_tiles(const decem_conv_args *args) {
    return decem_divide_up(args->output.height * args->output.width, args->tile_rows);
}

void decem_conv_choose_tiles(decem_conv_args *args, const decem_conv_shape *shape, int32_t threads) {
    int32_t rows = CACHE_ELEMENTS / (shape->in_channels * shape->stride * shape->stride) / DECEM_CONV_ROWS * DECEM_CONV_ROWS;
    if (rows < 32) rows = 32;
    if (rows > DECEM_CONV_TILE_ROWS) rows = DECEM_CONV_TILE_ROWS;
    args->tile_rows = rows;
    args->tile_panels = decem_divide_up(args->panel_count, decem_divide_up(decem_tiles_wanted(threads), row_tiles(args)));
}

int32_t decem_conv_tiles(const decem_conv_args *args) {
    return row_tiles(args) * decem_divide_up(args->panel_count, args->tile_panels);
}

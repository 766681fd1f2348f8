/* The transforms of narrow blocks, those at the edge of which half is outside the image. Seldom: written, and compiled, to be small. */
#include "kernels/winograd/winograd_lines.h"

/* Of a narrow block, those points that it has. */
void decem_winograd_transform_narrow_input(const float *in, ptrdiff_t row_stride, ptrdiff_t pixel_stride, int32_t channels, int32_t narrow, float *v,
                                           ptrdiff_t point_stride) {
    int32_t width = narrow & DECEM_WINOGRAD_NARROW_X ? SIDE - 2 : SIDE;
    for (int32_t c = 0; c < channels; c += 4) {
        decem_f32x4 d[SIDE][SIDE]; /* [row][column] */
        for (int32_t x = 0; x < width; x++) {
            decem_f32x4 column[SIDE];
            for (int32_t y = 0; y < SIDE; y++) column[y] = decem_f32x4_load(in + y * row_stride + x * pixel_stride + c);
            if (narrow & DECEM_WINOGRAD_NARROW_Y) narrow_input_line(column);
            else input_line(column);
            for (int32_t y = 0; y < SIDE; y++) d[y][x] = column[y];
        }
        for (int32_t y = 0; y < SIDE; y++) {
            if ((narrow & decem_winograd_narrow_without(y * SIDE)) != 0) continue;
            if (narrow & DECEM_WINOGRAD_NARROW_X) narrow_input_line(d[y]);
            else input_line(d[y]);
            for (int32_t x = 0; x < SIDE; x++)
                if ((narrow & decem_winograd_narrow_without(x)) == 0) decem_f32x4_store(v + (y * SIDE + x) * point_stride + c, d[y][x]);
        }
    }
}

void decem_winograd_transform_narrow_output(const float *m, ptrdiff_t point_stride, int32_t channels, const float *bias, const decem_winograd_target *target) {
    int32_t height = target->narrow & DECEM_WINOGRAD_NARROW_Y ? 2 : 4, width = target->narrow & DECEM_WINOGRAD_NARROW_X ? 2 : 4;
    for (int32_t c = 0; c < channels; c += 4) {
        decem_f32x4 half[BLOCK_MOST][SIDE], out[BLOCK_MOST][BLOCK_MOST], b = decem_f32x4_load(bias + c);
        for (int32_t x = 0; x < SIDE; x++) {
            if ((target->narrow & decem_winograd_narrow_without(x)) != 0) continue;
            decem_f32x4 column[SIDE], few[BLOCK_MOST];
            for (int32_t y = 0; y < SIDE; y++)
                if ((target->narrow & decem_winograd_narrow_without(y * SIDE)) == 0) column[y] = decem_f32x4_load(m + (y * SIDE + x) * point_stride + c);
            if (height == 2) narrow_output_line(column, few);
            else output_line(column, 4, few);
            for (int32_t y = 0; y < height; y++) half[y][x] = few[y];
        }
        for (int32_t y = 0; y < height; y++) {
            if (width == 2) narrow_output_line(half[y], out[y]);
            else output_line(half[y], 4, out[y]);
            for (int32_t x = 0; x < width; x++) out[y][x] = decem_clamp_f32x4(ADD(out[y][x], b), target->before);
        }
        store_block(out, target, c);
    }
}

#include "kernels/pool/pool.h"

/* One output pixel from the pixels [y0, y1) x [x0, x1) of the input: `corner` is the first. */
DECEM_NOINLINE static void max_pixel(const float *corner, ptrdiff_t row, ptrdiff_t pixel, int32_t height, int32_t width, int32_t channels,
                                     float *out) {
    int32_t c = 0;
    for (; c + 4 <= channels; c += 4) {
        decem_f32x4 most = decem_f32x4_load(corner + c);
        for (int32_t y = 0; y < height; y++)
            for (int32_t x = 0; x < width; x++) most = decem_f32x4_max(most, decem_f32x4_load(corner + y * row + x * pixel + c));
        decem_f32x4_store(out + c, most);
    }
    for (; c < channels; c++) {
        float most = corner[c];
        for (int32_t y = 0; y < height; y++)
            for (int32_t x = 0; x < width; x++) most = most < corner[y * row + x * pixel + c] ? corner[y * row + x * pixel + c] : most;
        out[c] = most;
    }
}

/* The common whole 3x3 window. */
DECEM_NOINLINE static void max_pixel_3x3(const float *r0, ptrdiff_t row, ptrdiff_t pixel, int32_t channels, float *out) {
    const float *r1 = r0 + row, *r2 = r1 + row;
    for (int32_t c = 0; c < channels; c += 4) {
        if (c > channels - 4) c = channels - 4; /* the last four again, in part: the same values */
        decem_f32x4 a = decem_f32x4_max(decem_f32x4_max(decem_f32x4_load(r0 + c), decem_f32x4_load(r0 + pixel + c)), decem_f32x4_load(r0 + 2 * pixel + c));
        decem_f32x4 b = decem_f32x4_max(decem_f32x4_max(decem_f32x4_load(r1 + c), decem_f32x4_load(r1 + pixel + c)), decem_f32x4_load(r1 + 2 * pixel + c));
        decem_f32x4 d = decem_f32x4_max(decem_f32x4_max(decem_f32x4_load(r2 + c), decem_f32x4_load(r2 + pixel + c)), decem_f32x4_load(r2 + 2 * pixel + c));
        decem_f32x4_store(out + c, decem_f32x4_max(decem_f32x4_max(a, b), d));
    }
}

static inline decem_f32x4 max_column(const float *r0, const float *r1, const float *r2) {
    return decem_f32x4_max(decem_f32x4_max(decem_f32x4_load(r0), decem_f32x4_load(r1)), decem_f32x4_load(r2));
}

/* A row of 3x3 maxima one pixel apart, as wide as the image, for four channels: the maximum of each column serves the three windows that it is in.
 * Where a window reaches past the image, its last column, or row, stands for what is missing. */
DECEM_NOINLINE static void slide_max(const float *r0, const float *r1, const float *r2, ptrdiff_t pixel, int32_t width, float *out, ptrdiff_t out_pixel,
                                     decem_clamp clamp) {
    decem_f32x4 here = max_column(r0, r1, r2), before = here;
    for (int32_t x = 1; x < width; x++, out += out_pixel) {
        r0 += pixel, r1 += pixel, r2 += pixel;
        decem_f32x4 next = max_column(r0, r1, r2);
        decem_f32x4_store(out, decem_clamp_f32x4(decem_f32x4_max(decem_f32x4_max(before, here), next), clamp));
        before = here;
        here = next;
    }
    decem_f32x4_store(out, decem_clamp_f32x4(decem_f32x4_max(before, here), clamp));
}

static void slide_max_row(const decem_pool_args *args, int32_t y, int32_t y0, int32_t y1) {
    const decem_map *in = &args->input, *out = &args->output;
    int32_t middle = y0 + 1 < y1 ? y0 + 1 : y0;
    for (int32_t c = 0; c < out->channels; c += 4) {
        if (c > out->channels - 4) c = out->channels - 4; /* the last four again, in part: the same values */
        const float *at = in->at + c;
        slide_max(at + y0 * in->row_stride, at + middle * in->row_stride, at + (y1 - 1) * in->row_stride, in->pixel_stride, out->width,
                  out->at + y * out->row_stride + c, out->pixel_stride, args->clamp);
    }
}

static int slides(const decem_pool_args *args) {
    return args->kind == DECEM_POOL_MAX && args->window_height == 3 && args->window_width == 3 && args->stride == 1 && args->padding_left == 1 &&
           args->output.width == args->input.width && args->output.channels >= 4;
}

DECEM_NOINLINE static void average_pixel(const float *corner, ptrdiff_t row, ptrdiff_t pixel, int32_t height, int32_t width, int32_t channels,
                                         float area, float *out) {
    int32_t c = 0;
    for (; c + 4 <= channels; c += 4) {
        decem_f32x4 sum = decem_f32x4_zero();
        for (int32_t y = 0; y < height; y++)
            for (int32_t x = 0; x < width; x++) sum = decem_f32x4_add(sum, decem_f32x4_load(corner + y * row + x * pixel + c));
        decem_f32x4_store(out + c, decem_f32x4_div(sum, decem_f32x4_splat(area)));
    }
    for (; c < channels; c++) {
        float sum = 0.0f;
        for (int32_t y = 0; y < height; y++)
            for (int32_t x = 0; x < width; x++) sum += corner[y * row + x * pixel + c];
        out[c] = sum / area;
    }
}

static void clamp_pixel(float *at, int32_t channels, decem_clamp clamp) {
    int32_t c = 0;
    for (; c + 4 <= channels; c += 4) decem_f32x4_store(at + c, decem_clamp_f32x4(decem_f32x4_load(at + c), clamp));
    for (; c < channels; c++) at[c] = decem_clamp_f32(at[c], clamp);
}

void decem_f32_pool__simd(const decem_pool_args *args, int32_t tile) {
    const decem_map *in = &args->input, *out = &args->output;
    int32_t y0, y1, x0, x1;
    decem_pool_range(args->kind, tile, in->height, out->height, args->window_height, args->stride, args->padding_top, &y0, &y1);
    if (slides(args)) {
        slide_max_row(args, tile, y0, y1);
        return;
    }
    for (int32_t x = 0; x < out->width; x++) {
        decem_pool_range(args->kind, x, in->width, out->width, args->window_width, args->stride, args->padding_left, &x0, &x1);
        const float *corner = in->at + y0 * in->row_stride + x0 * in->pixel_stride;
        float *output = out->at + tile * out->row_stride + x * out->pixel_stride;
        if (args->kind == DECEM_POOL_MAX && y1 - y0 == 3 && x1 - x0 == 3 && out->channels >= 4) {
            max_pixel_3x3(corner, in->row_stride, in->pixel_stride, out->channels, output);
        } else if (args->kind == DECEM_POOL_MAX) {
            max_pixel(corner, in->row_stride, in->pixel_stride, y1 - y0, x1 - x0, out->channels, output);
        } else {
            float area = args->kind == DECEM_POOL_ADAPTIVE ? (float)((y1 - y0) * (x1 - x0)) : (float)(args->window_height * args->window_width);
            average_pixel(corner, in->row_stride, in->pixel_stride, y1 - y0, x1 - x0, out->channels, area, output);
        }
        if (args->clamp.bounds > 0) clamp_pixel(output, out->channels, args->clamp);
    }
}

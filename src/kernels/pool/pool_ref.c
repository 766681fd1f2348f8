#include "kernels/pool/pool.h"

void decem_pool_range(decem_pool_kind kind, int32_t index, int32_t in, int32_t out, int32_t window, int32_t stride, int32_t padding,
                      int32_t *first, int32_t *end) {
    if (kind == DECEM_POOL_ADAPTIVE) {
        *first = (int32_t)((int64_t)index * in / out);
        *end = (int32_t)(((int64_t)(index + 1) * in + out - 1) / out);
        return;
    }
    int32_t start = index * stride - padding;
    *first = start < 0 ? 0 : start;
    *end = start + window > in ? in : start + window;
}

void decem_f32_pool__ref(const decem_pool_args *args, int32_t tile) {
    const decem_map *in = &args->input, *out = &args->output;
    int32_t y0, y1, x0, x1;
    decem_pool_range(args->kind, tile, in->height, out->height, args->window_height, args->stride, args->padding_top, &y0, &y1);
    for (int32_t x = 0; x < out->width; x++)
        for (int32_t c = 0; c < out->channels; c++) {
            decem_pool_range(args->kind, x, in->width, out->width, args->window_width, args->stride, args->padding_left, &x0, &x1);
            float sum = 0.0f, most = in->at[y0 * in->row_stride + x0 * in->pixel_stride + c];
            for (int32_t iy = y0; iy < y1; iy++)
                for (int32_t ix = x0; ix < x1; ix++) {
                    float value = in->at[iy * in->row_stride + ix * in->pixel_stride + c];
                    sum += value;
                    if (value > most) most = value;
                }
            float area = args->kind == DECEM_POOL_ADAPTIVE ? (float)((y1 - y0) * (x1 - x0)) : (float)(args->window_height * args->window_width);
            float result = args->kind == DECEM_POOL_MAX ? most : sum / area;
            out->at[tile * out->row_stride + x * out->pixel_stride + c] = decem_clamp_f32(result, args->clamp);
        }
}

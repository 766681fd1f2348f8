#include "kernels/conv/gemm.h"
#include "kernels/winograd/winograd.h"

/* G of F(2, 3) and F(4, 3): [block + 2][3]. */
static const double G2[4][3] = {{1, 0, 0}, {0.5, 0.5, 0.5}, {0.5, -0.5, 0.5}, {0, 0, 1}};
static const double G4[6][3] = {{1.0 / 4, 0, 0},
                                {-1.0 / 6, -1.0 / 6, -1.0 / 6},
                                {-1.0 / 6, 1.0 / 6, -1.0 / 6},
                                {1.0 / 24, 1.0 / 12, 1.0 / 6},
                                {1.0 / 24, -1.0 / 12, 1.0 / 6},
                                {0, 0, 1}};

enum { STREAMED_LEAST = 13 /* blocks: fewer are not worth 16 rows */ };

decem_winograd_shape decem_winograd_shape_of(int32_t block, int32_t in, int32_t out, int32_t height, int32_t width) {
    int32_t blocks = decem_divide_up(height, block) * decem_divide_up(width, block);
    return (decem_winograd_shape){block, in, out, STREAMED_LEAST <= blocks && blocks <= DECEM_GEMM_STREAMED_ROWS};
}

int64_t decem_winograd_weight_elements(const decem_winograd_shape *shape) {
    return (int64_t)decem_winograd_points(shape->block) * shape->in * shape->out;
}

/* Where an input channel of an output channel lies among the weights of a point. */
static ptrdiff_t index_of(const decem_winograd_shape *shape, int32_t k, int32_t channel) {
    if (shape->streamed) return (ptrdiff_t)decem_gemm_streamed_index(shape->in, shape->out, k, channel);
    return ((ptrdiff_t)(channel / DECEM_CONV_COLUMNS) * shape->in + k) * DECEM_CONV_COLUMNS + channel % DECEM_CONV_COLUMNS;
}

/* G g Gt in double, each point rounded once. */
void decem_winograd_pack_row(const decem_winograd_shape *shape, int32_t channel, const float *row, float *packed) {
    const double(*g)[3] = shape->block == 2 ? G2 : G4;
    int32_t side = shape->block + 2;
    ptrdiff_t points = (ptrdiff_t)shape->in * shape->out;
    for (int32_t c = 0; c < shape->in; c++, row += 9) {
        float *at = packed + index_of(shape, c, channel);
        for (int32_t i = 0; i < side; i++) {
            double half[3]; /* row i of G g */
            for (int32_t x = 0; x < 3; x++) half[x] = g[i][0] * (double)row[x] + g[i][1] * (double)row[3 + x] + g[i][2] * (double)row[6 + x];
            for (int32_t j = 0; j < side; j++, at += points)
                *at = (float)(half[0] * g[j][0] + half[1] * g[j][1] + half[2] * g[j][2]);
        }
    }
}

void decem_winograd_scale_row(const decem_winograd_shape *shape, int32_t channel, float scale, float *packed) {
    ptrdiff_t points = (ptrdiff_t)shape->in * shape->out;
    for (int32_t p = 0; p < decem_winograd_points(shape->block); p++, packed += points)
        for (int32_t c = 0; c < shape->in; c++) packed[index_of(shape, c, channel)] *= scale;
}

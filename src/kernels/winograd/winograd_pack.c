#include "kernels/winograd/winograd.h"

/* G of F(2, 3) and F(4, 3): [block + 2][3]. */
static const double G2[4][3] = {{1, 0, 0}, {0.5, 0.5, 0.5}, {0.5, -0.5, 0.5}, {0, 0, 1}};
static const double G4[6][3] = {{1.0 / 4, 0, 0},
                                {-1.0 / 6, -1.0 / 6, -1.0 / 6},
                                {-1.0 / 6, 1.0 / 6, -1.0 / 6},
                                {1.0 / 24, 1.0 / 12, 1.0 / 6},
                                {1.0 / 24, -1.0 / 12, 1.0 / 6},
                                {0, 0, 1}};

int64_t decem_winograd_weight_elements(int32_t block, int32_t in, int32_t out) {
    return (int64_t)decem_winograd_points(block) * in * out;
}

static float *column_of(int32_t in, int32_t channel, float *packed) {
    return packed + (ptrdiff_t)(channel / DECEM_CONV_COLUMNS) * in * DECEM_CONV_COLUMNS + channel % DECEM_CONV_COLUMNS;
}

/* G g Gt in double, each point rounded once. */
void decem_winograd_pack_row(int32_t block, int32_t in, int32_t out, int32_t channel, const float *row, float *packed) {
    const double(*g)[3] = block == 2 ? G2 : G4;
    int32_t side = block + 2;
    float *column = column_of(in, channel, packed);
    for (int32_t c = 0; c < in; c++, row += 9, column += DECEM_CONV_COLUMNS)
        for (int32_t i = 0; i < side; i++) {
            double half[3]; /* row i of G g */
            for (int32_t x = 0; x < 3; x++) half[x] = g[i][0] * (double)row[x] + g[i][1] * (double)row[3 + x] + g[i][2] * (double)row[6 + x];
            for (int32_t j = 0; j < side; j++)
                column[(ptrdiff_t)(i * side + j) * in * out] = (float)(half[0] * g[j][0] + half[1] * g[j][1] + half[2] * g[j][2]);
        }
}

void decem_winograd_scale_row(int32_t block, int32_t in, int32_t out, int32_t channel, float scale, float *packed) {
    for (int32_t p = 0; p < decem_winograd_points(block); p++) {
        float *column = column_of(in, channel, packed) + (ptrdiff_t)p * in * out;
        for (int32_t c = 0; c < in; c++) column[(ptrdiff_t)c * DECEM_CONV_COLUMNS] *= scale;
    }
}

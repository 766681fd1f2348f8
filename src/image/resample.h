/* Pillow's antialiased resampling of 8-bit channels (libImaging/Resample.c), one axis at a time.
 *
 * Each output pixel is a weighted sum of the input pixels under a filter that is stretched by the scale when the
 * image shrinks. Weights are fixed-point with DECEM_RESAMPLE_BITS bits after the point; each pass is rounded to
 * 8 bits. Same expressions in the same order as Pillow's, so that the results are equal to the bit.
 */
#ifndef DECEM_IMAGE_RESAMPLE_H
#define DECEM_IMAGE_RESAMPLE_H

#include <stddef.h>
#include <stdint.h>

/* Eight bits for the value, two for sums of weights that pass 1 on the way. */
enum { DECEM_RESAMPLE_BITS = 32 - 8 - 2 };

/* Of DECEM_BILINEAR: a triangle, 1 pixel to each side. Of DECEM_BICUBIC: Keys' cubic with a = -0.5, 2 to each. */
typedef enum decem_interpolation { DECEM_BILINEAR, DECEM_BICUBIC } decem_interpolation;

/* Output pixels [first, first + count) of an axis that goes from in_size to out_size pixels. */
typedef struct decem_resample_axis {
    int32_t in_size, out_size;
    int32_t first, count;
    int32_t taps;     /* weights an output pixel has at most */
    int32_t *from;    /* [count] input pixel under the first weight; never falls */
    int32_t *used;    /* [count] how many weights it has */
    int32_t *weights; /* [count][taps] */
} decem_resample_axis;

/* How many weights an output pixel has at most; 1 where the size stays and Pillow skips the pass. */
int32_t decem_resample_taps(int32_t in_size, int32_t out_size, decem_interpolation interpolation);

/* Fills from, used and weights; the other members are given. */
void decem_resample_prepare(decem_resample_axis *axis, decem_interpolation interpolation);

/* Horizontal pass over one row. in [pixels][4] u8 begins at input pixel from[0] and goes to the last one that has a
 * weight; out [count][4] u8. */
void decem_resample_row(const decem_resample_axis *axis, const uint8_t *in, uint8_t *out);

/* Vertical pass for one output row, of `bytes` bytes (a multiple of 4), at `index` of the axis. Input row y lies in
 * slot y % slots of ring [slots][bytes] u8; out [bytes] u8. */
void decem_resample_column(const decem_resample_axis *axis, int32_t index, const uint8_t *ring, int32_t slots,
                           size_t bytes, uint8_t *out);

#endif

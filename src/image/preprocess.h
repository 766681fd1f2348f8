/* From the bytes of a photo to the input of a network, exactly as Pillow and torchvision do it.
 *
 *   rows of RGB or RGBA ── horizontal pass ──> [rows kept][crop][4] ── vertical pass ──> [crop][crop][4] ── mean, std ──> f32
 *
 * Resize: the shorter side becomes `resize`, the longer one int(resize * longer / shorter) (torchvision
 * transforms.Resize, 0.14). Resampling: image/resample.h, horizontal pass first. CenterCrop: round-half-to-even offsets; a crop
 * larger than the resized image is padded with zeros. Only the columns and rows that the crop needs are computed.
 * A pass that would change nothing is skipped, as Pillow skips it.
 */
#ifndef DECEM_IMAGE_PREPROCESS_H
#define DECEM_IMAGE_PREPROCESS_H

#include <stdbool.h>

#include "base/message.h"
#include "image/resample.h"

typedef struct decem_preprocess {
    int32_t resize, crop;        /* pixels, 1 to 4096 */
    decem_interpolation interpolation;
    bool bgr;                    /* the network wants blue first */
    float mean[3], std[3];       /* in the network's channel order, of values from 0 to 1; std above 0 */
} decem_preprocess;

/* What most networks use: resize 256, crop 224, bilinear, RGB, ImageNet's mean and std; for another crop the
 * resize is in proportion. */
decem_preprocess decem_preprocess_default(int32_t crop);

/* Reads {"resize","crop","channels":"RGB"|"BGR","mean","std","interpolation":"bilinear"|"bicubic"} over `preprocess`;
 * keys left out keep their value. Unknown keys and values out of range are DECEM_INVALID_OPTION, and change nothing. */
decem_status decem_preprocess_parse(const char *json, decem_preprocess *preprocess, decem_message *message);

typedef struct decem_image decem_image; /* an image on its way in; holds and reuses its buffers */

decem_image *decem_image_create(void);  /* NULL when memory runs out */
void decem_image_destroy(decem_image *image);

/* Starts an image of width x height (1 to 65,535 each) with 3 or 4 channels. The one before is dropped. Memory is
 * taken only where what the object already has is too small; without it (DECEM_OUT_OF_MEMORY) a smaller image,
 * or the same one later, may still be begun. */
decem_status decem_image_begin(decem_image *image, const decem_preprocess *preprocess, uint32_t width,
                               uint32_t height, uint32_t channels, decem_message *message);

/* rows: [count][width][channels]. After the last row *done is true and the crop is complete. More rows than the
 * image has left, or no image begun, are DECEM_WRONG_STATE and change nothing. */
decem_status decem_image_push_rows(decem_image *image, const uint8_t *rows, uint32_t count, bool *done,
                                   decem_message *message);

/* [crop][crop][4] bytes, RGB and a fourth that means nothing. NULL before an image is complete. */
const uint8_t *decem_image_crop(const decem_image *image);

/* Writes the normalised crop as [crop][crop][3] f32 into memory with `row_stride` elements a row, 3 a pixel:
 * (byte / 255 - mean) / std, in f32 and in that order of operations, as torchvision's ToTensor and Normalize. */
void decem_image_normalise(const decem_image *image, float *out, ptrdiff_t row_stride);

#endif

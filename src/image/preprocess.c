#include "image/preprocess.h"

#include <stdlib.h>
#include <string.h>

#include "base/checked.h"

enum { SIDE_MAX = 65535 };

struct decem_image {
    decem_preprocess preprocess;
    int32_t width, height, channels; /* of the image on its way; 0 before the first */
    int32_t rows_in, rows_out;       /* how many came, how many of the crop are made */
    decem_resample_axis columns, rows;
    int32_t left, top; /* where in the crop the resized image begins: not 0 where it is smaller */

    /* One block, in this order. */
    uint8_t *memory;
    size_t memory_bytes;
    uint8_t *crop; /* [crop][crop][4] */
    uint8_t *ring; /* [rows.taps][columns.count][4]: rows after the horizontal pass, row y in slot y % rows.taps */
    uint8_t *line; /* [columns' input pixels][4]: an RGB row made RGBX; for 3 channels only */

    float values[3][256]; /* normalised, by the network's channel and the byte */
};

decem_image *decem_image_create(void) { return calloc(1, sizeof(decem_image)); }

void decem_image_destroy(decem_image *image) {
    if (!image) return;
    free(image->memory);
    free(image);
}

/* ---- Sizes --------------------------------------------------------------------------------------- */

/* One axis: the part of the resized image that CenterCrop keeps, and how far into the crop it begins. */
static decem_resample_axis plan_axis(int32_t in_size, int32_t out_size, const decem_preprocess *preprocess, int32_t *pad) {
    const int32_t crop = preprocess->crop;
    decem_resample_axis axis = {.in_size = in_size, .out_size = out_size};
    if (crop > out_size) {
        *pad = (crop - out_size) / 2;
        axis.count = out_size;
    } else {
        const int32_t spare = out_size - crop;
        *pad = 0;
        axis.count = crop;
        axis.first = spare / 2 + (spare % 4 == 3); /* spare / 2 with halves rounded to even */
    }
    axis.taps = decem_resample_taps(in_size, out_size, preprocess->interpolation);
    return axis;
}

static void plan(decem_image *image) {
    const int32_t width = image->width, height = image->height, resize = image->preprocess.resize;
    const int32_t shorter = width < height ? width : height, longer = width < height ? height : width;
    const int32_t resized = (int32_t)((int64_t)resize * longer / shorter);
    image->columns = plan_axis(width, width <= height ? resize : resized, &image->preprocess, &image->left);
    image->rows = plan_axis(height, width <= height ? resized : resize, &image->preprocess, &image->top);
}

/* ---- Memory -------------------------------------------------------------------------------------- */

/* Lays out a block of memory: gives the place of the next `bytes`, NULL while only the size is counted. */
typedef struct layout {
    uint8_t *base;
    uint64_t used;
} layout;

static void *place(layout *at, uint64_t count, uint64_t element_bytes) {
    uint8_t *here = at->base ? at->base + at->used : NULL;
    at->used = decem_add(at->used, decem_round_up(decem_multiply(count, element_bytes), 16));
    return here;
}

static void place_axis(layout *at, decem_resample_axis *axis) {
    uint64_t count = (uint64_t)axis->count;
    axis->from = place(at, count, sizeof *axis->from);
    axis->used = place(at, count, sizeof *axis->used);
    axis->weights = place(at, decem_multiply(count, (uint64_t)axis->taps), sizeof *axis->weights);
}

static uint64_t place_all(decem_image *image, uint8_t *base) {
    layout at = {base, 0};
    const uint64_t crop = (uint64_t)image->preprocess.crop, columns = (uint64_t)image->columns.count;
    image->crop = place(&at, crop * crop, 4);
    image->ring = place(&at, decem_multiply((uint64_t)image->rows.taps, columns), 4);
    image->line = place(&at, image->channels == 3 ? (uint64_t)image->width : 0, 4);
    place_axis(&at, &image->columns);
    place_axis(&at, &image->rows);
    return at.used;
}

/* ---- Images -------------------------------------------------------------------------------------- */

static void fill_values(decem_image *image) {
    for (int32_t c = 0; c < 3; c++)
        for (int32_t byte = 0; byte < 256; byte++) {
            float value = (float)byte / 255.0f;
            value = value - image->preprocess.mean[c];
            image->values[c][byte] = value / image->preprocess.std[c];
        }
}

decem_status decem_image_begin(decem_image *image, const decem_preprocess *preprocess, uint32_t width, uint32_t height,
                               uint32_t channels, decem_message *message) {
    image->width = image->height = image->rows_in = image->rows_out = 0;
    if (width < 1 || width > SIDE_MAX || height < 1 || height > SIDE_MAX)
        return decem_fail(message, DECEM_INVALID_IMAGE, "an image of %l x %l pixels: each side must have from 1 to %d",
                          (int64_t)width, (int64_t)height, SIDE_MAX);
    if (channels != 3 && channels != 4)
        return decem_fail(message, DECEM_INVALID_IMAGE, "an image of %l channels: give 3 (RGB) or 4 (RGBA)",
                          (int64_t)channels);

    image->preprocess = *preprocess;
    image->width = (int32_t)width;
    image->height = (int32_t)height;
    image->channels = (int32_t)channels;
    plan(image);
    const uint64_t wanted = place_all(image, NULL);
    if (wanted > image->memory_bytes) {
        free(image->memory);
        image->memory_bytes = 0;
        image->memory = wanted <= DECEM_SIZE_MAX ? malloc((size_t)wanted) : NULL;
        if (!image->memory) {
            image->width = image->height = 0;
            return decem_fail(message, DECEM_OUT_OF_MEMORY,
                              "no memory to resize an image of %l x %l pixels: %l bytes wanted", (int64_t)width,
                              (int64_t)height, (int64_t)wanted);
        }
        image->memory_bytes = (size_t)wanted;
    }
    place_all(image, image->memory);
    decem_resample_prepare(&image->columns, preprocess->interpolation);
    decem_resample_prepare(&image->rows, preprocess->interpolation);
    memset(image->crop, 0, (size_t)preprocess->crop * (size_t)preprocess->crop * 4);
    fill_values(image);
    return DECEM_OK;
}

/* One past the last input pixel under output pixel `index`. */
static int32_t end_of(const decem_resample_axis *axis, int32_t index) { return axis->from[index] + axis->used[index]; }

/* The pixels of a row that the crop needs, with 4 bytes each. */
static const uint8_t *four_channels(decem_image *image, const uint8_t *row) {
    const int32_t first = image->columns.from[0], end = end_of(&image->columns, image->columns.count - 1);
    if (image->channels == 4) return row + 4 * (ptrdiff_t)first;
    row += 3 * (ptrdiff_t)first;
    for (int32_t i = 0; i < end - first; i++) {
        image->line[4 * i] = row[3 * i];
        image->line[4 * i + 1] = row[3 * i + 1];
        image->line[4 * i + 2] = row[3 * i + 2];
        image->line[4 * i + 3] = 0;
    }
    return image->line;
}

static void push_row(decem_image *image, const uint8_t *row) {
    const decem_resample_axis *rows = &image->rows;
    const int32_t y = image->rows_in++;
    const size_t bytes = (size_t)image->columns.count * 4;
    if (y < rows->from[0] || y >= end_of(rows, rows->count - 1)) return;
    decem_resample_row(&image->columns, four_channels(image, row), image->ring + (size_t)(y % rows->taps) * bytes);

    for (; image->rows_out < rows->count && end_of(rows, image->rows_out) <= image->rows_in; image->rows_out++) {
        const size_t pixel = (size_t)(image->top + image->rows_out) * (size_t)image->preprocess.crop + (size_t)image->left;
        decem_resample_column(rows, image->rows_out, image->ring, rows->taps, bytes, image->crop + pixel * 4);
    }
}

decem_status decem_image_push_rows(decem_image *image, const uint8_t *rows, uint32_t count, bool *done,
                                   decem_message *message) {
    if (image->height == 0) return decem_fail(message, DECEM_WRONG_STATE, "rows of an image that was not begun");
    const int32_t left = image->height - image->rows_in;
    if (count > (uint32_t)left)
        return decem_fail(message, DECEM_WRONG_STATE, "%l rows where the image has only %d left", (int64_t)count, left);
    const size_t row_bytes = (size_t)image->width * (size_t)image->channels;
    for (uint32_t i = 0; i < count; i++) push_row(image, rows + i * row_bytes);
    *done = image->rows_in == image->height;
    return DECEM_OK;
}

const uint8_t *decem_image_crop(const decem_image *image) {
    return image->height > 0 && image->rows_in == image->height ? image->crop : NULL;
}

void decem_image_normalise(const decem_image *image, float *out, ptrdiff_t row_stride) {
    const int32_t crop = image->preprocess.crop;
    const int32_t red = image->preprocess.bgr ? 2 : 0;
    const uint8_t *pixel = image->crop;
    for (int32_t y = 0; y < crop; y++, out += row_stride)
        for (int32_t x = 0; x < crop; x++, pixel += 4) {
            out[3 * x + red] = image->values[red][pixel[0]];
            out[3 * x + 1] = image->values[1][pixel[1]];
            out[3 * x + 2 - red] = image->values[2 - red][pixel[2]];
        }
}

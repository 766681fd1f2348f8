/* Input: '{' and the rest of the options as JSON, or else nine bytes (width, height as 16 bits each, resize, crop,
 * interpolation, rows at a time, and one that is not read) and pixels. */
#include <string.h>

#include "fuzz.h"
#include "image/preprocess.h"

const fuzz_seed fuzz_seeds[] = {
    FUZZ_SEED("{\"resize\":256,\"crop\":224,\"channels\":\"BGR\",\"mean\":[0.485,0.456,0.406],\"std\":[0.229,0.224,0.225],"
              "\"interpolation\":\"bicubic\"}"),
    FUZZ_SEED("\x20\0\x18\0\x10\x0C\0\x05\0pixels of any kind, again and again"),
    FUZZ_SEED("\x03\0\x05\0\x20\x30\1\1\0\xFF\0\xFF\x80"),
    FUZZ_SEED("\xFF\xFF\1\0\2\x08\1\1\0\x00\xFF"),
    FUZZ_SEED("\1\0\xFF\x7F\4\x04\0\x80\0abcdefgh"),
    {0},
};

enum { NINE = 9, PIXELS_MAX = 1 << 16 };

static void options(const uint8_t *bytes, size_t count) {
    char *json = malloc(count + 1);
    memcpy(json, bytes, count);
    json[count] = '\0';
    decem_message message = {""};
    decem_preprocess p = decem_preprocess_default(224);
    const decem_status status = decem_preprocess_parse(json, &p, &message);
    PROMISE(status == DECEM_OK || (status == DECEM_INVALID_OPTION && message.text[0] != '\0'));
    PROMISE(p.resize >= 1 && p.resize <= 4096 && p.crop >= 1 && p.crop <= 4096);
    for (int i = 0; i < 3; i++) PROMISE(p.mean[i] - p.mean[i] == 0 && p.std[i] > 0 && p.std[i] <= 1000);
    free(json);
}

/* Gives the crop of [height][width][channels] pixels, which stays valid as long as the image. */
static const uint8_t *show(decem_image *image, const decem_preprocess *p, const uint8_t *pixels, uint32_t width,
                           uint32_t height, uint32_t channels, uint32_t piece) {
    decem_message message;
    bool done = false;
    PROMISE(decem_image_begin(image, p, width, height, channels, &message) == DECEM_OK);
    for (uint32_t y = 0; y < height; y += piece) {
        PROMISE(!done);
        const uint32_t rows = height - y < piece ? height - y : piece;
        /* In memory of their own, so that reading past the last row shows. */
        const size_t bytes = (size_t)rows * width * channels;
        uint8_t *exact = malloc(bytes);
        memcpy(exact, pixels + (size_t)y * width * channels, bytes);
        PROMISE(decem_image_push_rows(image, exact, rows, &done, &message) == DECEM_OK);
        free(exact);
    }
    PROMISE(done);
    return decem_image_crop(image);
}

/* RGB in pieces and RGBA row by row give the same crop. */
static void pixels(const uint8_t *nine, const uint8_t *bytes, size_t count) {
    uint32_t width = nine[0] | (uint32_t)nine[1] << 8, height = nine[2] | (uint32_t)nine[3] << 8;
    if (width == 0) width = 1;
    if (height == 0) height = 1;
    if (width > PIXELS_MAX / height) width = PIXELS_MAX / height;
    decem_preprocess p = decem_preprocess_default(1 + nine[5] % 64);
    p.resize = 1 + nine[4];
    p.interpolation = nine[6] & 1 ? DECEM_BICUBIC : DECEM_BILINEAR;

    uint8_t *rgb = malloc((size_t)width * height * 3), *rgba = malloc((size_t)width * height * 4);
    for (size_t i = 0; i < (size_t)width * height; i++) {
        for (size_t c = 0; c < 3; c++) rgb[3 * i + c] = rgba[4 * i + c] = count > 0 ? bytes[(3 * i + c) % count] : 0;
        rgba[4 * i + 3] = (uint8_t)i;
    }
    decem_image *first = decem_image_create(), *second = decem_image_create();
    const uint8_t *a = show(first, &p, rgb, width, height, 3, 1 + nine[7]), *b = show(second, &p, rgba, width, height, 4, 1);
    for (int32_t i = 0; i < p.crop * p.crop; i++) PROMISE(memcmp(a + 4 * i, b + 4 * i, 3) == 0);
    float *out = malloc((size_t)p.crop * (size_t)p.crop * 3 * sizeof *out);
    decem_image_normalise(first, out, 3 * p.crop);
    for (int32_t i = 0; i < p.crop * p.crop * 3; i++) PROMISE(out[i] > -3 && out[i] < 3);
    free(out);
    decem_image_destroy(first);
    decem_image_destroy(second);
    free(rgb);
    free(rgba);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
    if (count > 0 && bytes[0] == '{')
        options(bytes, count);
    else if (count >= NINE)
        pixels(bytes, bytes + NINE, count - NINE);
    return 0;
}

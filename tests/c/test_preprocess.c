/* Resize and crop against Pillow and torchvision, byte for byte (tests/fixtures/preprocess, written by
 * tests/reference/make_fixtures.py), and what only C has: pieces of any size, wrong calls, reuse. */
#include "image/preprocess.h"

#include "base/json.h"
#include "check.h"
#include "files.h"

static decem_message message;

/* ---- Images -------------------------------------------------------------------------------------- */

static uint32_t mix(uint32_t x) {
    x ^= x >> 16;
    x *= 0x7feb352d;
    x ^= x >> 15;
    x *= 0x846ca68b;
    return x ^ x >> 16;
}

/* [height][width][channels]: the fixtures' seeded bytes; a fourth channel is noise that must not matter. */
static uint8_t *seeded_image(uint32_t seed, uint32_t width, uint32_t height, uint32_t channels) {
    uint32_t hash = 2166136261u;
    for (const char *c = "image"; *c; c++) hash = (hash ^ (uint8_t)*c) * 16777619u;
    uint32_t key = mix(seed ^ hash);
    uint8_t *pixels = malloc((size_t)width * height * channels);
    for (uint32_t i = 0; i < width * height; i++)
        for (uint32_t c = 0; c < channels; c++)
            pixels[(size_t)i * channels + c] = (uint8_t)(c < 3 ? mix(key + (3 * i + c) * 0x9E3779B9u) >> 24 : mix(i));
    return pixels;
}

/* Pushes all rows, `piece` at a time. */
static bool push_image(decem_image *image, const decem_preprocess *preprocess, const uint8_t *pixels, uint32_t width, uint32_t height,
                       uint32_t channels, uint32_t piece) {
    bool done = false;
    if (!CHECK_EQUAL(decem_image_begin(image, preprocess, width, height, channels, &message), DECEM_OK)) return false;
    for (uint32_t y = 0; y < height; y += piece) {
        uint32_t count = height - y < piece ? height - y : piece;
        CHECK(!done && decem_image_crop(image) == NULL);
        CHECK_EQUAL(decem_image_push_rows(image, pixels + (size_t)y * width * channels, count, &done, &message), DECEM_OK);
    }
    return CHECK(done && decem_image_crop(image) != NULL);
}

/* ---- Fixtures ------------------------------------------------------------------------------------ */

static const char *const fixtures[] = {
    "1x1-resize32-crop28-bicubic",      "1x1-resize32-crop28-bilinear",     "1x7-resize8-crop8-bicubic",       "1x7-resize8-crop8-bilinear",
    "23x37-resize24-crop17-bicubic",    "23x37-resize24-crop17-bilinear",   "300x200-resize256-crop224-bilinear", "300x200-resize32-crop28-bicubic",
    "300x200-resize32-crop28-bilinear", "300x200-resize48-crop48-bicubic",  "300x200-resize48-crop48-bilinear", "37x23-resize16-crop16-bicubic",
    "37x23-resize16-crop16-bilinear",   "37x23-resize20-crop32-bicubic",    "37x23-resize20-crop32-bilinear",  "37x23-resize32-crop28-bicubic",
    "37x23-resize32-crop28-bilinear",   "64x48-resize20-crop32-bicubic",    "64x48-resize20-crop32-bilinear",  "64x48-resize32-crop28-bicubic",
    "64x48-resize32-crop28-bilinear",   "64x48-resize48-crop48-bicubic",    "64x48-resize48-crop48-bilinear",  "7x1-resize9-crop16-bicubic",
    "7x1-resize9-crop16-bilinear",      "97x331-resize256-crop224-bicubic", "97x331-resize32-crop28-bicubic",  "97x331-resize32-crop28-bilinear",
    "97x331-resize48-crop47-bicubic",   "97x331-resize48-crop47-bilinear",
};

enum { BYTES_MAX = 48 * 48 * 3, SAMPLES_MAX = 256 };

typedef struct fixture {
    uint64_t width, height, seed, resize, crop;
    decem_interpolation interpolation;
    uint8_t bytes[BYTES_MAX]; /* [crop][crop][3], or */
    size_t byte_count;
    uint64_t samples[SAMPLES_MAX][5]; /* y, x, red, green, blue */
    size_t sample_count;
} fixture;

static int32_t base64_digit(char c) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = strchr(digits, c);
    return c && at ? (int32_t)(at - digits) : -1;
}

static void read_base64(decem_json_text text, fixture *f) {
    uint32_t bits = 0, held = 0;
    for (size_t i = 0; i < text.length && base64_digit(text.at[i]) >= 0; i++) {
        bits = bits << 6 | (uint32_t)base64_digit(text.at[i]);
        held += 6;
        if (held >= 8 && f->byte_count < BYTES_MAX) f->bytes[f->byte_count++] = (uint8_t)(bits >> (held -= 8));
    }
}

static void read_samples(decem_json *json, fixture *f) {
    decem_json_enter_array(json);
    while (decem_json_next_element(json) && f->sample_count < SAMPLES_MAX) {
        size_t i = 0;
        decem_json_enter_array(json);
        while (decem_json_next_element(json) && i < 5) decem_json_read_size(json, &f->samples[f->sample_count][i++]);
        f->sample_count++;
    }
}

static bool read_fixture(const char *name, fixture *f) {
    char path[512];
    size_t length;
    memset(f, 0, sizeof *f);
    snprintf(path, sizeof path, "%s/tests/fixtures/preprocess/%s.json", root(), name);
    uint8_t *text = read_file(path, &length);
    if (!CHECK(text != NULL)) return false;
    decem_json json = decem_json_open((const char *)text, length);
    decem_json_text key, string;
    decem_json_enter_object(&json);
    while (decem_json_next_key(&json, &key))
        if (decem_json_equals(key, "width")) decem_json_read_size(&json, &f->width);
        else if (decem_json_equals(key, "height")) decem_json_read_size(&json, &f->height);
        else if (decem_json_equals(key, "seed")) decem_json_read_size(&json, &f->seed);
        else if (decem_json_equals(key, "resize")) decem_json_read_size(&json, &f->resize);
        else if (decem_json_equals(key, "crop")) decem_json_read_size(&json, &f->crop);
        else if (decem_json_equals(key, "samples")) read_samples(&json, f);
        else if (decem_json_equals(key, "interpolation") && decem_json_read_string(&json, &string))
            f->interpolation = decem_json_equals(string, "bicubic") ? DECEM_BICUBIC : DECEM_BILINEAR;
        else if (decem_json_equals(key, "bytes_base64") && decem_json_read_string(&json, &string)) read_base64(string, f);
        else decem_json_skip(&json);
    bool right = CHECK(decem_json_close(&json)) && CHECK(f->sample_count > 0 || f->byte_count == f->crop * f->crop * 3);
    free(text);
    return right;
}

static bool matches(const fixture *f, const uint8_t *crop) {
    for (size_t i = 0; i < f->byte_count; i++)
        if (crop[i / 3 * 4 + i % 3] != f->bytes[i]) return false;
    for (size_t i = 0; i < f->sample_count; i++)
        for (size_t c = 0; c < 3; c++)
            if (crop[(f->samples[i][0] * f->crop + f->samples[i][1]) * 4 + c] != f->samples[i][2 + c]) return false;
    return true;
}

/* One image object for all, so that its buffers are reused for larger and smaller images in turn. */
static void pillow(void) {
    static fixture f;
    decem_image *image = decem_image_create();
    for (size_t i = 0; i < sizeof fixtures / sizeof *fixtures; i++) {
        check_in(fixtures[i]);
        if (!read_fixture(fixtures[i], &f)) continue;
        decem_preprocess preprocess = decem_preprocess_default((int32_t)f.crop);
        preprocess.resize = (int32_t)f.resize;
        preprocess.interpolation = f.interpolation;
        for (uint32_t channels = 3; channels <= 4; channels++) {
            uint8_t *pixels = seeded_image((uint32_t)f.seed, (uint32_t)f.width, (uint32_t)f.height, channels);
            for (uint32_t piece = 1; piece <= f.height; piece = piece * 4 + 1) {
                if (push_image(image, &preprocess, pixels, (uint32_t)f.width, (uint32_t)f.height, channels, piece))
                    CHECK(matches(&f, decem_image_crop(image)));
            }
            if (push_image(image, &preprocess, pixels, (uint32_t)f.width, (uint32_t)f.height, channels, (uint32_t)f.height))
                CHECK(matches(&f, decem_image_crop(image)));
            free(pixels);
        }
    }
    check_in(NULL);
    decem_image_destroy(image);
}

/* ---- Without a reference ------------------------------------------------------------------------- */

static void same_size_is_a_copy(void) {
    decem_image *image = decem_image_create();
    decem_preprocess preprocess = decem_preprocess_default(20);
    preprocess.resize = 30;
    uint8_t *pixels = seeded_image(2, 41, 30, 3);
    for (int32_t interpolation = DECEM_BILINEAR; interpolation <= DECEM_BICUBIC; interpolation++) {
        preprocess.interpolation = (decem_interpolation)interpolation;
        if (!push_image(image, &preprocess, pixels, 41, 30, 3, 7)) break;
        bool equal = true;
        for (int32_t y = 0; y < 20; y++)
            for (int32_t x = 0; x < 20; x++) /* (41 - 20) / 2 = 10.5 rounds to 10, (30 - 20) / 2 is 5 */
                equal = equal && memcmp(decem_image_crop(image) + (y * 20 + x) * 4, pixels + ((y + 5) * 41 + x + 10) * 3, 3) == 0;
        CHECK(equal);
    }
    free(pixels);
    decem_image_destroy(image);
}

/* One colour stays that colour, whatever the size: weights sum to 1 within what 8 bits show. */
static void flat(void) {
    static const struct {
        uint32_t width, height;
        int32_t resize, crop;
    } cases[] = {{1, 1, 4096, 224}, {65535, 1, 2, 8}, {1, 65535, 3, 8}, {2000, 1500, 1, 1}, {65535, 3, 256, 224}, {5, 5, 5, 4096}};
    decem_image *image = decem_image_create();
    uint8_t *row = malloc(65535 * 3);
    for (size_t i = 0; i < 65535; i++) memcpy(row + 3 * i, (const uint8_t[]){255, 128, 1}, 3);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int32_t interpolation = DECEM_BILINEAR; interpolation <= DECEM_BICUBIC; interpolation++) {
            decem_preprocess preprocess = decem_preprocess_default(cases[i].crop);
            preprocess.resize = cases[i].resize;
            preprocess.interpolation = (decem_interpolation)interpolation;
            if (!CHECK_EQUAL(decem_image_begin(image, &preprocess, cases[i].width, cases[i].height, 3, &message), DECEM_OK)) continue;
            bool done = false;
            for (uint32_t y = 0; y < cases[i].height; y++) decem_image_push_rows(image, row, 1, &done, &message);
            if (!CHECK(done)) continue;
            size_t centre = (size_t)(cases[i].crop / 2) * (size_t)(cases[i].crop + 1);
            CHECK(memcmp(decem_image_crop(image) + 4 * centre, row, 3) == 0);
        }
    free(row);
    decem_image_destroy(image);
}

static void normalises(void) {
    enum { CROP = 16, STRIDE = 3 * CROP + 5 };
    decem_image *image = decem_image_create();
    decem_preprocess preprocess = decem_preprocess_default(CROP);
    uint8_t *pixels = seeded_image(3, 19, 17, 4);
    static float out[CROP * STRIDE];
    preprocess.resize = CROP;
    for (int bgr = 0; bgr <= 1; bgr++) {
        preprocess.bgr = bgr;
        if (!push_image(image, &preprocess, pixels, 19, 17, 4, 17)) break;
        for (int i = 0; i < CROP * STRIDE; i++) out[i] = 99;
        decem_image_normalise(image, out, STRIDE);
        bool equal = true, untouched = true;
        for (int y = 0; y < CROP; y++) {
            for (int x = 0; x < CROP; x++)
                for (int c = 0; c < 3; c++) {
                    float byte = decem_image_crop(image)[(y * CROP + x) * 4 + (bgr ? 2 - c : c)];
                    volatile float wanted = byte / 255.0f; /* volatile: each step is rounded to f32 */
                    wanted = wanted - preprocess.mean[c];
                    wanted = wanted / preprocess.std[c];
                    equal = equal && out[y * STRIDE + 3 * x + c] == wanted;
                }
            for (int i = 3 * CROP; i < STRIDE; i++) untouched = untouched && out[y * STRIDE + i] == 99;
        }
        CHECK(equal);
        CHECK(untouched);
    }
    free(pixels);
    decem_image_destroy(image);
}

static void wrong_calls(void) {
    decem_image *image = decem_image_create();
    decem_preprocess preprocess = decem_preprocess_default(8);
    uint8_t pixels[4 * 3 * 3] = {0};
    bool done = false;
    CHECK(decem_image_crop(image) == NULL);
    CHECK_EQUAL(decem_image_push_rows(image, pixels, 1, &done, &message), DECEM_WRONG_STATE);
    static const uint32_t sides[][2] = {{0, 5}, {5, 0}, {65536, 5}, {5, 65536}, {UINT32_MAX, UINT32_MAX}, {0, 0}};
    for (size_t i = 0; i < sizeof sides / sizeof *sides; i++)
        CHECK_EQUAL(decem_image_begin(image, &preprocess, sides[i][0], sides[i][1], 3, &message), DECEM_INVALID_IMAGE);
    CHECK_STRING(message.text, "an image of 0 x 0 pixels: each side must have from 1 to 65535");
    for (uint32_t channels = 0; channels <= 2; channels++)
        CHECK_EQUAL(decem_image_begin(image, &preprocess, 4, 3, channels, &message), DECEM_INVALID_IMAGE);
    CHECK_EQUAL(decem_image_begin(image, &preprocess, 4, 3, 5, &message), DECEM_INVALID_IMAGE);
    CHECK_EQUAL(decem_image_push_rows(image, pixels, 1, &done, &message), DECEM_WRONG_STATE);

    CHECK_EQUAL(decem_image_begin(image, &preprocess, 4, 3, 3, &message), DECEM_OK);
    CHECK_EQUAL(decem_image_push_rows(image, pixels, 2, &done, &message), DECEM_OK);
    CHECK_EQUAL(decem_image_push_rows(image, pixels, 2, &done, &message), DECEM_WRONG_STATE);
    CHECK_STRING(message.text, "2 rows where the image has only 1 left");
    CHECK_EQUAL(decem_image_push_rows(image, pixels, UINT32_MAX, &done, &message), DECEM_WRONG_STATE);
    CHECK_EQUAL(decem_image_push_rows(image, NULL, 0, &done, &message), DECEM_OK);
    CHECK(!done && decem_image_crop(image) == NULL);
    CHECK_EQUAL(decem_image_push_rows(image, pixels, 1, &done, &message), DECEM_OK);
    CHECK(done && decem_image_crop(image) != NULL);
    CHECK_EQUAL(decem_image_push_rows(image, pixels, 1, &done, &message), DECEM_WRONG_STATE);
    CHECK(decem_image_crop(image) != NULL);
    CHECK_EQUAL(decem_image_begin(image, &preprocess, 4, 3, 3, &message), DECEM_OK);
    CHECK(decem_image_crop(image) == NULL);
    decem_image_destroy(image);
    decem_image_destroy(NULL);
}

/* ---- The options --------------------------------------------------------------------------------- */

static void defaults(void) {
    CHECK_EQUAL(decem_preprocess_default(224).resize, 256);
    CHECK_EQUAL(decem_preprocess_default(112).resize, 128);
    CHECK_EQUAL(decem_preprocess_default(299).resize, 342);
    CHECK_EQUAL(decem_preprocess_default(1).resize, 1);
    CHECK_EQUAL(decem_preprocess_default(4096).resize, 4096);
    CHECK_EQUAL(decem_preprocess_default(4096).crop, 4096);
}

static void parses(void) {
    decem_preprocess p = decem_preprocess_default(224);
    CHECK_EQUAL(decem_preprocess_parse("{}", &p, &message), DECEM_OK);
    CHECK(p.resize == 256 && p.crop == 224 && p.interpolation == DECEM_BILINEAR && !p.bgr && p.mean[0] == 0.485f && p.std[2] == 0.225f);
    CHECK_EQUAL(decem_preprocess_parse("{\"resize\": 112, \"crop\": 96, \"channels\": \"BGR\", \"mean\": [0.5, 0, 1e-1], "
                                       "\"std\": [0.00392156862745098, 1, 2], \"interpolation\": \"bicubic\"}", &p, &message), DECEM_OK);
    CHECK(p.resize == 112 && p.crop == 96 && p.interpolation == DECEM_BICUBIC && p.bgr);
    CHECK(p.mean[0] == 0.5f && p.mean[1] == 0.0f && p.mean[2] == 0.1f && p.std[0] == 0.00392156862745098f && p.std[1] == 1.0f && p.std[2] == 2.0f);
    CHECK_EQUAL(decem_preprocess_parse("{\"channels\":\"RGB\",\"interpolation\":\"bilinear\"}", &p, &message), DECEM_OK);
    CHECK(p.interpolation == DECEM_BILINEAR && !p.bgr && p.crop == 96);
}

static void refuses(void) {
    static const struct {
        const char *json, *says;
    } cases[] = {
        {"", "not a JSON object"}, {"[]", "not a JSON object"}, {"{", "not a JSON object"}, {"{} x", "not a JSON object"},
        {"{\"crop\":96", "not a JSON object"}, {"{\"size\":1}", "none of resize"}, {"{\"crop\":0}", "crop must"}, {"{\"crop\":4097}", "crop must"},
        {"{\"crop\":-1}", "crop must"}, {"{\"crop\":2.5}", "crop must"}, {"{\"crop\":\"96\"}", "crop must"}, {"{\"resize\":0}", "resize must"},
        {"{\"resize\":99999999999999999999}", "resize must"}, {"{\"mean\":[1,2]}", "mean must"}, {"{\"std\":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16]}", "std must"},
        {"{\"mean\":0.5}", "mean must"}, {"{\"mean\":[1,2,\"3\"]}", "mean must"}, {"{\"mean\":[1,2,1e300]}", "mean must"},
        {"{\"std\":[1,0,1]}", "std must"}, {"{\"std\":[1,-1,1]}", "std must"}, {"{\"std\":[1,1e-9,1]}", "std must"}, {"{\"std\":null}", "std must"},
        {"{\"channels\":\"rgb\"}", "channels must"}, {"{\"channels\":3}", "channels must"}, {"{\"interpolation\":\"nearest\"}", "interpolation must"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        decem_preprocess p = decem_preprocess_default(224), before = p;
        check_in(cases[i].json);
        CHECK_EQUAL(decem_preprocess_parse(cases[i].json, &p, &message), DECEM_INVALID_OPTION);
        CHECK_CONTAINS(message.text, cases[i].says);
        CHECK(p.resize == before.resize && p.crop == before.crop && p.mean[1] == before.mean[1] && p.std[0] == before.std[0]);
    }
    check_in(NULL);
}

int main(void) {
    pillow();
    same_size_is_a_copy();
    flat();
    normalises();
    wrong_calls();
    defaults();
    parses();
    refuses();
    return check_report();
}

#include <string.h>

#include "base/json.h"
#include "image/preprocess.h"

enum { SIDE_MAX = 4096 };

decem_preprocess decem_preprocess_default(int32_t crop) {
    int32_t resize = (int32_t)(((int64_t)crop * 256 + 112) / 224);
    return (decem_preprocess){
        .resize = resize < SIDE_MAX ? resize : SIDE_MAX,
        .crop = crop,
        .interpolation = DECEM_BILINEAR,
        .mean = {0.485f, 0.456f, 0.406f},
        .std = {0.229f, 0.224f, 0.225f},
    };
}

static decem_status refuse(decem_message *message, const char *key, const char *wanted) {
    return decem_fail(message, DECEM_INVALID_OPTION, "preprocess: %s must be %s", key, wanted);
}

static bool read_side(decem_json *json, int32_t *side) {
    uint64_t size;
    if (!decem_json_read_size(json, &size) || size < 1 || size > SIDE_MAX) return false;
    *side = (int32_t)size;
    return true;
}

/* Exactly three numbers from `low` to `high`. */
static bool read_three(decem_json *json, float values[3], double low, double high) {
    int32_t count = 0;
    decem_json_enter_array(json);
    for (; decem_json_next_element(json); count++) {
        double value;
        if (count == 3 || !decem_json_read_number(json, &value) || value < low || value > high) return false;
        values[count] = (float)value;
    }
    return !json->failed && count == 3;
}

/* Reads a string that is one of two; *second says which. */
static bool read_choice(decem_json *json, const char *first, const char *other, bool *second) {
    decem_json_text text;
    if (!decem_json_read_string(json, &text)) return false;
    *second = decem_json_equals(text, other);
    return *second || decem_json_equals(text, first);
}

static decem_status read_member(decem_json *json, decem_json_text key, decem_preprocess *preprocess, decem_message *message) {
    bool second = false;
    if (decem_json_equals(key, "resize"))
        return read_side(json, &preprocess->resize) ? DECEM_OK : refuse(message, "resize", "a whole number from 1 to 4096");
    if (decem_json_equals(key, "crop"))
        return read_side(json, &preprocess->crop) ? DECEM_OK : refuse(message, "crop", "a whole number from 1 to 4096");
    if (decem_json_equals(key, "mean"))
        return read_three(json, preprocess->mean, -1000, 1000) ? DECEM_OK : refuse(message, "mean", "three numbers from -1000 to 1000");
    if (decem_json_equals(key, "std"))
        return read_three(json, preprocess->std, 1e-5, 1000) ? DECEM_OK : refuse(message, "std", "three numbers from 0.00001 to 1000");
    if (decem_json_equals(key, "channels")) {
        if (!read_choice(json, "RGB", "BGR", &second)) return refuse(message, "channels", "\"RGB\" or \"BGR\"");
        preprocess->bgr = second;
        return DECEM_OK;
    }
    if (decem_json_equals(key, "interpolation")) {
        if (!read_choice(json, "bilinear", "bicubic", &second)) return refuse(message, "interpolation", "\"bilinear\" or \"bicubic\"");
        preprocess->interpolation = second ? DECEM_BICUBIC : DECEM_BILINEAR;
        return DECEM_OK;
    }
    return decem_fail(message, DECEM_INVALID_OPTION, "preprocess has a key that is none of resize, crop, channels, mean, std, interpolation");
}

decem_status decem_preprocess_parse(const char *text, decem_preprocess *preprocess, decem_message *message) {
    decem_preprocess read = *preprocess;
    decem_json json = decem_json_open(text, strlen(text));
    decem_json_text key;
    decem_json_enter_object(&json);
    while (decem_json_next_key(&json, &key)) {
        decem_status status = read_member(&json, key, &read, message);
        if (status != DECEM_OK) return status;
    }
    if (!decem_json_close(&json)) return decem_fail(message, DECEM_INVALID_OPTION, "preprocess is not a JSON object");
    *preprocess = read;
    return DECEM_OK;
}

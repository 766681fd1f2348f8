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

/* NULL, or what is wrong with the member. */
static const char *read_member(decem_json *json, decem_json_text key, decem_preprocess *preprocess) {
    bool second = false;
    if (decem_json_equals(key, "resize"))
        return read_side(json, &preprocess->resize) ? NULL : "resize must be a whole number from 1 to 4096";
    if (decem_json_equals(key, "crop"))
        return read_side(json, &preprocess->crop) ? NULL : "crop must be a whole number from 1 to 4096";
    if (decem_json_equals(key, "mean"))
        return read_three(json, preprocess->mean, -1000, 1000) ? NULL : "mean must be three numbers from -1000 to 1000";
    if (decem_json_equals(key, "std"))
        return read_three(json, preprocess->std, 1e-5, 1000) ? NULL : "std must be three numbers from 0.00001 to 1000";
    if (decem_json_equals(key, "channels")) {
        if (!read_choice(json, "RGB", "BGR", &second)) return "channels must be \"RGB\" or \"BGR\"";
        preprocess->bgr = second;
        return NULL;
    }
    if (decem_json_equals(key, "interpolation")) {
        if (!read_choice(json, "bilinear", "bicubic", &second)) return "interpolation must be \"bilinear\" or \"bicubic\"";
        preprocess->interpolation = second ? DECEM_BICUBIC : DECEM_BILINEAR;
        return NULL;
    }
    return "a key is none of resize, crop, channels, mean, std and interpolation";
}

decem_status decem_preprocess_parse(const char *text, decem_preprocess *preprocess, decem_message *message) {
    decem_preprocess read = *preprocess;
    decem_json json = decem_json_open(text, strlen(text));
    decem_json_text key;
    const char *wrong = NULL;
    decem_json_enter_object(&json);
    while (!wrong && decem_json_next_key(&json, &key)) wrong = read_member(&json, key, &read);
    if (!wrong && !decem_json_close(&json)) wrong = "it is not a JSON object";
    if (wrong) return decem_fail(message, DECEM_INVALID_OPTION, "the preprocess of the weights: %s", wrong);
    *preprocess = read;
    return DECEM_OK;
}

#include <string.h>

#include "base/json.h"
#include "fuzz.h"

const fuzz_seed fuzz_seeds[] = {
    FUZZ_SEED("{\"a\":[1.5e3,true,null,\"\\n\xE2\x82\xAC\",{}],\"b\":{\"c\":-0.25,\"\\u00e9\":false}}"),
    FUZZ_SEED("[\"\\ud83d\\ude00\",\"\\\"\\\\\\/\\b\\f\\r\\t\",\"\",18446744073709551615,1e308,123456789012345678901234567890]"),
    FUZZ_SEED("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"),
    {0},
};

static void take_string(decem_json_text text) {
    char *out = malloc(text.length + 1);
    size_t length = decem_json_decode(text, out);
    PROMISE(length <= text.length && strlen(out) == length);
    PROMISE(decem_json_equals(text, out));
    free(out);
}

/* Reads a value by its type, and everything in it. */
static void walk(decem_json *json) {
    decem_json_text text;
    double number;
    bool value;
    switch (decem_json_peek(json)) {
    case DECEM_JSON_OBJECT:
        decem_json_enter_object(json);
        while (decem_json_next_key(json, &text)) {
            take_string(text);
            walk(json);
        }
        break;
    case DECEM_JSON_ARRAY:
        decem_json_enter_array(json);
        while (decem_json_next_element(json)) walk(json);
        break;
    case DECEM_JSON_STRING:
        if (decem_json_read_string(json, &text)) take_string(text);
        break;
    case DECEM_JSON_NUMBER:
        if (decem_json_read_number(json, &number)) PROMISE(number - number == 0);
        break;
    case DECEM_JSON_BOOLEAN: decem_json_read_boolean(json, &value); break;
    default: decem_json_skip(json); break;
    }
}

/* Reading and skipping agree on what is JSON. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
    decem_json read = decem_json_open((const char *)bytes, count), skipped = read;
    walk(&read);
    decem_json_skip(&skipped);
    PROMISE(decem_json_close(&read) == decem_json_close(&skipped));
    uint64_t size;
    decem_json number = decem_json_open((const char *)bytes, count);
    if (decem_json_read_size(&number, &size)) PROMISE(size <= INT64_MAX);
    return 0;
}

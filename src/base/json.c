#include "base/json.h"

#include <float.h>
#include <string.h>

#include "base/utf8.h"

decem_json decem_json_open(const char *text, size_t length) {
    return (decem_json){.at = text, .end = text + length};
}

/* ---- Characters ---------------------------------------------------------------------------------- */

static bool fail(decem_json *json) {
    json->failed = true;
    return false;
}

static const char *after_space(const decem_json *json) {
    const char *at = json->at;
    while (at < json->end && (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r')) at++;
    return at;
}

/* Takes `wanted` if it is the next character after white space. */
static bool take(decem_json *json, char wanted) {
    json->at = after_space(json);
    if (json->failed || json->at == json->end || *json->at != wanted) return false;
    json->at++;
    return true;
}

/* Takes `wanted` if it is what follows at once. */
static bool take_word(decem_json *json, const char *wanted) {
    size_t length = strlen(wanted);
    if ((size_t)(json->end - json->at) < length || memcmp(json->at, wanted, length) != 0) return false;
    json->at += length;
    return true;
}

static bool is_digit(char character) { return character >= '0' && character <= '9'; }

/* ---- Objects and arrays -------------------------------------------------------------------------- */

decem_json_type decem_json_peek(const decem_json *json) {
    const char *at = after_space(json);
    if (json->failed || at == json->end) return DECEM_JSON_INVALID;
    switch (*at) {
    case '{': return DECEM_JSON_OBJECT;
    case '[': return DECEM_JSON_ARRAY;
    case '"': return DECEM_JSON_STRING;
    case 't': case 'f': return DECEM_JSON_BOOLEAN;
    case 'n': return DECEM_JSON_NULL;
    default: return *at == '-' || is_digit(*at) ? DECEM_JSON_NUMBER : DECEM_JSON_INVALID;
    }
}

static bool enter(decem_json *json, char opener, char closer) {
    if (!take(json, opener) || json->depth == DECEM_JSON_DEPTH) return fail(json);
    json->first[json->depth] = true;
    json->closer[json->depth] = closer;
    json->depth++;
    return true;
}

bool decem_json_enter_object(decem_json *json) { return enter(json, '{', '}'); }
bool decem_json_enter_array(decem_json *json) { return enter(json, '[', ']'); }

/* Moves past the comma to the next member; false at the end of the object or array, and on failure. */
static bool next_member(decem_json *json, char closer) {
    if (json->failed || json->depth == 0 || json->closer[json->depth - 1] != closer) return fail(json);
    if (take(json, closer)) {
        json->depth--;
        return false;
    }
    bool *first = &json->first[json->depth - 1];
    if (!*first && !take(json, ',')) return fail(json);
    *first = false;
    return true;
}

bool decem_json_next_key(decem_json *json, decem_json_text *key) {
    if (!next_member(json, '}') || !decem_json_read_string(json, key)) return false;
    return take(json, ':') || fail(json);
}

bool decem_json_next_element(decem_json *json) { return next_member(json, ']'); }

/* Recursion goes no deeper than DECEM_JSON_DEPTH. */
bool decem_json_skip(decem_json *json) {
    decem_json_text text;
    double number;
    bool value;
    switch (decem_json_peek(json)) {
    case DECEM_JSON_OBJECT:
        decem_json_enter_object(json);
        while (decem_json_next_key(json, &text)) decem_json_skip(json);
        return !json->failed;
    case DECEM_JSON_ARRAY:
        decem_json_enter_array(json);
        while (decem_json_next_element(json)) decem_json_skip(json);
        return !json->failed;
    case DECEM_JSON_STRING: return decem_json_read_string(json, &text);
    case DECEM_JSON_NUMBER: return decem_json_read_number(json, &number);
    case DECEM_JSON_BOOLEAN: return decem_json_read_boolean(json, &value);
    case DECEM_JSON_NULL: json->at = after_space(json); return take_word(json, "null") || fail(json);
    case DECEM_JSON_INVALID: break;
    }
    return fail(json);
}

bool decem_json_close(decem_json *json) {
    json->at = after_space(json);
    return (!json->failed && json->depth == 0 && json->at == json->end) || fail(json);
}

/* ---- Numbers and words --------------------------------------------------------------------------- */

bool decem_json_read_boolean(decem_json *json, bool *value) {
    json->at = after_space(json);
    if (json->failed) return false;
    *value = take_word(json, "true");
    return *value || take_word(json, "false") || fail(json);
}

bool decem_json_read_size(decem_json *json, uint64_t *number) {
    json->at = after_space(json);
    const char *begin = json->at;
    if (json->failed || begin == json->end || !is_digit(*begin)) return fail(json);
    uint64_t value = 0;
    for (; json->at < json->end && is_digit(*json->at); json->at++) {
        uint64_t digit = (uint64_t)(*json->at - '0');
        if (value > ((uint64_t)INT64_MAX - digit) / 10) return fail(json);
        value = value * 10 + digit;
    }
    bool whole = json->at == json->end || (*json->at != '.' && *json->at != 'e' && *json->at != 'E');
    if (!whole || (*begin == '0' && json->at - begin > 1)) return fail(json);
    *number = value;
    return true;
}

/* Decimal digits as they are read: value = mantissa * 10^exponent. Digits past the 19th are dropped. */
typedef struct decimal {
    uint64_t mantissa;
    int32_t exponent;
} decimal;

/* Reads one or more digits; `places` is what each adds to the exponent: 0 before the point, -1 after it. */
static bool read_digits(decem_json *json, decimal *number, int32_t places) {
    const char *begin = json->at;
    for (; json->at < json->end && is_digit(*json->at); json->at++) {
        if (number->mantissa <= (UINT64_MAX - 9) / 10) {
            number->mantissa = number->mantissa * 10 + (uint64_t)(*json->at - '0');
            number->exponent += places;
        } else {
            number->exponent += places + 1;
        }
    }
    return json->at > begin;
}

static bool read_exponent(decem_json *json, int32_t *exponent) {
    bool negative = take_word(json, "-");
    if (!negative) take_word(json, "+");
    const char *begin = json->at;
    *exponent = 0;
    for (; json->at < json->end && is_digit(*json->at); json->at++)
        if (*exponent < 100000) *exponent = *exponent * 10 + (*json->at - '0');
    if (negative) *exponent = -*exponent;
    return json->at > begin;
}

/* Correctly rounded for up to 15 digits and powers of ten up to 22, where both factors are exact; elsewhere
 * within a few units in the last place. */
static double scale(decimal number) {
    static const double powers[] = {1e1, 1e2, 1e4, 1e8, 1e16, 1e32, 1e64, 1e128, 1e256};
    double value = (double)number.mantissa;
    if (number.mantissa == 0) return value;
    uint32_t places = (uint32_t)(number.exponent < 0 ? -number.exponent : number.exponent);
    if (places <= 22) {
        double power = 1;
        for (int32_t bit = 0; bit < 5; bit++)
            if (places >> bit & 1) power *= powers[bit];
        return number.exponent < 0 ? value / power : value * power;
    }
    if (places > 511) return number.exponent < 0 ? 0 : value * 1e308 * 1e308;
    for (int32_t bit = 8; bit >= 0; bit--)
        if (places >> bit & 1) value = number.exponent < 0 ? value / powers[bit] : value * powers[bit];
    return value;
}

bool decem_json_read_number(decem_json *json, double *number) {
    json->at = after_space(json);
    if (json->failed) return false;
    bool negative = take_word(json, "-");
    decimal digits = {0, 0};
    int32_t exponent = 0;
    const char *begin = json->at;
    if (!read_digits(json, &digits, 0) || (*begin == '0' && json->at - begin > 1)) return fail(json);
    if (take_word(json, ".") && !read_digits(json, &digits, -1)) return fail(json);
    if ((take_word(json, "e") || take_word(json, "E")) && !read_exponent(json, &exponent)) return fail(json);
    digits.exponent += exponent;
    double magnitude = scale(digits);
    if (magnitude > DBL_MAX) return fail(json);
    *number = negative ? -magnitude : magnitude;
    return true;
}

/* ---- Strings ------------------------------------------------------------------------------------- */

static int32_t hex_digit(char c) {
    if (is_digit(c)) return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/* The value of four hexadecimal digits, or -1. */
static int32_t read_hex(const char *at, const char *end) {
    if (end - at < 4) return -1;
    int32_t value = 0;
    for (int32_t i = 0; i < 4; i++) {
        if (hex_digit(at[i]) < 0) return -1;
        value = value * 16 + hex_digit(at[i]);
    }
    return value;
}

/* Bytes of the character or escape at `at`, 0 where it is not allowed in a string. */
static size_t raw_bytes(const char *at, const char *end) {
    if ((uint8_t)*at < 0x20) return 0;
    if (*at != '\\') return decem_utf8_bytes(at, (size_t)(end - at));
    if (end - at < 2) return 0;
    if (at[1] == 'u') return read_hex(at + 2, end) > 0 ? 6 : 0;
    return at[1] != '\0' && strchr("\"\\/bfnrt", at[1]) ? 2 : 0;
}

bool decem_json_read_string(decem_json *json, decem_json_text *text) {
    if (!take(json, '"')) return fail(json);
    const char *begin = json->at;
    while (json->at < json->end && *json->at != '"') {
        size_t bytes = raw_bytes(json->at, json->end);
        if (bytes == 0) return fail(json);
        json->at += bytes;
    }
    if (json->at == json->end) return fail(json);
    *text = (decem_json_text){begin, (size_t)(json->at - begin)};
    json->at++;
    return true;
}

static size_t encode_utf8(uint32_t code, char out[4]) {
    size_t bytes = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const uint8_t leads[5] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t i = bytes; i-- > 1; code >>= 6) out[i] = (char)(0x80 | (code & 0x3F));
    out[0] = (char)(leads[bytes] | code);
    return bytes;
}

/* Decodes the character or escape at *at, in text that decem_json_read_string accepted, and moves past it. */
static size_t decode_one(const char **at, const char *end, char out[4]) {
    const char *from = *at;
    if (*from != '\\') {
        size_t bytes = decem_utf8_bytes(from, (size_t)(end - from));
        memcpy(out, from, bytes);
        *at += bytes;
        return bytes;
    }
    *at += 2;
    switch (from[1]) {
    case 'b': out[0] = '\b'; return 1;
    case 'f': out[0] = '\f'; return 1;
    case 'n': out[0] = '\n'; return 1;
    case 'r': out[0] = '\r'; return 1;
    case 't': out[0] = '\t'; return 1;
    case 'u': break;
    default: out[0] = from[1]; return 1;
    }
    uint32_t code = (uint32_t)read_hex(from + 2, end);
    *at += 4;
    if (code >= 0xD800 && code < 0xDC00 && end - *at >= 6 && (*at)[0] == '\\' && (*at)[1] == 'u') {
        uint32_t low = (uint32_t)read_hex(*at + 2, end);
        if (low >= 0xDC00 && low < 0xE000) {
            *at += 6;
            return encode_utf8(0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00), out);
        }
    }
    return encode_utf8(code >= 0xD800 && code < 0xE000 ? 0xFFFD : code, out);
}

bool decem_json_equals(decem_json_text text, const char *string) {
    const char *at = text.at, *end = text.at + text.length;
    while (at < end) {
        char character[4];
        size_t bytes = decode_one(&at, end, character);
        if (strncmp(string, character, bytes) != 0) return false;
        string += bytes;
    }
    return *string == '\0';
}

size_t decem_json_decode(decem_json_text text, char *out) {
    const char *at = text.at, *end = text.at + text.length;
    size_t length = 0;
    while (at < end) {
        char character[4];
        size_t bytes = decode_one(&at, end, character);
        memcpy(out + length, character, bytes);
        length += bytes;
    }
    out[length] = '\0';
    return length;
}

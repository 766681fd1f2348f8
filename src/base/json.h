/* A small JSON reader (RFC 8259) for headers and options: the text is walked once, nothing is allocated.
 * Stricter than the RFC in three ways: text must be well-formed UTF-8, strings hold no \u0000 (so that they can
 * be NUL-terminated), and nothing nests deeper than DECEM_JSON_DEPTH.
 *
 * A cursor stands before a value. Either read it as what it must be, or skip it. Every function returns
 * false, and leaves cursor->failed true, when the text is not what was asked for or not JSON; from then on
 * every call returns false, so that a caller may check once at the end.
 *
 *     decem_json json = decem_json_open(text, length);
 *     decem_json_text key;
 *     decem_json_enter_object(&json);
 *     while (decem_json_next_key(&json, &key))
 *         if (decem_json_equals(key, "crop")) decem_json_read_number(&json, &crop);
 *         else decem_json_skip(&json);
 *     if (!decem_json_close(&json)) ...malformed...
 */
#ifndef DECEM_BASE_JSON_H
#define DECEM_BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DECEM_JSON_DEPTH = 32 };

typedef struct decem_json {
    const char *at, *end;
    int32_t depth;
    bool failed;
    bool first[DECEM_JSON_DEPTH]; /* by depth: no member has been read yet */
    char closer[DECEM_JSON_DEPTH]; /* by depth: '}' or ']' */
} decem_json;

/* A string's raw contents between its quotes, escapes not yet decoded; not NUL-terminated. */
typedef struct decem_json_text {
    const char *at;
    size_t length;
} decem_json_text;

typedef enum decem_json_type {
    DECEM_JSON_INVALID, DECEM_JSON_OBJECT, DECEM_JSON_ARRAY, DECEM_JSON_STRING,
    DECEM_JSON_NUMBER, DECEM_JSON_BOOLEAN, DECEM_JSON_NULL
} decem_json_type;

decem_json decem_json_open(const char *text, size_t length);

/* The type of the value that the cursor stands before. */
decem_json_type decem_json_peek(const decem_json *json);

bool decem_json_enter_object(decem_json *json);
bool decem_json_enter_array(decem_json *json);
/* Moves to the next member, or leaves the object or array: then false, and failed says whether all was well. */
bool decem_json_next_key(decem_json *json, decem_json_text *key);
bool decem_json_next_element(decem_json *json);

bool decem_json_read_string(decem_json *json, decem_json_text *text);
/* Correctly rounded up to 15 significant digits, then within a few units in the last place; a number too large
 * for a double fails. */
bool decem_json_read_number(decem_json *json, double *number);
/* A whole number from 0 to 2^63 - 1 without sign, fraction or exponent. */
bool decem_json_read_size(decem_json *json, uint64_t *number);
bool decem_json_read_boolean(decem_json *json, bool *value);
bool decem_json_skip(decem_json *json);

/* True when nothing failed and only white space is left. */
bool decem_json_close(decem_json *json);

/* Compares the decoded text with a NUL-terminated string. */
bool decem_json_equals(decem_json_text text, const char *string);

/* Decodes escapes (surrogate pairs too; half a pair becomes U+FFFD) to UTF-8 and adds a NUL; returns the
 * bytes written without it. `out` must have room for text.length + 1 bytes, and may be the text itself: decoding
 * never lengthens. */
size_t decem_json_decode(decem_json_text text, char *out);

#endif

#include "base/json.h"

#include <stdlib.h>

#include "check.h"

/* The text in memory of exactly its length, so that a sanitizer sees every read past it. */
typedef struct document {
    char *text;
    decem_json json;
} document;

static document open_bytes(const char *text, size_t length) {
    document d = {.text = malloc(length + (length == 0))};
    memcpy(d.text, text, length);
    d.json = decem_json_open(d.text, length);
    return d;
}

static document open_text(const char *text) { return open_bytes(text, strlen(text)); }

static bool is_json_bytes(const char *text, size_t length) {
    document d = open_bytes(text, length);
    decem_json_skip(&d.json);
    bool closed = decem_json_close(&d.json);
    CHECK(closed == !d.json.failed);
    free(d.text);
    return closed;
}

static bool is_json(const char *text) { return is_json_bytes(text, strlen(text)); }

static void accepts(void) {
    static const char *const texts[] = {
        "{}", "[]", " [ ] ", "\t\r\n{ }\n", "null", "true", "false", "0", "-0", "12", "-1.5e-7", "1E+2", "0.25", "\"\"",
        "{\"a\":1,\"b\":[true,null,{\"c\":\"d\"}],\"\":-0.5}", "[[[[]]],1]", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\"",
        "\"\\ud83d\\ude00\"", "\"\\ud800\"", "\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\x7F\"",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        check_in(texts[i]);
        CHECK(is_json(texts[i]));
    }
    check_in(NULL);
}

static void refuses(void) {
    static const char *const texts[] = {
        "", " ", "{", "[", "}", "]", "{]", "[}", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "[1,,2]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}",
        "{,}", "{a:1}", "{'a':1}", "{1:2}", "{\"a\" 1}", "{\"a\":1 \"b\":2}", "nul", "nulll", "True", "truefalse", "NaN", "Infinity",
        "-", "+1", "01", "-01", "1.", ".5", "1e", "1e+", "0x10", "1 2", "--1", "1e999", "-1e400", "\"", "\"\\\"", "\"\\x41\"", "\"\\u12\"",
        "\"\\u12g4\"", "\"\\u0000\"", "\"\n\"", "\"\x01\"", "\"\xFF\"", "\"\xC0\x80\"", "\"\xED\xA0\x80\"", "\"\xF4\x90\x80\x80\"", "\"\xE2\x82\"",
        "{} {}", "[] x", "// comment\n{}", "\xEF\xBB\xBF{}",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        check_in(texts[i]);
        CHECK(!is_json(texts[i]));
    }
    check_in(NULL);
    CHECK(!is_json_bytes("[1]\0", 4));
    CHECK(!is_json_bytes("\"a\0b\"", 5));
    CHECK(!is_json_bytes("\"\\\0\"", 4));
}

/* Every text that is cut short is refused; so is every one after it. */
static void cut_short(void) {
    const char *text = "{\"a\\u00e9\":[1.5e3,true,null,\"\\n\xE2\x82\xAC\",{}]}";
    for (size_t length = 0; length < strlen(text); length++) CHECK(!is_json_bytes(text, length));
    CHECK(is_json(text));
}

static void nesting(void) {
    char text[2 * (DECEM_JSON_DEPTH + 1) + 1] = "";
    for (size_t depth = DECEM_JSON_DEPTH; depth <= DECEM_JSON_DEPTH + 1; depth++) {
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        CHECK_EQUAL(is_json_bytes(text, 2 * depth), depth == DECEM_JSON_DEPTH);
    }
}

static void walks(void) {
    document d = open_text(" { \"crop\" : 224 , \"mean\":[0.5, 1e-1 ,2],\"on\":true,\"note\":\"a\\tb\", \"skip\":{\"x\":[1,{}]}, \"n\":null } ");
    decem_json *json = &d.json;
    decem_json_text key, text;
    uint64_t crop = 0;
    double mean[3] = {0};
    int32_t count = 0, keys = 0;
    bool on = false;
    CHECK_EQUAL(decem_json_peek(json), DECEM_JSON_OBJECT);
    CHECK(decem_json_enter_object(json));
    for (; decem_json_next_key(json, &key); keys++) {
        if (decem_json_equals(key, "crop")) {
            CHECK_EQUAL(decem_json_peek(json), DECEM_JSON_NUMBER);
            CHECK(decem_json_read_size(json, &crop));
        } else if (decem_json_equals(key, "mean")) {
            CHECK(decem_json_enter_array(json));
            while (decem_json_next_element(json) && count < 3) decem_json_read_number(json, &mean[count++]);
        } else if (decem_json_equals(key, "on")) {
            CHECK(decem_json_read_boolean(json, &on));
        } else if (decem_json_equals(key, "note")) {
            CHECK(decem_json_read_string(json, &text));
            CHECK(decem_json_equals(text, "a\tb"));
            CHECK(!decem_json_equals(text, "a\tbc"));
            CHECK(!decem_json_equals(text, "a\t"));
            CHECK(!decem_json_equals(text, ""));
        } else {
            CHECK(decem_json_skip(json));
        }
    }
    CHECK(decem_json_close(json));
    CHECK_EQUAL(keys, 6);
    CHECK_EQUAL(crop, 224);
    CHECK(count == 3 && mean[0] == 0.5 && mean[1] == 0.1 && mean[2] == 2);
    CHECK(on);
    free(d.text);
}

/* What was asked for is not there: the call fails, and so does every one after it. */
static void stays_failed(void) {
    document d = open_text("{\"a\":\"text\",\"b\":1}");
    decem_json_text key;
    double number = 7;
    CHECK(decem_json_enter_object(&d.json));
    CHECK(decem_json_next_key(&d.json, &key));
    CHECK(!decem_json_read_number(&d.json, &number));
    CHECK(number == 7);
    CHECK(d.json.failed);
    CHECK_EQUAL(decem_json_peek(&d.json), DECEM_JSON_INVALID);
    CHECK(!decem_json_read_string(&d.json, &key));
    CHECK(!decem_json_skip(&d.json));
    CHECK(!decem_json_next_key(&d.json, &key));
    CHECK(!decem_json_enter_object(&d.json));
    CHECK(!decem_json_close(&d.json));
    free(d.text);

    d = open_text("[1]");
    CHECK(decem_json_enter_array(&d.json));
    CHECK(!decem_json_next_key(&d.json, &key)); /* an array has no keys */
    CHECK(d.json.failed);
    free(d.text);

    d = open_text("[");
    CHECK(decem_json_enter_array(&d.json));
    CHECK(!decem_json_close(&d.json)); /* still inside */
    free(d.text);
}

static void sizes(void) {
    static const struct {
        const char *text;
        bool right;
        uint64_t value;
    } cases[] = {
        {"0", true, 0}, {"9223372036854775807", true, INT64_MAX}, {"9223372036854775808", false, 0}, {"18446744073709551616", false, 0},
        {"99999999999999999999999", false, 0}, {"-1", false, 0}, {"-0", false, 0}, {"1.0", false, 0}, {"1e2", false, 0}, {"007", false, 0},
        {"\"1\"", false, 0}, {"", false, 0}, {"null", false, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint64_t value = 0;
        document d = open_text(cases[i].text);
        check_in(cases[i].text);
        decem_json_read_size(&d.json, &value);
        CHECK_EQUAL(decem_json_close(&d.json), cases[i].right);
        if (cases[i].right) CHECK_EQUAL(value, cases[i].value);
        free(d.text);
    }
    check_in(NULL);
}

/* Against the compiler's own reading of the same text. */
static void numbers(void) {
#define NUMBER(number) {#number, number, 0}
#define NEARLY(number) {#number, number, 1e-15}
    static const struct {
        const char *text;
        double value, tolerance; /* relative */
    } cases[] = {
        NUMBER(0), NUMBER(-0.0), NUMBER(0.485), NUMBER(0.229), NUMBER(0.406), NUMBER(123456789012345), NUMBER(1e22), NUMBER(1.5e-22),
        NUMBER(-7.25E+3), NUMBER(0.000001), NUMBER(5e0), NUMBER(0.00392156862745098),
        NEARLY(0.48500001430511475), NEARLY(0.4823529411764706), NEARLY(3.141592653589793238462643383279), NEARLY(1.7976931348623e308),
        NEARLY(2.2250738585072014e-308), NEARLY(6.02214076e23), NEARLY(123456789012345678901234567890.5), NEARLY(1e-300),
        {"1e-400", 0, 0}, {"0e99999", 0, 0}, {"1e-99999999999999999999", 0, 0}, {"0.00000000000000000000000000000000000000001e41", 1, 1e-15},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double value = 7;
        document d = open_text(cases[i].text);
        check_in(cases[i].text);
        CHECK(decem_json_read_number(&d.json, &value));
        CHECK(decem_json_close(&d.json));
        double error = value - cases[i].value, allowed = cases[i].tolerance * cases[i].value;
        CHECK(error <= allowed && -error <= allowed);
        free(d.text);
    }
    check_in(NULL);
}

static void decodes(void) {
    static const struct {
        const char *raw, *decoded;
    } cases[] = {
        {"\"plain\"", "plain"},
        {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t"},
        {"\"\\u0041\\u00e9\\u20AC\"", "A\xC3\xA9\xE2\x82\xAC"},
        {"\"\\ud83d\\ude00!\"", "\xF0\x9F\x98\x80!"},
        {"\"\\udbff\\udfff\"", "\xF4\x8F\xBF\xBF"},
        {"\"\\ud83dx\\ude00\"", "\xEF\xBF\xBDx\xEF\xBF\xBD"},
        {"\"\\ud83d\\ud83d\\ude00\"", "\xEF\xBF\xBD\xF0\x9F\x98\x80"},
        {"\"\\ud83d\\u0041\"", "\xEF\xBF\xBD" "A"},
        {"\"\\ud83d\\n\"", "\xEF\xBF\xBD\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        document d = open_text(cases[i].raw);
        decem_json_text raw;
        check_in(cases[i].raw);
        CHECK(decem_json_read_string(&d.json, &raw));
        CHECK(decem_json_equals(raw, cases[i].decoded));
        char *out = malloc(raw.length + 1);
        CHECK_EQUAL(decem_json_decode(raw, out), strlen(cases[i].decoded));
        CHECK_STRING(out, cases[i].decoded);
        free(out);
        decem_json_decode(raw, d.text + 1); /* in place: the NUL falls on the closing quote at the latest */
        CHECK_STRING(d.text + 1, cases[i].decoded);
        free(d.text);
    }
    check_in(NULL);
}

int main(void) {
    accepts();
    refuses();
    cut_short();
    nesting();
    walks();
    stays_failed();
    sizes();
    numbers();
    decodes();
    return check_report();
}

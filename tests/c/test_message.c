#include "base/message.h"

#include "check.h"

static decem_message message;

static void formats(void) {
    CHECK_EQUAL(
        decem_fail(&message, DECEM_WRONG_SHAPE, "tensor %s has %d of %z, %l%%", "fc.weight", -3, (size_t)7, (int64_t)-8),
        DECEM_WRONG_SHAPE);
    CHECK_STRING(message.text, "tensor fc.weight has -3 of 7, -8%");
    decem_fail(&message, DECEM_OK, "%d %d %l %l %z", INT32_MIN, INT32_MAX, INT64_MIN, INT64_MAX, (size_t)0);
    CHECK_STRING(message.text, "-2147483648 2147483647 -9223372036854775808 9223372036854775807 0");
    decem_fail(&message, DECEM_OK, "%s", "");
    CHECK_STRING(message.text, "");
    decem_fail(&message, DECEM_OK, "100%");
    CHECK_STRING(message.text, "100%");
}

static void hostile_strings(void) {
    decem_fail(&message, DECEM_OK, "<%s>", "a\nb\x1B[31m\x7F\xC2\x85 c"); /* newline, escape, DEL, C1 control */
    CHECK_STRING(message.text, "<a?b?[31m?? c>");
    decem_fail(&message, DECEM_OK, "%s", "\xFF\xC0\x80\xED\xA0\x80\xE2\x82"); /* never UTF-8, overlong, surrogate, cut */
    CHECK_STRING(message.text, "????????");
    decem_fail(&message, DECEM_OK, "<%s>", "caf\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80");
    CHECK_STRING(message.text, "<caf\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80>");
}

static void long_strings(void) {
    char name[300], wanted[128];
    memset(name, 'x', sizeof name);
    name[100] = '\0';
    decem_fail(&message, DECEM_OK, "%s!", name);
    CHECK_EQUAL(strlen(message.text), 101);
    name[100] = 'x', name[299] = '\0';
    decem_fail(&message, DECEM_OK, "%s!", name);
    memset(wanted, 'x', 97);
    memcpy(wanted + 97, "...!", 5);
    CHECK_STRING(message.text, wanted);

    memcpy(name + 96, "\xE2\x82\xAC", 3); /* a character across the cut goes as a whole */
    decem_fail(&message, DECEM_OK, "%s!", name);
    memcpy(wanted + 96, "...!", 5);
    CHECK_STRING(message.text, wanted);
}

static void long_messages(void) {
    char long_text[1000];
    memset(long_text, 'y', sizeof long_text);
    long_text[sizeof long_text - 1] = '\0';
    decem_fail(&message, DECEM_OK, long_text);
    CHECK_EQUAL(strlen(message.text), DECEM_MESSAGE_BYTES - 1);

    memcpy(long_text + DECEM_MESSAGE_BYTES - 2, "\xC3\xA9", 2); /* would be cut in its middle */
    decem_fail(&message, DECEM_OK, long_text);
    CHECK_EQUAL(strlen(message.text), DECEM_MESSAGE_BYTES - 2);
}

static size_t format(char *out, size_t room, const char *text, ...) {
    va_list arguments;
    va_start(arguments, text);
    size_t length = decem_format(out, room, text, arguments);
    va_end(arguments);
    return length;
}

static void small_buffers(void) {
    char out[8] = "......";
    CHECK_EQUAL(format(out, 0, "abc"), 0);
    CHECK_EQUAL(out[0], '.');
    CHECK_EQUAL(format(out, 1, "abc"), 0);
    CHECK_STRING(out, "");
    CHECK_EQUAL(format(out, 4, "a%d", 12), 3);
    CHECK_STRING(out, "a12");
    CHECK_EQUAL(format(out, 4, "a%db", 123), 1); /* a number is whole or absent, and nothing follows a gap */
    CHECK_STRING(out, "a");
}

/* Every status has a name of its own, and none is left out. */
static void statuses(void) {
    int count = 0;
    for (; strcmp(decem_status_string((decem_status)count), "unknown status") != 0; count++)
        for (int other = 0; other < count; other++)
            CHECK(strcmp(decem_status_string((decem_status)count), decem_status_string((decem_status)other)) != 0);
    CHECK(count > DECEM_INVALID_IMAGE);
    CHECK_STRING(decem_status_string(DECEM_MISSING_TENSOR), "missing tensor");
    CHECK_STRING(decem_status_string((decem_status)1000), "unknown status");
}

int main(void) {
    formats();
    hostile_strings();
    long_strings();
    long_messages();
    small_buffers();
    statuses();
    return check_report();
}

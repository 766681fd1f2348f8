#include "base/message.h"

#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#include "base/utf8.h"

enum { STRING_BYTES = 100 }; /* what one %s may take */

typedef struct writer {
    char *at, *end; /* end: where the NUL goes at the latest */
} writer;

/* Once something does not fit, nothing after it is written, so that the text is cut at its end only. */
static void put(writer *out, const char *bytes, size_t count) {
    if (count > (size_t)(out->end - out->at)) {
        out->end = out->at;
        return;
    }
    memcpy(out->at, bytes, count);
    out->at += count;
}

/* Names come from files that may be hostile: control characters (C0, DEL and C1) and broken UTF-8 become '?'. */
static void put_string(writer *out, const char *string) {
    size_t left = strlen(string);
    size_t room = left <= STRING_BYTES ? STRING_BYTES : STRING_BYTES - 3;
    while (left > 0) {
        size_t bytes = decem_utf8_bytes(string, left);
        uint8_t lead = (uint8_t)string[0];
        bool shown = bytes > 1 ? !(lead == 0xC2 && (uint8_t)string[1] < 0xA0) : bytes == 1 && lead >= 0x20 && lead != 0x7F;
        size_t taken = bytes > 0 ? bytes : 1, given = shown ? bytes : 1;
        if (given > room) {
            put(out, "...", 3);
            return;
        }
        put(out, shown ? string : "?", given);
        room -= given;
        string += taken;
        left -= taken;
    }
}

static void put_number(writer *out, uint64_t magnitude, bool negative) {
    char digits[21];
    size_t first = sizeof digits;
    do digits[--first] = (char)('0' + magnitude % 10);
    while ((magnitude /= 10) > 0);
    if (negative) digits[--first] = '-';
    put(out, digits + first, sizeof digits - first);
}

static void put_signed(writer *out, int64_t number) {
    put_number(out, number < 0 ? 0 - (uint64_t)number : (uint64_t)number, number < 0);
}

size_t decem_format(char *text, size_t room, const char *format, va_list arguments) {
    if (room == 0) return 0;
    writer out = {text, text + room - 1};
    for (size_t bytes; *format; format += bytes) {
        if (*format != '%') {
            bytes = decem_utf8_bytes(format, strlen(format));
            if (bytes == 0) bytes = 1;
            put(&out, format, bytes);
            continue;
        }
        bytes = 2;
        switch (format[1]) {
        case 's': put_string(&out, va_arg(arguments, const char *)); break;
        case 'd': put_signed(&out, va_arg(arguments, int32_t)); break;
        case 'z': put_number(&out, va_arg(arguments, size_t), false); break;
        case 'l': put_signed(&out, va_arg(arguments, int64_t)); break;
        default: put(&out, "%", 1), bytes = format[1] == '%' ? 2 : 1; break;
        }
    }
    *out.at = '\0';
    return (size_t)(out.at - text);
}

decem_status decem_fail(decem_message *message, decem_status status, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    decem_format(message->text, DECEM_MESSAGE_BYTES, format, arguments);
    va_end(arguments);
    return status;
}

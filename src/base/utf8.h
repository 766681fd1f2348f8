/* Well-formed UTF-8 (Unicode 15, table 3-7): no overlong forms, no surrogates, nothing past U+10FFFF. */
#ifndef DECEM_BASE_UTF8_H
#define DECEM_BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* Bytes of the character at `at`, of which `available` bytes may be read: 1 to 4, or 0 where it is malformed,
 * cut short or `available` is 0. */
static inline size_t decem_utf8_bytes(const char *at, size_t available) {
    if (available == 0) return 0;
    uint8_t lead = (uint8_t)at[0];
    if (lead < 0x80) return 1;
    size_t bytes = lead >= 0xC2 && lead < 0xE0 ? 2 : lead >= 0xE0 && lead < 0xF0 ? 3 : lead >= 0xF0 && lead < 0xF5 ? 4 : 0;
    if (bytes == 0 || bytes > available) return 0;
    for (size_t i = 1; i < bytes; i++)
        if (((uint8_t)at[i] & 0xC0) != 0x80) return 0;
    uint8_t second = (uint8_t)at[1];
    if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F)) return 0;
    if ((lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F)) return 0;
    return bytes;
}

#endif

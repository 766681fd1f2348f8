/* Sentences about what went wrong, without printf: small in WASM and safe on hostile names. */
#ifndef DECEM_BASE_MESSAGE_H
#define DECEM_BASE_MESSAGE_H

#include <stdarg.h>

#include "decem.h"

enum { DECEM_MESSAGE_BYTES = 512 };

typedef struct decem_message {
    char text[DECEM_MESSAGE_BYTES]; /* NUL-terminated UTF-8, cut where it would not fit */
} decem_message;

/* Writes a sentence and returns `status`, so that a failure is one statement:
 *     return decem_fail(message, DECEM_WRONG_SHAPE, "tensor %s has %d dimensions", name, rank);
 * Understands %s (const char *, at most 100 bytes, control characters and broken UTF-8 shown as '?'),
 * %d (int32_t or smaller), %z (size_t), %l (int64_t) and %%. */
decem_status decem_fail(decem_message *message, decem_status status, const char *format, ...);

/* The same words into any buffer; returns the length without the NUL, at most room - 1. */
size_t decem_format(char *out, size_t room, const char *format, va_list arguments);

#endif

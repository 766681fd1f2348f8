/* Fixtures from disk. DECEM_ROOT is the repository's root; without it, the working directory is. */
#ifndef DECEM_TESTS_FILES_H
#define DECEM_TESTS_FILES_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static inline const char *root(void) {
    const char *path = getenv("DECEM_ROOT");
    return path && *path ? path : ".";
}

/* The whole of a file and a NUL after it, to be freed by the caller; NULL, having said so, where it cannot be read. */
static inline uint8_t *read_file(const char *path, size_t *length) {
    FILE *file = fopen(path, "rb");
    if (!file) {
        printf("cannot open %s\n", path);
        return NULL;
    }
    size_t room = 1 << 16;
    uint8_t *bytes = malloc(room);
    *length = 0;
    while (bytes) {
        size_t count = fread(bytes + *length, 1, room - 1 - *length, file);
        if (count == 0) break;
        *length += count;
        if (*length < room - 1) continue;
        uint8_t *larger = realloc(bytes, room *= 2);
        if (!larger) free(bytes);
        bytes = larger;
    }
    fclose(file);
    if (bytes) bytes[*length] = 0;
    return bytes;
}

#endif

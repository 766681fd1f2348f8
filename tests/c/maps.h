/* Maps for the tests of kernels: seeded values, and a canary in every element of memory that is not the map's, so
 * that a write beside the map is seen even where no sanitizer watches. The canary is a NaN: a kernel that reads it
 * gives NaN, which agrees with nothing. */
#ifndef DECEM_TESTS_MAPS_H
#define DECEM_TESTS_MAPS_H

#include <math.h>
#include <stdlib.h>

#include "check.h"
#include "kernels/map.h"

enum { GUARD = 64 /* elements before and after a map */ };

static const uint32_t CANARY = 0x7fc0beef;

/* The bounds of every kernel test: none, ReLU, and two that bite on both sides. */
static const decem_clamp unbounded = {0.0f, 0.0f, 0}, relu = {0.0f, 0.0f, 1}, narrow = {-0.25f, 0.5f, 2};

typedef struct border {
    int32_t top, left, bottom, right;
} border; /* pixels around an image */

typedef struct guarded_map {
    decem_map map;
    float *memory;
    size_t count; /* elements of memory */
} guarded_map;

/* ---- Values -------------------------------------------------------------------------------------- */

/* The next of a sequence of values in [-1, 1) that `seed` holds the place of. */
static inline float next_value(uint32_t *seed) {
    uint32_t x = *seed += 0x9E3779B9u;
    x ^= x >> 16;
    x *= 0x7feb352du;
    x ^= x >> 15;
    x *= 0x846ca68bu;
    x ^= x >> 16;
    return (float)((int32_t)(x >> 8) - 8388608) * (1.0f / 8388608.0f);
}

/* An array to be freed by the caller. */
static inline float *make_values(size_t count, uint32_t *seed) {
    float *values = malloc(count * sizeof *values);
    for (size_t i = 0; i < count; i++) values[i] = next_value(seed);
    return values;
}

static inline float *magnitudes(const float *values, size_t count) {
    float *absolute = malloc(count * sizeof *absolute);
    for (size_t i = 0; i < count; i++) absolute[i] = fabsf(values[i]);
    return absolute;
}

static inline bool same_bits(float a, float b) {
    return memcmp(&a, &b, sizeof a) == 0;
}

/* ---- Maps ---------------------------------------------------------------------------------------- */

static inline float *map_at(const decem_map *map, int32_t y, int32_t x, int32_t channel) {
    return map->at + y * map->row_stride + x * map->pixel_stride + channel;
}

/* A map of canaries; `gap` elements lie between pixels, and between rows. */
static inline guarded_map make_map(int32_t height, int32_t width, int32_t channels, int32_t gap) {
    guarded_map made;
    made.map = (decem_map){NULL, height, width, channels, (ptrdiff_t)width * (channels + gap) + gap, channels + gap};
    made.count = (size_t)(height * made.map.row_stride) + 2 * GUARD;
    made.memory = malloc(made.count * sizeof *made.memory);
    for (size_t i = 0; i < made.count; i++) memcpy(&made.memory[i], &CANARY, sizeof CANARY);
    made.map.at = made.memory + GUARD;
    return made;
}

/* A map of height + padding by width + padding pixels: values inside, zeros around them. */
static inline guarded_map make_input(int32_t height, int32_t width, int32_t channels, int32_t gap, border around, uint32_t *seed) {
    guarded_map made = make_map(height + around.top + around.bottom, width + around.left + around.right, channels, gap);
    for (int32_t y = 0; y < made.map.height; y++)
        for (int32_t x = 0; x < made.map.width; x++)
            for (int32_t c = 0; c < channels; c++) {
                bool inside = y >= around.top && y < around.top + height && x >= around.left && x < around.left + width;
                *map_at(&made.map, y, x, c) = inside ? next_value(seed) : 0.0f;
            }
    return made;
}

/* The same map with the sign of every value dropped: what the sums in tolerances are made of. */
static inline guarded_map make_magnitudes(const guarded_map *of) {
    guarded_map made = *of;
    made.memory = magnitudes(of->memory, of->count);
    made.map.at = made.memory + GUARD;
    return made;
}

static inline void free_map(guarded_map *map) {
    free(map->memory);
}

/* ---- Checks -------------------------------------------------------------------------------------- */

/* Whether no element beside the map was written. */
static inline bool is_untouched_around(const guarded_map *guarded) {
    const decem_map *map = &guarded->map;
    for (size_t i = 0; i < guarded->count; i++) {
        ptrdiff_t at = (ptrdiff_t)i - GUARD, in_row = at % map->row_stride;
        bool inside = at >= 0 && at / map->row_stride < map->height && in_row / map->pixel_stride < map->width &&
                      in_row % map->pixel_stride < map->channels;
        if (!inside && memcmp(&guarded->memory[i], &CANARY, sizeof CANARY) != 0) return false;
    }
    return true;
}

/* Whether each value is within `bound` of the one wanted; with `bound` NULL, the same to the bit. Prints the first
 * that is not. */
static inline bool agrees(const decem_map *got, const decem_map *wanted, const decem_map *bound) {
    for (int32_t y = 0; y < wanted->height; y++)
        for (int32_t x = 0; x < wanted->width; x++)
            for (int32_t c = 0; c < wanted->channels; c++) {
                float a = *map_at(got, y, x, c), b = *map_at(wanted, y, x, c);
                bool good = bound == NULL ? same_bits(a, b) : fabsf(a - b) <= *map_at(bound, y, x, c);
                if (good) continue;
                printf("    row %d, column %d, channel %d: got %.9g, wanted %.9g", (int)y, (int)x, (int)c, (double)a, (double)b);
                if (bound != NULL) printf(", within %.3g", (double)*map_at(bound, y, x, c));
                printf("\n");
                return false;
            }
    return true;
}

#endif

/* SHA-256 against what Node's crypto (OpenSSL) gives, at the edges of its blocks, in pieces of every kind. */
#include "weights/sha256.h"

#include <stdlib.h>

#include "check.h"

#define COUNT(array) (int32_t)(sizeof(array) / sizeof *(array))

/* Of the bytes (37 i + 11 (i >> 8) + 5) mod 256, for i below the count. */
static const struct { size_t count; const char *hex; } rows[] = {
    {0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {1, "e77b9a9ae9e30b0dbdb6f510a264ef9de781501d7b6b92ae89eb059c5ab743db"},
    {3, "11e5515b1df875667f420ad56b753d049451453321069476130d9916aed78ea1"},
    {55, "63f52ae0ec1391993ee650b77287900a094013bdd9cf28120f9ff7c703791ddd"},
    {56, "3d369c762eaea64e0dfb8cf4dde147ff4138fe1fee32fa93cb318302264c1f32"},
    {57, "d95a81a25a8f82dafe90b49f45a0c67bf8c7870e04b625e8ae3a4a591dd4e84a"},
    {63, "b73e65e88fbed8af578fad59b7f5ed237d73b5f5f0ebd608ef9d041073262928"},
    {64, "4806b7815935102d84ecbaa7958da9b6b1911f10fb4ce1a5670480d125a5f9bd"},
    {65, "fc9d4e5c2fdb736db73b59b1833f11606ff98a324a5fe08bab69fcf77ff7d7ca"},
    {119, "251242f0ca79a6c005977aa95bef1cd9a6ed288ec874f8fc861ed3c60116e379"},
    {120, "0556360a4457b879efbd578bc223bb7ac04f2a834f62bff292c7fb9bcbfc7765"},
    {127, "e35f659e6963ee3a1a98e77963872dee26ae04aaaa3bd5b9ec8bd40be9b8215f"},
    {128, "01868e5ca495c97ee8e69c286ee53826f6bc4ed2ad867bd5bd830360e1f285e2"},
    {1000, "6a977900a8dc77407baea4dbd9b9e3af8a69d06251ed5ac6894c09c910840edd"},
    {100003, "19e2a53dced58bd98b8e90094c5e1306e6863088e76e89f757e840f5f99bdb4f"},
};

enum { MOST = 100003 };

static uint8_t bytes[MOST];

static void check_digest(decem_sha256 *hash, const char *wanted) {
    uint8_t digest[DECEM_SHA256_BYTES];
    char hex[2 * DECEM_SHA256_BYTES + 1];
    decem_sha256_end(hash, digest);
    for (int32_t i = 0; i < DECEM_SHA256_BYTES; i++) snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    CHECK_STRING(hex, wanted);
}

static uint32_t next_random(uint32_t *seed) { return (*seed = *seed * 1664525u + 1013904223u) >> 8; }

int main(void) {
    decem_sha256 hash;
    for (size_t i = 0; i < MOST; i++) bytes[i] = (uint8_t)(i * 37 + (i >> 8) * 11 + 5);

    decem_sha256_begin(&hash);
    decem_sha256_push(&hash, (const uint8_t *)"abc", 3); /* the standard's own example */
    check_digest(&hash, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");

    for (int32_t r = 0; r < COUNT(rows); r++) {
        char context[32];
        snprintf(context, sizeof context, "%zu bytes", rows[r].count);
        check_in(context);
        decem_sha256_begin(&hash);
        decem_sha256_push(&hash, bytes, rows[r].count);
        check_digest(&hash, rows[r].hex);

        decem_sha256_begin(&hash);
        for (size_t i = 0; i < rows[r].count; i++) decem_sha256_push(&hash, bytes + i, 1);
        check_digest(&hash, rows[r].hex);

        uint32_t seed = (uint32_t)rows[r].count;
        for (int32_t round = 0; round < 20; round++) {
            decem_sha256_begin(&hash);
            for (size_t at = 0; at < rows[r].count;) {
                size_t left = rows[r].count - at, piece = next_random(&seed) % 200;
                if (piece > left) piece = left;
                decem_sha256_push(&hash, bytes + at, piece);
                at += piece;
            }
            check_digest(&hash, rows[r].hex);
        }
    }
    return check_report();
}

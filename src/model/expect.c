/* What the caller knows of the file beforehand: its SHA-256. */
#include <string.h>

#include "model/model.h"

enum { HEX_DIGITS = 2 * DECEM_SHA256_BYTES };

/* The value of a hexadecimal digit; -1 for anything else. */
static int digit_value(char digit) {
    if (digit >= '0' && digit <= '9') return digit - '0';
    if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
    return -1;
}

decem_status decem_model_expect_sha256(decem_model *model, const char *hex) {
    if (model->stage > DECEM_STAGE_PLANNED || model->file != NULL)
        return decem_fail(&model->message, DECEM_WRONG_STATE, "the file's SHA-256 must be said before its first byte");
    bool valid = hex != NULL && strlen(hex) == HEX_DIGITS;
    for (int32_t i = 0; valid && i < HEX_DIGITS; i += 2) {
        int high = digit_value(hex[i]), low = digit_value(hex[i + 1]);
        valid = high >= 0 && low >= 0;
        model->expected[i / 2] = (uint8_t)(high * 16 + low);
    }
    model->expects = valid;
    if (!valid) return decem_fail(&model->message, DECEM_INVALID_ARGUMENT, "%s is no SHA-256: that is 64 hexadecimal digits", hex == NULL ? "NULL" : hex);
    decem_sha256_begin(&model->hash);
    return DECEM_OK;
}

static const char *to_hex(const uint8_t digest[DECEM_SHA256_BYTES], char hex[HEX_DIGITS + 1]) {
    for (int32_t i = 0; i < HEX_DIGITS; i++) hex[i] = "0123456789abcdef"[digest[i / 2] >> (i % 2 == 0 ? 4 : 0) & 15];
    hex[HEX_DIGITS] = '\0';
    return hex;
}

decem_status decem_model_check_hash(decem_model *model) {
    if (!model->expects) return DECEM_OK;
    uint8_t digest[DECEM_SHA256_BYTES];
    char got[HEX_DIGITS + 1], wanted[HEX_DIGITS + 1];
    decem_sha256_end(&model->hash, digest);
    if (memcmp(digest, model->expected, sizeof digest) == 0) return DECEM_OK;
    return decem_fail(&model->message, DECEM_WRONG_HASH, "these are not the weights that are wanted: the file's SHA-256 is %s, not %s; it was changed on the server or on the way",
                      to_hex(digest, got), to_hex(model->expected, wanted));
}

/* Input: how large the pieces are, then the file. A file that begins with '{' gets its header's length put before it: the
 * header ends at the first NUL, so that mutations reach what lies behind a right length. */
#include <string.h>

#include "fuzz.h"
#include "weights/safetensors.h"

#define TENSOR(name, dtype, shape, offsets) \
    "\"" name "\":{\"dtype\":\"" dtype "\",\"shape\":[" shape "],\"data_offsets\":[" offsets "]}"
#define METADATA "\"__metadata__\":{\"network\":\"vgg16\",\"labels\":\"a\\nb\"}"
#define DATA(bytes) "\0" bytes

const fuzz_seed fuzz_seeds[] = {
    FUZZ_SEED("\x07{" TENSOR("a", "F32", "2,2", "0,16") "," TENSOR("b", "F16", "3", "16,22") "}"
              DATA("0123456789ABCDEF012345")),
    FUZZ_SEED("\x01{" METADATA "," TENSOR("\\u0061", "I64", "", "0,8") "," TENSOR("e", "BF16", "0,3", "8,8") "}  "
              DATA("01234567")),
    FUZZ_SEED("\x40{" TENSOR("x", "F4", "2,7", "4,11") "," TENSOR("w", "I8", "2,1,2", "0,4") ","
              TENSOR("y", "F64", "1", "11,19") "}" DATA("0123456789ABCDEF012")),
    FUZZ_SEED("\x03\x45\0\0\0\0\0\0\0{" TENSOR("abc", "F32", "1", "0,4") "}             0123"),
    {0},
};

/* What must hold of a header, and the order of rows. */
typedef struct state {
    const decem_tensor *tensors;
    int32_t count, tensor;
    uint64_t row, rows, sum;
    decem_safetensors *parser;
    decem_message message;
} state;

static decem_status on_header(void *context, const decem_tensor *tensors, int32_t count) {
    state *s = context;
    PROMISE(s->tensors == NULL && count >= 0 && count <= DECEM_SAFETENSORS_TENSORS_MAX);
    s->tensors = tensors;
    s->count = count;
    uint64_t end = 0;
    for (int32_t i = 0; i < count; i++) {
        const decem_tensor *t = &tensors[i];
        PROMISE(t->begin == end && t->end >= t->begin);
        end = t->end;
        PROMISE(t->rank >= 0 && t->rank <= DECEM_SAFETENSORS_RANK_MAX);
        PROMISE(strlen(t->dtype_name) < 4096 && strlen(t->name) < 4096);
        const uint64_t bytes = t->row_count * t->row_elements * decem_dtype_bytes(t->dtype);
        PROMISE(t->dtype == DECEM_DTYPE_OTHER || bytes == t->end - t->begin);
    }
    return DECEM_OK;
}

static decem_status on_row(void *context, int32_t tensor, uint64_t row, const uint8_t *bytes) {
    state *s = context;
    PROMISE(tensor < s->count && row < s->tensors[tensor].row_count);
    PROMISE(s->rows == 0 || tensor > s->tensor ? row == 0 : tensor == s->tensor && row == s->row + 1);
    s->tensor = tensor;
    s->row = row;
    s->rows++;
    size_t count = (size_t)s->tensors[tensor].row_elements * decem_dtype_bytes(s->tensors[tensor].dtype);
    for (size_t i = 0; i < count; i++) s->sum = s->sum * 31 + bytes[i];
    return DECEM_OK;
}

static decem_status parse(state *s, const uint8_t *bytes, size_t count, size_t piece) {
    *s = (state){0};
    s->parser = decem_safetensors_create((decem_safetensors_handler){s, on_header, on_row}, &s->message);
    PROMISE(s->parser != NULL);
    decem_status status = DECEM_OK;
    for (size_t at = 0; at < count; at += piece)
        status = decem_safetensors_push(s->parser, bytes + at, count - at < piece ? count - at : piece);
    PROMISE(decem_safetensors_finish(s->parser) == status || status == DECEM_OK);
    status = decem_safetensors_finish(s->parser);
    PROMISE(status == DECEM_OK || status == DECEM_MALFORMED_FILE);
    PROMISE((status == DECEM_OK) == (s->message.text[0] == '\0'));
    const char *value;
    for (int32_t i = 0; decem_safetensors_metadata_at(s->parser, i, &value); i++) PROMISE(strlen(value) < 4096);
    return status;
}

/* Pieces and the whole give the same rows and the same words. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
    if (count < 2) return 0;
    const size_t piece = (size_t)bytes[0] + 1;
    const uint8_t *body = bytes + 1;
    const size_t body_bytes = count - 1, prefix = body[0] == '{' ? 8 : 0;
    uint8_t *file = malloc(prefix + body_bytes);
    const uint8_t *nul = memchr(body, 0, body_bytes);
    const size_t header = nul ? (size_t)(nul - body) : body_bytes, rest = nul && prefix ? header + 1 : header;
    for (size_t i = 0; i < prefix; i++) file[i] = (uint8_t)((uint64_t)header >> (8 * i));
    memcpy(file + prefix, body, header);
    memcpy(file + prefix + header, body + rest, body_bytes - rest);
    const size_t file_bytes = prefix + header + body_bytes - rest;

    state whole, pieces;
    const decem_status status = parse(&whole, file, file_bytes, file_bytes);
    PROMISE(parse(&pieces, file, file_bytes, piece) == status);
    PROMISE(whole.rows == pieces.rows && whole.sum == pieces.sum);
    PROMISE(strcmp(whole.message.text, pieces.message.text) == 0);
    decem_safetensors_destroy(whole.parser);
    decem_safetensors_destroy(pieces.parser);
    free(file);
    return 0;
}

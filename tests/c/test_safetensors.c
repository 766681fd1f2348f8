#include "weights/safetensors.h"

#include <stdlib.h>

#include "check.h"

/* ---- Files --------------------------------------------------------------------------------------- */

typedef struct file {
    uint8_t *bytes;
    size_t count, data; /* data: where it begins */
} file;

static file raw_file(const void *bytes, size_t count) {
    file f = {.bytes = malloc(count + (count == 0)), .count = count};
    memcpy(f.bytes, bytes, count);
    return f;
}

/* A length, a header, and data whose bytes are all different from their neighbours. */
static file make_file(const char *header, size_t data_bytes) {
    size_t length = strlen(header);
    file f = {.bytes = malloc(8 + length + data_bytes), .count = 8 + length + data_bytes, .data = 8 + length};
    for (int i = 0; i < 8; i++) f.bytes[i] = (uint8_t)((uint64_t)length >> (8 * i));
    memcpy(f.bytes + 8, header, length);
    for (size_t i = 0; i < data_bytes; i++) f.bytes[f.data + i] = (uint8_t)(i * 167 + 13);
    return f;
}

/* ---- A handler that remembers -------------------------------------------------------------------- */

enum { ROWS_MAX = 64 };

typedef struct record {
    decem_tensor tensors[16];
    int32_t count, headers;
    struct {
        int32_t tensor;
        uint64_t row;
    } rows[ROWS_MAX];
    int32_t row_count;
    const file *file;        /* what is pushed, to compare rows with */
    const uint8_t *in_place; /* where rows must lie if they are not copied; NULL for anywhere */
    decem_status header_answer, row_answer;
} record;

static decem_status on_header(void *context, const decem_tensor *tensors, int32_t count) {
    record *r = context;
    r->headers++;
    r->count = count;
    for (int32_t i = 0; i < count && i < 16; i++) r->tensors[i] = tensors[i];
    return r->header_answer;
}

static decem_status on_row(void *context, int32_t tensor, uint64_t row, const uint8_t *bytes) {
    record *r = context;
    const decem_tensor *t = &r->tensors[tensor];
    size_t row_bytes = (size_t)t->row_elements * decem_dtype_bytes(t->dtype),
           at = r->file->data + (size_t)(t->begin + row * row_bytes);
    CHECK(row < t->row_count && row_bytes > 0);
    CHECK(memcmp(bytes, r->file->bytes + at, row_bytes) == 0);
    if (r->in_place) CHECK(bytes == r->in_place + at);
    if (!CHECK(r->row_count < ROWS_MAX)) return DECEM_OK;
    r->rows[r->row_count].tensor = tensor;
    r->rows[r->row_count++].row = row;
    return r->row_answer;
}

/* A parser, its message and its record. */
typedef struct session {
    record record;
    decem_message message;
    decem_safetensors *parser;
} session;

static session *open_session(const file *f) {
    session *s = calloc(1, sizeof *s);
    s->record.file = f;
    s->parser = decem_safetensors_create((decem_safetensors_handler){&s->record, on_header, on_row}, &s->message);
    return s;
}

static void close_session(session *s) {
    decem_safetensors_destroy(s->parser);
    free(s);
}

static uint32_t next_random(uint32_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 17;
    return *state ^= *state << 5;
}

/* Pushes in pieces of 1 to `most` bytes, each in memory of its own that is gone after the push. */
static decem_status push_pieces(session *s, size_t most, uint32_t seed) {
    const file *f = s->record.file;
    decem_status status = DECEM_OK;
    for (size_t at = 0; at < f->count && status == DECEM_OK;) {
        size_t count = 1 + next_random(&seed) % most;
        if (count > f->count - at) count = f->count - at;
        uint8_t *piece = malloc(count);
        memcpy(piece, f->bytes + at, count);
        status = decem_safetensors_push(s->parser, piece, count);
        free(piece);
        at += count;
    }
    return status == DECEM_OK ? decem_safetensors_finish(s->parser) : status;
}

/* ---- A sound file -------------------------------------------------------------------------------- */

/* Listed out of order; the data lie as conv, empty, bias, scale, odd, wide, count. */
static const char sound[] = "{\"count\":{\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":[93,101]},"
                            "\"__metadata__\":{\"network\":\"vgg16\",\"options\":\"{\\\"num_classes\\\":10}\","
                            "\"caf\\u00e9\":\"\",\"format\":\"pt\"},"
                            "\"bias\":{\"shape\":[5],\"data_offsets\":[48,58],\"dtype\":\"F16\",\"note\":{\"unknown\":[1]}},"
                            "\"conv.we\\u0069ght\":{\"dtype\":\"F32\",\"shape\":[3,2,2],\"data_offsets\":[0,48]},"
                            "\"empty\":{\"dtype\":\"F32\",\"shape\":[4,0],\"data_offsets\":[48,48]},"
                            "\"scale\":{\"dtype\":\"I8\",\"shape\":[2,3,2],\"data_offsets\":[58,70]},"
                            "\"odd\":{\"dtype\":\"F4\",\"shape\":[2,7],\"data_offsets\":[70,77]},"
                            "\"wide\":{\"dtype\":\"F64\",\"shape\":[2,1],\"data_offsets\":[77,93]}}   ";
enum { SOUND_DATA = 101 };

static void check_sound(session *s) {
    static const struct {
        const char *name, *dtype_name;
        decem_dtype dtype;
        int32_t rank;
        uint64_t row_count, row_elements, begin;
    } wanted[] = {
        {"conv.weight", "F32", DECEM_DTYPE_F32, 3, 3, 4, 0}, {"empty", "F32", DECEM_DTYPE_F32, 2, 0, 0, 48},
        {"bias", "F16", DECEM_DTYPE_F16, 1, 1, 5, 48},       {"scale", "I8", DECEM_DTYPE_I8, 3, 2, 6, 58},
        {"odd", "F4", DECEM_DTYPE_OTHER, 2, 2, 7, 70},       {"wide", "F64", DECEM_DTYPE_OTHER, 2, 2, 1, 77},
        {"count", "I64", DECEM_DTYPE_I64, 0, 1, 1, 93},
    };
    static const int32_t rows[][2] = {{0, 0}, {0, 1}, {0, 2}, {2, 0}, {3, 0}, {3, 1}, {6, 0}};
    const record *r = &s->record;
    CHECK_EQUAL(r->headers, 1);
    if (!CHECK_EQUAL(r->count, 7)) return;
    for (int32_t i = 0; i < 7; i++) {
        const decem_tensor *t = &r->tensors[i];
        CHECK_STRING(t->name, wanted[i].name);
        CHECK_STRING(t->dtype_name, wanted[i].dtype_name);
        CHECK_EQUAL(t->dtype, wanted[i].dtype);
        CHECK_EQUAL(t->rank, wanted[i].rank);
        CHECK_EQUAL(t->row_count, wanted[i].row_count);
        CHECK_EQUAL(t->row_elements, wanted[i].row_elements);
        CHECK_EQUAL(t->begin, wanted[i].begin);
    }
    CHECK(r->tensors[0].shape[0] == 3 && r->tensors[0].shape[1] == 2 && r->tensors[0].shape[2] == 2);
    CHECK_EQUAL(r->tensors[6].end, SOUND_DATA);
    if (!CHECK_EQUAL(r->row_count, 7)) return;
    for (int32_t i = 0; i < 7; i++) {
        CHECK_EQUAL(r->rows[i].tensor, rows[i][0]);
        CHECK_EQUAL(r->rows[i].row, rows[i][1]);
    }

    const char *value = "untouched";
    CHECK_STRING(decem_safetensors_metadata(s->parser, "network"), "vgg16");
    CHECK_STRING(decem_safetensors_metadata(s->parser, "options"), "{\"num_classes\":10}");
    CHECK_STRING(decem_safetensors_metadata(s->parser, "caf\xC3\xA9"), "");
    CHECK_STRING(decem_safetensors_metadata(s->parser, "labels"), NULL);
    CHECK(decem_safetensors_metadata_at(s->parser, -1, &value) == NULL &&
          decem_safetensors_metadata_at(s->parser, 4, &value) == NULL);
    CHECK_STRING(value, "untouched");
    CHECK_STRING(decem_safetensors_metadata_at(s->parser, 3, &value), "format");
    CHECK_STRING(value, "pt");
}

static void at_once(void) {
    file f = make_file(sound, SOUND_DATA);
    session *s = open_session(&f);
    s->record.in_place = f.bytes;
    CHECK(decem_safetensors_metadata(s->parser, "network") == NULL);
    CHECK_EQUAL(decem_safetensors_push(s->parser, NULL, 0), DECEM_OK);
    CHECK_EQUAL(decem_safetensors_push(s->parser, f.bytes, f.count), DECEM_OK);
    CHECK_EQUAL(decem_safetensors_finish(s->parser), DECEM_OK);
    check_sound(s);
    CHECK_EQUAL(decem_safetensors_push(s->parser, f.bytes, 1), DECEM_MALFORMED_FILE);
    CHECK_CONTAINS(s->message.text, "goes on after the 101 bytes of its tensors");
    close_session(s);
    free(f.bytes);
}

static void in_pieces(void) {
    file f = make_file(sound, SOUND_DATA);
    for (size_t most = 1; most <= 80; most++)
        for (uint32_t seed = 1; seed <= 3; seed++) {
            session *s = open_session(&f);
            CHECK_EQUAL(push_pieces(s, most, seed), DECEM_OK);
            check_sound(s);
            close_session(s);
        }
    free(f.bytes);
}

/* Whatever is missing at the end is noticed at the end, and says how much. */
static void cut_short(void) {
    file f = make_file(sound, SOUND_DATA);
    const size_t whole = f.count;
    for (f.count = 0; f.count < whole; f.count++) {
        session *s = open_session(&f);
        CHECK_EQUAL(push_pieces(s, 9, 5), DECEM_MALFORMED_FILE);
        CHECK_EQUAL(s->record.headers, f.count >= f.data);
        if (f.count == 0) CHECK_STRING(s->message.text, "the weights file is empty");
        if (f.count == 7) CHECK_STRING(s->message.text, "this is not a safetensors file: it has fewer than 8 bytes");
        if (f.count == 8) CHECK_CONTAINS(s->message.text, "0 of the");
        if (f.count == whole - 1) CHECK_CONTAINS(s->message.text, "100 of the 101 bytes of its tensors");
        CHECK_EQUAL(decem_safetensors_finish(s->parser), DECEM_MALFORMED_FILE);
        close_session(s);
    }
    free(f.bytes);
}

/* A file of no tensors is sound; it is the network that will miss them. */
static void no_tensors(void) {
    static const char *const headers[] = {"{}", "{}     ", "{\"__metadata__\":{}}",
                                          "{\"a\":{\"dtype\":\"F32\",\"shape\":[4,0],\"data_offsets\":[0,0]}}"};
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        file f = make_file(headers[i], 0);
        session *s = open_session(&f);
        CHECK_EQUAL(push_pieces(s, 100, 1), DECEM_OK);
        CHECK_EQUAL(s->record.headers, 1);
        CHECK_EQUAL(s->record.row_count, 0);
        close_session(s);
        free(f.bytes);
    }
}

/* ---- Hostile headers ----------------------------------------------------------------------------- */

#define ONE(dtype, shape, offsets) "{\"a\":{\"dtype\":\"" dtype "\",\"shape\":[" shape "],\"data_offsets\":[" offsets "]}}"
#define TWO(first, second) \
    "{\"a\":{\"dtype\":\"I8\",\"shape\":[4],\"data_offsets\":[" first \
    "]},\"b\":{\"dtype\":\"I8\",\"shape\":[4],\"data_offsets\":[" second "]}}"
#define MEMBERS(members) "{\"a\":{" members "}}"

static const struct {
    const char *header, *says;
} hostile_headers[] = {
    {"{ ", "not valid JSON at byte 2 of 2"},
    {"{x", "not valid JSON at byte 1 of 2"},
    {"{}x", "not valid JSON at byte 2 of 3"},
    {"{}{}", "not valid JSON"},
    {"{\"a\\u0000b\":{}}", "not valid JSON"},
    {"{\"\xFF\":{}}", "not valid JSON"},
    {"[]", "not a JSON object"},
    {" {}", "not a JSON object"},
    {"null", "not a JSON object"},
    {"{\"a\":1}", "tensor a is not described by an object"},
    {"{\"a\":[]}", "tensor a is not described by an object"},
    {"{\"a\":{}}", "tensor a needs a dtype, a shape and data_offsets, each once"},
    {MEMBERS("\"shape\":[],\"data_offsets\":[0,4]"), "needs a dtype"},
    {MEMBERS("\"dtype\":\"F32\",\"data_offsets\":[0,4]"), "needs a dtype"},
    {MEMBERS("\"dtype\":\"F32\",\"shape\":[]"), "needs a dtype"},
    {MEMBERS("\"dtype\":\"F32\",\"shape\":[],\"shape\":[1],\"data_offsets\":[0,4]"), "each once"},
    {MEMBERS("\"dtype\":\"F32\",\"dtype\":\"F16\",\"shape\":[],\"data_offsets\":[0,4]"), "each once"},
    {MEMBERS("\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4],\"data_offsets\":[0,4]"), "each once"},
    {MEMBERS("\"dtype\":32,\"shape\":[],\"data_offsets\":[0,4]"), "dtype of tensor a is not a string"},
    {MEMBERS("\"dtype\":\"F32\",\"shape\":4,\"data_offsets\":[0,4]"), "shape of tensor a is not an array of sizes"},
    {MEMBERS("\"dtype\":\"F32\",\"shape\":\"4\",\"data_offsets\":[0,4]"), "shape of tensor a is not an array of sizes"},
    {MEMBERS("\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":4"), "are not two sizes"},
    {ONE("F32", "-1", "0,4"), "shape of tensor a is not an array of sizes"},
    {ONE("F32", "1.0", "0,4"), "shape of tensor a is not an array of sizes"},
    {ONE("F32", "1e0", "0,4"), "shape of tensor a is not an array of sizes"},
    {ONE("F32", "null", "0,4"), "shape of tensor a is not an array of sizes"},
    {ONE("F32", "99999999999999999999", "0,4"), "shape of tensor a is not an array of sizes"},
    {ONE("F32", "1,1,1,1,1,1,1,1,1", "0,4"), "tensor a has more than 8 dimensions"},
    {ONE("F32", "1", ""), "are not two sizes"},
    {ONE("F32", "1", "0"), "are not two sizes"},
    {ONE("F32", "1", "0,4,8"), "are not two sizes"},
    {ONE("F32", "1", "-4,0"), "are not two sizes"},
    {ONE("F32", "1", "4,0"), "end before they begin"},
    {ONE("F32", "1", "9223372036854775807,0"), "end before they begin"},
    {ONE("F32", "2", "0,4"), "the shape of tensor a does not make the 4 bytes of F32"},
    {ONE("F16", "1", "0,4"), "does not make"},
    {ONE("F32", "", "0,8"), "does not make"},
    {ONE("F64", "1", "0,4"), "does not make"},
    {ONE("F32", "0", "0,4"), "does not make"},
    {ONE("F32", "4,0", "0,4"), "does not make"},
    {ONE("I8", "4294967296,4294967296", "0,0"), "more elements than there can be"},
    {ONE("I8", "4294967296,4294967296,0", "0,0"), "more elements than there can be"},
    {ONE("F4", "4294967296,4294967296", "0,4"), "more elements than there can be"},
    {ONE("F32", "4611686018427387904", "0,0"), "does not make"},
    {ONE("F32", "4611686018427387905", "0,4"), "does not make"}, /* times 4 it wraps to 4 */
    {ONE("F32", "16777217", "0,67108868"), "a row of tensor a takes 67108868 bytes"},
    {ONE("F32", "1,16777217", "0,67108868"), "a row of tensor a takes 67108868 bytes"},
    {ONE("I64", "1,1152921504606846975", "0,9223372036854775800"), "a row of tensor a takes"},
    {ONE("F32", "1", "4,8"), "the data before tensor a belong to no tensor"},
    {TWO("0,4", "0,4"), "tensors a and b overlap"},
    {TWO("0,4", "3,7"), "tensors a and b overlap"},
    {TWO("3,7", "0,4"), "tensors b and a overlap"},
    {TWO("0,4", "5,9"), "the data before tensor b belong to no tensor"},
    {"{\"a\":{\"dtype\":\"I8\",\"shape\":[4],\"data_offsets\":[0,4]},\"e\":{\"dtype\":\"I8\",\"shape\":[0],\"data_offsets\":"
     "[2,2]}}",
     "tensors a and e overlap"},
    {"{\"a\":{\"dtype\":\"I8\",\"shape\":[4],\"data_offsets\":[0,4]},\"e\":{\"dtype\":\"I8\",\"shape\":[0],\"data_offsets\":"
     "[9,9]}}",
     "before tensor e"},
    {"{\"a\":{\"dtype\":\"I8\",\"shape\":[4],\"data_offsets\":[0,4]},\"\\u0061\":{\"dtype\":\"I8\",\"shape\":[4],\"data_"
     "offsets\":[4,8]}}",
     "tensor a is in the weights file twice"},
    {"{\"__metadata__\":[]}", "__metadata__ of the weights file is not an object"},
    {"{\"__metadata__\":null}", "__metadata__ of the weights file is not an object"},
    {"{\"__metadata__\":{\"k\":1}}", "the metadata k of the weights file is not a string"},
    {"{\"__metadata__\":{\"k\":\"1\",\"k\":\"2\"}}", "the metadata k is in the weights file twice"},
    {"{\"__metadata__\":{},\"__metadata__\":{}}", "__metadata__ is in the weights file twice"},
};

/* Refused, with the same words, whole and byte by byte; nothing reaches the handler. */
static void check_refused(const file *f, const char *says) {
    for (size_t most = 1; most <= f->count + 1; most += f->count) {
        session *s = open_session(f);
        CHECK_EQUAL(push_pieces(s, most, 1), DECEM_MALFORMED_FILE);
        CHECK_CONTAINS(s->message.text, says);
        CHECK_EQUAL(s->record.headers, 0);
        CHECK_EQUAL(decem_safetensors_push(s->parser, f->bytes, f->count), DECEM_MALFORMED_FILE);
        CHECK_EQUAL(decem_safetensors_finish(s->parser), DECEM_MALFORMED_FILE);
        CHECK(decem_safetensors_metadata(s->parser, "k") == NULL);
        close_session(s);
    }
}

static void refuses_headers(void) {
    for (size_t i = 0; i < sizeof hostile_headers / sizeof *hostile_headers; i++) {
        file f = make_file(hostile_headers[i].header, 16);
        check_in(hostile_headers[i].header);
        check_refused(&f, hostile_headers[i].says);
        free(f.bytes);
    }
    check_in(NULL);
}

/* `count` entries "nnnn": value, in `begin` ... `end`. */
static file many_entries(const char *begin, int32_t count, const char *value, const char *end) {
    size_t room = strlen(begin) + strlen(end) + (size_t)count * (strlen(value) + 9) + 1;
    char *header = malloc(room), *at = header + sprintf(header, "%s", begin);
    for (int32_t i = 0; i < count; i++) at += sprintf(at, "%s\"%04d\":%s", i ? "," : "", i, value);
    strcpy(at, end);
    file f = make_file(header, 0);
    free(header);
    return f;
}

static void limits(void) {
    static const char empty[] = "{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}";
    for (int32_t over = 0; over <= 1; over++) {
        file tensors = many_entries("{", DECEM_SAFETENSORS_TENSORS_MAX + over, empty, "}");
        file metadata = many_entries("{\"__metadata__\":{", DECEM_SAFETENSORS_METADATA_MAX + over, "\"\"", "}}");
        session *first = open_session(&tensors), *second = open_session(&metadata);
        CHECK_EQUAL(push_pieces(first, 1000, 1), over ? DECEM_MALFORMED_FILE : DECEM_OK);
        CHECK_EQUAL(push_pieces(second, 1000, 1), over ? DECEM_MALFORMED_FILE : DECEM_OK);
        CHECK_EQUAL(first->record.count, over ? 0 : DECEM_SAFETENSORS_TENSORS_MAX);
        if (over)
            CHECK_STRING(first->message.text, "the weights file lists more than 8192 tensors or 1024 texts of metadata");
        if (over) CHECK_STRING(second->message.text, first->message.text);
        close_session(first);
        close_session(second);
        free(tensors.bytes);
        free(metadata.bytes);
    }
    static const uint64_t lengths[] = {0,         1, DECEM_SAFETENSORS_HEADER_MAX + 1, UINT32_MAX, UINT64_C(1) << 32 | 2,
                                       UINT64_MAX};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        file f = raw_file(&lengths[i], 8);
        check_refused(&f, "the length of its header is not a possible one");
        free(f.bytes);
    }
}

/* ---- What is no safetensors file at all ---------------------------------------------------------- */

#define BYTES(text) text, sizeof text - 1

static void names_the_kind(void) {
    static const struct {
        const char *bytes;
        size_t count;
        const char *says;
    } cases[] = {
        {BYTES("<!DOCTYPE html><title>404</title>"), "looks like an HTML page"},
        {BYTES("\r\n\t <html><body>Not found</body>"), "looks like an HTML page"},
        {BYTES("\xEF\xBB\xBF<?xml version=\"1.0\"?>"), "looks like an HTML page"},
        {BYTES("<p>"), "looks like an HTML page"},
        {BYTES("{\"error\":\"Repository not found\"}"), "looks like a JSON document"},
        {BYTES("[1,2,3,4,5,6]"), "looks like a JSON document"},
        {BYTES("Entry not found"), "looks like text"},
        {BYTES("404"), "looks like text"},
        {BYTES("PK\x03\x04\x00\x00\x08\x08\x00\x00"), "PyTorch .pth file; convert it"},
        {BYTES("PK\x03\x04\x00\x00\x00\x00\x00\x00"), "PyTorch .pth file; convert it"},
        {BYTES("\x80\x02\x8a\x0al\xfc\x9c\x46\xf9"), "PyTorch .pth file; convert it"},
        {BYTES("\x1F\x8B\x08\x00\x00\x00\x00\x00\x00\x03"), "a gzip archive"}, /* as a length it would be possible */
        {BYTES("\x89HDF\r\n\x1A\n...."), "an HDF5 (Keras) file"},
        {BYTES("version https://git-lfs.github.com/spec/v1"), "a Git LFS pointer"},
        {BYTES("\xFF\xD8\xFF\xE0\x00\x10JFIF"), "an image"},
        {BYTES("\x89PNG\r\n\x1A\n"), "an image"},
        {BYTES("GGUF\x03\x00\x00\x00\x00"), "a GGUF file"},
        {BYTES("\x10\x00\x00\x00\x00\x00\x00\x00zzzzzzzzzzzzzzzz"), "its header is not a JSON object"},
        {BYTES("\x3C\x00\x00\x00\x00\x00\x00\x00x"), "its header is not a JSON object"}, /* a length that is also '<' */
        {BYTES("\xFE\xFE\xFE\xFE\xFE\xFE\xFE\xFE"), "not a possible one"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        file f = raw_file(cases[i].bytes, cases[i].count);
        check_in(cases[i].says);
        check_refused(&f, "this is not a safetensors file: ");
        check_refused(&f, cases[i].says);
        free(f.bytes);
    }
    check_in(NULL);
}

/* ---- The handler's own refusals ------------------------------------------------------------------ */

static void handler_refuses(void) {
    file f = make_file(sound, SOUND_DATA);
    session *s = open_session(&f);
    s->record.header_answer = DECEM_MISSING_TENSOR;
    CHECK_EQUAL(push_pieces(s, 10, 1), DECEM_MISSING_TENSOR);
    CHECK_EQUAL(decem_safetensors_push(s->parser, f.bytes, f.count), DECEM_MISSING_TENSOR);
    CHECK_EQUAL(decem_safetensors_finish(s->parser), DECEM_MISSING_TENSOR);
    CHECK_EQUAL(s->record.row_count, 0);
    CHECK_STRING(decem_safetensors_metadata(s->parser, "network"), "vgg16");
    close_session(s);

    s = open_session(&f);
    s->record.row_answer = DECEM_NOT_FINITE;
    CHECK_EQUAL(decem_safetensors_push(s->parser, f.bytes, f.count), DECEM_NOT_FINITE);
    CHECK_EQUAL(decem_safetensors_finish(s->parser), DECEM_NOT_FINITE);
    CHECK_EQUAL(s->record.row_count, 1);
    close_session(s);
    free(f.bytes);
    decem_safetensors_destroy(NULL);
}

int main(void) {
    at_once();
    in_pieces();
    cut_short();
    no_tensors();
    refuses_headers();
    limits();
    names_the_kind();
    handler_refuses();
    return check_report();
}

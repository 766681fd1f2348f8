#include "weights/file_kind.h"

#include <stdbool.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

typedef struct signature {
    const char *bytes, *kind;
} signature;

#define REMEDY "; check the address or choose another file"

static const char torch[] = "a PyTorch .pth file; convert it with \"decem convert\" first";
static const char image[] = "an image; weights are wanted here";
static const char html[] = "an HTML page, perhaps an error page of the server" REMEDY;
static const char json[] = "a JSON document, perhaps an error message of the server" REMEDY;
static const char text[] = "text, perhaps an error message of the server" REMEDY;

static const signature binary[] = {
    {"PK\x03\x04", torch},
    {"\x80\x02", torch}, /* pickle, as torch.save wrote before 1.6 */
    {"\x1F\x8B", "a gzip archive; unpack it first"},
    {"\x89HDF", "an HDF5 (Keras) file; convert it to safetensors first"},
    {"GGUF", "a GGUF file; convert it to safetensors first"},
    {"\x89PNG", image},
    {"\xFF\xD8\xFF", image},
    {"GIF8", image},
    {"RIFF", image},
    {"version ", "a Git LFS pointer, not the file itself; run git lfs pull"},
};

static bool starts(const uint8_t *bytes, size_t count, const char *with) {
    size_t length = strlen(with);
    return count >= length && memcmp(bytes, with, length) == 0;
}

static bool is_space(uint8_t byte) { return byte == ' ' || (byte >= '\t' && byte <= '\r'); }

const char *decem_file_kind(const uint8_t *bytes, size_t count) {
    for (size_t i = 0; i < COUNT(binary); i++)
        if (starts(bytes, count, binary[i].bytes)) return binary[i].kind;

    bool ascii = true;
    for (size_t i = 0; i < count; i++) {
        if (bytes[i] < 0x20 && !is_space(bytes[i])) return NULL;
        ascii = ascii && bytes[i] < 0x7F;
    }
    size_t first = starts(bytes, count, "\xEF\xBB\xBF") ? 3 : 0; /* a byte order mark */
    while (first < count && is_space(bytes[first])) first++;
    if (first < count && bytes[first] == '<') return html;
    if (first < count && (bytes[first] == '{' || bytes[first] == '[')) return json;
    return ascii && count > 0 ? text : NULL;
}

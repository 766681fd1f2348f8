/* What a network is to the rest of decem: a name, the options it takes, a builder, and how to recognise its
 * weights. A family of networks is one file here that defines
 *
 *     const decem_network_family decem_family_<file name>;
 *
 * and nothing else in the project needs to know of it: the build lists the files (see registry.c).
 */
#ifndef DECEM_NETWORKS_NETWORK_H
#define DECEM_NETWORKS_NETWORK_H

#include "graph/graph.h"

enum { DECEM_NETWORK_OPTIONS = 4, DECEM_OPTION_LIST = 5, DECEM_INPUT_SIZE = 224, DECEM_INPUT_SIZE_MAX = 1024, DECEM_CLASSES_MAX = 100000 };

typedef enum decem_option_kind {
    DECEM_OPTION_INTEGER, DECEM_OPTION_NUMBER, DECEM_OPTION_BOOLEAN, DECEM_OPTION_CHOICE, DECEM_OPTION_LIST_OF_INTEGERS
} decem_option_kind;

typedef struct decem_option_value {
    double number;                   /* INTEGER, NUMBER; BOOLEAN: 0 or 1; CHOICE: the index of the word */
    int32_t list[DECEM_OPTION_LIST]; /* LIST_OF_INTEGERS */
} decem_option_value;

typedef struct decem_option_spec {
    const char *name;
    decem_option_kind kind;
    decem_option_value initial;
    double minimum, maximum;         /* of a number, or of each in a list */
    const char *const *choices;      /* CHOICE: words, NULL-terminated; else NULL */
    int32_t list_length;
} decem_option_spec;

typedef struct decem_options {
    int32_t num_classes;
    int32_t input_size;              /* height and width of the image */
    decem_option_value value[DECEM_NETWORK_OPTIONS]; /* in the order of the network's specs */
} decem_options;

/* The shapes of a file's tensors, asked by name. */
typedef struct decem_tensor_shapes {
    const void *context;
    /* The size of an axis; -1 when there is no such tensor or axis. */
    int64_t (*dimension)(const void *context, const char *name, int32_t axis);
} decem_tensor_shapes;

typedef struct decem_network {
    const char *name;
    const decem_option_spec *specs;
    int32_t spec_count;
    /* Appends the whole network: its input, layers and outputs. */
    void (*build)(decem_graph *graph, const decem_options *options);
    /* Whether the tensors are this network's; then sets the options that show in their shapes. Leaves the rest. */
    bool (*recognise)(const decem_tensor_shapes *shapes, decem_options *options);
    /* Beginnings of names of tensors that a file may hold although the options leave them out; NULL-terminated, or NULL. */
    const char *const *optional;
} decem_network;

typedef struct decem_network_family {
    const decem_network *const *networks;
    int32_t count;
} decem_network_family;

/* All networks, by index; NULL past the last. */
const decem_network *decem_network_at(int32_t index);
const decem_network *decem_network_find(const char *name);

/* Options as they are when nothing is said. */
decem_options decem_options_default(const decem_network *network);

/* Reads a JSON object over `options`; an unknown key or a value out of range is DECEM_INVALID_OPTION. NULL and ""
 * are an empty object. */
decem_status decem_options_parse(const decem_network *network, const char *json, decem_options *options,
                                 decem_message *message);

/* The size of an axis when it can be a layer's width, else -1. */
int32_t decem_shapes_width(const decem_tensor_shapes *shapes, const char *name, int32_t axis);
bool decem_shapes_has(const decem_tensor_shapes *shapes, const char *name);

/* Sets num_classes from the first axis of the classifier's weight; false when there is no such tensor. */
bool decem_shapes_classes(const decem_tensor_shapes *shapes, const char *classifier, decem_options *options);

/* The option `variant` and the indices of its words. */
enum { DECEM_VARIANT_ARTICLE, DECEM_VARIANT_TORCHVISION };
extern const char *const decem_variant_words[];
#define DECEM_VARIANT_SPEC {"variant", DECEM_OPTION_CHOICE, {DECEM_VARIANT_ARTICLE, {0}}, 0, 1, decem_variant_words, 0}

#endif

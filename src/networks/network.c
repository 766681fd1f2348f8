#include "networks/network.h"

#include <string.h>

#include "base/json.h"

const char *const decem_variant_words[] = {"article", "torchvision", NULL};

decem_options decem_options_default(const decem_network *network) {
    decem_options options = {1000, DECEM_INPUT_SIZE, {{0, {0}}}};
    for (int32_t i = 0; i < network->spec_count; i++) options.value[i] = network->specs[i].initial;
    return options;
}

static decem_status refuse(const decem_network *network, const char *option, const char *what, decem_message *message) {
    return decem_fail(message, DECEM_INVALID_OPTION, "%s: option %s %s", network->name, option, what);
}

static bool is_whole(double number) {
    return number >= -2147483648.0 && number <= 2147483647.0 && number == (double)(int32_t)number;
}

static decem_status read_integer(decem_json *json, const decem_network *network, const char *name, double minimum,
                                 double maximum, int32_t *out, decem_message *message) {
    double number;
    if (!decem_json_read_number(json, &number) || !is_whole(number) || number < minimum || number > maximum)
        return decem_fail(message, DECEM_INVALID_OPTION, "%s: option %s must be a whole number from %d to %d", network->name, name,
                          (int32_t)minimum, (int32_t)maximum);
    *out = (int32_t)number;
    return DECEM_OK;
}

static decem_status read_choice(decem_json *json, const decem_network *network, const decem_option_spec *spec,
                                decem_option_value *value, decem_message *message) {
    decem_json_text word;
    if (decem_json_read_string(json, &word))
        for (int32_t i = 0; spec->choices[i] != NULL; i++)
            if (decem_json_equals(word, spec->choices[i])) {
                value->number = i;
                return DECEM_OK;
            }
    return decem_fail(message, DECEM_INVALID_OPTION, "%s: option %s must be \"%s\" or \"%s\"", network->name, spec->name,
                      spec->choices[0], spec->choices[1]);
}

static decem_status read_list(decem_json *json, const decem_network *network, const decem_option_spec *spec,
                              decem_option_value *value, decem_message *message) {
    int32_t count = 0;
    if (!decem_json_enter_array(json)) return refuse(network, spec->name, "must be a list of whole numbers", message);
    while (decem_json_next_element(json)) {
        if (count == spec->list_length) return refuse(network, spec->name, "has too many numbers", message);
        decem_status status = read_integer(json, network, spec->name, spec->minimum, spec->maximum, &value->list[count++], message);
        if (status != DECEM_OK) return status;
    }
    if (count != spec->list_length)
        return decem_fail(message, DECEM_INVALID_OPTION, "%s: option %s must have %d numbers", network->name, spec->name, spec->list_length);
    return DECEM_OK;
}

static decem_status read_value(decem_json *json, const decem_network *network, const decem_option_spec *spec,
                               decem_option_value *value, decem_message *message) {
    int32_t whole = 0;
    bool yes;
    switch (spec->kind) {
        case DECEM_OPTION_INTEGER: {
            decem_status status = read_integer(json, network, spec->name, spec->minimum, spec->maximum, &whole, message);
            if (status == DECEM_OK) value->number = whole;
            return status;
        }
        case DECEM_OPTION_NUMBER:
            if (!decem_json_read_number(json, &value->number) || !(value->number >= spec->minimum && value->number <= spec->maximum))
                return refuse(network, spec->name, "is not a number in its range", message);
            return DECEM_OK;
        case DECEM_OPTION_BOOLEAN:
            if (!decem_json_read_boolean(json, &yes)) return refuse(network, spec->name, "must be true or false", message);
            value->number = yes;
            return DECEM_OK;
        case DECEM_OPTION_CHOICE: return read_choice(json, network, spec, value, message);
        case DECEM_OPTION_LIST_OF_INTEGERS: return read_list(json, network, spec, value, message);
    }
    return DECEM_INVALID_OPTION;
}

decem_status decem_options_parse(const decem_network *network, const char *json_text, decem_options *options,
                                 decem_message *message) {
    if (json_text == NULL || json_text[0] == '\0') return DECEM_OK;
    decem_json json = decem_json_open(json_text, strlen(json_text));
    decem_json_text key;
    decem_json_enter_object(&json);
    while (decem_json_next_key(&json, &key)) {
        decem_status status = DECEM_OK;
        int32_t i = 0;
        if (decem_json_equals(key, "num_classes")) {
            status = read_integer(&json, network, "num_classes", 1, DECEM_CLASSES_MAX, &options->num_classes, message);
        } else if (decem_json_equals(key, "input_size")) {
            status = read_integer(&json, network, "input_size", 1, DECEM_INPUT_SIZE_MAX, &options->input_size, message);
        } else {
            while (i < network->spec_count && !decem_json_equals(key, network->specs[i].name)) i++;
            if (i == network->spec_count) {
                char name[64] = "(a long name)";
                if (key.length < sizeof name) decem_json_decode(key, name);
                return decem_fail(message, DECEM_INVALID_OPTION, "%s has no option %s", network->name, name);
            }
            status = read_value(&json, network, &network->specs[i], &options->value[i], message);
        }
        if (status != DECEM_OK) return status;
    }
    if (!decem_json_close(&json))
        return decem_fail(message, DECEM_INVALID_OPTION, "the options of %s are not a JSON object such as {\"num_classes\": 10}", network->name);
    return DECEM_OK;
}

int32_t decem_shapes_width(const decem_tensor_shapes *shapes, const char *name, int32_t axis) {
    int64_t size = shapes->dimension(shapes->context, name, axis);
    return size >= 1 && size <= DECEM_GRAPH_CHANNELS_MAX ? (int32_t)size : -1;
}

bool decem_shapes_has(const decem_tensor_shapes *shapes, const char *name) {
    return shapes->dimension(shapes->context, name, 0) >= 0;
}

bool decem_shapes_classes(const decem_tensor_shapes *shapes, const char *classifier, decem_options *options) {
    int32_t classes = decem_shapes_width(shapes, classifier, 0);
    if (classes < 1 || classes > DECEM_CLASSES_MAX) return false;
    options->num_classes = classes;
    return true;
}

/* The list of networks. network_families.inc is written by the build: one line DECEM_FAMILY(name) for each
 * src/networks/name.c. */
#include <string.h>

#include "networks/network.h"

#define DECEM_FAMILY(name) extern const decem_network_family decem_family_##name;
#include "network_families.inc"
#undef DECEM_FAMILY

#define DECEM_FAMILY(name) &decem_family_##name,
static const decem_network_family *const families[] = {
#include "network_families.inc"
};
#undef DECEM_FAMILY

const decem_network *decem_network_at(int32_t index) {
    if (index < 0) return NULL;
    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++) {
        if (index < families[i]->count) return families[i]->networks[index];
        index -= families[i]->count;
    }
    return NULL;
}

const decem_network *decem_network_find(const char *name) {
    const decem_network *network;
    for (int32_t i = 0; (network = decem_network_at(i)) != NULL; i++)
        if (strcmp(network->name, name) == 0) return network;
    return NULL;
}

int32_t decem_network_count(void) {
    int32_t count = 0;
    while (decem_network_at(count) != NULL) count++;
    return count;
}

const char *decem_network_name(int32_t index) {
    const decem_network *network = decem_network_at(index);
    return network == NULL ? NULL : network->name;
}

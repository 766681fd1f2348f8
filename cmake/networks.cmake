# The list of networks, so that adding one touches one file: each src/networks/<family>.c defines
#     extern const decem_network_family decem_family_<family>;
# and the generated network_families.inc, which src/networks/registry.c includes, has a line
#     DECEM_FAMILY(<family>)
# for each, in order of file name.
set(DECEM_GENERATED ${CMAKE_BINARY_DIR}/generated)

file(GLOB families CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR}/src/networks src/networks/*.c)
list(REMOVE_ITEM families registry.c network.c)
list(SORT families)
set(lines "")
foreach(family ${families})
    string(REGEX REPLACE "\\.c$" "" family ${family})
    string(APPEND lines "DECEM_FAMILY(${family})\n")
endforeach()
file(CONFIGURE OUTPUT ${DECEM_GENERATED}/network_families.inc CONTENT "${lines}")

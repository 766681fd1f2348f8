#include "decem.h"

const char *decem_status_string(decem_status status) {
    switch (status) {
    case DECEM_OK: return "ok";
    case DECEM_OUT_OF_MEMORY: return "out of memory";
    case DECEM_INVALID_ARGUMENT: return "invalid argument";
    case DECEM_WRONG_STATE: return "wrong state";
    case DECEM_UNKNOWN_NETWORK: return "unknown network";
    case DECEM_INVALID_OPTION: return "invalid option";
    case DECEM_MALFORMED_FILE: return "malformed file";
    case DECEM_UNRECOGNISED_NETWORK: return "unrecognised network";
    case DECEM_MISSING_TENSOR: return "missing tensor";
    case DECEM_UNEXPECTED_TENSOR: return "unexpected tensor";
    case DECEM_WRONG_SHAPE: return "wrong shape";
    case DECEM_UNSUPPORTED_DTYPE: return "unsupported dtype";
    case DECEM_NOT_FINITE: return "not finite";
    case DECEM_INVALID_IMAGE: return "invalid image";
    case DECEM_THREAD_LOST: return "thread lost";
    case DECEM_WRONG_HASH: return "wrong hash";
    }
    return "unknown status";
}

/* Emscripten's standalone libc cannot open files; the tests read fixtures. This fills in open() through WASI,
 * relative to the first directory that the host gives (descriptor 3). Linked into the WASM tests only. */
#include <errno.h>
#include <string.h>
#include <wasi/api.h>

enum { FIRST_PREOPENED = 3 };

static long open_for_reading(const char *path) {
    __wasi_fd_t descriptor;
    __wasi_errno_t error = __wasi_path_open(FIRST_PREOPENED, 0, path, strlen(path), 0,
                                            __WASI_RIGHTS_FD_READ | __WASI_RIGHTS_FD_SEEK, 0, 0, &descriptor);
    return error == __WASI_ERRNO_SUCCESS ? (long)descriptor : -ENOENT;
}

/* Older and newer Emscripten: musl's fopen() ends in one of these. */
long __syscall_open(const char *path, long flags, ...) {
    (void)flags;
    return open_for_reading(path);
}

int __syscall_openat(int directory, const char *path, int flags, ...) {
    (void)directory, (void)flags;
    return (int)open_for_reading(path);
}

"""The native shared library through ctypes: src/decem.h, as far as the comparisons need it."""

import ctypes
import sys

import numpy as np
import reference_paths

LIBRARY = reference_paths.ROOT / "build" / "native" / "libdecem.so"

_POINTER = ctypes.c_void_p
_CALLS = {  # name: (result, arguments); results of int are statuses
    "decem_model_create": (ctypes.c_int, [ctypes.POINTER(_POINTER)]),
    "decem_model_destroy": (None, [_POINTER]),
    "decem_model_message": (ctypes.c_char_p, [_POINTER]),
    "decem_model_push": (ctypes.c_int, [_POINTER, ctypes.c_char_p, ctypes.c_size_t]),
    "decem_model_finish": (ctypes.c_int, [_POINTER]),
    "decem_model_begin_image": (ctypes.c_int, [_POINTER] + [ctypes.c_uint32] * 3),
    "decem_model_push_rows": (ctypes.c_int, [_POINTER, ctypes.c_char_p, ctypes.c_uint32]),
    "decem_model_crop": (ctypes.POINTER(ctypes.c_uint8), [_POINTER]),
}


def _library():
    if not LIBRARY.exists():
        sys.exit(
            f"{LIBRARY.relative_to(reference_paths.ROOT)} is missing:"
            " cmake -S . -B build/native && cmake --build build/native"
        )
    library = ctypes.CDLL(str(LIBRARY))
    for name, (result, arguments) in _CALLS.items():
        call = getattr(library, name)
        call.restype, call.argtypes = result, arguments
    return library


class Model:
    """A model made from the bytes of a safetensors file. Raises RuntimeError with decem's message."""

    def __init__(self, file_bytes):
        self._library = _library()
        self._model = _POINTER()
        self._call("create", ctypes.byref(self._model))
        self._call("push", self._model, file_bytes, len(file_bytes))
        self._call("finish", self._model)

    def _call(self, name, *arguments):
        status = getattr(self._library, f"decem_model_{name}")(*arguments)
        if status != 0:
            message = self._library.decem_model_message(self._model)
            raise RuntimeError(f"decem_model_{name}: {message.decode()}")

    def crop(self, pixels, side):
        """[side, side, 3] uint8: what the network is shown of `pixels` [H, W, 3] uint8."""
        height, width = pixels.shape[:2]
        self._call("begin_image", self._model, width, height, 3)
        self._call("push_rows", self._model, np.ascontiguousarray(pixels).tobytes(), height)
        shown = self._library.decem_model_crop(self._model)
        return np.ctypeslib.as_array(shown, (side, side, 3)).copy()

    def close(self):
        self._library.decem_model_destroy(self._model)
        self._model = _POINTER()

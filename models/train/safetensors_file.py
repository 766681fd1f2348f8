"""Writes and reads safetensors: an 8-byte length, a JSON header padded with spaces to 8 bytes, the tensors."""

import json
import math
import struct

import torch

_NAMES = {torch.float32: "F32", torch.float16: "F16"}
_TYPES = {name: dtype for dtype, name in _NAMES.items()}


def write(path, tensors, metadata):
    """`tensors` keep their order in the file; `metadata` maps strings to strings."""
    header, start, chunks = {"__metadata__": metadata}, 0, []
    for name, tensor in tensors.items():
        chunk = tensor.detach().cpu().contiguous().numpy().tobytes()
        end = start + len(chunk)
        header[name] = {"dtype": _NAMES[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [start, end]}
        chunks.append(chunk)
        start = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        file.writelines(chunks)


def read(path):
    """(tensors by name, metadata) of a file that `write` made."""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        body = bytearray(file.read())
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        dtype = _TYPES[entry["dtype"]]
        count = math.prod(entry["shape"])
        tensors[name] = torch.frombuffer(body, dtype=dtype, count=count, offset=entry["data_offsets"][0]).reshape(entry["shape"])
    return tensors, metadata

"""A network with the weights of a .safetensors that carries decem's metadata."""

import json

import safetensors_file
from networks import build


def load(path):
    """(the model in eval mode, its preprocess, its labels)."""
    tensors, metadata = safetensors_file.read(path)
    model = build(metadata["network"], **json.loads(metadata["options"]))
    missing, unexpected = model.load_state_dict(tensors, strict=False)
    missing = [name for name in missing if not name.endswith("num_batches_tracked")]
    if missing or unexpected:
        raise ValueError(f"{path} does not fit {metadata['network']}: missing {missing}, unexpected {unexpected}")
    return model.eval(), json.loads(metadata["preprocess"]), json.loads(metadata["labels"])

"""Turns a run's best.pt into a .safetensors that decem loads, and a .pth of the plain state_dict beside it.

    python3 models/train/export.py build/train/shufflenetv2 models/shufflenetv2-everyday100.safetensors \\
        --data "100 everyday classes of Tiny ImageNet" --license MIT

The .pth is OUT with that suffix, in the run's folder; `decem convert` makes the same file from it.
"""

import argparse
import json
from pathlib import Path

import torch

import safetensors_file
from data import MEAN, STD
from networks import build


def preprocess_of(settings):
    """The engine's `preprocess` metadata for a run's settings."""
    return {**settings["preprocess"], "channels": "RGB", "mean": MEAN, "std": STD, "interpolation": "bilinear"}


def source_of(settings, figures, data):
    """One sentence: what the weights were trained on, for how long, and how good they are."""
    sizes = ", ".join(f"{epochs} at {size} px" for size, epochs in settings["sizes"])
    before = ", going on from earlier weights of this project" if settings["start"] else ""
    return (
        f"trained for this project on {data}, {figures['images']} images: {figures['epochs']} epochs ({sizes}){before}, "
        f"{figures['seconds'] / 60:.0f} min; weights of epoch {figures['epoch']}; validation at "
        f"{settings['preprocess']['crop']} px: top-1 {figures['top1']:.4f}, top-5 {figures['top5']:.4f}"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("run", type=Path, help="a folder that train.py wrote")
    parser.add_argument("out", type=Path, help="the .safetensors to write")
    parser.add_argument("--data", required=True, help="the data's name, for the provenance")
    parser.add_argument("--license", required=True, help="the weights' licence")
    arguments = parser.parse_args()

    settings = json.loads((arguments.run / "settings.json").read_text())
    best = torch.load(arguments.run / "best.pt", map_location="cpu")
    figures, labels = best["figures"], best["labels"]
    model = build(settings["network"], **best["options"])
    model.load_state_dict(best["model"])
    state = model.state_dict()
    torch.save(state, arguments.run / arguments.out.with_suffix(".pth").name)
    tensors = {name: tensor for name, tensor in state.items() if tensor.is_floating_point()}  # no step counts
    metadata = {
        "network": settings["network"],
        "options": json.dumps({"num_classes": len(labels), **settings["options"]}),
        "preprocess": json.dumps(preprocess_of(settings)),
        "labels": json.dumps(labels),
        "license": arguments.license,
        "source": source_of(settings, figures, arguments.data),
    }
    safetensors_file.write(arguments.out, tensors, metadata)
    print(f"{arguments.out}: {len(tensors)} tensors, {arguments.out.stat().st_size} bytes; {metadata['source']}")


if __name__ == "__main__":
    main()

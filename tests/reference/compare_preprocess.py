"""Resize and crop of the C core against Pillow and torchvision, on real photographs.

    python3 tests/reference/compare_preprocess.py [PHOTO...]

PHOTOs are those of ../shared/images/photos unless given. Needs build/native/libdecem.so. Prints the largest
difference of a pixel's byte for each photo and each way of preprocessing; ends with 1 if one is above 1.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

import core
import numpy as np
import pillow
import reference_paths
import safetensors_file
import synthetic
from networks import build
from PIL import Image

ALLOWED = 1  # of 255

# (resize, crop, interpolation)
WAYS = [
    (256, 224, "bilinear"),
    (256, 224, "bicubic"),
    (112, 112, "bilinear"),
    (128, 160, "bilinear"),
    (700, 512, "bicubic"),
]

TINY = {"num_classes": 2, "stages_repeats": [1, 1, 1], "stages_out_channels": [4, 8, 8, 8, 8]}


def tiny_file(resize, crop, interpolation):
    """Bytes of a small network's weights whose metadata asks for this preprocessing."""
    model = build("shufflenetv2", **TINY)
    synthetic.fill(model, "shufflenetv2", TINY, 1)
    tensors = {
        name: tensor
        for name, tensor in model.state_dict().items()
        if not name.endswith("num_batches_tracked")
    }
    preprocess = {"resize": resize, "crop": crop, "interpolation": interpolation}
    metadata = {
        "network": "shufflenetv2",
        "options": json.dumps(TINY),
        "preprocess": json.dumps({**preprocess, "mean": [0.5] * 3, "std": [0.5] * 3}),
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tiny.safetensors"
        safetensors_file.write(path, tensors, metadata)
        return path.read_bytes()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("photos", nargs="*", type=Path, metavar="PHOTO")
    photos = parser.parse_args().photos
    if not photos:
        photos = sorted(reference_paths.shared("images", "photos").glob("*.jpg"))
    worst = 0
    for way in WAYS:
        model = core.Model(tiny_file(*way))
        print("resize {}, crop {}, {}".format(*way))
        for photo in photos:
            picture = Image.open(photo).convert("RGB")
            theirs = pillow.preprocess(picture, *way).astype(int)
            ours = model.crop(np.asarray(picture), way[1]).astype(int)
            difference = np.abs(ours - theirs)
            worst = max(worst, int(difference.max()))
            print(
                f"  {difference.max()} of 255 at most, {np.count_nonzero(difference)} bytes differ"
                f"  {photo.name} {picture.width}x{picture.height}"
            )
        model.close()
    print(f"largest difference: {worst} of 255")
    return 0 if worst <= ALLOWED else 1


if __name__ == "__main__":
    sys.exit(main())

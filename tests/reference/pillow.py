"""Preprocessing as torchvision does it on a Pillow image: the reference of src/image.

Resize scales the shorter side to `resize` with Pillow's antialiased filter, the longer one to
int(resize * longer / shorter); CenterCrop cuts crop x crop from the middle (offsets rounded half to
even), padding with 0 where the image is smaller than the crop.
"""

import base64
import hashlib
from itertools import product

import numpy as np
import synthetic
from PIL import Image
from torchvision import transforms as T

SEED = 1
WHOLE = 48  # outputs up to this side are stored whole, larger ones by samples
SAMPLES = 96

FILTERS = {"bilinear": T.InterpolationMode.BILINEAR, "bicubic": T.InterpolationMode.BICUBIC}

# (width, height), (resize, crop)
_PAIRS = [
    ((1, 1), (32, 28)),  # a constant, enlarged
    ((1, 7), (8, 8)),
    ((7, 1), (9, 16)),  # cropped one way, padded the other
    ((23, 37), (24, 17)),
    ((37, 23), (16, 16)),
    ((37, 23), (32, 28)),  # enlarged; left edge of the crop falls on a half
    ((37, 23), (20, 32)),  # crop larger than the image, one way
    ((64, 48), (20, 32)),  # and both ways, by odd amounts
    ((64, 48), (32, 28)),
    ((64, 48), (48, 48)),  # nothing to resize
    ((300, 200), (32, 28)),
    ((300, 200), (48, 48)),
    ((97, 331), (32, 28)),
    ((97, 331), (48, 47)),
]
CASES = [
    *((*pair, name) for pair, name in product(_PAIRS, FILTERS)),
    ((300, 200), (256, 224), "bilinear"),
    ((97, 331), (256, 224), "bicubic"),
]


def preprocess(picture, resize, crop, interpolation):
    """[crop, crop, 3] uint8 of a Pillow image."""
    steps = T.Compose([T.Resize(resize, FILTERS[interpolation]), T.CenterCrop(crop)])
    return np.asarray(steps(picture.convert("RGB")))


def name(case):
    (width, height), (resize, crop), interpolation = case
    return f"{width}x{height}-resize{resize}-crop{crop}-{interpolation}"


def make(case):
    """The fixture of a case: "bytes_base64" is RGB [crop][crop][3]; "samples" are [y, x, r, g, b]."""
    (width, height), (resize, crop), interpolation = case
    picture = Image.fromarray(synthetic.image(height, width, SEED))
    pixels = preprocess(picture, resize, crop, interpolation)
    fixture = {
        "width": width,
        "height": height,
        "seed": SEED,
        "resize": resize,
        "crop": crop,
        "interpolation": interpolation,
        "sha256": hashlib.sha256(pixels.tobytes()).hexdigest(),
    }
    if crop <= WHOLE:
        fixture["bytes_base64"] = base64.b64encode(pixels.tobytes()).decode()
    else:
        places = synthetic.bits("samples", SEED, 0, 2 * SAMPLES).reshape(-1, 2) % np.uint32(crop)
        corners = [[y, x] for y in (0, crop - 1) for x in (0, crop - 1)]
        places = corners + places[len(corners) :].tolist()
        fixture["samples"] = [[y, x, *pixels[y, x].tolist()] for y, x in places]
    return fixture

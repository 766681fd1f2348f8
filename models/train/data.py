"""Labelled images in memory, from a folder or a tar.

Layout of either: `train/CLASS/NAME.jpg` and `val/CLASS/NAME.jpg` (any image Pillow reads, at any depth
below CLASS). `classes.tsv` beside them, one `CLASS<tab>label` a line, fixes the order of the classes and
their labels; without it the class folders are sorted and are their own labels.
"""

import io
import tarfile
from pathlib import Path

import numpy
import torch
from PIL import Image

MEAN = (0.485, 0.456, 0.406)  # ImageNet's, RGB, of values in 0..1
STD = (0.229, 0.224, 0.225)

SUFFIXES = (".jpeg", ".jpg", ".png", ".webp", ".bmp")


def _files(source):
    """Yields (path relative to the source, bytes) of every file in a folder or tar."""
    source = Path(source)
    if source.is_dir():
        for path in sorted(source.rglob("*")):
            if path.is_file():
                yield path.relative_to(source).as_posix(), path.read_bytes()
        return
    with tarfile.open(source) as archive:
        for member in archive:
            if member.isfile():
                yield member.name.removeprefix("./"), archive.extractfile(member).read()


def square(encoded, resize, crop):
    """An encoded image as uint8 [3][crop][crop]: the shorter side resized (Pillow's antialiased bilinear,
    torchvision's rounding of the longer one), then the centre. As the engine preprocesses."""
    image = Image.open(io.BytesIO(encoded)).convert("RGB")
    width, height = image.size
    short = min(width, height)
    if short != resize:
        width, height = int(resize * width / short), int(resize * height / short)
        image = image.resize((width, height), Image.Resampling.BILINEAR)
    left, top = round((width - crop) / 2), round((height - crop) / 2)
    image = image.crop((left, top, left + crop, top + crop))
    return numpy.asarray(image).transpose(2, 0, 1)


class Dataset:
    """
    labels        the classes' names, in the order of the network's outputs
    train, val    pairs (uint8 [N][3][S][S], int64 [N]); S is `stored` for train, `crop` for val.
                  train is None where only validation images were asked for.
    """

    def __init__(self, source, resize, crop, stored=None):
        encoded = {"train": [], "val": []}
        table = None
        for path, content in _files(source):
            if path == "classes.tsv":
                table = content.decode()
            parts = path.split("/")
            if len(parts) >= 3 and parts[0] in encoded and path.lower().endswith(SUFFIXES):
                size = (stored, stored) if parts[0] == "train" else (resize, crop)
                if size[0]:
                    encoded[parts[0]].append((parts[1], square(content, *size)))
        if table:
            rows = [line.split("\t") for line in table.splitlines() if line.strip()]
        else:
            rows = [(name, name) for name in sorted({name for name, _ in encoded["val"]})]
        self.labels = [row[1] for row in rows]
        self._index = {row[0]: index for index, row in enumerate(rows)}
        self.train = self._tensors(source, "train", encoded["train"]) if stored else None
        self.val = self._tensors(source, "val", encoded["val"])

    def _tensors(self, source, split, pairs):
        if not pairs:
            raise ValueError(f"{source}: no images under {split}/CLASS/")
        unknown = {name for name, _ in pairs} - self._index.keys()
        if unknown:
            raise ValueError(f"{source}: {split}/ has classes that are not listed: {sorted(unknown)[:5]}")
        images = torch.from_numpy(numpy.stack([image for _, image in pairs]))
        return images, torch.tensor([self._index[name] for name, _ in pairs])


def normalise(images):
    """uint8 or 0..255 float [N][3][H][W] to the f32 that the networks take."""
    mean = torch.tensor(MEAN, device=images.device).view(3, 1, 1) * 255
    std = torch.tensor(STD, device=images.device).view(3, 1, 1) * 255
    return (images - mean) / std

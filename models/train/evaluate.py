"""Prints PyTorch's validation top-1 and top-5 of shipped weights, preprocessed as their metadata says.

    python3 models/train/evaluate.py DATA models/*.safetensors

DATA is a folder or tar with val/CLASS/ (see data.py); its classes must be the weights' labels.
"""

import argparse
from pathlib import Path

from data import MEAN, STD, Dataset
from train import scores
from weights import load


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("weights", type=Path, nargs="+")
    arguments = parser.parse_args()
    datasets = {}  # by (resize, crop): weights of one size share the decoding
    print("top-1\ttop-5\timages\tfile")
    for path in arguments.weights:
        model, preprocess, labels = load(path)
        if (preprocess["mean"], preprocess["std"]) != (list(MEAN), list(STD)) or preprocess["channels"] != "RGB":
            raise ValueError(f"{path}: only ImageNet's mean and deviation in RGB are evaluated here")
        size = preprocess["resize"], preprocess["crop"]
        if size not in datasets:
            datasets[size] = Dataset(arguments.data, *size)
        if datasets[size].labels != labels:
            raise ValueError(f"{path}: its labels are not the classes of {arguments.data}")
        images, wanted = datasets[size].val
        _, top1, top5 = (scores(model, images, wanted) / len(wanted)).tolist()
        print(f"{top1:.4f}\t{top5:.4f}\t{len(wanted)}\t{path.name}", flush=True)


if __name__ == "__main__":
    main()

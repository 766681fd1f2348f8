"""Real weights on 200 ImageNet photographs: the top five of decem's command line against PyTorch's.

    python3 tests/reference/compare_imagenet.py [--models NAME...] [--near-tie RATIO]

Needs ../shared (weights and photographs) and a built WASM module. PyTorch preprocesses with Pillow, as the
weights' __metadata__ says. Prints the agreement and both accuracies for each file of weights, and each
disagreement with PyTorch's probabilities of the two classes in question. Ends with 1 when they disagree on
classes that PyTorch does not hold for equally probable, within a factor of 1 + RATIO.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import pillow
import reference_paths
import safetensors_file
import torch
from networks import build
from PIL import Image

MODELS = ("googlenet-bvlc", "mobilenetv1-tf", "mobilenetv2")
TOP = 5
BATCH = 20


def load(path):
    """(model in eval, preprocessing) of a file of weights."""
    tensors, metadata = safetensors_file.read(path)
    model = build(metadata["network"], **json.loads(metadata["options"])).eval()
    missing, extra = model.load_state_dict(tensors, strict=False)
    missing = [name for name in missing if not name.endswith("num_batches_tracked")]
    if missing or extra:
        sys.exit(f"{path.name}: missing tensors {missing}, unknown tensors {extra}")
    return model, json.loads(metadata["preprocess"])


def tensor(photo, preprocess):
    """[3, crop, crop] float32: (pixel / 255 - mean) / std."""
    pixels = pillow.preprocess(
        Image.open(photo),
        preprocess["resize"],
        preprocess["crop"],
        preprocess.get("interpolation", "bilinear"),
    )
    if preprocess.get("channels", "RGB") == "BGR":
        pixels = pixels[..., ::-1].copy()
    values = torch.tensor(pixels).permute(2, 0, 1) / 255
    mean, std = (torch.tensor(preprocess[key])[:, None, None] for key in ("mean", "std"))
    return (values - mean) / std


def pytorch(path, photos):
    """[photos, classes] probabilities."""
    model, preprocess = load(path)
    rows = []
    with torch.inference_mode():
        for start in range(0, len(photos), BATCH):
            batch = [tensor(photo, preprocess) for photo in photos[start : start + BATCH]]
            rows.append(model(torch.stack(batch))[0].softmax(dim=1))
    return torch.cat(rows)


def decem(path, photos):
    """One list of {"index", "label", "probability"} for each photo, from the command line."""
    command = ["node", str(reference_paths.ROOT / "wasm" / "cli" / "decem.js"), "classify"]
    command += [*map(str, photos), "--weights", str(path), "--json", "--top-k", str(TOP)]
    with tempfile.TemporaryFile("w+") as output:
        status = subprocess.run(command, stdout=output).returncode
        output.seek(0)
        answers = [json.loads(line) for line in output if line.strip()]
    failed = [answer for answer in answers if "error" in answer]
    if status != 0 or failed or len(answers) != len(photos):
        sys.exit(f"decem classify ended with {status}: {len(answers)} answers, errors: {failed[:3]}")
    by_name = {Path(answer["file"]).name: answer["predictions"] for answer in answers}
    return [by_name[photo.name] for photo in photos]


def accuracy(rows, truth):
    """(top-1, top-5) of lists of class indices."""
    first = sum(row[0] == label for row, label in zip(rows, truth))
    five = sum(label in row for row, label in zip(rows, truth))
    return first / len(truth), five / len(truth)


def compare(path, photos, truth, names, near_tie):
    """Prints the comparison of one file of weights; whether all disagreements are near-ties."""
    probabilities = pytorch(path, photos)
    answers = decem(path, photos)
    expected = probabilities.topk(TOP, dim=1).indices.tolist()
    actual = [[prediction["index"] for prediction in answer] for answer in answers]
    largest, wrong = 0.0, 0
    for photo, row, answer, theirs, ours in zip(photos, probabilities, answers, expected, actual):
        for prediction in answer:
            largest = max(largest, abs(prediction["probability"] - row[prediction["index"]].item()))
        for place, (their, our) in enumerate(zip(theirs, ours), start=1):
            if their == our:
                continue
            high, low = row[their].item(), row[our].item()
            tie = high <= low * (1 + near_tie)
            wrong += not tie
            print(
                f"  {photo.name} place {place}: PyTorch {names[their]} {high:.6f}, decem"
                f" {names[our]} {low:.6f} there{' (near-tie)' if tie else ''}"
            )
    count = len(photos)
    same = sum(theirs == ours for theirs, ours in zip(expected, actual))
    same_first = sum(theirs[0] == ours[0] for theirs, ours in zip(expected, actual))
    print(f"{path.stem}: same top-1 {same_first}/{count}, same top-5 {same}/{count}")
    print("  accuracy top-1/top-5: PyTorch {:.3f}/{:.3f},".format(*accuracy(expected, truth)), end="")
    print(" decem {:.3f}/{:.3f};".format(*accuracy(actual, truth)), end="")
    print(f" largest difference of a probability {largest:.2g}", flush=True)
    return wrong == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--models", nargs="+", default=MODELS, choices=MODELS, metavar="NAME")
    parser.add_argument("--near-tie", type=float, default=0.01, metavar="RATIO")
    arguments = parser.parse_args()
    photos = sorted(reference_paths.shared("images", "imagenet-200").iterdir())
    rows = reference_paths.shared("models", "imagenet-1k-synsets.txt").read_text().splitlines()
    index = {row.split()[0]: number for number, row in enumerate(rows)}
    names = [row.split(maxsplit=1)[1].split(",")[0] for row in rows]
    truth = [index[photo.name.split("_")[0]] for photo in photos]
    fine = True
    for model in arguments.models:
        path = reference_paths.shared("models", f"{model}.safetensors")
        fine = compare(path, photos, truth, names, arguments.near_tie) and fine
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())

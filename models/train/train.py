"""Trains one of the ten networks on a folder or a tar of images.

    python3 models/train/train.py models/train/settings/shufflenetv2.json DATA [--resume] [--out FOLDER]

Writes to build/train/SETTINGS-NAME/ (or FOLDER):
    settings.json   what the run was started with
    log.tsv         loss, accuracy, speed of each epoch
    curves.svg      the same, drawn
    last.pt         everything --resume needs, every three minutes and after each epoch
    best.pt         weights, labels and figures of the epoch with the best validation top-1
The settings are described in models/train/README.md. Interrupting (Ctrl-C, SIGTERM) saves last.pt first.
"""

import argparse
import copy
import csv
import functools
import json
import math
import os
import signal
import sys
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

from augment import mixup, random_crops
from data import Dataset, normalise
from grouped import speed_up
from networks import build
from plot import curves
from team import Team
from weights import load

AUX_SHARE = 0.3  # of the loss, for each side branch of GoogLeNet
SAVE_EVERY = 180  # seconds


def initialise(model):
    """He's initialisation, which also starts the networks without batch norm."""
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        elif isinstance(module, nn.Linear):
            nn.init.normal_(module.weight, std=0.01)
        if isinstance(module, (nn.Conv2d, nn.Linear)) and module.bias is not None:
            nn.init.zeros_(module.bias)


@functools.lru_cache
def has_bfloat16():
    """Whether this processor multiplies bfloat16 itself; emulated it takes ten times as long as f32."""
    info = Path("/proc/cpuinfo")
    flags = set(info.read_text().split()) if info.exists() else set()
    return bool(flags & {"avx512_bf16", "amx_bf16", "bf16"})


def rate_at(progress, peak, warm_up):
    """The one-cycle learning rate: up in a line during `warm_up`, then down to 0 along a cosine."""
    if progress < warm_up:
        return peak * (0.04 + 0.96 * progress / warm_up)
    return peak * 0.5 * (1 + math.cos(math.pi * (progress - warm_up) / (1 - warm_up)))


def optimiser(model, weight_decay):
    """SGD with Nesterov momentum; norms and biases are not decayed."""
    decayed = [p for p in model.parameters() if p.ndim > 1]
    others = [p for p in model.parameters() if p.ndim <= 1]
    groups = [{"params": decayed, "weight_decay": weight_decay}, {"params": others, "weight_decay": 0}]
    return torch.optim.SGD(groups, lr=0.1, momentum=0.9, nesterov=True)


def loss_of(outputs, targets):
    """Cross entropy of the main output, and a share of it for each side branch."""
    losses = [F.cross_entropy(output.float(), targets) for output in outputs]
    return losses[0] + AUX_SHARE * sum(losses[1:])


@torch.no_grad()
def scores(model, images, labels, batch=64):
    """[summed loss, top-1 hits, top-5 hits] of the main output in f32."""
    model.eval()
    loss = top1 = top5 = 0
    for chunk, wanted in zip(images.split(batch), labels.split(batch)):
        chunk = normalise(chunk).contiguous(memory_format=torch.channels_last)
        logits = model(chunk)[0]
        hits = logits.topk(min(5, logits.shape[1])).indices == wanted[:, None]
        loss += F.cross_entropy(logits, wanted, reduction="sum").item()
        top1 += hits[:, 0].sum().item()
        top5 += hits.sum().item()
    return torch.tensor([loss, top1, top5])


class Progress:
    """A bar on a terminal; a line for every quarter of an epoch in a file."""

    def __init__(self, title, total):
        self.title, self.total, self.start, self.quarter = title, total, time.time(), 0

    def show(self, done, loss):
        share = done / self.total
        left = (time.time() - self.start) * (1 - share) / max(share, 1e-9)
        text = f"{self.title} {share:4.0%} loss {loss:.3f}, {left:.0f} s left"
        if sys.stderr.isatty():
            bar = "#" * int(30 * share)
            print(f"\r[{bar:<30}] {text}   ", end="" if share < 1 else "\n", file=sys.stderr, flush=True)
        elif int(4 * share) > self.quarter:
            self.quarter = int(4 * share)
            print(text, file=sys.stderr, flush=True)


class Run:
    """One training: the model, its average, the optimiser, and where it stands. Every worker has its own, and they
    stay equal but for the batch norms' running statistics; worker 0 logs and saves."""

    def __init__(self, settings, out, data, team):
        self.settings, self.out, self.data, self.team = settings, out, data, team
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        torch.manual_seed(settings["seed"])
        model = build(settings["network"], num_classes=len(data.labels), **settings["options"])
        if settings["start"]:
            started, _, labels = load(settings["start"])
            if (started.network, started.options, labels) != (model.network, model.options, data.labels):
                raise ValueError(f"{settings['start']}: another network, other options or other classes")
            model = started
        else:
            initialise(model)
        self.model = model.to(self.device, memory_format=torch.channels_last)
        self.average = copy.deepcopy(self.model).requires_grad_(False)
        if self.device == "cpu":
            speed_up(self.model)
        self.optimiser = optimiser(self.model, settings["weight_decay"])
        self.plan = [size for size, epochs in settings["sizes"] for _ in range(epochs)]
        self.at = {"epoch": 0, "step": 0, "seconds": 0.0, "sums": [0.0, 0.0], "best": -1.0}
        self.stopping = False
        fixed = model.options.get("input_size")
        sizes = set(self.plan) | {settings["preprocess"]["crop"]}
        if fixed and sizes != {fixed}:
            raise ValueError(f"{model.network} is built for {fixed} pixels, not for {sorted(sizes)}")

    # ---- checkpoints

    def _write(self, name, content):
        """All or nothing: a killed run leaves the previous checkpoint."""
        torch.save(content, self.out / f"{name}.new")
        os.replace(self.out / f"{name}.new", self.out / name)

    def save(self):
        if self.team.rank:
            return
        state = {name: getattr(self, name).state_dict() for name in ("model", "average", "optimiser")}
        self._write("last.pt", {**state, "at": self.at})

    def load(self):
        state = torch.load(self.out / "last.pt", map_location=self.device)
        for name in ("model", "average", "optimiser"):
            getattr(self, name).load_state_dict(state[name])
        self.at = state["at"]

    # ---- training

    def _follow(self):
        """Moves the averaged weights towards the current ones; counts are copied."""
        step = self.at["epoch"] * self.steps + self.at["step"]
        keep = min(self.settings["ema"], (1 + step) / (10 + step))  # short memory at first
        current = self.model.state_dict()
        for name, value in self.average.state_dict().items():
            if value.is_floating_point():
                value.lerp_(current[name], 1 - keep)
            else:
                value.copy_(current[name])

    def _step(self, images, labels, size):
        settings = self.settings
        images = normalise(random_crops(images, size, settings["min_area"]))
        smoothing, classes = settings["label_smoothing"], len(self.data.labels)
        targets = F.one_hot(labels, classes) * (1 - smoothing) + smoothing / classes
        if settings["mixup"]:
            images, targets = mixup(images, targets, settings["mixup"])
        images = images.contiguous(memory_format=torch.channels_last)
        kind = settings["autocast"] if self.device == "cuda" or has_bfloat16() else None
        with torch.autocast(self.device, dtype=getattr(torch, kind or "bfloat16"), enabled=bool(kind)):
            outputs = self.model(images)
        loss = loss_of(outputs, targets)
        self.optimiser.zero_grad()
        loss.backward()
        top1 = (outputs[0].argmax(1) == labels).float().mean()
        loss, top1, stopping = self._share([loss.item(), top1.item(), self.stopping])
        self.optimiser.step()
        return loss, top1, stopping > 0

    def _share(self, figures):
        """Averages the gradients, and the figures with them, over the workers."""
        gradients = [parameter.grad for parameter in self.model.parameters()]
        flat = torch.cat([gradient.flatten() for gradient in gradients] + [torch.tensor(figures, device=self.device)])
        mean = self.team.total(flat) / self.team.count
        *pieces, figures = mean.split([gradient.numel() for gradient in gradients] + [len(figures)])
        for gradient, piece in zip(gradients, pieces):
            gradient.copy_(piece.view_as(gradient))
        return figures.tolist()

    def epoch(self):
        """Trains to the end of the current epoch; False where it was interrupted, with last.pt saved."""
        settings, at = self.settings, self.at
        images, labels = self.data.train
        seed = settings["seed"] * 1000 + at["epoch"]
        order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(seed))
        size = self.plan[at["epoch"]]
        bar = Progress(f"epoch {at['epoch'] + 1}/{len(self.plan)} {size} px", self.steps)
        started = saved = time.time()
        share = settings["batch"] // self.team.count
        self.model.train()
        while at["step"] < self.steps:
            first = at["step"] * settings["batch"] + self.team.rank * share
            index = order[first : first + share]
            progress = (at["epoch"] + at["step"] / self.steps) / len(self.plan)
            for group in self.optimiser.param_groups:
                group["lr"] = rate_at(progress, settings["peak_rate"], settings["warm_up"])
            torch.manual_seed(seed * 10**6 + at["step"] * 64 + self.team.rank)  # a resumed run repeats itself
            loss, top1, stopping = self._step(images[index].to(self.device), labels[index].to(self.device), size)
            if not math.isfinite(loss):
                raise FloatingPointError(f"the loss is {loss}: lower peak_rate ({settings['peak_rate']})")
            at["sums"] = [at["sums"][0] + loss, at["sums"][1] + top1]
            at["step"] += 1
            self._follow()
            if self.team.rank == 0:
                bar.show(at["step"], at["sums"][0] / at["step"])
            if stopping or time.time() - saved > SAVE_EVERY:
                at["seconds"] += time.time() - started
                started = saved = time.time()
                self.save()
                if stopping:
                    return False
        at["seconds"] += time.time() - started
        return True

    def _validate(self):
        """(loss, top-1, top-5) of the averaged weights; each worker takes a part of the images."""
        statistics = [buffer for buffer in self.average.buffers() if buffer.is_floating_point()]
        if statistics:
            mean = self.team.total(torch.cat([buffer.flatten() for buffer in statistics])) / self.team.count
            for buffer, piece in zip(statistics, mean.split([buffer.numel() for buffer in statistics])):
                buffer.copy_(piece.view_as(buffer))
        part = slice(self.team.rank, None, self.team.count)
        images, labels = (tensor[part].to(self.device) for tensor in self.data.val)
        return (self.team.total(scores(self.average, images, labels)) / len(self.data.val[1])).tolist()

    def finish_epoch(self):
        """Validates, logs, and saves best.pt and last.pt."""
        at = self.at
        started = time.time()
        loss, top1, top5 = self._validate()
        at["seconds"] += time.time() - started
        row = {
            "epoch": at["epoch"] + 1,
            "size": self.plan[at["epoch"]],
            "rate": f"{self.optimiser.param_groups[0]['lr']:.5f}",
            "train_loss": f"{at['sums'][0] / self.steps:.4f}",
            "train_top1": f"{at['sums'][1] / self.steps:.4f}",
            "val_loss": f"{loss:.4f}",
            "val_top1": f"{top1:.4f}",
            "val_top5": f"{top5:.4f}",
            "seconds": f"{at['seconds']:.0f}",
        }
        at.update(epoch=at["epoch"] + 1, step=0, sums=[0.0, 0.0])
        if self.team.rank:
            return
        self._log(row)
        print(" ".join(f"{name} {value}" for name, value in row.items()), flush=True)
        if top1 > at["best"]:
            at["best"] = top1
            figures = {"epoch": at["epoch"], "seconds": at["seconds"], "top1": top1, "top5": top5}
            self._write(
                "best.pt",
                {
                    "model": self.average.state_dict(),
                    "options": self.model.options,
                    "labels": self.data.labels,
                    "figures": {**figures, "epochs": len(self.plan), "images": len(self.data.train[1])},
                },
            )
        self.save()

    def _log(self, row):
        path = self.out / "log.tsv"
        rows = []
        if path.exists():  # rows that a resumed run repeats are replaced
            with path.open(newline="") as file:
                rows = [old for old in csv.DictReader(file, delimiter="\t") if int(old["epoch"]) < row["epoch"]]
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, row.keys(), delimiter="\t", lineterminator="\n")
            writer.writeheader()
            writer.writerows([*rows, row])
        (self.out / "curves.svg").write_text(curves(path))

    @property
    def steps(self):
        """Steps an epoch; the last, smaller batch is left out."""
        return len(self.data.train[1]) // self.settings["batch"]

    def train(self):
        def stop(*_):
            self.stopping = True

        signal.signal(signal.SIGINT, stop)
        signal.signal(signal.SIGTERM, stop)
        while self.at["epoch"] < len(self.plan):
            if not self.epoch():
                return False
            self.finish_epoch()
        return True


def main():
    parser = argparse.ArgumentParser(description="Trains one of the ten networks; see models/train/README.md.")
    parser.add_argument("settings", type=Path, help="a file of models/train/settings/")
    parser.add_argument("data", type=Path, help="a folder or tar with train/CLASS/ and val/CLASS/")
    parser.add_argument("--resume", action="store_true", help="go on from last.pt where there is one")
    parser.add_argument("--out", type=Path, help="default: build/train/ and the settings' name")
    cores = 1 if torch.cuda.is_available() else os.cpu_count()
    parser.add_argument("--workers", type=int, default=cores, help="processes that share a batch; default: one a core")
    arguments = parser.parse_args()
    torch.set_num_threads(1)

    settings = json.loads(arguments.settings.read_text())
    out = arguments.out or Path("build/train") / arguments.settings.stem
    out.mkdir(parents=True, exist_ok=True)
    last = out / "last.pt"
    if last.exists() and not arguments.resume:
        sys.exit(f"{last} exists: --resume goes on from it; another --out, or its removal, starts anew")
    preprocess = settings["preprocess"]
    data = Dataset(arguments.data, preprocess["resize"], preprocess["crop"], settings["stored_size"])
    (out / "settings.json").write_text(json.dumps(settings, indent=2) + "\n")
    if settings["batch"] % arguments.workers:
        sys.exit(f"a batch of {settings['batch']} cannot be shared by {arguments.workers} workers")
    model = build(settings["network"], num_classes=len(data.labels), **settings["options"])
    numbers = sum(tensor.numel() for tensor in model.state_dict().values())
    team = Team(arguments.workers, numbers + 3)

    def work():
        run = Run(settings, out, data, team)
        if last.exists():
            run.load()
        return run.train()

    if team.run(work):
        return 0
    print(f"interrupted: go on with --resume ({last})", file=sys.stderr)
    return 130


if __name__ == "__main__":
    sys.exit(main())

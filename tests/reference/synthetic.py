"""Seeded synthetic weights, inputs and images: the same bits in C, JavaScript and here.

Element i (row-major) of the tensor called `name` is

    key  = mix(seed ^ fnv1a(name))
    bits = mix(key + i * 0x9E3779B9)                           uint32, wraps
    u    = ((int32)(bits >> 8) - 2^23) * 2^-23                 exact float32 in [-1, 1)

except that in the weight of a convolution, Linear or classifier, u of an odd element is minus that
of the element before it. The pairs cancel the mean of activations that are never negative, which
otherwise drowns what depends on the input. Its value is u scaled, and where the role needs it
shifted, in float32:

    weight of a convolution or Linear   u * sqrt(6 / fan_in)
    weight of a classifier              u * logit_gain * sqrt(6 / fan_in)
    bias of a convolution or Linear     u * 0.1 * bn_gain
    bias of a classifier                u * 0.1
    batch norm: weight                  bn_gain + u * bn_gain / 4
                bias, running_mean      u * 0.2
                running_var             1 + u * 0.5
    input tensor ("input")              u * sqrt(3)            mean 0, variance 1
    image ("image")                     bits >> 24             bytes

Factors are computed in double and rounded to float32 once. bn_gain and logit_gain are two numbers
for each network and variant, in models/train/synthetic_gains.json. bn_gain was chosen by hand so
that activations neither fade nor grow, and that logits depend on the input (the correlation column:
logits of two inputs) as far as rounding allows (the error column: float32 against float64, relative
to the largest logit, kept below 2e-6). The one is had at the price of the other: at a bn_gain of 1
ResNet-152 is chaotic. Networks without norms, VGG-16 and the article's GoogLeNet, are calmed by
large biases. logit_gain is chosen by --calibrate: main logits of standard deviation 2.

    python3 tests/reference/synthetic.py --calibrate    chooses logit_gain again, writes the file
    python3 tests/reference/synthetic.py                prints the statistics of every network
"""

import argparse
import json
import math
import re

import numpy as np
import reference_paths
import torch
from networks import NETWORKS, build
from torch import nn

CHUNK = 1 << 20  # elements generated at a time, to stay in cache; even, so that no pair is split
PROBE_GAIN = 100.0  # at which the classifier's biases add nothing to the logits' deviation

# Linear layers that give the logits of an output
CLASSIFIER = re.compile(r"fc|classifier(\.[16])?|SideBranch_[12]\.fc_2|aux[12]\.fc2")


def _mix(x):
    """Bijective hash of a uint32 array, in place."""
    x ^= x >> np.uint32(16)
    x *= np.uint32(0x7FEB352D)
    x ^= x >> np.uint32(15)
    x *= np.uint32(0x846CA68B)
    x ^= x >> np.uint32(16)
    return x


def _fnv1a(name):
    value = 2166136261
    for byte in name.encode():
        value = ((value ^ byte) * 16777619) & 0xFFFFFFFF
    return value


def bits(name, seed, start, count):
    """uint32 bits of elements start to start + count of the tensor `name`."""
    key = _mix(np.array([(seed ^ _fnv1a(name)) & 0xFFFFFFFF], dtype=np.uint32))
    index = np.arange(start, start + count, dtype=np.uint32)
    return _mix(index * np.uint32(0x9E3779B9) + key)


def uniform(name, seed, shape, scale, offset=None, opposed=False):
    """float32 array: offset + u * scale, each operation rounded to float32. `opposed`: u of every
    odd element is minus that of the one before it."""
    values = np.empty(math.prod(shape), dtype=np.float32)
    for start in range(0, values.size, CHUNK):
        part = values[start : start + CHUNK]
        part[:] = (bits(name, seed, start, part.size) >> np.uint32(8)).astype(np.int32) - (1 << 23)
        part *= np.float32(2.0**-23)
        if opposed:
            part[1::2] = -part[: part.size // 2 * 2 : 2]
        part *= np.float32(scale)
        if offset is not None:
            part += np.float32(offset)
    return values.reshape(shape)


def input_tensor(height, width, seed):
    """[1, 3, height, width] float32."""
    return torch.from_numpy(uniform("input", seed, (1, 3, height, width), math.sqrt(3)))


def image(height, width, seed):
    """[height, width, 3] uint8, RGB."""
    data = bits("image", seed, 0, height * width * 3) >> np.uint32(24)
    return data.astype(np.uint8).reshape(height, width, 3)


def gains(network, options):
    """(bn_gain, logit_gain) of a network with these options."""
    return json.loads(reference_paths.GAINS.read_text())[network][options.get("variant", "article")]


def fill(model, network, options, seed, pair=None):
    """Gives every parameter and running statistic of `model` its synthetic value."""
    bn_gain, logit_gain = pair or gains(network, options)
    for module_name, module in model.named_modules():
        norm = isinstance(module, nn.BatchNorm2d)
        classifier = CLASSIFIER.fullmatch(module_name)
        if not norm and not isinstance(module, (nn.Conv2d, nn.Linear)):
            continue
        for leaf, tensor in module.state_dict(keep_vars=True).items():
            if leaf == "num_batches_tracked":
                continue
            if norm:
                scale, offset = {
                    "weight": (bn_gain * 0.25, bn_gain),
                    "bias": (0.2, None),
                    "running_mean": (0.2, None),
                    "running_var": (0.5, 1.0),
                }[leaf]
            elif leaf == "bias":
                scale, offset = 0.1 * (1.0 if classifier else bn_gain), None
            else:
                gain = logit_gain if classifier else 1.0
                scale = gain * math.sqrt(6 / math.prod(tensor.shape[1:]))
                offset = None
            name = f"{module_name}.{leaf}"
            opposed = not norm and leaf == "weight"
            values = uniform(name, seed, tuple(tensor.shape), scale, offset, opposed)
            tensor.data = torch.from_numpy(values)


def variants():
    """(network, variant) of every pair of gains."""
    for network, entry in NETWORKS.items():
        yield network, "article"
        if "variant" in entry.options:
            yield network, "torchvision"


def statistics(model, seed=1):
    """(logits' standard deviation, their correlation with those of another input, the smallest and
    largest standard deviation of a module's output, and float32's error relative to the largest
    logit). Leaves the model in float64."""
    spread = []

    def note(module, _inputs, output):
        if torch.is_tensor(output):
            spread.append(output.std().item())

    hooks = [module.register_forward_hook(note) for module in model.modules()]
    with torch.inference_mode():
        main = model(input_tensor(224, 224, seed))[0][0]
        for hook in hooks:
            hook.remove()
        other = model(input_tensor(224, 224, seed + 1))[0][0]
        exact = model.double()(input_tensor(224, 224, seed).double())[0][0]
    error = ((main - exact).abs().max() / exact.abs().max()).item()
    correlation = torch.corrcoef(torch.stack((main, other)))[0, 1].item()
    return main.std().item(), correlation, min(spread), max(spread), error


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--calibrate", action="store_true", help="choose logit_gain, write it")
    calibrate = parser.parse_args().calibrate
    table = json.loads(reference_paths.GAINS.read_text())
    print(
        "network      variant      bn_gain  logit_gain  logits std  correlation    error"
        "  activations std"
    )
    for network, variant in variants():
        options = {"variant": variant} if "variant" in NETWORKS[network].options else {}
        model = build(network, **options).eval()
        pair = table[network][variant]
        if calibrate:
            fill(model, network, options, 1, (pair[0], PROBE_GAIN))
            pair[1] = float(f"{2 * PROBE_GAIN / statistics(model)[0]:.2g}")
            model.float()
        fill(model, network, options, 1, pair)
        std, correlation, low, high, error = statistics(model)
        print(
            f"{network:12} {variant:12} {pair[0]:7} {pair[1]:11} {std:11.3f} {correlation:12.5f}"
            f"  {error:.1e}  {low:.2f} to {high:.2f}",
            flush=True,
        )
    if calibrate:
        lines = (f"  {json.dumps(network)}: {json.dumps(row)}" for network, row in table.items())
        reference_paths.GAINS.write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()

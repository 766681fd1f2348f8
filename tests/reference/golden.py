"""Golden cases: what PyTorch answers on synthetic weights and a synthetic input.

A case is {"network", "options", "height", "width"} and what it should record of the inside. Its
fixture adds, all float32 with nine digits,

    "seed"         of weights and input
    "outputs"      [{"name", "logits"}], before softmax, main output first
    "final_kind"   "softmax", "log_softmax" or "logits": what the network itself returns
    "final"        the first 8 values of each output as the network returns it
    "activations"  [{"name", "shape": [C, H, W], "mean", "abs_mean", "samples": [[c, y, x, value]]}]
                   outputs of inner modules, by their names in PyTorch
"""

import math
from dataclasses import dataclass, field
from typing import Callable, Optional

import synthetic
import torch
import torchvision
from networks import build, final

SEED = 1
SAMPLES = 24
FINAL_VALUES = 8
SANE_DEVIATION = (0.3, 10)  # of the main logits: flatter or wilder ones would hide errors


@dataclass
class Case:
    name: str
    network: str
    inside: list  # names of the modules whose outputs are recorded
    options: dict = field(default_factory=dict)
    size: int = 224
    # torchvision's own constructor for a network without variant: has to give the same logits
    twin: Optional[Callable[[], torch.nn.Module]] = None


def _googlenet_torchvision(name, aux):
    inside = "maxpool1 maxpool2 inception3a maxpool3 inception4a inception4e maxpool4 inception5b"
    return Case(name, "googlenet", inside.split(), {"variant": "torchvision", "aux": aux})


def _bottleneck(network, pool, counts, **rest):
    inside = [pool]
    for stage, count in enumerate(counts, start=1):
        inside += [f"layer{stage}.0", f"layer{stage}.{count - 1}"]
    return Case(network=network, inside=inside, **rest)


def _shufflenetv2(name, counts, **rest):
    inside = ["maxpool"]
    for stage, count in enumerate(counts, start=2):
        inside += [f"stage{stage}.0", f"stage{stage}.{count - 1}"]
    return Case(name, "shufflenetv2", inside + ["conv5.2"], **rest)


def _shufflenetv1(name, **options):
    inside = ["conv1", "maxpool"]
    for stage, last in ((2, 3), (3, 7), (4, 3)):
        inside += [f"stage{stage}.ShuffleUnit_Stage{stage}_{index}" for index in (0, last)]
    return Case(name, "shufflenetv1", inside, options)


_GOOGLENET = [
    "max_pool_1", "lrn_1", "lrn_2", "max_pool_2", "InceptionBlock_3a", "max_pool_3",
    "InceptionBlock_4a", "InceptionBlock_4e", "InceptionBlock_5b",
]  # fmt: skip
_RESNET18 = ["maxpool", "conv2_1", "conv2_2", "conv3_1", "conv3_2", "conv4_1", "conv5_1", "conv5_2"]
_RESNET18_TORCHVISION = ["maxpool", "layer1.0", "layer1.1", "layer2.0", "layer3.0", "layer4.0", "layer4.1"]
_VGG16 = ["pool1", "pool2", "pool3", "pool4", "pool5"]
_VGG16_TORCHVISION = [f"features.{index}" for index in (4, 9, 16, 23, 30)]
# activations: of the first convolution, of depthwise (.2) and of pointwise ones (.5)
_MOBILENETV1 = [f"model.{index}" for index in ("0.2", "1.2", "1.5", "2.2", "2.5", "6.5", "12.2", "13.5")]
# activations, norms of blocks that add nothing, blocks that add
_MOBILENETV2 = [
    f"features.{index}"
    for index in ("0.2", "1.conv.2", "2.conv.3", "3", "6", "9", "14.conv.3", "16", "17.conv.3", "18.2")
]
_TORCHVISION = {"variant": "torchvision"}

CASES = [
    # The article's ten
    Case("googlenet", "googlenet", _GOOGLENET),
    Case("resnet18", "resnet18", _RESNET18),
    _bottleneck("resnet50", "pooling", [3, 4, 6, 3], name="resnet50"),
    _bottleneck("resnet101", "pooling", [3, 4, 23, 3], name="resnet101"),
    _bottleneck("resnet152", "pooling", [3, 8, 36, 3], name="resnet152"),
    Case("vgg16", "vgg16", _VGG16),
    Case("mobilenetv1", "mobilenetv1", _MOBILENETV1),
    Case("mobilenetv2", "mobilenetv2", _MOBILENETV2),
    _shufflenetv1("shufflenetv1"),
    _shufflenetv2("shufflenetv2", [3, 7, 3]),
    # torchvision's constructors
    _googlenet_torchvision("googlenet-torchvision", aux=False),
    _googlenet_torchvision("googlenet-torchvision-aux", aux=True),
    Case("resnet18-torchvision", "resnet18", _RESNET18_TORCHVISION, _TORCHVISION),
    _bottleneck(
        "resnet50", "maxpool", [3, 4, 6, 3], name="resnet50-torchvision", options=_TORCHVISION
    ),
    Case("vgg16-torchvision", "vgg16", _VGG16_TORCHVISION, _TORCHVISION),
    Case(
        "mobilenetv2-torchvision", "mobilenetv2", _MOBILENETV2, twin=torchvision.models.mobilenet_v2
    ),
    _shufflenetv2(
        "shufflenetv2-torchvision",
        [4, 8, 4],
        options={"stages_repeats": [4, 8, 4]},
        twin=torchvision.models.shufflenet_v2_x1_0,
    ),
    # Other options, and sizes that are odd somewhere inside
    *(_shufflenetv1(f"shufflenetv1-groups{groups}", groups=groups) for groups in (1, 2, 4, 8)),
    Case("googlenet-lrn5", "googlenet", _GOOGLENET, {"lrn_size": 5}),
    Case("mobilenetv1-tf", "mobilenetv1", _MOBILENETV1, {"padding": "tf_same", "activation": "relu6"}),
    Case("googlenet-180px", "googlenet", _GOOGLENET, {"num_classes": 50}, size=180),
    Case(
        "mobilenetv1-tf-150px",  # maps of 75 and 19, where SAME pads all around
        "mobilenetv1",
        _MOBILENETV1,
        {"padding": "tf_same", "activation": "relu6"},
        size=150,
    ),
    Case("mobilenetv1-half-128px", "mobilenetv1", _MOBILENETV1, {"width": 0.5}, size=128),
    Case("mobilenetv2-half-96px", "mobilenetv2", _MOBILENETV2, {"width_mult": 0.5}, size=96),
    _shufflenetv2("shufflenetv2-112px", [3, 7, 3], options={"num_classes": 100}, size=112),
    Case("vgg16-64px", "vgg16", _VGG16, {"num_classes": 10}, size=64),
    _bottleneck("resnet50", "pooling", [3, 4, 6, 3], name="resnet50-97px", size=97),
]


def _rounded(value):
    return float(f"{float(value):.9g}")


def _positions(height, width):
    """Corners, middles of the edges, one step in from corners, and the inside."""
    bottom, right, middle, centre = height - 1, width - 1, height // 2, width // 2
    fixed = [
        (0, 0), (0, right), (bottom, 0), (bottom, right),
        (0, centre), (bottom, centre), (middle, 0), (middle, right),
        (min(1, bottom), min(1, right)), (max(bottom - 1, 0), max(right - 1, 0)),
    ]  # fmt: skip
    inside = synthetic.bits("samples", SEED, 0, 2 * (SAMPLES - len(fixed))).reshape(-1, 2)
    return fixed + [(int(y % height), int(x % width)) for y, x in inside]


def _samples(tensor):
    """[c, y, x, value] over the whole [C, H, W] tensor; where a value is 0, as after a ReLU, the
    next channel that is not 0 at this place is taken: zeros would agree too easily."""
    channels = tensor.shape[0]
    samples = []
    for index, (y, x) in enumerate(_positions(*tensor.shape[1:])):
        first = index * (channels - 1) // (SAMPLES - 1)
        order = [(first + step) % channels for step in range(channels)]
        c = next((c for c in order if tensor[c, y, x] != 0), first)
        samples.append([c, y, x, _rounded(tensor[c, y, x])])
    return samples


def _record(model, inside, image):
    """(list of logits, list of activations) of one image."""
    records = {}

    def note(name):
        def hook(_module, _inputs, output):
            tensor = output[0]
            exact = tensor.double()
            records[name] = {
                "name": name,
                "shape": list(tensor.shape),
                "mean": _rounded(exact.mean()),
                "abs_mean": _rounded(exact.abs().mean()),
                "samples": _samples(tensor),
            }

        return hook

    modules = dict(model.named_modules())
    hooks = [modules[name].register_forward_hook(note(name)) for name in inside]
    with torch.inference_mode():
        logits = model(image)
    for hook in hooks:
        hook.remove()
    return logits, [records[name] for name in inside]


def _check_twin(case, image, logits):
    twin = case.twin().eval()
    synthetic.fill(twin, case.network, case.options, SEED)
    with torch.inference_mode():
        difference = (twin(image) - logits[0]).abs().max().item()
    if difference > 1e-6 * logits[0].abs().max().item():
        raise SystemExit(f"{case.name}: torchvision's logits differ by {difference}")


def make(case):
    """The fixture of a case, as a dict for JSON."""
    options = {"num_classes": 1000, **case.options}
    if case.size != 224:
        options["input_size"] = case.size
    model = build(case.network, **options).eval()
    synthetic.fill(model, case.network, case.options, SEED)
    image = synthetic.input_tensor(case.size, case.size, SEED)
    logits, activations = _record(model, case.inside, image)
    deviation = logits[0].std().item()
    if not SANE_DEVIATION[0] < deviation < SANE_DEVIATION[1] or not math.isfinite(deviation):
        raise SystemExit(f"{case.name}: logits have a standard deviation of {deviation}")
    if case.twin:
        _check_twin(case, image, logits)
    return {
        "network": case.network,
        "options": options,
        "seed": SEED,
        "height": case.size,
        "width": case.size,
        "outputs": [
            {"name": name, "logits": [_rounded(value) for value in output[0]]}
            for name, output in zip(model.output_names, logits)
        ],
        "final_kind": model.final_kind,
        "final": [
            [_rounded(value) for value in output[0, :FINAL_VALUES]]
            for output in final(model, logits)
        ],
        "activations": activations,
    }

"""Writes what the benchmark runs: for each of the article's networks, with synthetic weights,

    NAME.onnx           for the other engines; batch norm folded, one output per classifier
    NAME.safetensors    for decem; the state_dict as it is
    NAME.logits.json    PyTorch's logits for input.f32, one array per classifier, main first
    input.f32           [3][224][224] float32, the same for every network

    python3 tests/bench/export_models.py [NETWORK...]    into build/bench/, all ten by default

Needs PyTorch 1.13 with torchvision. VGG16 takes 1.1 GB of disk and 3 GB of memory.
"""

import argparse
import json
import struct
import sys
import types
import warnings
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "reference"))

import synthetic  # noqa: E402  puts models/train on the path too
import networks  # noqa: E402
import torch  # noqa: E402
from torch import nn  # noqa: E402

SEED = 1
SIZE = 224
OPSET = 13


def _channel_shuffle(x, groups):
    """networks._channel_shuffle with shapes that are known at export."""
    channels, height, width = (int(size) for size in x.shape[1:])
    x = x.reshape(1, groups, channels // groups, height, width)
    return x.transpose(1, 2).reshape(1, channels, height, width)


def _split_unit(self, x):
    """SplitUnit.forward with split, which is exported as one node, in place of chunk."""
    if self.splits:
        passed, x = x.split(self.branch2[0].in_channels, dim=1)
    else:
        passed = self.branch1(x)
    return _channel_shuffle(torch.cat((passed, self.branch2(x)), dim=1), 2)


def _local_response_norm(self, x):
    """LocalResponseNorm(2) with beta 0.75, from operations that every engine has a fast kernel for: square roots
    in place of pow, a shifted addition in place of the 3-D pooling that PyTorch exports."""
    squares = x * x
    first = torch.zeros(1, 1, *(int(size) for size in x.shape[2:]))
    total = squares + torch.cat((first, squares[:, :-1]), dim=1)
    root = torch.sqrt(self.k + self.alpha / self.size * total)
    return x / (root * torch.sqrt(root))


def simplify(model):
    """Swaps in the renderings above: the same values, in graphs without computed shapes."""
    networks._channel_shuffle = _channel_shuffle
    for module in model.modules():
        if isinstance(module, networks.SplitUnit):
            module.forward = types.MethodType(_split_unit, module)
        elif isinstance(module, nn.LocalResponseNorm):
            if module.beta != 0.75 or module.size != 2:
                raise ValueError("the rendering of LocalResponseNorm is for size 2 and beta 0.75")
            module.forward = types.MethodType(_local_response_norm, module)


def write_safetensors(path, tensors, metadata):
    """tensors: {name: float32 tensor}, in the order in which they are to lie in the file."""
    header, offset = {"__metadata__": metadata}, 0
    for name, tensor in tensors.items():
        end = offset + tensor.numel() * 4
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [offset, end]}
        offset = end
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for tensor in tensors.values():
            file.write(tensor.contiguous().numpy().tobytes())


def export(network, folder, image):
    model = networks.build(network).eval()
    synthetic.fill(model, network, {}, SEED)
    weights = {
        name: tensor
        for name, tensor in model.state_dict().items()
        if not name.endswith("num_batches_tracked")
    }
    write_safetensors(folder / f"{network}.safetensors", weights, {"network": network})
    with torch.inference_mode():
        logits = [output[0].tolist() for output in model(image)]
    (folder / f"{network}.logits.json").write_text(json.dumps(logits))
    simplify(model)
    names = model.output_names
    path = folder / f"{network}.onnx"
    torch.onnx.export(
        model, image, path, opset_version=OPSET, input_names=["input"], output_names=names
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("networks", nargs="*", choices=[[], *networks.NETWORKS], metavar="NETWORK")
    chosen = parser.parse_args().networks or list(networks.NETWORKS)
    folder = ROOT / "build" / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    warnings.filterwarnings("ignore", category=UserWarning, module="torch.onnx")
    warnings.filterwarnings("ignore", category=torch.jit.TracerWarning)
    image = synthetic.input_tensor(SIZE, SIZE, SEED)
    image.numpy().tofile(folder / "input.f32")
    for network in chosen:
        export(network, folder, image)
        print(f"  {network}.onnx, {network}.safetensors", flush=True)


if __name__ == "__main__":
    main()

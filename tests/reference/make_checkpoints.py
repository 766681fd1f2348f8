"""Writes the files that `decem convert` reads, as PyTorch users make them: synthetic weights, seed 1.

    python3 tests/reference/make_checkpoints.py FOLDER

reads one JSON object a line, {"network", "options", "size", "formats", "torchvision": false}, writes
FOLDER/NAME for each of the formats and answers with {"files": {format: path}}, a line. Formats:

    state_dict     torch.save(model.state_dict())
    legacy         the same in the format before PyTorch 1.6
    checkpoint     a dict with the state_dict of a DataParallel, an optimiser's, the epoch, the best score
    module         torch.save(model)
    module_legacy  the same in the format before PyTorch 1.6
    double         a state_dict of float64
    half           a state_dict of float16
    bfloat16       a state_dict of bfloat16
    views          a state_dict of tensors that are transposed, lie in one storage, or overlap
    onnx           torch.onnx.export(model): batch norms are folded
    onnx_plain     without constant folding, batch norms as they are

With "torchvision" the model is torchvision's own, else the project's rendering of the network.
"""

import json
import sys
import warnings
from pathlib import Path

import synthetic
import networks
import torch
import torchvision

CONSTRUCTORS = {
    "googlenet": lambda **options: torchvision.models.googlenet(
        aux_logits=False, transform_input=False, init_weights=False, **options
    ),
    "resnet18": torchvision.models.resnet18,
    "resnet50": torchvision.models.resnet50,
    "shufflenetv2": torchvision.models.shufflenet_v2_x1_0,
    "mobilenetv2": torchvision.models.mobilenet_v2,
}


def channel_shuffle(x, groups):
    """networks._channel_shuffle without unflatten, which PyTorch 1.13 does not export."""
    batch, channels, height, width = x.shape
    x = x.view(batch, groups, channels // groups, height, width)
    return x.transpose(1, 2).reshape(batch, channels, height, width)


def views(state):
    """The same values: matrices column by column, everything else in one storage, one after another."""
    vectors = {name: tensor.float() for name, tensor in state.items() if tensor.dim() != 2}
    storage = torch.cat([tensor.flatten() for tensor in vectors.values()])
    viewed, at = {}, 0
    for name, tensor in state.items():
        if name in vectors:
            viewed[name] = storage[at : at + tensor.numel()].view(tensor.shape)
            at += tensor.numel()
        else:
            viewed[name] = tensor.t().contiguous().t()
    return viewed


def export(model, size, path, **how):
    torch.onnx.export(model, synthetic.input_tensor(size, size, 1), path, **how)


def write(model, size, kind, path):
    state = model.state_dict()
    if kind == "state_dict":
        torch.save(state, path)
    elif kind == "legacy":
        torch.save(state, path, _use_new_zipfile_serialization=False)
    elif kind == "checkpoint":
        parallel = torch.nn.DataParallel(model)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
        checkpoint = {"epoch": 3, "best": synthetic.np.float64(0.5), "optimizer": optimizer.state_dict()}
        torch.save({**checkpoint, "state_dict": parallel.state_dict()}, path)
    elif kind == "module":
        torch.save(model, path)
    elif kind == "module_legacy":
        torch.save(model, path, _use_new_zipfile_serialization=False)
    elif kind in ("double", "half", "bfloat16"):
        dtype = {"double": torch.float64, "half": torch.float16, "bfloat16": torch.bfloat16}[kind]
        torch.save({name: tensor.to(dtype) for name, tensor in state.items()}, path)
    elif kind == "views":
        torch.save(views(state), path)
    elif kind == "onnx":
        export(model, size, path)
    elif kind == "onnx_plain":
        export(model, size, path, do_constant_folding=False, training=torch.onnx.TrainingMode.PRESERVE)
    else:
        raise ValueError(f"no format {kind}")


def make(network, options, torchvision_own):
    if torchvision_own:
        model = CONSTRUCTORS[network](**options)
        options = {"variant": "torchvision"} if "variant" in networks.NETWORKS[network].options else {}
    else:
        model = networks.build(network, **options)
    synthetic.fill(model, network, options, 1)
    return model.eval()


def main():
    folder = Path(sys.argv[1])
    warnings.filterwarnings("ignore")
    torch.set_num_threads(1)
    networks._channel_shuffle = channel_shuffle
    for line in sys.stdin:
        asked = json.loads(line)
        model = make(asked["network"], asked["options"], asked.get("torchvision", False))
        files = {}
        for kind in asked["formats"]:
            path = folder / f"{asked['network']}-{kind}{'.onnx' if kind.startswith('onnx') else '.pth'}"
            write(model, asked["size"], kind, path)
            files[kind] = str(path)
        print(json.dumps({"files": files}), flush=True)


if __name__ == "__main__":
    main()

"""A faster way to train grouped 1x1 convolutions on a CPU."""

import types

import torch
from torch import nn


def _product(self, images):
    """What nn.Conv2d computes, one matrix product a group, on images whose channels lie last in memory."""
    count, channels, height, width = images.shape
    pixels, groups = count * height * width, self.groups
    rows = images.permute(0, 2, 3, 1).reshape(pixels, groups, channels // groups).transpose(0, 1)
    weight = self.weight.view(groups, self.out_channels // groups, channels // groups).transpose(1, 2)
    out = torch.bmm(rows, weight).transpose(0, 1).reshape(pixels, self.out_channels)
    if self.bias is not None:
        out = out + self.bias
    return out.view(count, height, width, self.out_channels).permute(0, 3, 1, 2)


def speed_up(model):
    """Lets a model's grouped 1x1 convolutions run as batched products; its weights keep their names and shapes.
    ShuffleNetV1 at 64 pixels then trains at 184 images a second of processor time instead of 132 (Debian's PyTorch
    1.13, AMD Zen 3, beside other work)."""
    for module in model.modules():
        if isinstance(module, nn.Conv2d) and module.kernel_size == (1, 1) and module.stride == (1, 1):
            if 1 < module.groups < module.in_channels:
                module.forward = types.MethodType(_product, module)

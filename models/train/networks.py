"""The ten networks in PyTorch, with the module and parameter names of their state_dicts.

    model = build("googlenet", num_classes=1000).eval()
    logits = model(images)          # a list: main output first, then the side branches
    outputs = final(model, logits)  # what the network returns: softmax, log_softmax or the logits

`images` is [N, 3, H, W]; every output is [N, num_classes]. A model carries
    model.network       its name in NETWORKS
    model.options       all of its options; input_size only where it fixes the shape of a Linear
    model.output_names  one name for each entry of the list that forward returns
    model.final_kind    "softmax", "log_softmax" or "logits"

In eval() dropout is the identity, as in the C core; in train() it is active.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Callable

import torch
import torch.nn.functional as F
import torchvision
from torch import nn


def _pooled(size, kernel, stride, padding=0, ceil_mode=False):
    """Output length of a convolution or pool along one axis, as PyTorch computes it."""
    span = size + 2 * padding - kernel
    out = (-(-span // stride) if ceil_mode else span // stride) + 1
    if ceil_mode and (out - 1) * stride >= size + padding:
        out -= 1  # the last window has to start inside the input or its left padding
    return out


def _channel_shuffle(x, groups):
    """Channel g * n + i of `groups` groups of n channels becomes channel i * groups + g."""
    return x.unflatten(1, (groups, -1)).transpose(1, 2).flatten(1, 2)


# ---- GoogLeNet ------------------------------------------------------------------------------


class ConvReLU(nn.Module):
    def __init__(self, inputs, outputs, kernel, stride=1, padding=0):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, padding)

    def forward(self, x):
        return F.relu(self.conv(x))


class Inception(nn.Module):
    """1x1 | 1x1 -> 3x3 | 1x1 -> 5x5 | 3x3 max pool -> 1x1, concatenated in that order."""

    def __init__(self, inputs, one, reduce3, three, reduce5, five, pool):
        super().__init__()
        self.branch_1 = ConvReLU(inputs, one, 1)
        self.branch_2 = nn.Sequential(
            ConvReLU(inputs, reduce3, 1), ConvReLU(reduce3, three, 3, padding=1)
        )
        self.branch_3 = nn.Sequential(
            ConvReLU(inputs, reduce5, 1), ConvReLU(reduce5, five, 5, padding=2)
        )
        self.branch_4 = nn.Sequential(
            nn.MaxPool2d(3, stride=1, padding=1, ceil_mode=True), ConvReLU(inputs, pool, 1)
        )

    def forward(self, x):
        branches = (self.branch_1, self.branch_2, self.branch_3, self.branch_4)
        return torch.cat([branch(x) for branch in branches], dim=1)


class SideBranch(nn.Module):
    """The classifier in the middle of GoogLeNet; `size` is the side of the square map it sees."""

    def __init__(self, inputs, num_classes, size):
        super().__init__()
        self.avg_pool = nn.AvgPool2d(5, stride=3)
        self.conv1x1 = ConvReLU(inputs, 128, 1)
        self.fc_1 = nn.Linear(128 * _pooled(size, 5, 3) ** 2, 1024)
        self.fc_2 = nn.Linear(1024, num_classes)

    def forward(self, x):
        x = self.conv1x1(self.avg_pool(x)).flatten(1)
        x = F.dropout(F.relu(self.fc_1(x)), 0.7, self.training)
        return self.fc_2(x)


class GoogLeNet(nn.Module):
    """Szegedy et al., "Going deeper with convolutions" (2014), without batch norm."""

    def __init__(self, num_classes, lrn_size, aux, input_size):
        super().__init__()
        down = dict(kernel_size=3, stride=2, ceil_mode=True)
        self.BasicConv_1 = ConvReLU(3, 64, 7, stride=2, padding=3)
        self.max_pool_1 = nn.MaxPool2d(**down)
        self.lrn_1 = nn.LocalResponseNorm(lrn_size)
        self.conv_1x1 = ConvReLU(64, 64, 1)
        self.conv_3x3 = ConvReLU(64, 192, 3, padding=1)
        self.lrn_2 = nn.LocalResponseNorm(lrn_size)
        self.max_pool_2 = nn.MaxPool2d(**down)
        self.InceptionBlock_3a = Inception(192, 64, 96, 128, 16, 32, 32)
        self.InceptionBlock_3b = Inception(256, 128, 128, 192, 32, 96, 64)
        self.max_pool_3 = nn.MaxPool2d(**down)
        self.InceptionBlock_4a = Inception(480, 192, 96, 208, 16, 48, 64)
        self.InceptionBlock_4b = Inception(512, 160, 112, 224, 24, 64, 64)
        self.InceptionBlock_4c = Inception(512, 128, 128, 256, 24, 64, 64)
        self.InceptionBlock_4d = Inception(512, 112, 144, 288, 32, 64, 64)
        self.InceptionBlock_4e = Inception(528, 256, 160, 320, 32, 128, 128)
        self.max_pool_4 = nn.MaxPool2d(**down)
        self.InceptionBlock_5a = Inception(832, 256, 160, 320, 32, 128, 128)
        self.InceptionBlock_5b = Inception(832, 384, 192, 384, 48, 128, 128)
        self.fc = nn.Linear(1024, num_classes)
        self.aux = aux
        if aux:
            size = _pooled(input_size, 7, 2, 3)
            for _ in range(3):
                size = _pooled(size, 3, 2, ceil_mode=True)
            self.SideBranch_1 = SideBranch(512, num_classes, size)
            self.SideBranch_2 = SideBranch(528, num_classes, size)

    def forward(self, x):
        x = self.lrn_1(self.max_pool_1(self.BasicConv_1(x)))
        x = self.max_pool_2(self.lrn_2(self.conv_3x3(self.conv_1x1(x))))
        x = self.max_pool_3(self.InceptionBlock_3b(self.InceptionBlock_3a(x)))
        x = early = self.InceptionBlock_4a(x)
        x = self.InceptionBlock_4c(self.InceptionBlock_4b(x))
        x = late = self.InceptionBlock_4d(x)
        x = self.max_pool_4(self.InceptionBlock_4e(x))
        x = self.InceptionBlock_5b(self.InceptionBlock_5a(x))
        x = F.dropout(x.mean((2, 3)), 0.4, self.training)
        outputs = [self.fc(x)]
        if self.aux:
            outputs += [self.SideBranch_2(late), self.SideBranch_1(early)]
        return outputs


# ---- ResNets --------------------------------------------------------------------------------


class ResidualBlock18(nn.Module):
    """Both paths end in a ReLU before they are added; nothing follows the addition."""

    def __init__(self, inputs, outputs):
        super().__init__()
        stride = 1 if inputs == outputs else 2
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, padding=1)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.projects = stride == 2
        if self.projects:
            self.conv1x1 = nn.Conv2d(inputs, outputs, 1, stride)
            self.bn1x1 = nn.BatchNorm2d(outputs)

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = F.relu(self.bn2(self.conv2(out)))
        return out + (F.relu(self.bn1x1(self.conv1x1(x))) if self.projects else x)


class ResNet18(nn.Module):
    def __init__(self, num_classes):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, stride=2, padding=3)
        self.bn1 = nn.BatchNorm2d(64)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        self.blocks = []  # names only: the modules sit directly in this one
        inputs = 64
        for stage, outputs in enumerate((64, 128, 256, 512), start=2):
            for index in (1, 2):
                self.blocks.append(f"conv{stage}_{index}")
                self.add_module(self.blocks[-1], ResidualBlock18(inputs, outputs))
                inputs = outputs
        self.fc = nn.Linear(512, num_classes)

    def forward(self, x):
        x = self.maxpool(F.relu(self.bn1(self.conv1(x))))
        for name in self.blocks:
            x = getattr(self, name)(x)
        return [self.fc(x.mean((2, 3)))]


class Bottleneck(nn.Module):
    """1x1, 3x3 (with the stride), 1x1 to four times the width; ReLU after the addition."""

    EXPANSION = 4

    def __init__(self, inputs, width, stride):
        super().__init__()
        outputs = width * self.EXPANSION
        self.conv1 = nn.Conv2d(inputs, width, 1)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, padding=1)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, outputs, 1)
        self.bn3 = nn.BatchNorm2d(outputs)
        self.identity_downsample = None
        if stride != 1 or inputs != outputs:
            self.identity_downsample = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride), nn.BatchNorm2d(outputs)
            )

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = F.relu(self.bn2(self.conv2(out)))
        out = self.bn3(self.conv3(out))
        shortcut = x if self.identity_downsample is None else self.identity_downsample(x)
        return F.relu(out + shortcut)


class BottleneckResNet(nn.Module):
    """ResNet50, 101 and 152: He et al., "Deep residual learning" (2015)."""

    def __init__(self, repeats, num_classes):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, stride=2, padding=3)
        self.bn1 = nn.BatchNorm2d(64)
        self.pooling = nn.MaxPool2d(3, stride=2, padding=1)
        inputs = 64
        for stage, (width, count) in enumerate(zip((64, 128, 256, 512), repeats), start=1):
            blocks = []
            for index in range(count):
                stride = 2 if stage > 1 and index == 0 else 1
                blocks.append(Bottleneck(inputs, width, stride))
                inputs = width * Bottleneck.EXPANSION
            self.add_module(f"layer{stage}", nn.Sequential(*blocks))
        self.fc = nn.Linear(inputs, num_classes)

    def forward(self, x):
        x = self.pooling(F.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return [self.fc(x.mean((2, 3)))]


# ---- VGG16 ----------------------------------------------------------------------------------


class VGG16(nn.Module):
    """Simonyan and Zisserman, configuration D (2014)."""

    STAGES = ((2, 64), (2, 128), (3, 256), (3, 512), (3, 512))

    def __init__(self, num_classes, input_size):
        super().__init__()
        inputs = 3
        for stage, (count, outputs) in enumerate(self.STAGES, start=1):
            for index in range(1, count + 1):
                conv = nn.Conv2d(inputs, outputs, 3, padding=1)
                self.add_module(f"conv{stage}_{index}", conv)
                inputs = outputs
            self.add_module(f"pool{stage}", nn.MaxPool2d(2))
        self.fc1 = nn.Linear(512 * (input_size // 32) ** 2, 4096)
        self.fc2 = nn.Linear(4096, 4096)
        self.classifier = nn.Linear(4096, num_classes)

    def forward(self, x):
        for stage, (count, _) in enumerate(self.STAGES, start=1):
            for index in range(1, count + 1):
                x = F.relu(getattr(self, f"conv{stage}_{index}")(x))
            x = getattr(self, f"pool{stage}")(x)
        x = F.relu(self.fc1(x.flatten(1)))
        return [self.classifier(F.relu(self.fc2(x)))]


# ---- MobileNets -----------------------------------------------------------------------------


class SamePadConv2d(nn.Conv2d):
    """3x3 stride-2 convolution with TensorFlow's SAME padding: one row and column of zeros to
    the right and bottom of even sizes, all around odd ones."""

    def forward(self, x):
        height, width = x.shape[2:]
        return super().forward(F.pad(x, (width % 2, 1, height % 2, 1)))


class AvgPool7(nn.AvgPool2d):
    """A 7x7 average whose window shrinks to maps smaller than that."""

    def forward(self, x):
        return F.avg_pool2d(x, [min(self.kernel_size, size) for size in x.shape[2:]])


class MobileNetV1(nn.Module):
    """Howard et al. (2017). `width` scales every channel count, never below 8."""

    # (outputs, stride) of each depthwise separable block
    BLOCKS = (
        (64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), (512, 1), (512, 1),
        (512, 1), (512, 1), (512, 1), (1024, 2), (1024, 1),
    )  # fmt: skip

    def __init__(self, num_classes, padding, activation, width):
        super().__init__()
        activations = {"relu": nn.ReLU, "relu6": nn.ReLU6}

        def conv3x3(inputs, outputs, stride, groups=1):
            if stride == 2 and padding == "tf_same":
                return SamePadConv2d(inputs, outputs, 3, 2, 0, groups=groups, bias=False)
            return nn.Conv2d(inputs, outputs, 3, stride, 1, groups=groups, bias=False)

        def normed(conv):
            return [conv, nn.BatchNorm2d(conv.out_channels), activations[activation]()]

        def scaled(channels):
            return max(8, int(channels * width))

        inputs = scaled(32)
        blocks = [nn.Sequential(*normed(conv3x3(3, inputs, 2)))]
        for channels, stride in self.BLOCKS:
            outputs = scaled(channels)
            depthwise = conv3x3(inputs, inputs, stride, groups=inputs)
            pointwise = nn.Conv2d(inputs, outputs, 1, bias=False)
            blocks.append(nn.Sequential(*normed(depthwise), *normed(pointwise)))
            inputs = outputs
        self.model = nn.Sequential(*blocks, AvgPool7(7))
        self.fc = nn.Linear(inputs, num_classes)

    def forward(self, x):
        x = self.model(x)
        if x.shape[2:] != (1, 1):
            raise ValueError("mobilenetv1: the image is too large, 7x7 pooling leaves a map")
        return [self.fc(x.flatten(1))]


def _divisible(channels, divisor):
    """The multiple of `divisor` nearest to `channels`, not more than 10% below it."""
    rounded = max(divisor, int(channels + divisor / 2) // divisor * divisor)
    return rounded if rounded >= 0.9 * channels else rounded + divisor


def _conv_bn_relu6(inputs, outputs, kernel, stride=1, groups=1):
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU6(),
    )


class LinearBottleneck(nn.Module):
    """MobileNetV2's block: 1x1 up, depthwise 3x3, 1x1 down without activation."""

    def __init__(self, inputs, outputs, stride, expansion):
        super().__init__()
        hidden = inputs * expansion
        layers = [_conv_bn_relu6(inputs, hidden, 1)] if expansion != 1 else []
        layers += [
            _conv_bn_relu6(hidden, hidden, 3, stride, groups=hidden),
            nn.Conv2d(hidden, outputs, 1, bias=False),
            nn.BatchNorm2d(outputs),
        ]
        self.conv = nn.Sequential(*layers)
        self.adds = stride == 1 and inputs == outputs

    def forward(self, x):
        return x + self.conv(x) if self.adds else self.conv(x)


class MobileNetV2(nn.Module):
    """Sandler et al. (2018)."""

    # (expansion, outputs, repeats, stride of the first)
    STAGES = (
        (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2),
        (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1),
    )  # fmt: skip

    def __init__(self, num_classes, width_mult, round_nearest):
        super().__init__()
        inputs = _divisible(32 * width_mult, round_nearest)
        last = _divisible(1280 * max(1.0, width_mult), round_nearest)
        features = [_conv_bn_relu6(3, inputs, 3, stride=2)]
        for expansion, channels, repeats, first_stride in self.STAGES:
            outputs = _divisible(channels * width_mult, round_nearest)
            for index in range(repeats):
                stride = first_stride if index == 0 else 1
                features.append(LinearBottleneck(inputs, outputs, stride, expansion))
                inputs = outputs
        features.append(_conv_bn_relu6(inputs, last, 1))
        self.features = nn.Sequential(*features)
        self.classifier = nn.Sequential(nn.Dropout(0.2), nn.Linear(last, num_classes))

    def forward(self, x):
        return [self.classifier(self.features(x).mean((2, 3)))]


# ---- ShuffleNets ----------------------------------------------------------------------------


class ShuffleUnit(nn.Module):
    """ShuffleNetV1's unit. A unit that changes the width halves the map and concatenates its
    average-pooled input; any other adds its input. ReLU follows either."""

    def __init__(self, inputs, outputs, groups, first_groups):
        super().__init__()
        self.groups = groups
        self.halves = inputs != outputs
        middle = outputs // 4
        stride, made = (2, outputs - inputs) if self.halves else (1, outputs)
        self.g_conv_1x1_compress = self._grouped(inputs, middle, first_groups, [("relu", nn.ReLU())])
        self.depthwise_conv3x3 = nn.Conv2d(middle, middle, 3, stride, 1, groups=middle)
        self.bn_after_depthwise = nn.BatchNorm2d(middle)
        self.g_conv_1x1_expand = self._grouped(middle, made, groups, [])

    @staticmethod
    def _grouped(inputs, outputs, groups, tail):
        conv = nn.Conv2d(inputs, outputs, 1, groups=groups)
        layers = [("conv1x1", conv), ("batch_norm", nn.BatchNorm2d(outputs))]
        return nn.Sequential(OrderedDict(layers + tail))

    def forward(self, x):
        out = _channel_shuffle(self.g_conv_1x1_compress(x), self.groups)
        out = self.g_conv_1x1_expand(self.bn_after_depthwise(self.depthwise_conv3x3(out)))
        if self.halves:
            return F.relu(torch.cat((F.avg_pool2d(x, 3, stride=2, padding=1), out), dim=1))
        return F.relu(x + out)


class ShuffleNetV1(nn.Module):
    """Zhang et al. (2017). The first convolution has neither norm nor ReLU."""

    # outputs of stage 2 by the number of groups; each later stage doubles them
    WIDTHS = {1: 144, 2: 200, 3: 240, 4: 272, 8: 384}
    UNITS = (4, 8, 4)

    def __init__(self, num_classes, groups):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 24, 3, stride=2, padding=1)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        inputs, outputs = 24, self.WIDTHS[groups]
        for stage, count in enumerate(self.UNITS, start=2):
            units = OrderedDict()
            for index in range(count):
                first_groups = 1 if stage == 2 and index == 0 else groups
                unit = ShuffleUnit(inputs, outputs, groups, first_groups)
                units[f"ShuffleUnit_Stage{stage}_{index}"] = unit
                inputs = outputs
            self.add_module(f"stage{stage}", nn.Sequential(units))
            outputs *= 2
        self.fc = nn.Linear(inputs, num_classes)

    def forward(self, x):
        x = self.maxpool(self.conv1(x))
        x = self.stage4(self.stage3(self.stage2(x)))
        return [self.fc(x.mean((2, 3)))]


class SplitUnit(nn.Module):
    """ShuffleNetV2's unit: half of the channels pass by (stride 1), or both halves are made
    from the whole input (stride 2); then the halves are shuffled."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        half = outputs // 2
        self.splits = stride == 1
        if not self.splits:
            self.branch1 = nn.Sequential(
                *self._depthwise(inputs, stride), *self._pointwise(inputs, half)
            )
        self.branch2 = nn.Sequential(
            *self._pointwise(half if self.splits else inputs, half),
            *self._depthwise(half, stride),
            *self._pointwise(half, half),
        )

    @staticmethod
    def _depthwise(channels, stride):
        conv = nn.Conv2d(channels, channels, 3, stride, 1, groups=channels, bias=False)
        return conv, nn.BatchNorm2d(channels)

    @staticmethod
    def _pointwise(inputs, outputs):
        return nn.Conv2d(inputs, outputs, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()

    def forward(self, x):
        if self.splits:
            passed, x = x.chunk(2, dim=1)
        else:
            passed = self.branch1(x)
        return _channel_shuffle(torch.cat((passed, self.branch2(x)), dim=1), 2)


class ShuffleNetV2(nn.Module):
    """Ma et al. (2018)."""

    def __init__(self, num_classes, stages_repeats, stages_out_channels):
        super().__init__()
        first, *stages, last = stages_out_channels
        if len(stages) != 3 or len(stages_repeats) != 3:
            raise ValueError("shufflenetv2: three stages_repeats and five stages_out_channels")
        self.conv1 = self._conv_bn_relu(3, first, 3, 2)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        inputs = first
        for stage, (repeats, outputs) in enumerate(zip(stages_repeats, stages), start=2):
            units = [SplitUnit(inputs, outputs, 2)]
            units += [SplitUnit(outputs, outputs, 1) for _ in range(repeats - 1)]
            self.add_module(f"stage{stage}", nn.Sequential(*units))
            inputs = outputs
        self.conv5 = self._conv_bn_relu(inputs, last, 1, 1)
        self.fc = nn.Linear(last, num_classes)

    @staticmethod
    def _conv_bn_relu(inputs, outputs, kernel, stride):
        conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
        return nn.Sequential(conv, nn.BatchNorm2d(outputs), nn.ReLU())

    def forward(self, x):
        x = self.stage4(self.stage3(self.stage2(self.maxpool(self.conv1(x)))))
        return [self.fc(self.conv5(x).mean((2, 3)))]


# ---- torchvision's constructors, with forward as above --------------------------------------


class _OneOutput:
    def forward(self, x):
        return [super().forward(x)]


class TorchvisionResNet(_OneOutput, torchvision.models.ResNet):
    pass


class TorchvisionVGG16(_OneOutput, torchvision.models.VGG):
    def __init__(self, num_classes):
        layers = torchvision.models.vgg.make_layers(torchvision.models.vgg.cfgs["D"])
        super().__init__(layers, num_classes, init_weights=False)


class TorchvisionGoogLeNet(torchvision.models.GoogLeNet):
    """Computes the side branches in eval() too, where torchvision leaves them out."""

    LAYERS = (
        "conv1", "maxpool1", "conv2", "conv3", "maxpool2", "inception3a", "inception3b",
        "maxpool3", "inception4a", "inception4b", "inception4c", "inception4d", "inception4e",
        "maxpool4", "inception5a", "inception5b", "avgpool",
    )  # fmt: skip

    def __init__(self, num_classes, aux):
        super().__init__(num_classes, aux, transform_input=False, init_weights=False)

    def forward(self, x):
        maps = {}
        for name in self.LAYERS:
            x = maps[name] = getattr(self, name)(x)
        outputs = [self.fc(self.dropout(x.flatten(1)))]
        if self.aux_logits:
            outputs += [self.aux2(maps["inception4d"]), self.aux1(maps["inception4a"])]
        return outputs


# ---- The table ------------------------------------------------------------------------------


def _googlenet(num_classes, variant, lrn_size, aux, input_size=None):
    if variant == "torchvision":
        return TorchvisionGoogLeNet(num_classes, aux)
    return GoogLeNet(num_classes, lrn_size, aux, input_size)


def _resnet18(num_classes, variant):
    if variant == "torchvision":
        block = torchvision.models.resnet.BasicBlock
        return TorchvisionResNet(block, [2, 2, 2, 2], num_classes)
    return ResNet18(num_classes)


def _bottleneck_resnet(repeats):
    def make(num_classes, variant):
        if variant == "torchvision":
            block = torchvision.models.resnet.Bottleneck
            return TorchvisionResNet(block, repeats, num_classes)
        return BottleneckResNet(repeats, num_classes)

    return make


def _vgg16(num_classes, variant, input_size=None):
    if variant == "torchvision":
        return TorchvisionVGG16(num_classes)
    return VGG16(num_classes, input_size)


@dataclass(frozen=True)
class Network:
    make: Callable[..., nn.Module]
    final: str = "logits"  # what the article's network returns; torchvision's: always logits
    options: dict = field(default_factory=dict)  # defaults, beside those of every network
    sized: bool = False  # the article's has a Linear on a map whose size follows the image's


# num_classes; and the side of the image, which most networks are free of
_COMMON = {"num_classes": 1000, "input_size": 224}
_VARIANT = {"variant": "article"}  # or "torchvision"

NETWORKS = {
    "googlenet": Network(
        _googlenet, "softmax", {**_VARIANT, "lrn_size": 2, "aux": True}, sized=True
    ),
    "resnet18": Network(_resnet18, "softmax", _VARIANT),
    "resnet50": Network(_bottleneck_resnet([3, 4, 6, 3]), options=_VARIANT),
    "resnet101": Network(_bottleneck_resnet([3, 4, 23, 3]), options=_VARIANT),
    "resnet152": Network(_bottleneck_resnet([3, 8, 36, 3]), options=_VARIANT),
    "vgg16": Network(_vgg16, options=_VARIANT, sized=True),
    "mobilenetv1": Network(
        MobileNetV1, options={"padding": "torch", "activation": "relu", "width": 1.0}
    ),
    "mobilenetv2": Network(MobileNetV2, options={"width_mult": 1.0, "round_nearest": 8}),
    "shufflenetv1": Network(ShuffleNetV1, "log_softmax", {"groups": 3}),
    "shufflenetv2": Network(
        ShuffleNetV2,
        options={"stages_repeats": [3, 7, 3], "stages_out_channels": [24, 116, 232, 464, 1024]},
    ),
}

_CHOICES = {
    "variant": ("article", "torchvision"),
    "padding": ("torch", "tf_same"),
    "activation": ("relu", "relu6"),
    "groups": tuple(ShuffleNetV1.WIDTHS),
}


def build(network, **options):
    """The model of a network with its default options changed by `options`."""
    if network not in NETWORKS:
        raise ValueError(f"no network '{network}': one of {', '.join(NETWORKS)}")
    entry = NETWORKS[network]
    defaults = {**_COMMON, **entry.options}
    for name, value in options.items():
        if name not in defaults:
            raise ValueError(f"{network} has no option '{name}': one of {', '.join(defaults)}")
        if name in _CHOICES and value not in _CHOICES[name]:
            raise ValueError(f"{network}: {name} is one of {_CHOICES[name]}, not {value!r}")
    chosen = {**defaults, **options}
    article = chosen.get("variant", "article") == "article"
    if not (entry.sized and article and chosen.get("aux", True)):
        del chosen["input_size"]
    model = entry.make(**chosen)
    side = ["branch 2", "branch 1"] if article else ["aux2", "aux1"]
    model.network = network
    model.options = chosen
    model.output_names = ["main"] + (side if chosen.get("aux") else [])
    model.final_kind = entry.final if article else "logits"
    return model


def final(model, logits):
    """What the network returns for the list of logits that forward gave, one for each."""
    functions = {"softmax": F.softmax, "log_softmax": F.log_softmax}
    function = functions.get(model.final_kind)
    return logits if function is None else [function(output, dim=1) for output in logits]

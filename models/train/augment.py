"""Random resized crops and flips of a whole batch at once, and mixup."""

import math

import torch
import torch.nn.functional as F


def random_crops(images, size, min_area):
    """uint8 [N][3][H][W] -> f32 0..255 [N][3][size][size]. Each image gets its own window, of `min_area` to 1 of
    the area and of aspect 3:4 to 4:3, and is mirrored half of the time. Sampling is bilinear without
    antialiasing: meant for stored images that are not much larger than `size`."""
    count, device = images.shape[0], images.device
    area = torch.empty(count, device=device).uniform_(min_area, 1)
    stretch = torch.empty(count, device=device).uniform_(-1, 1).mul_(math.log(4 / 3) / 2).exp_()
    width = (area.sqrt() * stretch).clamp_(max=1)  # as fractions of the image's sides
    height = (area.sqrt() / stretch).clamp_(max=1)
    mirror = torch.randint(0, 2, (count,), device=device) * 2 - 1
    # grid_sample's coordinates run from -1 to 1: a window of scale s has its centre within 1 - s of 0
    transform = torch.zeros(count, 2, 3, device=device)
    transform[:, 0, 0] = width * mirror
    transform[:, 1, 1] = height
    transform[:, 0, 2] = (1 - width) * torch.empty(count, device=device).uniform_(-1, 1)
    transform[:, 1, 2] = (1 - height) * torch.empty(count, device=device).uniform_(-1, 1)
    grid = F.affine_grid(transform, (count, 3, size, size), align_corners=False)
    return F.grid_sample(images.float(), grid, padding_mode="border", align_corners=False)


def mixup(images, targets, alpha):
    """Blends each image and its target distribution [N][classes] with another of the batch (Zhang et al. 2018)."""
    share = float(torch.distributions.Beta(alpha, alpha).sample())
    other = torch.randperm(images.shape[0], device=images.device)
    return images.lerp(images[other], 1 - share), targets.lerp(targets[other], 1 - share)

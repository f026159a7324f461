"""Distillation: a small network imitates a larger one, frame by frame."""

import torch
from torch import Tensor
from torch.nn import functional as F

from models.ctc import PAD
from models.decoders import Network


def distance(
    teacher: Network, image: Tensor, digits: Tensor, log_probs: Tensor, autocast: bool
) -> Tensor:
    """How far log_probs are from the teacher's: Kullback-Leibler divergence, float32 [].

    Measured on the first half of the batch, and on the frames that both have: summed over them,
    nats a number, the mean of the numbers. Where no digit is shown there is nothing to imitate: the
    teacher may not know to be silent.

    Args:
        teacher: in evaluation mode.
        image: float32 [N, 1, H, W], 0..1.
        digits: int64 [N, L], `PAD` to the right.
        log_probs: float32 [N, T, C] of the network that learns.
        autocast: whether the teacher computes in bfloat16.
    """
    asked = max(1, len(image) // 2)
    with torch.no_grad(), torch.autocast(image.device.type, torch.bfloat16, enabled=autocast):
        right = teacher(image[:asked])
    frames = min(right.shape[1], log_probs.shape[1])
    mine = log_probs[:asked, :frames]
    divergence = F.kl_div(mine, right[:, :frames], reduction="none", log_target=True).sum((1, 2))
    return (divergence * (digits[:asked, 0] != PAD)).mean()

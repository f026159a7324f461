"""Shapes of nano: which to compare, what each computes, and its weights."""

import dataclasses
import itertools
from pathlib import Path
from typing import Any

import torch
from torch import nn

from models import zoo
from models.decoders import Network
from models.nano import NanoConfig
from toolchain.data import checkpoint, samples
from toolchain.data.sources import Digits
from toolchain.training.loop import Job, train
from toolchain.training.recipes import RECIPES


def sweep(
    widths: list[int], depths: list[int], frames: list[int]
) -> dict[str, dict[str, int | tuple[int, ...]]]:
    """What differs of nano's shape, by name: each width with each depth and number of frames.

    The channels before the height is folded away grow with the width, in steps of eight, which is
    how many a processor with AVX2 takes at once.
    """
    usual = NanoConfig()
    found = {}
    for width, blocks, count in itertools.product(widths, depths, frames):
        channels = tuple(
            max(8, round(each * width / usual.width / 8) * 8) for each in usual.channels
        )
        halvings = {64: 0, 32: 1, 16: 2}[count]
        found[f"{width} wide, {blocks} blocks, {count} frames"] = {
            "width": width,
            "blocks": blocks,
            "halvings": halvings,
            "channels": channels,
        }
    return found


def multiply_adds(network: Network) -> int:
    """Of one strip, in the convolutions."""
    counted: list[int] = []

    def count(layer: nn.Module, _: Any, out: torch.Tensor) -> None:
        assert isinstance(layer, nn.Conv2d)
        counted.append(layer.weight.numel() * out[0, 0].numel())

    convolutions = [each for each in network.modules() if isinstance(each, nn.Conv2d)]
    hooks = [each.register_forward_hook(count) for each in convolutions]
    with torch.no_grad():
        network.eval()(samples.empty("nano", 1).float())
    for hook in hooks:
        hook.remove()
    return sum(counted)


def weights(network: dict[str, Any], folder: Path, digits: Digits, numbers: int) -> Path:
    """A shape's checkpoint, trained on so many numbers; 0: as it starts."""
    if not numbers:
        torch.manual_seed(0)
        model = zoo.build("nano", network)
        strips = samples.to_judge("nano", digits.bank("val"))(0, 64).strips
        model.train()(strips.float() / 255)  # statistics of batch-norm, so that int8 has ranges
        path = folder / "best.safetensors"
        tensors = {f"model.{key}": value for key, value in model.state_dict().items()}
        checkpoint.save(path, tensors, {"variant": "nano", "network": network})
        return path
    recipe = dataclasses.replace(
        RECIPES["quick"], epochs=1, numbers=numbers, batch=128, trim=False, ema=0.99
    )
    banks = digits.bank("train"), digits.bank("val")
    job = Job("nano", recipe, network=network)
    train(job, banks, folder, device=torch.device("cpu"))
    return folder / "best.safetensors"

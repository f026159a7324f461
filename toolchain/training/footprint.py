"""The room that a training takes: in its checkpoints, and in memory for its backward pass."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from generator.errors import BadInput
from models import zoo
from models.decoders import Network
from toolchain import memory
from toolchain.data import checkpoint, samples
from toolchain.training import ahead, batches
from toolchain.training.recipes import Recipe

_FEW, _MORE = 2, 6  # numbers, by which what each one adds is told from what is always there
# Bytes that a number takes while it is drawn, and while it lies ready as a strip.
_DRAWN, _STRIP = 8 << 10, 4 << 10
_KEPT = 16  # bytes of a parameter in a checkpoint: its average, its live value and two moments


def insist_on_size(variant: str, network: Mapping[str, Any]) -> None:
    """Refuse a network whose checkpoints nobody reads, before it is built.

    Args:
        variant: which it is.
        network: fields of its shape that differ.

    Raises:
        BadInput: it is too large.
        UnknownVariant: as `zoo.build`.
    """
    with torch.device("meta"):  # shapes alone take no memory
        parameters = sum(each.numel() for each in zoo.build(variant, network).parameters())
    if parameters * _KEPT > checkpoint.LARGEST:
        raise BadInput(
            f"a network of {parameters:,} parameters leaves checkpoints beyond "
            f"{checkpoint.LARGEST >> 30} GiB: lower network.channels, lstm_layers or hidden"
        )


def insist_on_room(
    network: Network, variant: str, recipe: Recipe, each: int, device: torch.device
) -> None:
    """Refuse a batch that the memory cannot hold.

    Args:
        network: as it is built; its statistics change.
        variant: which it is.
        recipe: says the batch.
        each: numbers of the batch that this process learns from.
        device: where it learns.

    Raises:
        BadInput: it is too large.
    """
    on_gpu = device.type == "cuda"
    made = _DRAWN * batches.GROUP + _STRIP * (batches.GROUP + (0 if on_gpu else ahead.DEPTH))
    few, more = (samples.empty(variant, count).float() for count in (_FEW, _MORE))
    with torch.autocast("cpu", torch.bfloat16, enabled=recipe.autocasts(device)):
        added = kept(network, more) - kept(network, few)
    there = torch.cuda.get_device_properties(device).total_memory if on_gpu else None
    memory.insist(
        recipe.batch * made + each * added // (_MORE - _FEW),
        f"a batch of {recipe.batch:,} numbers",
        "lower --batch",
        there,
    )


def kept(network: Network, images: Tensor) -> int:
    """Bytes that the forward pass of images float32 [N, C, H, W] keeps until the backward pass."""
    seen: dict[int, int] = {}

    def keep(tensor: Tensor) -> Tensor:
        held = tensor.untyped_storage()
        seen[held.data_ptr()] = held.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        network.train()(images)
    return sum(seen.values())

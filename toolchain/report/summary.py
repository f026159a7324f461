"""A network's layers as a table: what each puts out and how many parameters it has."""

from functools import partial
from typing import Any

import torch
from torch import nn

from models import zoo
from toolchain.data import samples


def summarise(variant: str) -> list[dict[str, Any]]:
    """The layers of a variant, in the order in which they compute.

    Returns:
        Of each: `layer` (its path in the network), `kind`, `output` (sides of its first output, N
        for the batch) and `parameters`.

    Raises:
        UnknownVariant: no such variant.
    """
    model = zoo.build(variant).eval()
    found: list[dict[str, Any]] = []
    for name, module in model.named_modules():
        if not [*module.children()]:
            module.register_forward_hook(partial(_noted, found, name))
    with torch.no_grad():
        model(samples.empty(variant, 1).float())
    return found


def _noted(
    found: list[dict[str, Any]], name: str, layer: nn.Module, _: object, output: Any
) -> None:
    first = output if isinstance(output, torch.Tensor) else output[0]
    found.append(
        {
            "layer": name,
            "kind": type(layer).__name__,
            "output": ["N", *first.shape[1:]],
            "parameters": sum(parameter.numel() for parameter in layer.parameters()),
        }
    )

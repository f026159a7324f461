"""Muon: momentum whose every matrix is made orthogonal before it is a step.

Jordan et al. 2024, "Muon: An optimizer for hidden layers in neural networks",
https://kellerjordan.github.io/posts/muon; torch's own takes plain matrices alone. Here a
convolution is the matrix [out, in * height * width]. The first layer, biases and batch-norm stay
with AdamW, and so do the LSTMs: batch-norm forgives a convolution any scale, but steps of one size
make an LSTM's weights grow until it magnifies the last bits of its input, and float32 graphs that
compute in another order no longer agree to 1e-4.
"""

import contextlib
import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import torch
from torch import Tensor, nn

from toolchain.training.recipes import Recipe

MOMENTUM = 0.95
WEIGHT_DECAY = 0.01
ITERATIONS = 5
COEFFICIENTS = (3.4445, -4.7750, 2.0315)  # Jordan's quintic: fast to about 1, not to exactly 1


def split_parameters(model: nn.Module) -> tuple[list[Tensor], list[nn.Parameter]]:
    """A model's hidden convolutions, which are Muon's, and all its other parameters."""
    matrices = [
        module.weight
        for module in model.modules()
        if isinstance(module, nn.Conv2d) and module.in_channels > 1
    ]
    mine = {id(weight) for weight in matrices}
    return matrices, [weight for weight in model.parameters() if id(weight) not in mine]


class Muon(torch.optim.Optimizer):
    """Updates weights of convolutions [out, in, h, w]."""

    def __init__(self, params: Iterable[Tensor], lr: float) -> None:
        super().__init__(params, {"lr": lr})

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> None:  # type: ignore[override]
        """One step of every weight that has a gradient."""
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is None:
                    continue
                state = self.state[weight]
                if not state:
                    state["momentum"] = torch.zeros_like(weight.grad)
                state["momentum"].lerp_(weight.grad, 1 - MOMENTUM)
                nesterov = weight.grad.lerp(state["momentum"], MOMENTUM)
                update = orthogonal(nesterov.flatten(1))
                weight.mul_(1 - group["lr"] * WEIGHT_DECAY).sub_(
                    update.view_as(weight), alpha=group["lr"]
                )


def orthogonal(matrices: Tensor) -> Tensor:
    """About the nearest orthogonal matrix to each of [..., rows, columns], scaled for its shape.

    Newton-Schulz iterations towards U V' where the matrix is U S V'; singular values end between
    0.6 and 1.3, all but the smallest. Each multiplies by a polynomial of the Gram matrix, and all
    these commute: they are gathered in rows x rows, where a wide matrix costs a fraction, and meet
    the matrix once. In float32, for a Gram matrix has the squares of its singular values. Tall
    ones are scaled by sqrt(rows / columns), so that the outputs move alike.
    """
    rows, columns = matrices.shape[-2:]
    found = matrices.mT if rows > columns else matrices
    found = found / (found.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    a, b, c = COEFFICIENTS
    with _whole_float32():
        gram = found @ found.mT
        unit = torch.eye(gram.shape[-1], device=gram.device)
        gathered = unit
        for _ in range(ITERATIONS):
            factor = a * unit + (b * unit + c * gram) @ gram
            gathered = factor @ gathered
            gram = factor @ factor @ gram
    found = gathered @ found
    shaped: Tensor = found.mT if rows > columns else found
    return shaped * math.sqrt(max(1.0, rows / columns))


@contextlib.contextmanager
def _whole_float32() -> Iterator[None]:
    """No TF32: what its ten bits round off a Gram matrix would grow with each iteration."""
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("highest")
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)


def optimizers_for(model: nn.Module, recipe: Recipe) -> list[tuple[torch.optim.Optimizer, float]]:
    """AdamW, and Muon where the recipe has it, each with its rate relative to the schedule's."""
    matrices, others = split_parameters(model) if recipe.muon else ([], [*model.parameters()])
    decay = recipe.weight_decay
    found: list[tuple[torch.optim.Optimizer, float]] = [
        (torch.optim.AdamW(others, recipe.learning_rate, weight_decay=decay), 1.0)
    ]
    if matrices:
        found.append((Muon(matrices, recipe.learning_rate), recipe.muon))
    return found

"""A network that learns from whatever batches it is given, step by step as `nrtool train` does."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from models import zoo
from models.decoders import Network
from toolchain.training.ema import Average
from toolchain.training.muon import optimizers_for
from toolchain.training.recipes import Recipe, learning_rate

CPU = torch.device("cpu")


@dataclass
class Learner:
    """Its first weights are of torch's seed; `average.model` is what is judged.

    Attributes:
        variant, recipe: as of a `Job`.
        made: strips uint8 [B, 1, 32, W] and digits int64 [B, 5].
        step: how many were taken.
    """

    variant: str
    recipe: Recipe
    made: Iterator[tuple[Tensor, Tensor]]
    layout: torch.memory_format = torch.channels_last
    step: int = 0
    model: Network = field(init=False)
    average: Average = field(init=False)
    optimizers: list[tuple[torch.optim.Optimizer, float]] = field(init=False)

    def __post_init__(self) -> None:
        self.model = zoo.build(self.variant).to(memory_format=self.layout)  # type: ignore[call-overload]
        self.average = Average(self.model, self.recipe.ema)
        self.optimizers = optimizers_for(self.model, self.recipe)

    def learn(self, steps: int) -> int:
        """Take so many steps; the count of numbers learned from."""
        return sum(self._one() for _ in range(steps))

    def _one(self) -> int:
        strips, digits = next(self.made)
        self.model.train()
        rate = learning_rate(self.recipe, min(self.step, self.recipe.steps - 1))
        for optimizer, ratio in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = rate * ratio
        image = (strips.float() / 255).contiguous(memory_format=self.layout)
        with torch.autocast("cpu", torch.bfloat16, enabled=self.recipe.autocasts(CPU)):
            log_probs = self.model(image)
        loss = self.model.decoder.loss(log_probs, digits)
        self.model.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), self.recipe.clip)
        for optimizer, _ in self.optimizers:
            optimizer.step()
        if self.recipe.ema:
            self.average.update(self.model, self.step)
        self.step += 1
        return len(strips)

    def judged(self) -> Network:
        """The network whose accuracy counts: the average, where there is one."""
        return self.average.model if self.recipe.ema else self.model

"""The averaged model: steadier than the live one, and what is validated, kept and shipped."""

import torch
from torch import nn

from models import zoo


class Average:
    """Exponential moving average of a model's weights and batch-norm statistics."""

    def __init__(self, model: nn.Module, variant: str, decay: float) -> None:
        self.model = zoo.build(variant).to(next(model.parameters()).device).eval()
        self.model.load_state_dict(model.state_dict())
        self.decay = decay

    @torch.no_grad()
    def update(self, model: nn.Module, step: int) -> None:
        """Move towards `model`; early steps average over a tenth of the steps so far."""
        decay = min(self.decay, (1 + step) / (10 + step))
        mine, theirs = self.model.state_dict(), model.state_dict()
        for name, value in theirs.items():
            if value.is_floating_point():
                mine[name].lerp_(value, 1 - decay)
            else:
                mine[name].copy_(value)

"""The averaged model: steadier than the live one, and what is validated, kept and shipped."""

import torch

from models import zoo
from models.decoders import Network


class Average:
    """Exponential moving average of a model's weights and batch-norm statistics.

    `keep` is the share of the weights at the start that `blended` returns to: between a trained
    network and one adapted from it, the straight line of weights keeps most of what both know
    (Wortsman et al. 2022, "Robust fine-tuning of zero-shot models", arXiv:2109.01903).
    """

    def __init__(self, model: Network, variant: str, decay: float, keep: float = 0.0) -> None:
        self.model = zoo.build(variant).to(next(model.parameters()).device).eval()
        self.model.load_state_dict(model.state_dict())
        self.decay = decay
        self.keep = keep
        self.variant = variant
        self.start = {k: v.clone() for k, v in model.state_dict().items()} if keep else {}

    @torch.no_grad()
    def update(self, model: Network, step: int) -> None:
        """Move towards `model`; early steps average over a tenth of the steps so far."""
        decay = min(self.decay, (1 + step) / (10 + step))
        mine, theirs = self.model.state_dict(), model.state_dict()
        for name, value in theirs.items():
            if value.is_floating_point():
                mine[name].lerp_(value, 1 - decay)
            else:
                mine[name].copy_(value)

    @torch.no_grad()
    def blended(self) -> Network:
        """The model to validate and keep: the average, drawn back towards the start by `keep`."""
        if not self.keep:
            return self.model
        mixed = zoo.build(self.variant).to(next(self.model.parameters()).device).eval()
        weights = self.model.state_dict()
        for name, value in self.start.items():
            if value.is_floating_point():
                weights[name] = weights[name].lerp(value, self.keep)
        mixed.load_state_dict(weights)
        return mixed

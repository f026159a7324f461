"""The averaged model: steadier than the live one, and what is validated, kept and shipped."""

import copy

import torch

from models.decoders import Network


class Average:
    """Exponential moving average of a model's weights and batch-norm statistics.

    `keep` is the share of the weights at the start that `blended` returns to: between a trained
    network and one adapted from it, the straight line of weights keeps most of what both know
    (Wortsman et al. 2022, "Robust fine-tuning of zero-shot models", arXiv:2109.01903).
    """

    def __init__(self, model: Network, decay: float, keep: float = 0.0) -> None:
        self.model = _copy(model)
        self.decay = decay
        self.keep = keep
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
        mixed = _copy(self.model)
        weights = self.model.state_dict()
        for name, value in self.start.items():
            if value.is_floating_point():
                weights[name] = weights[name].lerp(value, self.keep)
        mixed.load_state_dict(weights)
        return mixed


def _copy(model: Network) -> Network:
    """In evaluation mode and in PyTorch's plain memory format, in which models are judged."""
    plain: Network = copy.deepcopy(model).to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    return plain.eval()

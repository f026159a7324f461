"""The reference: what a release computes, in PyTorch; every file of it must read the same."""

from pathlib import Path
from typing import Any

from torch import Tensor, nn

from models.decoders import Network
from toolchain.data import checkpoint
from toolchain.proof.calibration import Calibration


class DropIn(nn.Module):
    """A network with its pre- and post-processing: uint8 strip in, reading out."""

    def __init__(self, network: Network, calibration: Calibration) -> None:
        super().__init__()
        self.network = network
        self.calibration = calibration

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Uint8 [N, 1, H, W] -> log_probs [N, T, C], digits [N, L], confidence [N]."""
        log_probs = self.network(image.float() / 255)
        decoder = self.network.decoder
        digits = decoder.decode(log_probs)
        return log_probs, digits, self.calibration(decoder.posterior(log_probs, digits))


def drop_in(weights: Path) -> tuple[DropIn, dict[str, Any]]:
    """Stored weights as the network that every form of a release computes, and their facts.

    Raises:
        BadInput: `weights` is no checkpoint.
    """
    model, facts = checkpoint.load_model(weights)
    return DropIn(model, Calibration.of(facts)).eval(), facts

"""Networks that read one digit: a square float32 [N, 1, 28, 28] in 0..1 -> log_probs [N, 1, 10]."""

from torch import Tensor, nn
from torch.nn import functional as F

from models.decoders import BASE, Network, Positions

SIDE = 28


class DigitNetwork(Network):
    """One digit from whatever `body` makes of a square: ten values, float32 [N, 10]."""

    def __init__(self, body: nn.Module) -> None:
        super().__init__(Positions(1))
        self.body = body

    def forward(self, square: Tensor) -> Tensor:
        """See the module's docstring."""
        values: Tensor = self.body(square)
        return values.float().log_softmax(1)[:, None]


class Resize(nn.Module):
    """Squares resized to a side in px, bilinear."""

    def __init__(self, side: int) -> None:
        super().__init__()
        self.side = side

    def forward(self, square: Tensor) -> Tensor:
        """float32 [N, 1, H, W] -> [N, 1, side, side]."""
        return F.interpolate(square, size=(self.side, self.side), mode="bilinear")


def fcnn() -> Network:
    """784-128-10, fully connected."""
    return DigitNetwork(
        nn.Sequential(
            nn.Flatten(), nn.Linear(SIDE * SIDE, 128), nn.ReLU(inplace=True), nn.Linear(128, BASE)
        )
    )


def digit_cnn() -> Network:
    """Two convolutions on 64x64.

    The earlier work repeated its grey pictures in three channels; one says as much.
    """
    return DigitNetwork(
        nn.Sequential(
            Resize(64),
            nn.Conv2d(1, 8, 5, stride=2, padding=2, bias=False),
            nn.BatchNorm2d(8),
            nn.ReLU(inplace=True),
            nn.Conv2d(8, 24, 5, stride=2, padding=2, bias=False),
            nn.MaxPool2d(2),
            nn.BatchNorm2d(24),
            nn.ReLU(inplace=True),
            nn.Flatten(),
            nn.Linear(24 * 8 * 8, 64),
            nn.ReLU(inplace=True),
            nn.Linear(64, BASE),
        )
    )


def compact() -> Network:
    """Four convolutions and a linear layer in 15,528 parameters."""
    return DigitNetwork(
        nn.Sequential(
            # Pooled before batch-norm, which then has a quarter of the work.
            nn.Conv2d(1, 10, 5, bias=False),  # 24x24
            nn.MaxPool2d(2),
            nn.BatchNorm2d(10),
            nn.ReLU(inplace=True),
            nn.Conv2d(10, 28, 3, bias=False),  # 10x10
            nn.MaxPool2d(2),
            nn.BatchNorm2d(28),
            nn.ReLU(inplace=True),
            nn.Conv2d(28, 32, 3, padding=1, bias=False),  # 5x5
            nn.BatchNorm2d(32),
            nn.ReLU(inplace=True),
            nn.Conv2d(32, 16, 1, bias=False),
            nn.BatchNorm2d(16),
            nn.ReLU(inplace=True),
            nn.Flatten(),
            nn.Linear(16 * 5 * 5, BASE),
        )
    )

"""Numbers read without recurrence: strided convolutions, residual ones over the columns, CTC.

A strip float32 [N, 1, 32, 128] (0 = background, 1 = ink) becomes log_probs float32 [N, 32, 11].
Strides instead of pools: the first layers, where most of the work would be, see half of the rows
and columns. Once the height is folded away, residual convolutions (He et al. 2016,
arXiv:1512.03385) look over the columns, where an LSTM would: nothing but convolution, addition and
ReLU, so that a runtime of a few hundred lines can compute it.
"""

from dataclasses import dataclass

from torch import Tensor, nn

from models.ctc import CLASSES
from models.decoders import CTC, Network


@dataclass(frozen=True)
class NanoConfig:
    """Shape of one such network.

    Attributes:
        channels: of the stem and of the three convolutions after it.
        width: channels once the height is folded away.
        blocks: residual blocks of two convolutions each.
        kernel: columns that each of these sees, odd.
        halvings: how many of the three convolutions after the stem halve the columns, as all of
            them halve the rows: T is 64, 32, 16 or 8.
    """

    channels: tuple[int, int, int, int] = (8, 16, 32, 48)
    width: int = 56
    blocks: int = 3
    kernel: int = 3
    halvings: int = 1


class Residual(nn.Module):
    """Two convolutions over the columns, added to what came in: [N, C, 1, T] -> the same."""

    def __init__(self, width: int, kernel: int) -> None:
        super().__init__()
        self.first = convolution(width, width, (1, kernel), padding=(0, kernel // 2))
        self.second = convolution(width, width, (1, kernel), padding=(0, kernel // 2))
        self.relu = nn.ReLU(inplace=True)

    def forward(self, columns: Tensor) -> Tensor:
        """See the class."""
        changed: Tensor = self.relu(self.second(self.relu(self.first(columns))) + columns)
        return changed


class Nano(Network):
    """See the module's docstring."""

    def __init__(self, config: NanoConfig) -> None:
        super().__init__(CTC())
        stem, *others = config.channels
        layers: list[nn.Module] = [
            convolution(1, stem, (4, 4), stride=(2, 2), padding=(1, 1)),
            nn.ReLU(inplace=True),
        ]
        previous = stem
        for index, channels in enumerate(others):
            stride = (2, 2 if index < config.halvings else 1)
            layers += [
                convolution(previous, channels, (3, 3), stride, padding=(1, 1)),
                nn.ReLU(inplace=True),
            ]
            previous = channels
        layers += [
            convolution(previous, config.width, (2, 3), padding=(0, 1)),
            nn.ReLU(inplace=True),
        ]
        layers += [Residual(config.width, config.kernel) for _ in range(config.blocks)]
        self.cnn = nn.Sequential(*layers)
        self.head = nn.Conv2d(config.width, CLASSES, 1)

    def forward(self, strip: Tensor) -> Tensor:
        """float32 [N, 1, 32, W] in 0..1 -> log_probs float32 [N, T, 11]."""
        logits: Tensor = self.head(self.cnn(strip))[:, :, 0].transpose(1, 2)
        return logits.float().log_softmax(2)


def convolution(
    into: int,
    out: int,
    size: tuple[int, int],
    stride: tuple[int, int] = (1, 1),
    padding: tuple[int, int] = (0, 0),
) -> nn.Sequential:
    """A convolution and its batch-norm, which the export folds into it."""
    return nn.Sequential(
        nn.Conv2d(into, out, size, stride, padding, bias=False), nn.BatchNorm2d(out)
    )

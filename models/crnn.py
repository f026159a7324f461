"""Three CRNNs: convolutions, bidirectional LSTM, CTC (Shi et al. 2015, arXiv:1507.05717).

A strip float32 [N, 1, 32, 128] (0 = background, 1 = ink) becomes log_probs float32 [N, T, 11].
Two 2x2 pools halve both sides; later pools halve the height alone, so that about every fourth
column of the strip keeps a frame of its own: T = 33 (34 for lightweight).
"""

import itertools
from dataclasses import dataclass
from typing import Annotated

from annotated_types import Interval, Len
from torch import Tensor, nn

from models.ctc import CLASSES
from models.decoders import CTC, WIDEST, Network

Width = Annotated[int, Interval(ge=1, le=WIDEST)]


@dataclass(frozen=True)
class CRNNConfig:
    """Shape of one CRNN.

    Attributes:
        channels: output channels of each 3x3 convolution; a seventh is 2x2 without padding.
        lstm_layers: bidirectional LSTMs, each followed by a linear layer.
        hidden: LSTM units per direction.
        dropout: share of the features that each LSTM does not see in training.
    """

    channels: Annotated[tuple[Width, ...], Len(4, 7)]
    lstm_layers: Annotated[int, Interval(ge=1, le=8)]
    hidden: Width = 256
    dropout: Annotated[float, Interval(ge=0, lt=1)] = 0.15

    @property
    def rows(self) -> int:
        """Height of the last feature map, flattened into the LSTM's input."""
        count = len(self.channels)
        pools = sum(_pool_after(index, count) is not None for index in range(count))
        return (32 >> pools) - (count > 6)


VARIANTS = {
    "base": CRNNConfig((64, 128, 256, 256, 512, 512, 512), lstm_layers=2),
    "optimized": CRNNConfig((32, 64, 128, 128, 256, 256, 256), lstm_layers=1),
    "lightweight": CRNNConfig((16, 32, 64, 64, 64), lstm_layers=2),
}


def _pool_after(index: int, count: int) -> nn.Module | None:
    if index < 2:
        return nn.MaxPool2d(2)
    if index in (3, 5) or index == count - 1 == 4:
        return nn.MaxPool2d(2, stride=(2, 1), padding=(0, 1))
    return None


class BiLSTM(nn.Module):
    """Dropout, bidirectional LSTM, linear layer: [N, T, wide_in] -> [N, T, wide_out]."""

    def __init__(self, wide_in: int, hidden: int, wide_out: int, dropout: float) -> None:
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.lstm = nn.LSTM(wide_in, hidden, bidirectional=True, batch_first=True)
        self.linear = nn.Linear(2 * hidden, wide_out)

    def forward(self, frames: Tensor) -> Tensor:
        """See the class."""
        mixed: Tensor = self.linear(self.lstm(self.dropout(frames))[0])
        return mixed


class CRNN(Network):
    """See the module's docstring; `config` is one of `VARIANTS` or your own."""

    def __init__(self, config: CRNNConfig) -> None:
        super().__init__(CTC())
        self.config = config
        layers: list[nn.Module] = []
        previous = 1
        for index, channels in enumerate(config.channels):
            size, padding = (2, 0) if index == 6 else (3, 1)
            # Batch-norm follows every convolution; the export folds it away.
            layers += [
                nn.Conv2d(previous, channels, size, padding=padding, bias=False),
                nn.BatchNorm2d(channels),
                nn.ReLU(inplace=True),
            ]
            if pool := _pool_after(index, len(config.channels)):
                layers.append(pool)
            previous = channels
        self.cnn = nn.Sequential(*layers)

        widths = [previous * config.rows] + [config.hidden] * (config.lstm_layers - 1) + [CLASSES]
        self.rnn = nn.Sequential(
            *(BiLSTM(a, config.hidden, b, config.dropout) for a, b in itertools.pairwise(widths))
        )

    def forward(self, strip: Tensor) -> Tensor:
        """float32 [N, 1, 32, 128] in 0..1 -> log_probs float32 [N, T, 11]."""
        features = self.cnn(strip)  # [N, C, rows, T]
        frames = features.flatten(1, 2).transpose(1, 2)  # [N, T, C * rows]
        logits: Tensor = self.rnn(frames)
        return logits.float().log_softmax(2)  # the loss sums over frames: in float32 always

"""Numbers of a known length: three convolutions, then two fully connected layers.

A strip float32 [N, 1, 32, 128] is cut to the columns at its right in which that many digits stand.
`Positions` has fully connected layers for each digit, over the columns about its place, so that
the network grows by the same with every digit. `Joint` has one pair over all columns, with a class
for each number.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.decoders import BASE, Joint, Network, Positions

CHANNELS = (12, 24, 32)
HIDDEN = 96  # units between two fully connected layers
STRIDE = 2 ** len(CHANNELS)  # px to a column of features
ROWS = 32 // STRIDE
PLACE = 3  # columns of features from one digit to the next: 24 px
SPARE = 2  # columns of features that a digit has beside its place, as they do not stand exact


class FixedCNN(Network):
    """See the module's docstring."""

    def __init__(self, decoder: Positions | Joint, hidden: int = HIDDEN) -> None:
        super().__init__(decoder)
        count = decoder.count
        columns = PLACE * count + SPARE
        self.width = columns * STRIDE
        layers: list[nn.Module] = []
        previous = 1
        for channels in CHANNELS:
            # Pooled before batch-norm, which then has a quarter of the work.
            layers += [
                nn.Conv2d(previous, channels, 3, padding=1, bias=False),
                nn.MaxPool2d(2),
                nn.BatchNorm2d(channels),
                nn.ReLU(inplace=True),
            ]
            previous = channels
        self.cnn = nn.Sequential(*layers)
        if isinstance(decoder, Positions):
            self.windows = [(PLACE * place, PLACE + SPARE) for place in range(count)]
            classes = BASE
        else:
            self.windows, classes = [(0, columns)], BASE**count
        self.heads = nn.ModuleList(
            nn.Sequential(
                nn.Flatten(),
                nn.Linear(previous * ROWS * wide, hidden),
                nn.ReLU(inplace=True),
                nn.Linear(hidden, classes),
            )
            for _, wide in self.windows
        )
        if isinstance(decoder, Joint):
            _by_digits(self.heads[0].get_submodule("3"), count)

    def forward(self, strip: Tensor) -> Tensor:
        """float32 [N, 1, 32, 128] in 0..1 -> log_probs float32 [N, T, C], see the decoder."""
        cut = F.pad(strip, (self.width - strip.shape[3], 0))  # a negative pad cuts
        features = self.cnn(cut)
        logits = [
            head(features[..., first : first + wide])
            for head, (first, wide) in zip(self.heads, self.windows, strict=True)
        ]
        return torch.stack(logits, 1).float().log_softmax(2)


@torch.no_grad()
def _by_digits(classes: nn.Module, count: int) -> None:
    """Start each number's class as the sum of its digits' vectors, orthogonal to one another.

    Numbers that share digits then share what is learned: most of the 10 ** count are seen seldom.
    """
    assert isinstance(classes, nn.Linear)
    digits = nn.init.orthogonal_(torch.empty(count * BASE, classes.in_features))
    weight = torch.zeros(1, classes.in_features)
    for place in digits.view(count, BASE, -1):
        weight = (weight[:, None] + place).flatten(0, 1)
    classes.weight.copy_(weight)
    classes.bias.zero_()

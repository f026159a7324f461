"""The digit bank: glyphs of several sources, mixed by weight, ready to write numbers with."""

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from generator.errors import BadInput
from generator.glyphs import Glyphs, digest

WRITER_CAP = 250  # a writer with more digits than this is drawn no more often


class DigitBank:
    """Glyphs of several sources, mixed by weight, ready to be looked up on one device.

    A number is written by one writer: `writer_odds` is the running probability of each writer
    (a source without known writers counts as one), `choices` the digits that a writer has.
    `writers` are their names, `wrote` int64 [G] says which of them wrote each glyph, `places` from
    which file and line it was read.
    `description` says in plain data what is in it. A share of the strips written with it shows what
    is no digit, where there are `negatives`: glyphs whose labels say nothing, and that share.

    >>> bank = DigitBank([mnist_glyphs("train")])
    """

    def __init__(
        self,
        sources: Sequence[Glyphs],
        weights: Sequence[float] | None = None,
        device: torch.device | str = "cpu",
    ) -> None:
        """Mix `sources` by `weights` (equal unless given).

        Raises:
            BadInput: no digits at all, or weights that do not fit the sources.
        """
        weights = list(weights) if weights is not None else [1.0] * len(sources)
        if len(weights) != len(sources) or not all(weight > 0 for weight in weights):
            raise BadInput(f"{len(sources)} sources need as many weights above 0, got {weights}")
        if not sum(len(source.labels) for source in sources):
            raise BadInput("no digits to write numbers with: add a source that has this split")
        self.negatives: tuple[DigitBank, float] | None = None
        self.weights = tuple(weight / sum(weights) for weight in weights)
        self.description: list[dict[str, Any]] = [
            {
                "source": source.source,
                "origins": list(source.origins),
                "share": round(weight, 4),
                "digits": len(source.labels) // (source.copies + 1),
                "writers": None
                if source.anonymous
                else len(source.writers.unique()) // (source.copies + 1),
                "copies": source.copies,
                "sha256": source.sha256(),
            }
            for source, weight in zip(sources, self.weights, strict=True)
        ]

        offsets = np.cumsum([0] + [int(source.writers.max()) + 1 for source in sources])
        writers = torch.cat([s.writers + int(o) for s, o in zip(sources, offsets, strict=False)])
        labels = torch.cat([source.labels for source in sources])
        count = int(offsets[-1])
        self.writers = tuple(name for source in sources for name in source.writer_names())
        self.wrote = writers.to(device)
        self.places = tuple(
            place for source in sources for place in source.places or ("",) * len(source.labels)
        )
        order = torch.argsort(writers * 10 + labels, stable=True)
        per_digit = torch.bincount(writers * 10 + labels, minlength=count * 10)

        self.order = order.to(device)  # glyphs sorted by writer, then digit
        self.per_digit = per_digit.view(count, 10).to(device)
        self.first = (per_digit.cumsum(0) - per_digit).view(count, 10).to(device)
        has = (per_digit.view(count, 10) > 0).int()
        self.choices = torch.argsort(-has, dim=1, stable=True).to(device)  # digits there are, first
        self.choice_count = has.sum(1).to(device)
        self.starts_with_zero = has[:, 0].to(device)  # then choice 0 is the digit 0

        odds = torch.bincount(writers, minlength=count).clamp(max=WRITER_CAP).double()
        for index, weight in enumerate(self.weights):
            mine = slice(int(offsets[index]), int(offsets[index + 1]))
            odds[mine] *= weight / odds[mine].sum()
        self.writer_odds = odds.cumsum(0).float().to(device)

        self.pixels = torch.cat([source.pixels for source in sources]).to(device)
        self.labels = labels.to(device)
        self.boxes = torch.cat([source.boxes for source in sources]).to(device)
        self.relative_heights = torch.cat([s.relative_heights for s in sources]).to(device)
        self._heights: dict[float, Tensor] = {}
        self.drawn = torch.cat(
            [torch.full((len(s.labels),), s.drawn, dtype=torch.bool) for s in sources]
        ).to(device)

    def __len__(self) -> int:
        return len(self.order)

    def heights(self, kept: float) -> Tensor:
        """Each glyph's relative height to the power of `kept`, 0 (all alike) to 1: float32 [G].

        Of all glyphs at once: PyTorch rounds powers of the last in a tensor otherwise than those of
        the rest, and a glyph is as high in every batch.
        """
        if kept not in self._heights:
            self._heights[kept] = self.relative_heights.clamp(0.6, 1.4).pow(kept)
        return self._heights[kept]

    def more_often(self, times: Tensor) -> "DigitBank":
        """The same, but glyph g comes `times[g]` times as often: int64 [G], each at least 1.

        Every writer and every digit stay as likely as they were.
        """
        bank = copy.copy(self)
        times = times.to(self.device)[self.order]
        starts = F.pad(times.cumsum(0), (1, 0))
        bank.order = self.order.repeat_interleave(times)
        bank.first = starts[self.first]
        bank.per_digit = starts[self.first + self.per_digit] - bank.first
        return bank

    def with_negatives(self, negatives: "DigitBank", share: float) -> "DigitBank":
        """The same, but that a share of the strips, 0..1, is of what is no digit."""
        bank = copy.copy(self)
        bank.negatives = negatives, share
        bank.description = [
            *self.description,
            {
                "source": "negatives",
                "origins": [],
                "share": share,
                "digits": len(negatives),
                "writers": None,
                "copies": 0,
                "sha256": digest(negatives.pixels, negatives.labels),
            },
        ]
        return bank

    @property
    def device(self) -> torch.device:
        """Where the glyphs lie and numbers are made."""
        return self.pixels.device

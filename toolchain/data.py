"""Which digits a command works with: the options that all commands share, and their banks."""

from dataclasses import dataclass
from pathlib import Path

import torch

from generator.digits import DigitBank, Glyphs, Split, custom_glyphs, mnist_glyphs
from generator.errors import BadInput


@dataclass(frozen=True)
class Digits:
    """Sources of digits.

    Attributes:
        mnist: folder with MNIST's raw files; None looks in the usual places.
        custom: folders or files of the user's own digits, pen strokes or PNGs.
        custom_share: how much of all numbers the custom digits write, 0..1.
    """

    mnist: Path | None = None
    custom: tuple[Path, ...] = ()
    custom_share: float = 0.5

    def bank(self, split: Split, device: torch.device | str = "cpu") -> DigitBank:
        """The mixed bank of a split. For "test" that is MNIST's test digits alone.

        Raises:
            BadInput: a source is missing or damaged, or the share leaves no digits.
        """
        if not 0 <= self.custom_share <= 1:
            raise BadInput(f"--custom-share is {self.custom_share}: it lies between 0 and 1")
        own = self._own(split, device) if self.custom_share > 0 else []
        share = self.custom_share if own else 0.0
        sources, weights = list(own), [share / len(own)] * len(own) if own else []
        if share < 1:
            sources.append(mnist_glyphs(split, self.mnist))
            weights.append(1 - share)
        return DigitBank(sources, weights, device)

    def custom_bank(self, split: Split, device: torch.device | str = "cpu") -> DigitBank:
        """The custom digits alone.

        Raises:
            BadInput: no custom digits are named, or none belong to the split.
        """
        return DigitBank(self._own(split, device), device=device)

    def _own(self, split: Split, device: torch.device | str) -> list[Glyphs]:
        own = [glyphs for path in self.custom for glyphs in custom_glyphs(path, split, device)]
        if self.custom and not own and split == "train":
            raise BadInput(
                f"all digits in {', '.join(map(str, self.custom))} are kept for validation: "
                "add digits of another writer"
            )
        return own

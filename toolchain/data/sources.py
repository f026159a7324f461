"""Which digits a command works with: the options that all commands share, and their banks."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import torch
from annotated_types import Interval

from generator import fontsource
from generator.digits import DigitBank
from generator.errors import BadInput
from generator.glyphs import (
    Glyphs,
    mnist_glyphs,
    procedural_digits,
    procedural_glyphs,
    redrawn_glyphs,
    stroke_digits,
)
from generator.negatives import negative_glyphs
from generator.ranges import Share
from generator.redrawn import redrawn_digits, to_redraw
from generator.splits import Split
from generator.strokes import StrokeDigit
from toolchain import console
from toolchain.data.custom import custom_glyphs, why_none_train

# What reports call the held-out sources, and the invented one.
TEST_DIGITS = "MNIST test digits"
REDRAWN_DIGITS = "redrawn MNIST test digits"
WRITERS_DIGITS = "validation writers' digits"
INVENTED_DIGITS = "procedural handwriting"


@dataclass(frozen=True)
class Digits:
    """Sources of digits.

    Attributes:
        mnist: folder with MNIST's raw files; without one, the usual places are searched.
        custom: folders or files of the user's own digits, pen strokes or pictures.
        custom_share: how much of all numbers the custom digits write, 0..1.
        procedural_share: how much procedural handwriting writes, 0..1.
        redrawn_share: how much MNIST digits redrawn by their middle lines write, 0..1.
        fonts: strokes of handwriting fonts, as `nrtool fonts` makes them.
        fonts_share: how much these write, 0..1; MNIST has the rest.
        copies: varied copies of each digit of pen strokes to train on too, fonts' among them; of
            procedural handwriting and redrawn digits one, if there are any.
        negatives_share: how much of what is trained on shows no digit, 0..1: letters, scribbles,
            mirrored digits, labelled as nothing; with `fonts` also letters of all fonts that
            `nrtool fonts` fetches, from the cache or else through npm.
    """

    mnist: Path | None = None
    custom: tuple[Path, ...] = ()
    custom_share: Share = 0.5
    procedural_share: Share = 0.0
    redrawn_share: Share = 0.0
    fonts: Path | None = None
    fonts_share: Share = 0.15
    copies: Annotated[int, Interval(ge=0, le=64)] = 0
    negatives_share: Share = 0.0

    def bank(self, split: Split, device: torch.device | str = "cpu", seed: int = 0) -> DigitBank:
        """The mixed bank of a split. No custom digit is in "test".

        Args:
            split: which digits.
            device: where they lie.
            seed: of the copies' hands: another seed, other hands.

        Raises:
            BadInput: a source is missing or damaged, or the share leaves no digits.
        """
        own = self._own(split, device, seed) if self.custom_share > 0 else []
        fonts = self._fonts(split, device, seed) if self.fonts_share > 0 else []
        share, fonts_share = (self.custom_share if own else 0.0, self.fonts_share if fonts else 0.0)
        rest = 1 - share - self.procedural_share - self.redrawn_share - fonts_share
        rest = round(rest, 9)  # 1 - 0.8 - 0.2 is a little below 0
        asked = (
            *(self.custom_share, self.procedural_share, self.redrawn_share, self.fonts_share),
            rest,
        )
        if not all(0 <= each <= 1 for each in asked):
            raise BadInput(
                f"--custom-share {self.custom_share}, --procedural-share "
                f"{self.procedural_share}, digits.redrawn_share {self.redrawn_share}, "
                f"digits.fonts_share {self.fonts_share}: each lies between 0 and 1, together too"
            )
        sources = own + fonts
        weights = [share / len(own) for _ in own] + [fonts_share / len(fonts) for _ in fonts]
        if self.procedural_share > 0:
            # Of writers who do not exist there can be any number: one copy is enough.
            copies = min(1, self._copies(split))
            sources.append(procedural_glyphs(split, device, copies, seed))
            weights.append(self.procedural_share)
        if self.redrawn_share > 0:
            # There are many: with more copies of each they would fill the memory.
            copies = min(1, self._copies(split))
            sources.append(redrawn_glyphs(split, self.mnist, device, copies, seed))
            weights.append(self.redrawn_share)
        if rest > 0:
            sources.append(mnist_glyphs(split, self.mnist))
            weights.append(rest)
        bank = DigitBank(sources, weights, device)
        if split != "train" or self.negatives_share == 0:
            return bank
        return bank.with_negatives(self._negatives(split, device), self.negatives_share)

    def _negatives(self, split: Split, device: torch.device | str) -> DigitBank:
        drawn = [digit for path in self.custom for digit in stroke_digits(path, split)]
        drawn = drawn or procedural_digits(split)
        scanned = [mnist_glyphs(split, self.mnist)]
        fonts = fontsource.fetch(fontsource.table()) if self.fonts else []
        return DigitBank(negative_glyphs(split, drawn, scanned, fonts), device=device)

    def prepare(self, *splits: Split) -> None:
        """Redraw and fetch what banks of these splits need, with a progress bar; once for good.

        Raises:
            BadInput: as `generator.redrawn.redrawn_digits` and `generator.fontsource.fetch`.
        """
        if "train" in splits and self.fonts and self.negatives_share > 0:
            fonts = fontsource.table()
            with console.progress("fetching fonts", len(fonts)) as update:
                fontsource.fetch(fonts, update)
        for split in splits if self.redrawn_share > 0 else ():
            if total := to_redraw(split):
                with console.progress(f"redrawing MNIST, {split}", total) as update:
                    redrawn_digits(split, self.mnist, update)

    def custom_bank(self, split: Split, device: torch.device | str = "cpu") -> DigitBank:
        """The custom digits alone.

        Raises:
            BadInput: no custom digits are named, or none belong to the split.
        """
        return DigitBank(self._own(split, device), device=device)

    def validation_bank(self) -> DigitBank | None:
        """The custom digits of writers who are kept for validation, of whom there may be none."""
        own = self._own("val", "cpu")
        return DigitBank(own) if own else None

    def strokes(self, split: Split) -> tuple[str, list[StrokeDigit]]:
        """Strokes and what numbers of them are called: of the custom digits, else procedural."""
        own = [digit for path in self.custom for digit in stroke_digits(path, split)]
        if own:
            return f"numbers from {WRITERS_DIGITS}", own
        return f"numbers from {INVENTED_DIGITS}", procedural_digits(split)

    def _fonts(self, split: Split, device: torch.device | str, seed: int) -> list[Glyphs]:
        if self.fonts is None or split == "test":
            return []
        found = custom_glyphs(self.fonts, split, device, self._copies(split), seed)
        if split == "train" and not found:
            raise BadInput(why_none_train(self.fonts))
        return found

    def _copies(self, split: Split) -> int:
        return self.copies if split == "train" else 0

    def _own(self, split: Split, device: torch.device | str, seed: int = 0) -> list[Glyphs]:
        copies = self._copies(split)
        of_each = [custom_glyphs(path, split, device, copies, seed) for path in self.custom]
        own = [glyphs for found in of_each for glyphs in found]
        none = [
            why_none_train(path)
            for path, found in zip(self.custom, of_each, strict=True)
            if split == "train" and not found
        ]
        if none and not own:
            raise BadInput("; ".join(none))
        for reason in none:  # others train: these judge them
            console.say(reason)
        return own


def everyones_bank(path: Path) -> DigitBank:
    """All digits of a folder or file, whoever wrote them: of those that are never trained on.

    Raises:
        BadInput: there are none, or they are damaged.
    """
    return DigitBank(custom_glyphs(path, None))

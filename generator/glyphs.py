"""Glyphs: labelled digits from MNIST, ink and pen strokes, drawn once, on any device.

Every glyph is a small canvas uint8 [40, 64] and the box that its ink (or pen path) fills. Raster
glyphs hold ink levels; stroke glyphs hold closeness to the pen's path, see `generator.strokes`.

Splits never cross: MNIST train gives training and, with its last 5,000, validation; MNIST test
gives test alone. Stroke digits are split by writer, pictures by what they show; see
`generator.splits`.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import PIL.Image
import torch
from torch import Tensor

from generator.folders import files_in
from generator.handwriting import handwritten
from generator.mnist import mnist_part
from generator.redrawn import redrawn_digits
from generator.splits import Split, check_split, in_split, writer_key
from generator.strip import Image, ink_box
from generator.strokes import (
    CANVAS_HEIGHT,
    CANVAS_WIDTH,
    ENDINGS,
    GLYPH_HEIGHT,
    GLYPH_WIDTH,
    StrokeDigit,
    distance_fields,
    read_strokes,
)
from generator.variation import varied

PROCEDURAL_WRITERS = 320
PROCEDURAL_EACH = 6  # times that each of them writes every digit
HAND = 100  # redrawn digits that a varied copy gives to one hand


@dataclass(frozen=True)
class Glyphs:
    """Digits of one source.

    Attributes:
        source: name for manifests.
        origins: names of the data sets in it, for attribution.
        pixels: uint8 [G, 40, 64].
        boxes: float32 [G, 4]: left, top, right, bottom of ink or pen path, in cells.
        labels: int64 [G], 0..9.
        writers: int64 [G], counted from 0; all 0 where writers are unknown.
        relative_heights: float32 [G].
        drawn: True for pen strokes (distance fields), False for raster ink.
        copies: how many varied copies of each digit there are beside it.
        anonymous: whether nobody knows who wrote which.
        names: of the writers, in the order that `writers` counts them; none where unknown.
        places: where each was read from, see `StrokeDigit`; none where unknown.
    """

    source: str
    origins: tuple[str, ...]
    pixels: Tensor
    boxes: Tensor
    labels: Tensor
    writers: Tensor
    relative_heights: Tensor
    drawn: bool
    copies: int = 0
    anonymous: bool = False
    names: tuple[str, ...] = ()
    places: tuple[str, ...] = ()

    def writer_names(self) -> tuple[str, ...]:
        """A name for each writer that `writers` counts: the source's where there is no other."""
        return self.names or (self.source,) * (int(self.writers.max()) + 1)

    def sha256(self) -> str:
        """Hex digest of canvases and labels: which digits these were, for provenance."""
        return digest(self.pixels, self.labels)


def digest(pixels: Tensor, labels: Tensor) -> str:
    """SHA-256 of canvases uint8 [G, 40, 64] and labels int64 [G], in hex."""
    found = hashlib.sha256(pixels.cpu().numpy().tobytes())
    found.update(labels.cpu().numpy().astype("<i8").tobytes())
    return found.hexdigest()


def mnist_glyphs(split: Split, folder: Path | None = None) -> Glyphs:
    """MNIST digits of a split; see `generator.mnist.load_mnist` for where they come from.

    Raises:
        BadInput: there is no such split.
    """
    images, labels = mnist_part(split, folder)
    count, height, width = images.shape
    top, left = (CANVAS_HEIGHT - height) // 2, (CANVAS_WIDTH - width) // 2
    pixels = np.zeros((count, CANVAS_HEIGHT, CANVAS_WIDTH), np.uint8)
    pixels[:, top : top + height, left : left + width] = images
    return _raster("mnist", pixels, labels)


def ink_glyphs(source: str, inks: Sequence[Image], labels: Sequence[int]) -> Glyphs:
    """Digits from ink: each uint8 [H, W], 0 = background, 255 = ink, of any size, not blank."""
    pixels = np.zeros((len(inks), CANVAS_HEIGHT, CANVAS_WIDTH), np.uint8)
    for canvas, ink in zip(pixels, inks, strict=True):
        left, top, right, bottom = ink_box(ink)
        box = ink[top:bottom, left:right]
        scale = min(GLYPH_HEIGHT / box.shape[0], GLYPH_WIDTH / box.shape[1])
        size = (max(1, round(box.shape[1] * scale)), max(1, round(box.shape[0] * scale)))
        x, y = (CANVAS_WIDTH - size[0]) // 2, (CANVAS_HEIGHT - size[1]) // 2
        small = PIL.Image.fromarray(box).resize(size, PIL.Image.Resampling.BOX)
        # A pen much thinner than a cell would fade.
        full = np.asarray(small, np.float32) * (255 / np.asarray(small).max())
        canvas[y : y + size[1], x : x + size[0]] = full.round()
    return _raster(source, pixels, np.array(labels, np.uint8))


def _raster(source: str, pixels: np.ndarray, labels: np.ndarray) -> Glyphs:
    ink = torch.from_numpy(pixels)
    rows, columns = ink.amax(2) >= 64, ink.amax(1) >= 64
    boxes = torch.stack(
        [
            columns.int().argmax(1),
            rows.int().argmax(1),
            CANVAS_WIDTH - columns.flip(1).int().argmax(1),
            CANVAS_HEIGHT - rows.flip(1).int().argmax(1),
        ],
        1,
    ).float()
    known = torch.from_numpy(labels.astype(np.int64))
    return Glyphs(
        source,
        (source,),
        ink,
        boxes,
        known,
        torch.zeros_like(known),
        torch.ones(len(known)),
        drawn=False,
        anonymous=True,
    )


def stroke_glyphs(
    path: Path,
    split: Split | None,
    device: torch.device | str = "cpu",
    copies: int = 0,
    seed: int = 0,
) -> Glyphs:
    """Digits from pen strokes, drawn: a .jsonl or .jsonl.gz file, or a folder of them.

    `copies` of each are added, varied by `seed`; see `generator.variation`.

    Raises:
        BadInput: a line is damaged.
    """
    digits = stroke_digits(path, split)
    return drawn_glyphs(
        path.name.split(".")[0], digits + varied(digits, copies, seed), device, copies
    )


def stroke_digits(path: Path, split: Split | None) -> list[StrokeDigit]:
    """The strokes themselves: of a .jsonl or .jsonl.gz file, or a folder of them; "test" has none.

    `None` is every writer, whatever the split: of digits that are for validation alone.

    Raises:
        BadInput: a line is damaged.
    """
    return [
        digit
        for file in stroke_files(path)
        for digit in read_strokes(file)
        if split is None or in_split(writer_key(digit.writer), split)
    ]


def stroke_files(path: Path) -> list[Path]:
    """The file itself, or the .jsonl and .jsonl.gz files of a folder, in capitals or not."""
    if path.is_file():
        return [path]
    return [file for file in files_in(path, "*") if file.name.lower().endswith(ENDINGS)]


def procedural_glyphs(
    split: Split, device: torch.device | str = "cpu", copies: int = 0, seed: int = 0
) -> Glyphs:
    """Digits of writers who do not exist, others in every split; see `generator.handwriting`.

    `copies` of each are added, varied by `seed`.
    """
    digits = procedural_digits(split)
    return drawn_glyphs("procedural", digits + varied(digits, copies, seed), device, copies)


def procedural_digits(split: Split) -> list[StrokeDigit]:
    """The strokes themselves."""
    check_split(split)
    seed = ("train", "val", "test").index(split)
    writers = PROCEDURAL_WRITERS if split == "train" else PROCEDURAL_WRITERS // 8
    return handwritten(writers, PROCEDURAL_EACH, seed)


def redrawn_glyphs(
    split: Split,
    folder: Path | None = None,
    device: torch.device | str = "cpu",
    copies: int = 0,
    seed: int = 0,
) -> Glyphs:
    """MNIST digits of a split as pen strokes, made where they are not kept; `generator.redrawn`.

    `copies` of each are added, varied by `seed`, `HAND` in succession by one hand.

    Raises:
        BadInput: as `generator.redrawn.redrawn_digits`.
    """
    digits = redrawn_digits(split, folder)
    hands = [replace(digit, writer=str(i // HAND)) for i, digit in enumerate(digits)]
    glyphs = drawn_glyphs("redrawn", digits + varied(hands, copies, seed), device, copies)
    return replace(glyphs, writers=torch.zeros_like(glyphs.writers), anonymous=True, names=())


def drawn_glyphs(
    source: str, digits: list[StrokeDigit], device: torch.device | str = "cpu", copies: int = 0
) -> Glyphs:
    """Digits of pen strokes, drawn; the last of them are `copies` varied copies of the first."""
    fields, boxes = distance_fields(digits, device)
    names = {name: i for i, name in enumerate(sorted({digit.writer for digit in digits}))}
    return Glyphs(
        source,
        tuple(sorted({digit.source for digit in digits})),
        fields,
        boxes,
        torch.tensor([digit.label for digit in digits], dtype=torch.int64),
        torch.tensor([names[digit.writer] for digit in digits], dtype=torch.int64),
        torch.tensor([digit.relative_height for digit in digits]),
        drawn=True,
        copies=copies,
        names=tuple(names),
        places=tuple(digit.place for digit in digits),
    )

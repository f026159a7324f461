"""Read numbers from pictures with an exported model; needs no PyTorch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from onnxruntime import InferenceSession
from PIL import Image

from generator.errors import BadInput
from generator.square import fit_digit
from generator.strip import HEIGHT, INK_LEVEL, fit_ink, fitting, ink_box
from toolchain.reading.boxes import Box, Digit, by_place, locate, locate_places
from toolchain.reading.ink import open_picture, to_ink
from toolchain.reading.layout_analysis import separate_numbers
from toolchain.reading.modelfile import bundled
from toolchain.reading.runtime import PAD, open_model, run

MOST_AT_ONCE = 32  # strips; a model holds megabytes for each while it runs

Array = NDArray[np.uint8]
Picture = Path | Image.Image | Array


@dataclass(frozen=True)
class Reading:
    """What a model read.

    Attributes:
        number: the digits, "" when nothing was read.
        confidence: 0..1, the probability that exactly these digits were written.
        digits: each digit with its box, from left to right.
        box: left, top, right, bottom of the number's ink. All boxes are in pixels of what was
            read: of the upright picture, of the ink, or of the strip.
    """

    number: str
    confidence: float
    digits: tuple[Digit, ...]
    box: Box


@dataclass(frozen=True)
class Found:
    """Ink of one number, and how its pixels lie in the picture: x * scale + left, y likewise."""

    ink: Array
    left: float = 0.0
    top: float = 0.0
    scale: float = 1.0


class Recognizer:
    """An exported model, ready to read.

    >>> recognizer = Recognizer.load()
    >>> reading = recognizer.read(Path("drawing.png"))
    >>> reading.number, reading.confidence, [digit.box for digit in reading.digits]
    ('41', 0.98, [(20, 31, 64, 90), (80, 30, 92, 91)])

    Attributes:
        variant: name of the model's variant.
        alphabet: the character of each class, without the blank.
        decoder: what the classes stand for, see `models.decoders`.
        size: px high and wide of what it reads: a strip, or a square for single digits.
        threshold: readings with less confidence should be asked again; None where unknown.
        verdict: posterior, 0..1, from which an expected number may be taken for what was written,
            whatever is read; None where unknown. The CTC forward algorithm gives the posterior
            from the scores of `scored`.
    """

    def __init__(self, session: InferenceSession) -> None:
        metadata = session.get_modelmeta().custom_metadata_map
        self.variant: str = metadata["variant"]
        self.alphabet: str = metadata["alphabet"]
        self.decoder: str = metadata.get("decoder", "ctc")
        self.threshold = _told(metadata, "threshold")
        self.verdict = _told(metadata, "verdict")
        self._session = session
        high, wide = session.get_inputs()[0].shape[2:]
        self.size = (int(high), int(wide))

    @classmethod
    def load(cls, path: Path | None = None, threads: int = 1) -> "Recognizer":
        """Load a model.

        Args:
            path: an .onnx file made by the export; None is the one that comes with the package.
            threads: CPU threads for one inference; one is fastest for one small picture.

        Raises:
            BadInput: the file is missing, empty, damaged, or a model of another kind.
        """
        return cls(open_model(path or bundled(), threads))

    def read(self, image: Picture) -> Reading:
        """Read a picture file, a picture, or ink, as one number.

        Args:
            image: ink is uint8 [H, W], 0 = background, 255 = ink; pictures are turned into ink.

        Raises:
            BadInput: the picture cannot be used or holds no ink.
        """
        return self.read_batch([image])[0]

    def read_batch(self, images: Sequence[Picture]) -> list[Reading]:
        """Read several pictures as `read` would, in one run of the network.

        An int8 model rounds a batch as a whole, so confidence differs a little from `read`'s.

        Raises:
            BadInput: as `read`; none is read if one cannot be.
        """
        return self._read_found([_ink_of(image) for image in images])

    def read_all(self, image: Picture) -> list[Reading]:
        """Read every number of a picture that stands apart from the others, in reading order.

        Numbers stand apart by a line, or by a gap of 0.8 of their height; what is much lower than
        the tallest number is left out. One reading at least.

        Raises:
            BadInput: as `read`.
        """
        whole = _ink_of(image)
        return self._read_found(
            [
                Found(ink, left * whole.scale, top * whole.scale, whole.scale)
                for ink, (left, top, _, _) in separate_numbers(whole.ink)
            ]
        )

    def read_strips(self, strips: Array) -> list[Reading]:
        """Read strips in one batch, one reading each.

        Args:
            strips: uint8 [N, 1, 32, 128], 0 = background, 255 = ink, right-aligned; or, for single
                digits, squares uint8 [N, 1, 28, 28]; N may be 0.

        Raises:
            BadInput: another type or shape.
        """
        return [reading for reading, _ in self.scored(strips)]

    def scored(self, strips: Array) -> list[tuple[Reading, NDArray[np.float32]]]:
        """As `read_strips`, and the scores behind it: log_probs float32 [T, C] for each strip."""
        high, wide = self.size
        if strips.dtype != np.uint8 or strips.shape[1:] != (1, high, wide):
            raise BadInput(
                f"strips must be uint8 [N, 1, {high}, {wide}], "
                f"not {strips.dtype} {list(strips.shape)}: fit drawings with fit_ink"
            )
        if not len(strips):
            return []
        readings = []
        for first in range(0, len(strips), MOST_AT_ONCE):
            some = strips[first : first + MOST_AT_ONCE]
            log_probs, digits, confidence = run(self._session, some)
            for row, sure, scores, strip in zip(digits, confidence, log_probs, some, strict=True):
                number = "".join(self.alphabet[digit] for digit in row if digit != PAD)
                located = self._located(scores, strip[0], number)
                readings.append((Reading(number, float(sure), located, _around(strip[0])), scores))
        return readings

    def _read_found(self, found: Sequence[Found]) -> list[Reading]:
        if self.size[0] != HEIGHT:
            return self._read_digits(found)
        strips = [fit_ink(each.ink)[None] for each in found]
        readings = self.read_strips(np.stack(strips)) if strips else []
        return [_placed(reading, each) for reading, each in zip(readings, found, strict=True)]

    def _read_digits(self, found: Sequence[Found]) -> list[Reading]:
        """Each as one digit, whose box is that of all its ink."""
        squares = [fit_digit(each.ink)[None] for each in found]
        readings = []
        for reading, each in zip(
            self.read_strips(np.stack(squares)) if squares else [], found, strict=True
        ):
            box = _in_picture(ink_box(each.ink), each)
            digits = tuple(replace(digit, box=box) for digit in reading.digits)
            readings.append(replace(reading, digits=digits, box=box))
        return readings

    def _located(self, scores: NDArray[np.float32], strip: Array, number: str) -> tuple[Digit, ...]:
        if self.decoder == "ctc":
            return tuple(locate(scores, strip, self.alphabet))
        places = by_place(scores) if self.decoder == "joint" else scores
        return tuple(locate_places(places, strip, number))


def _told(metadata: Mapping[str, str], key: str) -> float | None:
    return float(metadata[key]) if key in metadata else None


def _ink_of(image: Picture) -> Found:
    if isinstance(image, Path):
        picture = open_picture(image)
        try:
            return _ink_of(picture)
        except BadInput as error:
            raise BadInput(f"{str(image)!r}: {error}") from None
    if isinstance(image, Image.Image):
        ink = to_ink(image)
        return Found(ink, scale=max(image.size) / max(ink.shape))
    if image.dtype != np.uint8 or image.ndim != 2:
        raise BadInput(f"ink must be uint8 [H, W], not {image.dtype} {list(image.shape)}")
    return Found(image)


def _around(strip: Array) -> Box:
    """The box of a strip's ink; an empty box at its right end if there is none."""
    wide = strip.shape[1]
    return ink_box(strip) if (strip >= INK_LEVEL).any() else (wide, 0, wide, 0)


def _placed(reading: Reading, found: Found) -> Reading:
    """The same reading, its boxes moved from the strip to the picture."""
    box = ink_box(found.ink)
    fitted, first_column, first_row = fitting(box)

    def back(strip_box: Box) -> Box:
        columns = [(x - first_column) / fitted + box[0] for x in strip_box[0::2]]
        rows = [(y - first_row) / fitted + box[1] for y in strip_box[1::2]]
        left, right = (
            round(min(max(column, box[0]), box[2]) * found.scale + found.left) for column in columns
        )
        top, bottom = (
            round(min(max(row, box[1]), box[3]) * found.scale + found.top) for row in rows
        )
        return left, top, right, bottom

    digits = tuple(replace(digit, box=back(digit.box)) for digit in reading.digits)
    return replace(reading, digits=digits, box=_in_picture(box, found))


def _in_picture(box: Box, found: Found) -> Box:
    """A box of the ink, in pixels of the picture."""
    left, top, right, bottom = (
        round(side * found.scale + start)
        for side, start in zip(box, (found.left, found.top) * 2, strict=True)
    )
    return left, top, right, bottom

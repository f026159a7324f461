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
from toolchain.reading.layout_analysis import Number, separate_numbers
from toolchain.reading.modelfile import bundled
from toolchain.reading.runtime import PAD, open_model, run
from toolchain.reading.views import View, as_it_is, joined, views_of

FACE, EVEN_ODDS = 2, 0.5  # loose pieces in a piece from which on a reading is doubted
MOST_AT_ONCE = 32  # strips; a model holds megabytes for each while it runs

Array = NDArray[np.uint8]
Picture = Path | Image.Image | Array


@dataclass(frozen=True)
class Reading:
    """What a model read.

    Attributes:
        number: the digits as written, "007" among them, for which a game takes `int("007")`; ""
            when nothing was read.
        confidence: 0..1, the probability that exactly these digits were written; 0 of nothing.
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
    """A number that was found, and how its ink lies in the picture: (x + box's left) * scale."""

    number: Number
    views: tuple[View, ...]
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

        Its gaps may be wide, it may have any number of digits, its line may be steep.

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
        return self._read_found([self._one(*_ink_of(image)) for image in images])

    def read_all(self, image: Picture) -> list[Reading]:
        """Read every number of a picture that stands apart from the others, in reading order.

        Numbers stand apart by a line, or by a gap that is wide for their row, see
        `toolchain.reading.layout_analysis`; what is much lower than the tallest number is left
        out. One reading at least. What a number needs of `read` holds of each.

        Raises:
            BadInput: as `read`.
        """
        ink, scale = _ink_of(image)
        return self._read_found(
            [Found(number, self._views(number), scale) for number in separate_numbers(ink)]
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
                # Of ink, "nothing" is never what was written.
                known = float(sure) if number else 0.0
                readings.append((Reading(number, known, located, _around(strip[0])), scores))
        return readings

    def _read_found(self, found: Sequence[Found]) -> list[Reading]:
        if self.size[0] != HEIGHT:
            return self._read_digits(found)
        shown = [
            (each, view, left, view.ink[:, left:right])
            for each in found
            for view in each.views
            for left, right in view.windows
        ]
        read: list[Reading] = []
        for first in range(0, len(shown), MOST_AT_ONCE):
            inks = [ink for _, _, _, ink in shown[first : first + MOST_AT_ONCE]]
            read += self.read_strips(np.stack([fit_ink(ink)[None] for ink in inks]))
        seen = [
            _in_view(reading, left, ink)
            for reading, (_, _, left, ink) in zip(read, shown, strict=True)
        ]
        best = []
        for each in found:
            ways = []
            for view in each.views:
                own, seen = seen[: len(view.windows)], seen[len(view.windows) :]
                ways.append(_placed(_whole(own, view), view, each))
            way = max(ways, key=lambda way: way.confidence)
            if each.number.enclosed >= FACE:
                way = replace(way, confidence=min(way.confidence, EVEN_ODDS))
            best.append(way)
        return best

    def _one(self, ink: Array, scale: float) -> Found:
        """All of the ink as one number."""
        everything = Number(ink, (0, 0, ink.shape[1], ink.shape[0]), ((0, ink.shape[1]),))
        plain = Found(everything, (as_it_is(ink),), scale)
        if self.decoder != "ctc" or self.size[0] != HEIGHT:
            return plain
        numbers = separate_numbers(ink, one=True)
        # Of several lines none is the number: the network sees all.
        return Found(numbers[0], self._views(numbers[0]), scale) if len(numbers) == 1 else plain

    def _views(self, number: Number) -> tuple[View, ...]:
        if self.decoder != "ctc" or self.size[0] != HEIGHT:
            return (as_it_is(number.ink),)
        return tuple(views_of(number))

    def _read_digits(self, found: Sequence[Found]) -> list[Reading]:
        """Each as one digit, whose box is that of all its ink."""
        squares = [fit_digit(each.number.ink)[None] for each in found]
        readings = []
        for reading, each in zip(
            self.read_strips(np.stack(squares)) if squares else [], found, strict=True
        ):
            box = _in_picture(ink_box(each.number.ink), each)
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


def _ink_of(image: Picture) -> tuple[Array, float]:
    """Ink, and how many pixels of the picture are one of it."""
    if isinstance(image, Path):
        picture = open_picture(image)
        try:
            return _ink_of(picture)
        except BadInput as error:
            raise BadInput(f"{str(image)!r}: {error}") from None
    if isinstance(image, Image.Image):
        ink = to_ink(image)
        return ink, max(image.size) / max(ink.shape)
    if image.dtype != np.uint8 or image.ndim != 2:
        raise BadInput(f"ink must be uint8 [H, W], not {image.dtype} {list(image.shape)}")
    return image, 1.0


def _around(strip: Array) -> Box:
    """The box of a strip's ink; an empty box at its right end if there is none."""
    wide = strip.shape[1]
    return ink_box(strip) if (strip >= INK_LEVEL).any() else (wide, 0, wide, 0)


def _in_view(reading: Reading, left: int, ink: Array) -> Reading:
    """The same reading, its boxes moved from the strip to the view of whose window it is."""
    box = ink_box(ink)
    fitted, first_column, first_row = fitting(box)

    def back(strip_box: Box) -> Box:
        columns = [(x - first_column) / fitted + box[0] for x in strip_box[0::2]]
        rows = [(y - first_row) / fitted + box[1] for y in strip_box[1::2]]
        start, end = (min(max(column, box[0]), box[2]) + left for column in columns)
        top, bottom = (min(max(row, box[1]), box[3]) for row in rows)
        return round(start), round(top), round(end), round(bottom)

    digits = tuple(replace(digit, box=back(digit.box)) for digit in reading.digits)
    return replace(reading, digits=digits)


def _whole(readings: Sequence[Reading], view: View) -> Reading:
    """What the windows of a view say together."""
    if len(readings) == 1:
        return readings[0]
    texts = [
        [((digit.box[0] + digit.box[2]) / 2, digit.digit) for digit in reading.digits]
        for reading in readings
    ]
    taken, sure = joined(view, texts, [reading.confidence for reading in readings])
    digits = tuple(readings[window].digits[place] for window, place in taken)
    return replace(
        readings[0],
        number="".join(digit.digit for digit in digits),
        digits=digits,
        confidence=sure if digits else 0.0,
    )


def _placed(reading: Reading, view: View, found: Found) -> Reading:
    """The same reading, its boxes moved from the view to the picture."""
    digits = tuple(
        replace(digit, box=_in_picture(view.back(digit.box), found)) for digit in reading.digits
    )
    return replace(reading, digits=digits, box=_in_picture(ink_box(found.number.ink), found))


def _in_picture(box: Sequence[float], found: Found) -> Box:
    """A box of the number's ink, in pixels of the picture."""
    start = found.number.box[:2] * 2
    left, top, right, bottom = (
        round((side + first) * found.scale) for side, first in zip(box, start, strict=True)
    )
    return left, top, right, bottom

"""Read a number from a picture with an exported model; needs no PyTorch."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from onnxruntime import InferenceSession
from PIL import Image

from generator.errors import BadInput
from generator.strip import HEIGHT, WIDTH, fit_ink
from toolchain.ink import open_picture, to_ink
from toolchain.runtime import INPUT, open_model

PAD = -1  # fills the model's digits to the right of a number

Array = NDArray[np.uint8]


@dataclass(frozen=True)
class Reading:
    """What a model read.

    Attributes:
        number: the digits, "" when nothing was read.
        confidence: 0..1, the probability that exactly these digits were written.
    """

    number: str
    confidence: float


class Recognizer:
    """An exported model, ready to read.

    >>> recognizer = Recognizer.load(Path("exports/optimized/optimized.int8.onnx"))
    >>> recognizer.read(Path("drawing.png"))
    Reading(number='407', confidence=0.98)

    Attributes:
        variant: name of the model's variant.
        alphabet: the character of each class, without the blank.
    """

    def __init__(self, session: InferenceSession) -> None:
        metadata = session.get_modelmeta().custom_metadata_map
        self.variant: str = metadata["variant"]
        self.alphabet: str = metadata["alphabet"]
        self._session = session

    @classmethod
    def load(cls, path: Path, threads: int = 1) -> "Recognizer":
        """Load a model.

        Args:
            path: an .onnx file made by the export.
            threads: CPU threads for one inference; one is fastest for one small picture.

        Raises:
            BadInput: the file is missing, empty, damaged, or a model of another kind.
        """
        return cls(open_model(path, threads))

    def read(self, image: Path | Image.Image | Array) -> Reading:
        """Read the number in a picture file, a picture, or ink.

        Args:
            image: ink is uint8 [H, W], 0 = background, 255 = ink; pictures are turned into ink.

        Raises:
            BadInput: the picture cannot be used or holds no ink.
        """
        if isinstance(image, Path):
            picture = open_picture(image)
            try:
                return self.read(picture)
            except BadInput as error:
                raise BadInput(f"{str(image)!r}: {error}") from None
        ink = to_ink(image) if isinstance(image, Image.Image) else image
        if ink.dtype != np.uint8 or ink.ndim != 2:
            raise BadInput(f"ink must be uint8 [H, W], not {ink.dtype} {list(ink.shape)}")
        return self.read_strips(fit_ink(ink)[None, None])[0]

    def read_strips(self, strips: Array) -> list[Reading]:
        """Read strips in one batch, one reading each.

        Args:
            strips: uint8 [N, 1, 32, 128], 0 = background, 255 = ink, right-aligned; N may be 0.

        Raises:
            BadInput: another type or shape.
        """
        if strips.dtype != np.uint8 or strips.shape[1:] != (1, HEIGHT, WIDTH):
            raise BadInput(
                f"strips must be uint8 [N, 1, {HEIGHT}, {WIDTH}], "
                f"not {strips.dtype} {list(strips.shape)}: fit drawings with fit_ink"
            )
        if not len(strips):
            return []
        digits, confidence = self._session.run(["digits", "confidence"], {INPUT: strips})
        return [
            Reading("".join(self.alphabet[digit] for digit in row if digit != PAD), float(sure))
            for row, sure in zip(digits, confidence, strict=True)
        ]

"""Which writers and pictures are kept for validation: decided by their name or content alone."""

import hashlib
import unicodedata
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from generator.errors import BadInput

Split = Literal["train", "val", "test"]


def in_validation(key: bytes) -> bool:
    """Whether a writer's name or a PNG's content belongs to validation."""
    return hashlib.sha256(key).digest()[-1] < 32


def writer_key(name: str) -> bytes:
    """By what a writer is known: `anna`, `Anna` and `anna ` are one, however letters are coded."""
    # Folding may take letters apart again, and so comes between two passes (Unicode, section 3.13).
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return " ".join(folded.split()).encode("utf-8", "surrogatepass")


def picture_key(pixels: NDArray[np.uint8]) -> bytes:
    """By what a picture is known: its grey pixels [H, W], however they are stored."""
    return repr(pixels.shape).encode() + pixels.tobytes()


def in_split(key: bytes, split: Split) -> bool:
    """Whether the writer of this name, or the PNG of this content, belongs to a split.

    Raises:
        BadInput: there is no such split.
    """
    check_split(split)
    return split != "test" and in_validation(key) == (split == "val")


def check_split(split: str) -> None:
    """Refuse what is no split: a slip in the name must not hand out training digits.

    Raises:
        BadInput: there is no such split.
    """
    if split not in get_args(Split):
        raise BadInput(f"no split {split!r}: choose one of {', '.join(get_args(Split))}")

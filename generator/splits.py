"""Which writers and pictures are kept for validation: decided by their name or pixels alone."""

import hashlib
import unicodedata
from typing import Literal, get_args

from generator.errors import BadInput

Split = Literal["train", "val", "test"]


def in_validation(key: bytes) -> bool:
    """Whether a writer's or a picture's key belongs to validation."""
    return hashlib.sha256(key).digest()[-1] < 32


def writer_key(name: str) -> bytes:
    """By what a writer is known: `anna`, `Anna` and `anna ` are one, however letters are coded."""
    # Folding may take letters apart again, and so comes between two passes (Unicode, section 3.13).
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return " ".join(folded.split()).encode("utf-8", "surrogatepass")


def picture_key(size: tuple[int, int], pixels: bytes) -> bytes:
    """The key of a picture: what it shows, however its file is compressed and called."""
    return f"{size[0]}x{size[1]} ".encode() + pixels


def trainable_name(writer: str) -> str:
    """The name itself, or the first with a number behind it that is not for validation."""
    name, count = writer, 1
    while in_validation(writer_key(name)):
        count += 1
        name = f"{writer}{count}"
    return name


def in_split(key: bytes, split: Split) -> bool:
    """Whether the writer or the picture of this key belongs to a split.

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

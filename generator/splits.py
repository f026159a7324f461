"""Which writers and pictures are kept for validation: decided by their name or content alone."""

import hashlib
from typing import Literal, get_args

from generator.errors import BadInput

Split = Literal["train", "val", "test"]


def in_validation(key: bytes) -> bool:
    """Whether a writer's name or a PNG's content belongs to validation."""
    return hashlib.sha256(key).digest()[-1] < 32


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

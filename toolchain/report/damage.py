"""Reports that were damaged, or are of another kind, refused by their file's name.

What a report must hold is what is told of it: whatever is missing or of another type shows there.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from generator.errors import BadInput
from toolchain import storage

T = TypeVar("T")
PROBLEMS = (AttributeError, LookupError, TypeError, ValueError, ArithmeticError, RecursionError)


def told(path: Path, tell: Callable[[Any], T]) -> T:
    """What is told of a report; of None where it was not measured.

    Raises:
        BadInput: the report is damaged or of another kind.
    """
    content = storage.read_json(path) if path.is_file() else None
    return told_of(path, lambda: tell(content))


def told_of(path: Path, tell: Callable[[], T]) -> T:
    """What is told of the content of a file that was read.

    Raises:
        BadInput: as `told`.
    """
    try:
        return tell()
    except BadInput:
        raise
    except PROBLEMS as error:
        reason = f"{type(error).__name__}: {error}"[:100]
        raise BadInput(
            f"{path} is damaged or of another kind ({reason}): delete it, or make it again with "
            "nrtool"
        ) from None

"""What is in a folder, without what systems hide there."""

from collections.abc import Iterator
from pathlib import Path


def files_in(folder: Path, pattern: str) -> Iterator[Path]:
    """Files below a folder that match a pattern of `Path.glob`, by name.

    A name with a leading dot is none that a person gave: macOS leaves "._1.png" beside 1.png, and
    what is half written is called so, too. Neither they are listed nor what lies in such folders.
    """
    for path in sorted(folder.glob(pattern)):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if not hidden and path.is_file():
            yield path

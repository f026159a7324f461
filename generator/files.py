"""Files that may come from anywhere: regular ones only, no more than is asked for, any name."""

import os
import stat
from pathlib import Path
from typing import BinaryIO

from generator.errors import BadInput


def open_regular(path: Path) -> BinaryIO:
    """Open a file for reading; a named pipe or a device, which may never end, is refused.

    Raises:
        BadInput: it is no regular file, or no file can have that name.
        OSError: it is missing or may not be read.
    """
    try:
        # Opening a pipe waits for its writer, so what it is comes first; then what was opened.
        kind = path.stat().st_mode
        if stat.S_ISREG(kind):
            file = path.open("rb")
            kind = os.fstat(file.fileno()).st_mode
    except ValueError:  # a null character in the name
        raise BadInput(f"{str(path)!r} is no name of a file: check the path") from None
    if not stat.S_ISREG(kind):
        what = "a folder" if stat.S_ISDIR(kind) else "no regular file"
        raise BadInput(f"{str(path)!r} cannot be read ({what}): name a file")
    return file


def read_bounded(path: Path, most: int) -> bytes:
    """All bytes of a file.

    Args:
        path: the file.
        most: bytes that it may have.

    Raises:
        BadInput: as `open_regular`, or it has more.
        OSError: as `open_regular`.
    """
    with open_regular(path) as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise BadInput(f"{str(path)!r} is larger than {most / 1e6:.3g} MB: split it, or save less")
    return content


def as_text(name: str) -> str:
    """A name that can be written anywhere: of a file, it need not be text."""
    return name.encode("utf-8", "replace").decode()

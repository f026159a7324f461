"""Which pictures a command was asked to read: files, folders, standard input."""

import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from PIL import Image, ImageShow

from generator.errors import BadInput
from generator.folders import files_in
from toolchain.reading.formats import is_picture
from toolchain.reading.ink import MAX_MEGABYTES, open_picture

STANDARD_INPUT = "-"


def named_pictures(sources: Sequence[Path]) -> list[Path]:
    """The files that were named, and of each folder all pictures in it and below, by name.

    Those that cannot be read are among them: what is left out is to be told, not passed over.

    Raises:
        BadInput: a folder holds no picture.
    """
    found: list[Path] = []
    for source in sources:
        if not source.is_dir():
            found.append(source)
            continue
        inside = [path for path in files_in(source, "**/*") if is_picture(path)]
        if not inside:
            raise BadInput(f"{str(source)!r} holds no pictures: name another folder")
        found.extend(inside)
    return found


def open_named(path: Path) -> Image.Image:
    """A picture file, or standard input for "-"; see `toolchain.reading.ink.open_picture`."""
    if str(path) != STANDARD_INPUT:
        return open_picture(path)
    if sys.stdin is None:
        raise BadInput("standard input is closed: name a picture")
    return open_picture(sys.stdin.buffer.read(MAX_MEGABYTES * 10**6 + 1))


def insist_on_display() -> None:
    """Refuse where no window can be opened.

    Raises:
        BadInput: there is no display.
    """
    variables = ("DISPLAY", "WAYLAND_DISPLAY")
    if sys.platform.startswith("linux") and not any(os.environ.get(name) for name in variables):
        raise BadInput("there is no display to show pictures on: write them with --annotate FOLDER")


def display(picture: Image.Image, title: str) -> None:
    """Open a picture in the viewer that the system has for pictures.

    Raises:
        BadInput: it has none.
    """
    if not ImageShow.show(picture, title):
        raise BadInput("no viewer for pictures is installed: write them with --annotate FOLDER")


def free_names(paths: Sequence[Path], folder: Path) -> Iterator[Path]:
    """A PNG in the folder for each picture: digit.png, digit-2.png; of no name that is taken.

    What is there already may be the picture itself, so it is never written over.
    """
    taken: set[str] = set()
    for path in paths:
        stem = "stdin" if str(path) == STANDARD_INPUT else path.stem
        name, count = stem, 1
        while name in taken or os.path.lexists(folder / f"{name}.png"):
            count += 1
            name = f"{stem}-{count}"
        taken.add(name)
        yield folder / f"{name}.png"

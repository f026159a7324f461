"""A user's own digits: pen strokes, and pictures that become ink as in reading."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL.Image import Image

from generator.errors import BadInput
from generator.folders import files_in
from generator.glyphs import Glyphs, ink_glyphs, stroke_digits, stroke_files, stroke_glyphs
from generator.splits import Split, check_split, in_split, picture_key, trainable_name
from generator.strip import INK_LEVEL, ink_box
from toolchain.reading.components import Components
from toolchain.reading.formats import is_picture
from toolchain.reading.ink import open_picture, to_ink

FRAMED = 0.3  # of a frame's height: what is lower is no digit, but a dot in a zero


def custom_glyphs(
    path: Path,
    split: Split | None,
    device: torch.device | str = "cpu",
    copies: int = 0,
    seed: int = 0,
) -> list[Glyphs]:
    """Whatever digits a folder or file holds: pen strokes, pictures in `0/` ... `9/`, or both.

    Args:
        path: the folder or file.
        split: which of them; None is all. A split may have none.
        device: where strokes are drawn.
        copies: how many varied copies of each digit of pen strokes are added.
        seed: of the copies' hands.

    Raises:
        BadInput: nothing usable is there.
    """
    if not path.exists():
        raise BadInput(f"{path} does not exist: name a folder of digits or a .jsonl file")
    found, empty = [], []
    if strokes := stroke_files(path):
        found.append(stroke_glyphs(path, split, device, copies, seed))
        if not len(found[-1].labels) and not stroke_digits(path, None):
            empty.append("no line in " + ", ".join(file.name for file in strokes))
    if any((path / str(label)).is_dir() for label in range(10)):
        found.append(picture_glyphs(path, split))
        if not len(found[-1].labels) and not any(_pictures(path)):
            empty.append("no picture in its folders 0/ ... 9/")
    if not found:
        raise BadInput(f"{path} holds no digits: it needs *.jsonl strokes or folders 0/ ... 9/")
    if len(empty) == len(found):
        raise BadInput(f"{path} holds no digits: there is {' and '.join(empty)}")
    return [glyphs for glyphs in found if len(glyphs.labels)]


def why_none_train(path: Path) -> str:
    """Of digits that are all kept for validation: why that is, and what mends it."""
    writers = sorted({digit.writer for digit in stroke_digits(path, None)})
    if not writers:
        return f"all pictures in {path} are kept for validation, as one in eight is: add more"
    shown = ", ".join(writers[:3]) + (", ..." if len(writers) > 3 else "")
    return (
        f"all digits in {path} are kept for validation, as are those of one writer's name in "
        f"eight ({shown}): call the writer {trainable_name(writers[0])}, or add another one's"
    )


def picture_glyphs(folder: Path, split: Split | None) -> Glyphs:
    """Digits from pictures in `folder/0/` ... `folder/9/`, of any format and size that is read.

    Raises:
        BadInput: a file is no picture, or shows nothing.
    """
    if split is not None:
        check_split(split)
    inks, labels = [], []
    for label, path in _pictures(folder):
        image = open_picture(path)
        if split is None or in_split(picture_key(image.size, image.tobytes()), split):
            inks.append(_digit(image, path))
            labels.append(label)
    return ink_glyphs(folder.name, inks, labels)


def _pictures(folder: Path) -> Iterator[tuple[int, Path]]:
    for label in range(10):
        for path in files_in(folder / str(label), "*"):
            if is_picture(path):
                yield label, path


def _digit(image: Image, path: Path) -> NDArray[np.uint8]:
    """The digit's ink without what is around it: uint8 [H, W]."""
    try:
        left, top, right, bottom = ink_box(ink := _unframed(to_ink(image)))
    except BadInput:
        raise BadInput(f"{path} shows no digit: delete it or draw it again") from None
    return ink[top:bottom, left:right]


def _unframed(ink: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Without the frames of a form or a card: pieces around all the rest, a digit among it."""
    pieces = Components(ink >= INK_LEVEL)
    inside = np.ones(len(pieces.areas), bool)
    while inside.sum() > 1:
        boxes = pieces.boxes[inside]
        whole = np.concatenate([boxes[:, :2].min(0), boxes[:, 2:].max(0)])
        spans = inside & (pieces.boxes == whole).all(1)
        rest = pieces.boxes[inside & ~spans]
        is_frame = spans.sum() == 1 and (rest[:, 3] - rest[:, 1]).max() >= FRAMED * (
            whole[3] - whole[1]
        )
        if not is_frame:
            break
        inside &= ~spans
    if inside.all():
        return ink
    mask = np.pad(pieces.mask(inside), 1)
    for axis in (0, 1):  # the soft edge of a stroke belongs to it
        mask = mask | np.roll(mask, 1, axis) | np.roll(mask, -1, axis)
    return np.where(mask[1:-1, 1:-1], ink, 0).astype(np.uint8)

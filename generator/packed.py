"""Pen strokes in few arrays, for tens of thousands of digits: read in a second, checked by CRC."""

import os
from pathlib import Path
from typing import Any

import numpy as np

from generator.errors import BadInput
from generator.strokes import StrokeDigit


def write(digits: list[StrokeDigit], path: Path) -> None:
    """Write strokes and labels of digits by one writer, named as their source; whole or not at all.

    Raises:
        OSError: it cannot be written.
    """
    strokes = [stroke for digit in digits for stroke in digit.strokes]
    arrays: dict[str, Any] = {
        "points": np.concatenate([*strokes, np.zeros((0, 2))]).astype("<f4"),
        "lengths": np.array([len(stroke) for stroke in strokes], "<i4"),
        "counts": np.array([len(digit.strokes) for digit in digits], "<i4"),
        "labels": np.array([digit.label for digit in digits], np.uint8),
        "source": np.array(digits[0].source if digits else ""),
    }
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with temporary.open("wb") as file:
            np.savez_compressed(file, allow_pickle=False, **arrays)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def read(path: Path) -> list[StrokeDigit]:
    """The digits that `write` wrote.

    Raises:
        FileNotFoundError: there is no such file.
        BadInput: it is damaged.
    """
    try:
        with np.load(path, allow_pickle=False) as held:
            names = ("points", "lengths", "counts", "labels", "source")
            points, lengths, counts, labels, source = (held[name] for name in names)
        fits = (
            len(points) == lengths.sum()
            and len(lengths) == counts.sum()
            and len(counts) == len(labels)
        )
        if not fits:
            raise ValueError("its arrays do not fit each other")
    except FileNotFoundError:
        raise
    except Exception as error:  # zipfile, zlib and NumPy raise a dozen kinds on broken archives
        raise BadInput(f"{path} is damaged ({error}): delete it") from None
    strokes = np.split(points, lengths.cumsum()[:-1])
    ends = counts.cumsum()
    return [
        StrokeDigit(label, str(source), tuple(strokes[end - count : end]), 1.0, str(source))
        for label, count, end in zip(labels.tolist(), counts.tolist(), ends.tolist(), strict=True)
    ]

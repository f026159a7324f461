"""Pen strokes: the JSON-lines format, and the distance field from which any pen can draw them.

A stroke digit is kept as the distance from each cell of a small canvas to the nearest point of
the pen's path. Drawing it with a round brush of radius r is then `clamp(r - distance + 1/2)`: one
field serves every thickness, anti-aliased, at the price of a texture look-up (the idea is that of
Green 2007, "Improved Alpha-Tested Magnification for Vector Textures and Special Effects").
"""

import codecs
import gzip
import itertools
import json
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from generator.errors import BadInput
from generator.files import open_regular
from generator.storage import replacing

CANVAS_HEIGHT = 40  # cells; a glyph canvas holds one digit, centred
CANVAS_WIDTH = 64
GLYPH_HEIGHT = 28  # cells that the digit itself spans ...
GLYPH_WIDTH = 52  # ... unless it is so wide that its width binds
REACH = 6.0  # cells; distances are kept up to here, which is also the free border
WINDOWS = (16, 24, 40, CANVAS_WIDTH + int(2 * REACH))  # cells; sides of what a segment can reach
AT_ONCE = 1 << 23  # cells whose distance is measured at once

# A digit has about 28 points, in about 500 bytes; what is far beyond is none.
LONGEST_LINE = 1 << 20  # bytes
MOST_LINES = 1 << 20
LARGEST = 1 << 28  # bytes of a file, unpacked
MOST_POINTS = 4_096
FURTHEST = 1e9  # coordinates, either way: float32 still tells points and squares them

ENDINGS = (".jsonl", ".jsonl.gz")  # of files of them, in capitals too

Path2D = NDArray[np.float32]  # [points, 2] as x, y; y points down


@dataclass(frozen=True)
class StrokeDigit:
    """One pen-drawn digit.

    Attributes:
        label: 0..9.
        writer: pseudonym; the unit of any split.
        strokes: paths float32 [points, 2], x and y in any unit, y pointing down.
        relative_height: height relative to the median of that writer's digits.
        source: name of the data set, for cards and attribution.
        place: file and line that it was read from, such as "anna.jsonl:17"; "" where none.
    """

    label: int
    writer: str
    strokes: tuple[Path2D, ...]
    relative_height: float = 1.0
    source: str = "custom"
    place: str = field(default="", compare=False)


def read_strokes(path: Path) -> Iterator[StrokeDigit]:
    """Read stroke digits from JSON lines, plain or gzipped.

    Raises:
        BadInput: a line is not a stroke digit, or larger than one, and the message names file and
            line; or the file is larger than `LARGEST` or damaged.
    """
    try:
        with open_regular(path) as file:
            unpacked = gzip.GzipFile(fileobj=file) if path.suffix.lower() == ".gz" else file
            for number, line in enumerate(_lines(unpacked, path), 1):
                if not line.strip():
                    continue
                try:
                    yield replace(_parse(line), place=f"{path.name}:{number}")
                # Nested deeper than Python goes, or a whole number larger than any float.
                except (ValueError, KeyError, TypeError, RecursionError, OverflowError) as error:
                    raise BadInput(
                        f"{path}, line {number}: not a stroke digit ({_brief(error)}); each is "
                        '{"label": "7", "writer": "ben", "strokes": [[[x, y], ...], ...]}'
                    ) from None
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise BadInput(f"{path} is damaged ({error}): copy or record it again") from None


def _lines(file: BinaryIO | gzip.GzipFile, path: Path) -> Iterator[bytes]:
    """Lines, each and all of them bounded: an archive of a kilobyte can hold gigabytes."""
    held = 0
    for number in itertools.count(1):
        line = file.readline(LONGEST_LINE + 1)
        if not line:
            return
        held += len(line)
        if len(line) > LONGEST_LINE:
            raise BadInput(
                f"{path}, line {number}: longer than {LONGEST_LINE >> 20} MiB: delete it"
            )
        if held > LARGEST or number > MOST_LINES:
            raise BadInput(
                f"{path} holds over {LARGEST >> 20} MiB or {MOST_LINES:,} lines: split it"
            )
        yield line.removeprefix(codecs.BOM_UTF8) if number == 1 else line


def _brief(error: Exception) -> str:
    return f"{error}"[:100] if not isinstance(error, KeyError) else f"{error} is missing"


def write_strokes(digits: Iterable[StrokeDigit], path: Path) -> None:
    """Write stroke digits as JSON lines, gzipped where the name ends in .gz; whole or not at all.

    Raises:
        OSError: it cannot be written.
    """
    lines = (
        {
            "label": str(digit.label),
            "source": digit.source,
            "writer": digit.writer,
            "rel_h": digit.relative_height,
            "strokes": [stroke.astype(float).round(4).tolist() for stroke in digit.strokes],
        }
        for digit in digits
    )
    text = "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines)
    # No time stamp in the archive: the same digits make the same file.
    content = gzip.compress(text.encode(), mtime=0) if path.suffix == ".gz" else text.encode()
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def _parse(line: bytes) -> StrokeDigit:
    record = json.loads(line.decode())
    if not isinstance(record, dict):
        raise ValueError("no JSON object")
    label = record["label"]
    if isinstance(label, bool) or str(label) not in tuple("0123456789"):
        raise ValueError(f"label {label!r} is no digit")
    strokes = tuple(_points(stroke) for stroke in record["strokes"] if stroke != [])
    if not strokes:
        raise ValueError("no points")
    if sum(map(len, strokes)) > MOST_POINTS:
        raise ValueError(f"over {MOST_POINTS:,} points")
    height = record.get("rel_h", 1.0)
    if isinstance(height, bool) or not isinstance(height, int | float) or not 0 <= height < 1e9:
        raise ValueError(f"rel_h {height!r} is no height")
    writer, source = str(record.get("writer", "unknown")), str(record.get("source", "custom"))
    (writer + source).encode()  # half a surrogate pair is no text, and could be no name of a file
    return StrokeDigit(int(label), writer, strokes, float(height), source)


def _points(stroke: Any) -> Path2D:
    points = np.asarray(stroke)
    if points.dtype.kind not in "iuf" or points.ndim != 2 or points.shape[1] != 2:
        raise ValueError("a stroke is no list of [x, y]")
    if not (np.abs(points.astype(float)) <= FURTHEST).all():
        raise ValueError("a point is not finite, or beyond a billion")
    return points.astype(np.float32)


def distance_fields(
    digits: list[StrokeDigit], device: torch.device | str = "cpu", batch: int = 64
) -> tuple[Tensor, Tensor]:
    """Draw every digit as a field of closeness to its pen path.

    Args:
        digits: G digits.
        device: where to compute.
        batch: digits computed at once.

    Returns:
        closeness: uint8 [G, 40, 64]; 255 on the path, falling linearly to 0 at `REACH` cells.
        boxes: float32 [G, 4], the path's left, top, right, bottom in cells.
    """
    fields = torch.empty(len(digits), CANVAS_HEIGHT, CANVAS_WIDTH, dtype=torch.uint8)
    boxes = torch.empty(len(digits), 4)
    for first in range(0, len(digits), batch):
        pieces = [_segments(digit) for digit in digits[first : first + batch]]
        glyph = torch.arange(len(pieces)).repeat_interleave(torch.tensor(list(map(len, pieces))))
        ends = torch.from_numpy(np.concatenate(pieces))  # [S, 2, 2]
        mine = slice(first, first + len(pieces))
        distance = _distances(ends.to(device), glyph.to(device), len(pieces))
        closeness = (1 - distance / REACH).clamp_(0, 1) * 255 + 0.5
        fields[mine] = closeness.to(torch.uint8).cpu()
        corners = [[*each.min((0, 1)), *each.max((0, 1))] for each in pieces]
        boxes[mine] = torch.from_numpy(np.array(corners, np.float32))
    return fields, boxes


def _distances(ends: Tensor, glyph: Tensor, count: int) -> Tensor:
    """From each cell to its glyph's nearest segment, up to about `REACH`: float32 [count, 40, 64].

    Most segments are short: each is measured within its own reach alone, those of like length in
    windows of one size.
    """
    nearest = ends.new_full((count * CANVAS_HEIGHT * CANVAS_WIDTH,), REACH**2)
    corner = (ends.amin(1) - REACH).floor().long()  # [S, 2]
    side = (ends.amax(1) + REACH).ceil().long().sub_(corner).amax(1)
    shorter = 0
    for window in WINDOWS:
        fitting = ((side > shorter) & (side <= window)).nonzero()[:, 0]
        shorter = window
        cells = torch.arange(window, device=ends.device)
        for chosen in fitting.split(AT_ONCE // window**2):
            column, row = (corner[chosen][:, :, None] + cells).unbind(1)  # [K, window]
            start, along = ends[chosen][:, 0], ends[chosen][:, 1] - ends[chosen][:, 0]
            squared = along.square().sum(1).clamp(min=1e-12)[:, None, None]
            dx = (column + 0.5 - start[:, :1])[:, None, :]
            dy = (row + 0.5 - start[:, 1:])[:, :, None]
            ax, ay = along[:, 0, None, None], along[:, 1, None, None]
            t = ((dx * ax + dy * ay) / squared).clamp_(0, 1)  # [K, window, window]
            distance = (dx - t * ax).square_() + (dy - t * ay).square_()
            rows = glyph[chosen][:, None] * CANVAS_HEIGHT + row.clamp(0, CANVAS_HEIGHT - 1)
            place = rows[:, :, None] * CANVAS_WIDTH + column.clamp(0, CANVAS_WIDTH - 1)[:, None, :]
            distance += _outside(row, CANVAS_HEIGHT)[:, :, None]
            distance += _outside(column, CANVAS_WIDTH)[:, None, :]
            nearest.scatter_reduce_(0, place.flatten(), distance.flatten(), "amin")
    return nearest.sqrt_().view(count, CANVAS_HEIGHT, CANVAS_WIDTH)


def _outside(cells: Tensor, count: int) -> Tensor:
    """0 for cells 0 .. count - 1, infinite for others."""
    return torch.where((cells >= 0) & (cells < count), 0.0, torch.inf)


def _segments(digit: StrokeDigit) -> NDArray[np.float32]:
    """Float32 [segments, 2, 2]: start and end of each straight piece, in canvas cells."""
    points = np.concatenate(digit.strokes)
    low, high = points.min(0), points.max(0)
    width, height = np.maximum(high - low, 1e-6)
    scale = min(GLYPH_HEIGHT / height, GLYPH_WIDTH / width)
    centre = np.array([CANVAS_WIDTH, CANVAS_HEIGHT], np.float32) / 2
    pieces = []
    for stroke in digit.strokes:
        placed = (stroke - (low + high) / 2) * scale + centre
        following = placed[1:] if len(placed) > 1 else placed  # a dot is a piece of no length
        pieces.append(np.stack([placed[: len(following)], following], 1))
    return np.concatenate(pieces).astype(np.float32)

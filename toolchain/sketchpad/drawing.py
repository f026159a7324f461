"""A drawing as the page sends it: checked to the last number before anything is done with it."""

import math
import re
import unicodedata
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from generator.errors import BadInput

MOST_STROKES = 100
MOST_POINTS = 4_000  # in all: half a minute of writing at 120 points a second
FURTHEST = 100_000.0  # CSS px from the corner, in any direction
LONGEST = 3_600_000  # ms of one drawing
POINTERS = ("touch", "pen", "mouse")
MOST_DIGITS = 5
LONGEST_NAME = 24

_NUMBER = re.compile(rf"[0-9]{{1,{MOST_DIGITS}}}", re.ASCII)
_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)


@dataclass(frozen=True)
class Stroke:
    """From pen down to pen up.

    Attributes:
        points: float32 [points, 2], x and y in CSS px, y pointing down.
        times: ms since the drawing's first point, one a point.
        pointer: touch, pen or mouse.
    """

    points: NDArray[np.float32]
    times: tuple[int, ...]
    pointer: str


@dataclass(frozen=True)
class Drawing:
    """What one person wrote when asked for a number.

    Attributes:
        id: 32 hexadecimal digits that the page chose, so that sending twice keeps one.
        number: the digits that were asked for.
        writer: nickname.
        strokes: in the order they were drawn.
    """

    id: str
    number: str
    writer: str
    strokes: tuple[Stroke, ...]


def parse_drawing(content: Any) -> Drawing:
    """Check a drawing to keep.

    Args:
        content: {"id", "number", "writer", "strokes": [{"points": [[x, y, ms], ...], "pointer"}]}.

    Raises:
        BadInput: anything is not as described; the message says what.
    """
    id_, number = _field(content, "id"), _field(content, "number")
    if not isinstance(id_, str) or not _ID.fullmatch(id_):
        raise BadInput("id must be 32 hexadecimal digits")
    if not isinstance(number, str) or not _NUMBER.fullmatch(number):
        raise BadInput(f"number must be 1 to {MOST_DIGITS} digits")
    return Drawing(id_, number, parse_writer(_field(content, "writer")), parse_strokes(content))


def parse_id(text: str) -> str:
    """A drawing's id as it stands in an address.

    Raises:
        BadInput: it is none.
    """
    if not _ID.fullmatch(text):
        raise BadInput("id must be 32 hexadecimal digits")
    return text


def parse_writer(name: Any) -> str:
    """A nickname, spaces trimmed and letters composed.

    Raises:
        BadInput: empty, longer than 24 characters, or with other than letters, digits, " -_.".
    """
    text = unicodedata.normalize("NFC", name).strip() if isinstance(name, str) else ""
    plain = all(unicodedata.category(letter)[0] in "LMN" or letter in " -_." for letter in text)
    if not 1 <= len(text) <= LONGEST_NAME or not plain:
        raise BadInput(f"writer must be a nickname of 1 to {LONGEST_NAME} letters and digits")
    return text


def parse_strokes(content: Any) -> tuple[Stroke, ...]:
    """Check the strokes of a drawing; see `parse_drawing`.

    Raises:
        BadInput: none, too many, or not as described.
    """
    strokes = _field(content, "strokes")
    if not isinstance(strokes, list) or not 1 <= len(strokes) <= MOST_STROKES:
        raise BadInput(f"strokes must be a list of 1 to {MOST_STROKES}")
    found = tuple(_stroke(stroke) for stroke in strokes)
    if sum(len(stroke.points) for stroke in found) > MOST_POINTS:
        raise BadInput(f"a drawing has at most {MOST_POINTS} points")
    return found


def _stroke(content: Any) -> Stroke:
    points, pointer = _field(content, "points"), _field(content, "pointer")
    if pointer not in POINTERS:
        raise BadInput(f"pointer must be one of {', '.join(POINTERS)}")
    if not isinstance(points, list) or not 1 <= len(points) <= MOST_POINTS:
        raise BadInput(f"points must be a list of 1 to {MOST_POINTS}")
    for point in points:
        if not isinstance(point, list) or len(point) != 3 or not all(map(_is_number, point)):
            raise BadInput("each point must be [x, y, ms]")
        if max(abs(point[0]), abs(point[1])) > FURTHEST or not 0 <= point[2] <= LONGEST:
            raise BadInput("a point lies beyond the page, or beyond an hour")
    places = np.array([point[:2] for point in points], np.float32)
    return Stroke(places, tuple(int(point[2]) for point in points), pointer)


def _is_number(value: Any) -> bool:
    # An integer of a thousand digits is a number to JSON, and no float.
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) < 1e9 and math.isfinite(value)


def _field(content: Any, name: str) -> Any:
    if not isinstance(content, dict) or name not in content:
        raise BadInput(f"{name} is missing")
    return content[name]

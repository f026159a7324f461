import numpy as np
import pytest

from toolchain.reading.components import Components, runs


def flooded(mask):
    """The components by flood fill, the slow and obvious way: sets of (row, column)."""
    left = {(int(y), int(x)) for y, x in zip(*np.nonzero(mask), strict=True)}
    found = []
    while left:
        edge = [left.pop()]
        piece = set(edge)
        while edge:
            y, x = edge.pop()
            near = {(y + dy, x + dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)} & left
            left -= near
            piece |= near
            edge += near
        found.append(piece)
    return found


@pytest.mark.parametrize("density", [0.0, 0.2, 0.4, 0.6, 1.0])
def test_they_are_those_of_a_flood_fill(density):
    mask = np.random.default_rng(5).random((23, 31)) < density
    pieces = Components(mask)
    boxes = []
    for index in range(len(pieces.areas)):
        own = pieces.mask(np.arange(len(pieces.areas)) == index)
        where = {(int(y), int(x)) for y, x in zip(*np.nonzero(own), strict=True)}
        assert len(where) == pieces.areas[index]
        boxes.append((where, tuple(pieces.boxes[index])))
    expected = flooded(mask)
    assert len(boxes) == len(expected)
    for where, (left, top, right, bottom) in boxes:
        assert where in expected
        rows, columns = {y for y, _ in where}, {x for _, x in where}
        assert (min(columns), min(rows), max(columns) + 1, max(rows) + 1) == (
            (left, top, right, bottom)
        )


def test_runs_are_told_from_their_first_pixel_on():
    mask = np.array([[1, 1, 0, 1, 0], [0, 0, 1, 1, 0], [1, 0, 0, 0, 0]], bool)
    first, last = runs(mask)
    assert first.tolist() == [0, 3, 7, 10]
    assert last.tolist() == [2, 4, 9, 11]
    assert [each.size for each in runs(np.zeros((2, 3), bool))] == [0, 0]

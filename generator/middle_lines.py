"""Middle lines of ink, as the pen might have drawn it.

The middle line is the skeleton of the ink (Zhang and Suen 1984, "A fast parallel algorithm for
thinning digital patterns"); its branches are followed from end to end and joined where they go on
most nearly straight, so that a 4 becomes two strokes, not five.
"""

from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from generator.errors import BadInput
from generator.strokes import Path2D

INK = 110  # of 255, after smoothing: a rough outline has many short branches
_SPUR = 1.3  # times the radius of the ink: a shorter branch is a corner, not a line
_STRAIGHT = 0.3  # cosine between two branches that are one stroke
_LOOK = 8  # pixels over which a branch's direction is taken
_SMOOTHINGS = 4

Pixel = tuple[int, int]  # x, y


def is_installed() -> bool:
    """Whether scikit-image is there, without which there are no middle lines."""
    return find_spec("skimage") is not None


def check_installed() -> None:
    """Refuse where scikit-image is missing.

    Raises:
        BadInput: it is not installed.
    """
    if not is_installed():
        raise BadInput("middle lines need scikit-image: pip install 'nrtool[fonts]'")


def middle_lines(ink: NDArray[np.uint8]) -> tuple[Path2D, ...]:
    """The strokes that a pen would draw this ink with, from the top one down; none without ink.

    Args:
        ink: uint8 [height, width], 0..255.

    Raises:
        BadInput: scikit-image is not installed.
    """
    check_installed()
    from scipy.ndimage import distance_transform_edt
    from skimage.morphology import skeletonize

    solid = ink > INK
    radius = distance_transform_edt(solid)
    skeleton = skeletonize(solid)
    graph = _graph(skeleton)
    while spurs := [branch for branch in _branches(graph) if _is_spur(branch, graph, radius)]:
        for x, y in (pixel for branch in spurs for pixel in branch if len(graph[pixel]) < 3):
            skeleton[y, x] = False
        skeleton = skeletonize(skeleton)
        graph = _graph(skeleton)
    strokes = _joined([np.array(branch, np.float32) for branch in _branches(graph)])
    return tuple(sorted(map(_smoothed, strokes), key=lambda stroke: float(stroke[:, 1].min())))


def _graph(skeleton: NDArray[np.bool_]) -> dict[Pixel, list[Pixel]]:
    """Each pixel's neighbours; across a corner only where no third pixel lies between."""
    pixels = {(int(x), int(y)) for y, x in zip(*np.nonzero(skeleton), strict=True)}
    graph = {}
    for x, y in sorted(pixels, key=lambda pixel: pixel[::-1]):
        sides = [(x + 1, y), (x - 1, y), (x, y + 1), (x, y - 1)]
        corners = [
            (x + dx, y + dy)
            for dx in (-1, 1)
            for dy in (-1, 1)
            if (x + dx, y) not in pixels and (x, y + dy) not in pixels
        ]
        graph[x, y] = [pixel for pixel in sides + corners if pixel in pixels]
    return graph


def _branches(graph: dict[Pixel, list[Pixel]]) -> list[list[Pixel]]:
    """Paths between ends and crossings, and then the loops that have neither."""
    walked: set[frozenset[Pixel]] = set()
    branches = []
    starts = [pixel for pixel in graph if len(graph[pixel]) != 2]
    for start in [*starts, *graph]:
        for pixel in graph[start]:
            if frozenset((start, pixel)) in walked:
                continue
            branch = [start, pixel]
            walked.add(frozenset(branch))
            while len(graph[branch[-1]]) == 2:
                ahead = [n for n in graph[branch[-1]] if frozenset((branch[-1], n)) not in walked]
                if not ahead:
                    break
                walked.add(frozenset((branch[-1], ahead[0])))
                branch.append(ahead[0])
            branches.append(branch)
    return branches


def _is_spur(
    branch: list[Pixel], graph: dict[Pixel, list[Pixel]], radius: NDArray[np.float64]
) -> bool:
    """Whether a branch that ends freely does so within the ink of the crossing it comes from."""
    free = [len(graph[end]) == 1 for end in (branch[0], branch[-1])]
    if sum(free) != 1:
        return False
    x, y = branch[-1] if free[0] else branch[0]
    return _length(np.array(branch, np.float32)) < _SPUR * float(radius[y, x]) + 1


def _length(path: Path2D) -> float:
    return float(np.hypot(*np.diff(path, axis=0).T).sum())


def _joined(paths: list[Path2D]) -> list[Path2D]:
    """Paths that meet are made one, the pair that goes on straightest first."""
    while True:
        meeting = [
            (_cosine(before, after), i, j, before, after)
            for i, one in enumerate(paths)
            for j, other in enumerate(paths[:i])
            for before in (one, one[::-1])
            for after in (other, other[::-1])
            if np.abs(before[-1] - after[0]).max() <= 1.5
        ]
        best = max(meeting, key=lambda each: each[0], default=None)
        if best is None or best[0] < _STRAIGHT:
            return paths
        _, i, j, before, after = best
        rest = [path for place, path in enumerate(paths) if place not in (i, j)]
        paths = [*rest, np.concatenate([before, after])]


def _cosine(before: Path2D, after: Path2D) -> float:
    """Between the direction in which one path ends and the one in which the next begins."""
    last = before[-1] - before[max(0, len(before) - 1 - _LOOK)]
    first = after[min(_LOOK, len(after) - 1)] - after[0]
    return float(last @ first / max(1e-6, float(np.hypot(*last) * np.hypot(*first))))


def _smoothed(path: Path2D) -> Path2D:
    """Without the stairs of the pixels; both ends stay."""
    for _ in range(_SMOOTHINGS):
        if len(path) > 6:
            inner = (path[:-2] + 2 * path[1:-1] + path[2:]) / 4
            path = np.concatenate([path[:1], inner, path[-1:]])
    return path

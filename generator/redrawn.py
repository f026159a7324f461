"""MNIST's digits as pen strokes: some 55,000 more for training, by hands that no recording has.

A digit is enlarged and followed along its middle line, see `generator.middle_lines`; drawn so it
takes any brush and any variation. Left out are digits whose loops that line loses, because the pen
filled them or smoothing does: a 6 would be taught as a 1. Odd digits that can be read stay.

Splits are MNIST's, see `generator.mnist.mnist_part`: none of the test's is in training. Who wrote
which digit is unknown. What was made is kept in the user's cache, see `generator.packed`.
"""

import hashlib
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from generator import middle_lines, packed
from generator.cache import cache
from generator.errors import BadInput
from generator.mnist import SIZES, mnist_part
from generator.splits import Split, check_split
from generator.strokes import Path2D, StrokeDigit

SOURCE = "mnist-redrawn"
HOLES = (1, 0, 0, 0, 0, 0, 1, 0, 2, 1)  # that 0..9 have when their loops are closed

_BORDER = 2  # pixels of MNIST, so that the smoothed ink has an end
_ENLARGED = 4  # times
_SMOOTH = 1.0  # pixels, enlarged
_DUST = 0.1  # of the ink: smaller pieces are no part of the digit
_SPECK = 4  # pixels, enlarged: a smaller hole is none
_PEN = 5  # pixels, enlarged: thinner than MNIST's, so that no loop is filled again
_THIN = 4  # of so many points of a middle line one is kept: a twentieth of the height apart
# Of r * r / m, in pixels, enlarged, where r is the largest radius of the ink along its middle line
# and m the median: above it a loop is filled. Where thin lines cross, r / m is large and r small.
_FILLED = 16.5  # of digits whose loops are not all there: filled, or open and kept so
_BLOB = 26.0  # of digits that have no loop, but perhaps a flourish

_PROCESSES, _CHUNK = 2, 250  # and digits that one of them does at once

Ink = NDArray[np.uint8]
Strokes = tuple[Path2D, ...]


def redrawn_digits(
    split: Split,
    folder: Path | None = None,
    on_digits: Callable[[int], None] = lambda done: None,
) -> list[StrokeDigit]:
    """A split's digits as strokes, in MNIST's order, from the cache or else made and kept there.

    Args:
        split: of MNIST.
        folder: where MNIST lies; see `generator.mnist.load_mnist`.
        on_digits: while they are made, called with how many digits are done.

    Raises:
        BadInput: scikit-image is not installed, MNIST cannot be had, the cache cannot be written,
            or there is no such split.
    """
    middle_lines.check_installed()
    images, labels = mnist_part(split, folder)
    path = _kept(split)
    try:
        return packed.read(path)
    except (BadInput, FileNotFoundError):
        digits = redraw(images, labels, on_digits)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        packed.write(digits, path)
    except OSError as error:
        raise BadInput(f"{path} cannot be written ({error}): set XDG_CACHE_HOME") from error
    return digits


def to_redraw(split: Split) -> int:
    """How many digits of a split `redrawn_digits` would go through: none where they are kept.

    Raises:
        BadInput: scikit-image is not installed, or there is no such split.
    """
    check_split(split)
    middle_lines.check_installed()
    return 0 if _kept(split).is_file() else SIZES[split]


def redraw(
    images: Ink,
    labels: NDArray[np.uint8],
    on_digits: Callable[[int], None] = lambda done: None,
) -> list[StrokeDigit]:
    """Digits as strokes, without those that lose a loop; many are done by two processes.

    Args:
        images: uint8 [N, 28, 28], 0..255.
        labels: uint8 [N], 0..9.
        on_digits: called with how many are done.

    Raises:
        BadInput: scikit-image is not installed.
    """
    starts = range(0, len(images), _CHUNK)
    parts = [(images[first : first + _CHUNK], labels[first : first + _CHUNK]) for first in starts]
    if len(parts) <= _PROCESSES:
        return _together(map(_redraw, parts), on_digits)
    # Not forked: threads of the caller's may hold locks.
    with ProcessPoolExecutor(_PROCESSES, get_context("spawn")) as pool:
        return _together(pool.map(_redraw, parts), on_digits)


def _together(
    parts: Iterable[list[StrokeDigit | None]], on_digits: Callable[[int], None]
) -> list[StrokeDigit]:
    found: list[StrokeDigit | None] = []
    for part in parts:
        found += part
        on_digits(len(found))
    return [digit for digit in found if digit]


def _redraw(part: tuple[Ink, NDArray[np.uint8]]) -> list[StrokeDigit | None]:
    digits: list[StrokeDigit | None] = []
    for image, label in zip(part[0], part[1].tolist(), strict=True):
        strokes = lines_of(image, label)
        digits.append(StrokeDigit(label, SOURCE, strokes, 1.0, SOURCE) if strokes else None)
    return digits


def lines_of(image: Ink, label: int) -> Strokes:
    """The strokes of one digit uint8 [28, 28], in its pixels; none where they lose a loop.

    Raises:
        BadInput: scikit-image is not installed.
    """
    middle_lines.check_installed()
    sharp = Image.fromarray(np.pad(image, _BORDER))
    sharp = sharp.resize(
        (sharp.width * _ENLARGED, sharp.height * _ENLARGED), Image.Resampling.BICUBIC
    )
    ink = _undusted(np.asarray(sharp.filter(ImageFilter.GaussianBlur(_SMOOTH))))
    solid = ink > middle_lines.INK
    held = _holes(solid)
    limit = _FILLED if held < HOLES[label] else np.inf if HOLES[label] else _BLOB
    if _spread(solid) > limit:
        return ()
    strokes = tuple(_thinned(stroke) for stroke in middle_lines.middle_lines(ink))
    drawn = _holes(_drawn(strokes, solid.shape))
    scanned = _holes(np.asarray(sharp) > middle_lines.INK)
    if drawn != held or drawn < min(scanned, HOLES[label]):
        return ()
    return tuple(((stroke + 0.5) / _ENLARGED - _BORDER).astype(np.float32) for stroke in strokes)


def _undusted(ink: Ink) -> Ink:
    """The ink without dots beside it: a pen would draw them as thick as the rest."""
    from scipy.ndimage import label

    pieces, _ = label(ink > middle_lines.INK, np.ones((3, 3)))
    areas = np.bincount(pieces.ravel())[1:]
    dust = np.flatnonzero(areas < _DUST * areas.sum()) + 1
    return np.where(np.isin(pieces, dust), np.uint8(0), ink)


def _spread(solid: NDArray[np.bool_]) -> float:
    from scipy.ndimage import distance_transform_edt
    from skimage.morphology import skeletonize

    radii = distance_transform_edt(solid)[skeletonize(solid)]
    return float(radii.max() ** 2 / np.median(radii)) if len(radii) else 0.0


def _holes(solid: NDArray[np.bool_]) -> int:
    from scipy.ndimage import label

    areas = np.bincount(label(~np.pad(solid, 1))[0].ravel())
    return int((areas[2:] > _SPECK).sum())  # 0 is ink, 1 what is around


def _drawn(strokes: Strokes, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    picture = Image.new("1", (shape[1], shape[0]))
    draw = ImageDraw.Draw(picture)
    for stroke in strokes:
        draw.line([(x, y) for x, y in stroke.tolist()], fill=1, width=_PEN, joint="curve")
    return np.asarray(picture)


def _thinned(stroke: Path2D) -> Path2D:
    return np.concatenate([stroke[:-1:_THIN], stroke[-1:]])


def _kept(split: Split) -> Path:
    return cache("redrawn") / f"{split}-{_made_by()}.npz"


def _made_by() -> str:
    """Changes with whatever the strokes depend on."""
    sources = (Path(__file__), Path(middle_lines.__file__), Path(packed.__file__))
    said = [path.read_bytes() for path in sources]
    said += [f"{name} {version(name)}".encode() for name in ("scikit-image", "scipy", "pillow")]
    return hashlib.sha256(b"\0".join(said)).hexdigest()[:16]

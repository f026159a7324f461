"""Paper as it is photographed: its grain, its rules, the light on it. Planes are float32 [H, W]."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Plane = NDArray[np.float32]


def grained(size: tuple[int, int], chance: np.random.Generator) -> Plane:
    """Bare paper: float32 [H, W, 3], 0..255.

    Args:
        size: px, width and height.
        chance: where all that varies comes from.
    """
    wide, high = size
    colour = np.array([250, 247, 238], np.float32) * chance.uniform(0.85, 1.0)
    grain = sum(_clouds(size, chance, cells) * each for cells, each in ((160, 5), (40, 4), (8, 6)))
    bare = np.ones((high, wide), np.float32) + grain / 255
    return np.asarray(np.repeat(bare[..., None], 3, 2) * colour, np.float32)


def ruled(sheet: Plane, chance: np.random.Generator, squared: bool | None = None) -> Plane:
    """The same paper with blue rules 60 to 140 px apart.

    Args:
        sheet: float32 [H, W, 3], 0..255.
        chance: where all that varies comes from.
        squared: rules both ways; None is two in five.
    """
    high, wide = sheet.shape[:2]
    pitch, rule = chance.uniform(60, 140), np.array([150, 180, 215], np.float32)
    at = np.arange(high)[:, None] % pitch < chance.uniform(1.5, 3)
    if squared is None:
        squared = bool(chance.random() < 0.4)
    lines = (
        at | (np.arange(wide)[None] % pitch < 2) if squared else np.broadcast_to(at, (high, wide))
    )
    return np.asarray(np.where(lines[..., None], 0.45 * sheet + 0.55 * rule, sheet), np.float32)


def light(size: tuple[int, int], chance: np.random.Generator, deepest: float = 0.5) -> Plane:
    """How bright each place is, 0..1: a slope, and a shadow with a soft edge.

    Args:
        size: px, width and height.
        chance: where all that varies comes from.
        deepest: share of the light that the shadow may take.
    """
    wide, high = size
    y, x = np.mgrid[0:high, 0:wide].astype(np.float32)
    x, y = x / wide - 0.5, y / high - 0.5
    turn = chance.uniform(0, 2 * np.pi)
    across = x * np.cos(turn) + y * np.sin(turn)
    slope = chance.uniform(0.75, 1.0) + across * chance.uniform(0, 0.35)
    soft = chance.uniform(0.01, 0.12)
    shadow = 1 / (1 + np.exp(-((across - chance.uniform(-0.3, 0.3)) / soft).clip(-40, 40)))
    return np.asarray(slope * (1 - shadow * chance.uniform(0, deepest)), np.float32)


def _clouds(size: tuple[int, int], chance: np.random.Generator, cells: int) -> Plane:
    coarse = chance.random((cells * 3 // 4 + 1, cells + 1)).astype(np.float32) * 2 - 1
    return np.asarray(Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC))

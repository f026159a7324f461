"""What is no digit: letters, signs, scribbles, faces, digits mirrored and upside down.

A reader that has seen digits alone takes a letter for the digit that is nearest. Strips of these,
labelled as nothing, teach it to be silent. What people could take for a digit is left out: letters
that look like one (I, l, O, S, Z, B, g, b, q), an open 4's likes (Y, y), digits that remain a digit
when they are mirrored (0, 1, 8; 2 and 5, which are near each other; a 6, near a 2 with a loop) or
turned (0, 1, 2, 5, 6, 8, 9).
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from generator.fonts import drawn_text, opened
from generator.glyphs import Glyphs, drawn_glyphs, ink_glyphs
from generator.handwriting import handwritten
from generator.skeletons import Skeleton
from generator.splits import Split, check_split, in_split, writer_key
from generator.strip import INK_LEVEL
from generator.strokes import StrokeDigit

SOURCE = "negatives"
Line = NDArray[np.float64]  # [points, 2] as x, y; y points down
MIRRORED = (3, 4, 7, 9)
TURNED = (3, 4, 7)
WRITERS = {"train": 60, "val": 12, "test": 12}  # who write letters
DRAWN = {"train": 900, "val": 120, "test": 120}  # scribbles, and half as many faces
OF_FONTS = "ACEFHKMNPRTUVWXadefhkmnprtuvwx"  # letters that are taken from fonts too
LACKED = "\uffff"  # no letter: what a font shows of it, it shows of all that it lacks
FLIPPED = 3_000  # digits at most that are mirrored, and turned, of a source

# As `generator.skeletons`; one way each, which every invented writer bends.
# fmt: off
LETTERS: dict[int, tuple[Skeleton, ...]] = dict(enumerate((way,) for way in (
    (((0.36, 0), (0, 1)), ((0.36, 0), (0.72, 1)), ((0.14, 0.62), (0.58, 0.62))),  # A
    (((0, 0), (0, 1)), ((0, 0), (0.55, 0)), ((0, 0.5), (0.45, 0.5)), ((0, 1), (0.58, 1))),  # E
    (((0, 0), (0, 1)), ((0, 0), (0.58, 0)), ((0, 0.48), (0.45, 0.48))),  # F
    (((0, 0), (0, 1)), ((0.62, 0), (0.62, 1)), ((0, 0.5), (0.62, 0.5))),  # H
    (((0, 0), (0, 1)), ((0.58, 0), (0, 0.55)), ((0.2, 0.4), (0.62, 1))),  # K
    (((0, 1), (0.06, 0), (0.06, 0), (0.42, 0.7), (0.42, 0.7), (0.78, 0), (0.78, 0), (0.84, 1)),),
    (((0, 1), (0, 0), (0, 0), (0.6, 1), (0.6, 1), (0.6, 0)),),  # N
    (((0, 0), (0, 1)), ((0, 0), (0.4, 0.02), (0.55, 0.22), (0.4, 0.46), (0, 0.5))),  # P
    (((0, 0), (0, 1)), ((0, 0), (0.4, 0.02), (0.54, 0.22), (0.4, 0.46), (0, 0.5)),
     ((0.22, 0.5), (0.6, 1))),  # R
    (((0, 0), (0.7, 0)), ((0.35, 0), (0.35, 1))),  # T
    (((0, 0), (0.02, 0.7), (0.3, 1), (0.58, 0.7), (0.6, 0)),),  # U
    (((0, 0), (0.33, 1), (0.33, 1), (0.66, 0)),),  # V
    (((0, 0), (0.22, 1), (0.22, 1), (0.46, 0.2), (0.46, 0.2), (0.7, 1), (0.7, 1), (0.92, 0)),),
    (((0, 0), (0.64, 1)), ((0.64, 0), (0, 1))),  # X
    (((0.5, 0.1), (0.25, 0), (0, 0.5), (0.25, 1), (0.55, 0.85)),),  # C
    (((0.52, 0.5), (0.3, 0.42), (0.04, 0.55), (0.02, 0.85), (0.24, 1), (0.46, 0.85), (0.52, 0.5)),
     ((0.54, 0), (0.54, 1))),  # d
    (((0.04, 0.5), (0.6, 0.48), (0.52, 0.1), (0.25, 0), (0, 0.4), (0.12, 0.9), (0.36, 1),
      (0.62, 0.82)),),  # e
    (((0.5, 0.05), (0.34, 0), (0.24, 0.2), (0.22, 1)), ((0, 0.42), (0.44, 0.4))),  # f
    (((0, 0), (0, 1)), ((0, 0.62), (0.2, 0.42), (0.42, 0.5), (0.46, 1))),  # h
    (((0, 0), (0, 1)), ((0.4, 0.42), (0.02, 0.72)), ((0.14, 0.64), (0.44, 1))),  # k
    (((0, 0.05), (0, 1)), ((0, 0.4), (0.28, 0.02), (0.5, 0.2), (0.52, 1)),
     ((0.52, 0.4), (0.8, 0.02), (1.04, 0.2), (1.06, 1))),  # m
    (((0, 0.02), (0, 1)), ((0, 0.4), (0.32, 0), (0.62, 0.2), (0.64, 1))),  # n
    (((0, 0.02), (0.02, 1)), ((0.02, 0.4), (0.2, 0.08), (0.5, 0.05))),  # r
    (((0.22, 0), (0.22, 0.8), (0.34, 1), (0.5, 0.92)), ((0, 0.3), (0.46, 0.3))),  # t
    (((0, 0), (0.02, 0.75), (0.26, 1), (0.56, 0.7)), ((0.58, 0), (0.58, 0.8), (0.7, 1))),  # u
    (((0, 0.4), (0.9, 0.4)), ((0.45, 0), (0.45, 0.84))),  # +
    (((0, 0), (0.8, 0.02)), ((0, 0.36), (0.8, 0.36))),  # =
    (((0, 0), (0.8, 0.06)),),  # -
    (((0.1, 0), (0, 1)), ((0.5, 0), (0.4, 1)), ((0, 0.3), (0.62, 0.3)),
     ((-0.04, 0.68), (0.58, 0.68))),  # #
    (((0.4, 0), (0.4, 0.8)), ((0.06, 0.18), (0.74, 0.62)), ((0.74, 0.18), (0.06, 0.62))),  # *
)))
# fmt: on


def negative_glyphs(
    split: Split,
    digits: Sequence[StrokeDigit],
    rasters: Sequence[Glyphs],
    fonts: Sequence[Path] = (),
) -> list[Glyphs]:
    """Glyphs of a split that are no digits, one source a kind; all are labelled 0.

    Args:
        split: others in every split.
        digits: of the same split, to mirror and turn.
        rasters: the same.
        fonts: files of fonts, whose letters are taken as they are; each belongs to one split.
    """
    check_split(split)
    seed = 97 + ("train", "val", "test").index(split)
    chance = np.random.default_rng(seed)
    letters = handwritten(WRITERS[split], 4, seed, skeletons=LETTERS)
    scribbles = [_drawing("scribbles", _scribble(chance)) for _ in range(DRAWN[split])]
    faces = [_drawing("faces", _face(chance)) for _ in range(DRAWN[split] // 2)]
    turned = _turned(digits, chance)
    kinds = [letters, scribbles, faces, *([turned] if turned else [])]
    return [
        *(drawn_glyphs(SOURCE, [replace(each, label=0) for each in kind]) for kind in kinds),
        *(flipped for each in rasters for flipped in _flipped(each, chance)),
        *_of_fonts([font for font in fonts if in_split(writer_key(font.stem), split)]),
    ]


def _of_fonts(fonts: Sequence[Path]) -> list[Glyphs]:
    inks = []
    for font in map(opened, fonts):
        lacking = drawn_text(font, LACKED)
        drawn = (drawn_text(font, letter) for letter in OF_FONTS)
        inks += [i for i in drawn if i.max() >= INK_LEVEL and not np.array_equal(i, lacking)]
    return [ink_glyphs(SOURCE, inks, [0] * len(inks))] if inks else []


def _drawing(kind: str, strokes: list[Line]) -> StrokeDigit:
    paths = tuple(stroke.astype(np.float32) for stroke in strokes)
    return StrokeDigit(0, kind, paths, 1.0, SOURCE)


def _scribble(chance: np.random.Generator) -> list[Line]:
    """A pen that wanders: sines along its way, or corners; once, or up to three times."""
    strokes = []
    for _ in range(chance.integers(1, 4)):
        if chance.random() < 0.7:
            along = np.linspace(0, 1, int(chance.integers(60, 120)))[:, None]
            path = np.zeros((len(along), 2))
            for _ in range(chance.integers(3, 6)):
                turns, phase = chance.uniform(0.5, 6, 2), chance.uniform(0, 2 * math.pi, 2)
                path += chance.normal(0, 1, 2) * np.sin(2 * math.pi * turns * along + phase)
        else:
            path = np.cumsum(chance.normal(0, 1, (chance.integers(5, 14), 2)), 0)
        path = (path - path.min(0)) / np.maximum(np.ptp(path, 0), 1e-6)
        strokes.append(path * chance.uniform(0.4, 1.2, 2) + chance.uniform(0, 0.5, 2))
    return strokes


def _face(chance: np.random.Generator) -> list[Line]:
    """A round head, two eyes, a mouth."""
    wide, eye, apart = (
        chance.uniform(0.75, 1.1),
        chance.uniform(0.05, 0.18),
        chance.uniform(0.2, 0.4),
    )
    smile = chance.choice((-1, 1), p=(0.2, 0.8)) * chance.uniform(0.05, 0.35)

    def ring(x: float, y: float, across: float, down: float, ends: tuple[float, float]) -> Line:
        turn = np.linspace(*ends, 40) * 2 * math.pi
        return np.stack([x + across * np.cos(turn), y + down * np.sin(turn)], 1)

    return [
        ring(0, 0, wide, 1, (0, chance.uniform(0.9, 1.1))),
        *(
            ring(side, -0.3, eye, eye * chance.uniform(0.4, 1.6), (0, 1))
            for side in (-apart, apart)
        ),
        ring(0, 0.3, chance.uniform(0.25, 0.5), smile, (0.02, 0.48)),
    ]


def _turned(digits: Sequence[StrokeDigit], chance: np.random.Generator) -> list[StrokeDigit]:
    turned = []
    for ways, of in (((-1, 1), MIRRORED), ((-1, -1), TURNED)):
        chosen = [digit for digit in digits if digit.label in of]
        chosen = [chosen[i] for i in chance.permutation(len(chosen))[:FLIPPED]]
        turned += [
            replace(
                digit,
                strokes=tuple(stroke * np.array(ways, np.float32) for stroke in digit.strokes),
            )
            for digit in chosen
        ]
    return turned


def _flipped(glyphs: Glyphs, chance: np.random.Generator) -> list[Glyphs]:
    found = []
    for axes, of in (((2,), MIRRORED), ((1, 2), TURNED)):
        usable = torch.isin(glyphs.labels, torch.tensor(of)).nonzero()[:, 0].numpy()
        chosen = torch.from_numpy(chance.permutation(usable)[:FLIPPED])
        pixels, boxes = glyphs.pixels[chosen], glyphs.boxes[chosen]
        for axis in axes:  # columns are the boxes' 0 and 2, rows their 1 and 3
            low = 2 - axis
            boxes[:, [low, low + 2]] = pixels.shape[axis] - boxes[:, [low + 2, low]]
        found.append(
            replace(
                glyphs,
                source=SOURCE,
                pixels=pixels.flip(axes),
                boxes=boxes,
                labels=torch.zeros(len(chosen), dtype=torch.int64),
                writers=torch.zeros(len(chosen), dtype=torch.int64),
                relative_heights=glyphs.relative_heights[chosen],
                anonymous=True,
                names=(),
                places=(),
            )
        )
    return found

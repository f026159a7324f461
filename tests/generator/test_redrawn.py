import numpy as np
import pytest
from PIL import Image, ImageDraw

from generator import redrawn
from generator.errors import BadInput
from generator.mnist import SIZES, mnist_part
from generator.redrawn import HOLES, lines_of, redraw, redrawn_digits

DOZENS = 60


def inked(*lines, width=3, side=28):
    """A digit of MNIST's size, drawn eight times as large first."""
    picture = Image.new("L", (side * 8, side * 8))
    draw = ImageDraw.Draw(picture)
    for line in lines:
        draw.line([(8 * x, 8 * y) for x, y in line], fill=255, width=8 * width, joint="curve")
    return np.asarray(picture.resize((side, side), Image.Resampling.BOX))


def oval(middle, across, down, turns=1.0):
    angles = np.linspace(0, 2 * np.pi * turns, 40) - np.pi / 2
    return [(14 + across * np.cos(a), middle + down * np.sin(a)) for a in angles]


def holes_of(strokes, side=28, scale=8):
    """Holes in the strokes as a thin pen draws them, counted by filling from outside."""
    picture = Image.new("L", (side * scale, side * scale))
    draw = ImageDraw.Draw(picture)
    for stroke in strokes:
        draw.line([(x * scale, y * scale) for x, y in stroke.tolist()], fill=255, width=scale)
    found = -1
    while not all(picture.getdata()):
        empty = np.argwhere(np.asarray(picture) == 0)[0][::-1].tolist()
        ImageDraw.floodfill(picture, tuple(empty), 255)
        found += 1
    return found


@pytest.fixture
def few(monkeypatch, tmp_path):
    """A user with an empty cache, and an MNIST of a few dozen digits of each split."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    asked = {split: [each[:DOZENS] for each in mnist_part(split)] for split in SIZES}
    monkeypatch.setattr(redrawn, "mnist_part", lambda split, folder=None: asked[split])
    return asked

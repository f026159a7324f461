import numpy as np
import pytest
from PIL import Image, ImageDraw

from toolchain.reading.rules import rules_among

SIZE = (480, 360)


def drawn(*lines, thick=2):
    """Bool [360, 480]: lines of points x, y."""
    sheet = Image.new("1", SIZE)
    for line in lines:
        ImageDraw.Draw(sheet).line(line, 1, thick)
    return np.asarray(sheet)


def across(slope):
    """Rules of a sheet that lies aslant."""
    return [[(0, y), (479, y + 479 * slope)] for y in range(30, 330, 50)]


def down(slope):
    return [[(x, 0), (x - 359 * slope, 359)] for x in range(40, 460, 50)]


def torn(mask, seed=0):
    """A mask of which the darker parts are left, in pieces."""
    coarse = np.random.default_rng(seed).random((SIZE[1] // 20, SIZE[0] // 20)) < 0.8
    return mask & np.kron(coarse, np.ones((20, 20), bool))


def dark(mask, level=80.0):
    """Its darkness: that of ink is even, that of paper next to nothing."""
    noise = np.random.default_rng(1).normal(0, 2, mask.shape)
    return (level * mask + noise).astype(np.float32)


@pytest.mark.parametrize("slope", [0, 0.03, -0.1])
@pytest.mark.parametrize("squared", [False, True])
def test_rules_are_found_whole_and_in_pieces(slope, squared):
    rules = drawn(*across(slope), *(down(slope) if squared else ()))
    assert (rules & ~rules_among(rules, dark(rules))).sum() < 0.05 * rules.sum()
    pieces = torn(rules)  # the rest is paler than what counts as ink
    assert (pieces & ~rules_among(pieces, dark(rules))).sum() < 0.15 * pieces.sum()


SEVEN = [(100, 100), (150, 100), (120, 190)]
ZERO = [
    (240 + 30 * np.cos(turn), 150 + 45 * np.sin(turn)) for turn in np.linspace(0, 2 * np.pi, 40)
]
ONE = [(312, 100), (309, 190)]
FOUR = [[(400, 100), (360, 160), (430, 160)], [(410, 120), (410, 190)]]


def test_what_is_written_is_no_rule():
    written = drawn(SEVEN, ZERO, ONE, *FOUR, thick=5)
    assert not rules_among(written, dark(written)).any()
    rules = drawn(*across(0.03), *down(0.03))
    both = written | rules
    left = both & ~rules_among(both, np.maximum(dark(written, 200), dark(rules)))
    # The middle of a stroke that rules cut in three goes on both ways; its ends do not.
    assert (left & ~rules).sum() > 0.7 * (written & ~rules).sum()
    assert (left & ~written).sum() < 0.2 * (rules & ~written).sum()
    nothing = np.zeros((5, 7), bool)
    assert not rules_among(nothing, nothing.astype(np.float32)).any()


def test_a_line_that_ends_is_none_and_one_that_fades_is():
    line = drawn([(200, 100), (200, 140)])
    assert not rules_among(line, dark(line)).any()
    paler = drawn([(200, 20), (200, 300)])
    faded = np.maximum(dark(line), dark(paler, 60))
    assert (rules_among(line, faded) == line).all()
    darker = np.maximum(dark(line, 200), dark(paler, 60))  # a 1 that stands on a rule
    assert not rules_among(line, darker).any()

"""What the compiled loops draw is what is drawn plainly, within one grey level."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.digits import DigitBank
from generator.glyphs import Glyphs, procedural_glyphs
from generator.numbers import NumberGenerator
from generator.style import EARLIER, LOOSE, PASTED, WIDE, Style

STYLES = {
    "usual": Style(),
    "flawed": replace(WIDE, touching=0.5, cuts=0.5, dots=0.5),
    "loose": LOOSE,
    "earlier": EARLIER,
    "pasted": PASTED,  # nothing turned: a row or column of the strip is one of the canvas
    "upside down": replace(WIDE, rotation=(-180.0, 180.0), slant=1.5, aspect=(0.3, 3.0)),
    "tiny": replace(WIDE, large_share=0.0, small=(2.0, 6.0), finest=6.0),
}


@pytest.fixture(scope="module")
def pens(mnist_val):
    return DigitBank([mnist_val, procedural_glyphs("val")])


def furthest(bank, seed, style, first, count):
    compiled, plain = (
        NumberGenerator(bank, seed, style, compiled=how)(first, count) for how in (True, False)
    )
    assert compiled.digits.equal(plain.digits)
    assert compiled.strips.max() > 0
    return (compiled.strips.int() - plain.strips.int()).abs().max()


@settings(max_examples=20)
@given(st.sampled_from(sorted(STYLES)), st.integers(0, 10**12), st.integers(0, 2**40))
def test_compiled_and_plain_are_the_same_within_a_grey_level(pens, name, first, seed):
    assert furthest(pens, seed, STYLES[name], first, 20) <= 1


@settings(max_examples=20)
@given(
    st.tuples(st.integers(0, 62), st.integers(0, 38)),
    st.tuples(st.integers(1, 64), st.integers(1, 40)),
    st.booleans(),
    st.sampled_from(["usual", "flawed", "upside down"]),  # no frames, whose edge would cut it
)
def test_ink_anywhere_on_its_canvas_is_drawn_whole(corner, size, drawn, name):
    # Faint all around the box, up to the very edge of the canvas.
    pixels = torch.full((1, 40, 64), 60, dtype=torch.uint8)
    left, top = corner
    right, bottom = min(64, left + size[0]), min(40, top + size[1])
    pixels[:, top:bottom, left:right] = 255
    box = torch.tensor([[left, top, right, bottom]]).float()
    zero, one = torch.zeros(1, dtype=torch.int64), torch.ones(1)
    bank = DigitBank([Glyphs("block", ("block",), pixels, box, zero + 4, zero, one, drawn)])
    if drawn:  # a path's canvas is empty where no pen reaches
        pixels[pixels == 60] = 0
        bank.pixels[bank.pixels == 60] = 0
    assert furthest(bank, 3, STYLES[name], 0, 12) <= 1

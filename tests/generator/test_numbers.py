import hashlib
import json
from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.digits import DigitBank
from generator.errors import BadInput
from generator.glyphs import Glyphs, procedural_glyphs, stroke_digits, stroke_glyphs
from generator.hashing import named
from generator.layout import DIGIT_SLOTS, lay_out
from generator.numbers import PAD, NumberGenerator
from generator.single import DigitGenerator
from generator.splits import in_validation
from generator.strip import HEIGHT, WIDTH
from generator.style import EARLIER, LOOSE, WIDE, Style
from tests.conftest import WRITERS

FLAWED = replace(WIDE, touching=0.5, cuts=0.5, dots=0.5)


@settings(max_examples=40)
@given(
    st.sampled_from([Style(), FLAWED, LOOSE, EARLIER]),
    st.integers(0, 10**12),
    st.integers(1, 40),
    st.integers(0, 2**40),
)
def test_a_sample_is_a_function_of_seed_and_index_alone(bank, style, first, count, seed):
    numbers = NumberGenerator(bank, seed, style)
    together = numbers(first, count)
    alone = numbers(first + count - 1, 1)
    assert torch.equal(together.strips[-1:], alone.strips)
    assert torch.equal(together.digits[-1:], alone.digits)
    backwards = numbers.samples(torch.arange(first + count - 1, first - 1, -1))
    assert torch.equal(backwards.strips.flip(0), together.strips)


def test_seeds_differ(bank):
    one, two = (NumberGenerator(bank, seed)(0, 50).digits for seed in (1, 2))
    assert not torch.equal(one, two)


def test_labels_are_numbers_without_leading_zeros(numbers):
    digits = numbers(0, 4_000).digits
    length = (digits != PAD).sum(1)
    assert sorted(set(length.tolist())) == [1, 2, 3, 4, 5]
    assert (length.bincount()[1:] - 800).abs().max() < 120
    assert (digits[length > 1, 0] != 0).all()
    assert (digits[length == 1, 0] == 0).any()
    # Left-packed: no digit after padding.
    assert ((digits[:, 1:] == PAD) | (digits[:, :-1] != PAD)).all()


def test_leading_zeros_and_lengths_are_options(bank):
    style = Style(digits=(2, 3), leading_zeros=True)
    digits = NumberGenerator(bank, 1, style)(0, 1_000).digits
    assert set((digits != PAD).sum(1).tolist()) == {2, 3}
    assert (digits[:, 0] == 0).any()


def test_strips_keep_the_contract(numbers):
    strips = numbers(0, 3_000).strips
    assert strips.shape == (3_000, 1, HEIGHT, WIDTH)
    assert strips.dtype == torch.uint8
    ink = strips[:, 0] >= 64
    right = WIDTH - 1 - ink.any(1).flip(1).int().argmax(1)
    # Right-aligned: a margin of 1 to 4 px, and what a rotated digit's box has free.
    assert (WIDTH - 1 - right >= 1).all()
    assert (WIDTH - 1 - right).float().mean() < 5
    assert strips.amax((1, 2, 3)).min() > 100


def solid_bank(width, height):
    """A bank whose every digit is a full rectangle, so that what is cut off would show."""
    pixels = torch.zeros(10, 40, 64, dtype=torch.uint8)
    left, top = 32 - width // 2, 20 - height // 2
    pixels[:, top : top + height, left : left + width] = 255
    box = torch.tensor([left, top, left + width, top + height]).float()
    known, ones = torch.arange(10), torch.ones(10)
    boxes = box.expand(10, 4).clone()
    return DigitBank(
        [Glyphs("solid", ("solid",), pixels, boxes, known, torch.zeros_like(known), ones, False)]
    )


@pytest.mark.parametrize(("width", "height"), [(1, 28), (6, 28), (24, 28), (52, 28)])
@pytest.mark.parametrize(
    "style",
    [
        Style(),
        replace(WIDE, touching=1.0),
        LOOSE,
        Style(gap=(-2.0, -2.0), margin=(1.0, 64.0)),
        replace(LOOSE, earlier=0.0, gap=(-9.0, 0.0)),
    ],
)
def test_a_label_always_shows_in_full(width, height, style):
    strips = NumberGenerator(solid_bank(width, height), 5, style)(0, 2_000).strips
    edge = torch.cat([strips[..., 0, :], strips[..., -1, :]], -1)
    assert edge.max() <= 128  # nothing but the soft rim of ink ever touches the border
    assert strips[..., (0, -1)].max() <= 128


def test_a_mere_tap_is_a_dot_among_the_digits(tmp_path):
    tap = {"label": "1", "writer": "w", "strokes": [[[5, 5]]]}
    path = tmp_path / "tap.jsonl"
    path.write_text(json.dumps(tap))
    bank = DigitBank([stroke_glyphs(path, None)])
    strips = NumberGenerator(bank, 5)(0, 50).strips
    assert (strips.amax((1, 2, 3)) > 128).all()
    assert ((strips >= 64).sum((1, 2, 3)) < 5 * 12 * 12).all()
    assert (DigitGenerator(bank, 5)(0, 1).strips.amax((1, 2, 3)) > 128).all()


@pytest.mark.parametrize("wild", [{"bend": 1e38}, {"aspect": (1e38, 3e38)}])
def test_a_style_that_cannot_be_computed_with_is_refused(bank, wild):
    with pytest.raises(BadInput, match="style"):
        NumberGenerator(bank, 5, Style(**wild))(0, 50)


def test_ink_has_the_heights_that_were_asked_for(numbers):
    ink = numbers(0, 3_000).strips[:, 0] >= 64
    rows = ink.any(2)
    height = HEIGHT - rows.int().argmax(1) - rows.flip(1).int().argmax(1)
    assert height.max() <= 31
    assert height.float().quantile(0.01) >= 9
    assert height.float().quantile(0.9) >= 24


def test_one_number_has_one_writer(strokes_folder, bank):
    # Glyphs are told apart by their owner: every number must have a single one.
    owner = torch.full((len(bank),), -1)
    for writer in range(len(bank.per_digit)):
        first, count = int(bank.first[writer, 0]), int(bank.per_digit[writer].sum())
        owner[bank.order[first : first + count]] = writer
    numbers = NumberGenerator(bank, 3)
    each = named(torch.rand(500, 5, 20), DIGIT_SLOTS)
    writers = torch.rand(500, 1).expand(-1, 5)
    digits, glyphs = numbers.choose(torch.rand(500), writers, each)
    owners = torch.where(digits != PAD, owner[glyphs], owner[glyphs[:, :1]])
    assert (owners == owners[:, :1]).all()
    assert len(set(owners[:, 0].tolist())) > 10


def test_who_wrote_a_number_is_known(strokes_folder, mnist_val):
    drawn = stroke_glyphs(strokes_folder, "train")
    bank = DigitBank([mnist_val, drawn])
    assert bank.writers[0] == "mnist"
    assert set(bank.writers[1:]) == {w for w in WRITERS if not in_validation(w.encode())}
    numbers = NumberGenerator(bank, 3)
    batch, glyphs = numbers(40, 200), numbers.glyphs(40, 200)
    assert torch.equal(torch.where(glyphs == PAD, PAD, bank.labels[glyphs]), batch.digits)
    wrote = torch.where(glyphs == PAD, bank.wrote[glyphs[:, :1]], bank.wrote[glyphs])
    assert (wrote == wrote[:, :1]).all()
    # Glyphs of the second source lie behind those of the first.
    digits = stroke_digits(strokes_folder, "train")
    for place in range(0, len(digits), 17):
        writer = int(bank.wrote[len(mnist_val.labels) + place])
        assert bank.writers[writer] == digits[place].writer


def test_only_the_share_that_is_laid_out_otherwise_changes(bank):
    style = replace(WIDE, leading_zeros=True)
    plain, mixed = (
        NumberGenerator(bank, 3, each)(0, 600) for each in (style, replace(style, earlier=0.25))
    )
    same = (plain.strips == mixed.strips).flatten(1).all(1)
    assert 0.7 < same.float().mean() < 0.8
    assert torch.equal(plain.digits[same], mixed.digits[same])


def test_a_writer_who_lacks_digits_still_writes_numbers(mnist_val):
    only_zero = mnist_val.labels == 0
    glyphs = replace(
        mnist_val,
        pixels=mnist_val.pixels[only_zero],
        boxes=mnist_val.boxes[only_zero],
        labels=mnist_val.labels[only_zero],
        writers=mnist_val.writers[only_zero],
        relative_heights=mnist_val.relative_heights[only_zero],
    )
    digits = NumberGenerator(DigitBank([glyphs]), 1)(0, 50).digits
    assert set(digits.unique().tolist()) == {PAD, 0}


@pytest.mark.parametrize("size", [1, 3, 7])
def test_a_number_is_the_same_to_the_last_bit_in_any_batch(size):
    bank = DigitBank([procedural_glyphs("val")])
    numbers = NumberGenerator(bank, 0)
    digits, glyphs = numbers._chosen(chances := numbers._chances(torch.arange(600)))
    whole = lay_out(numbers.style, bank, digits, glyphs, chances.number, chances.each)
    for first in range(0, 600, size):
        rows = torch.arange(first, min(first + size, 600)).flip(0)
        some = chances.of(rows)
        part = lay_out(numbers.style, bank, digits[rows], glyphs[rows], some.number, some.each)
        assert part.x.equal(whole.x[rows])
        assert part.inverse.equal(whole.inverse[rows])


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_gpu_makes_the_same_numbers(mnist_val):
    here, there = (NumberGenerator(DigitBank([mnist_val], device=d), 9) for d in ("cpu", "cuda"))
    one, two = here(0, 500), there(0, 500)
    assert torch.equal(one.digits, two.digits.cpu())
    assert (one.strips.int() - two.strips.cpu().int()).abs().max() <= 2


@pytest.mark.parametrize(
    ("style", "expected"),
    [
        (Style(), "26a0dc2a395a5e434e813aa487f4f08280bfb3fed153d1592826533faf177521"),
        (WIDE, "1c1442174cd7543119fcebd6d4e4d2ecbafaa68b7a5db9596c2e344fd7d4c59d"),
    ],
)
def test_numbers_stay_what_they_were(bank, style, expected):
    # Whatever was validated and tested stays comparable: a change of the default style's is a
    # change of every accuracy that was ever published.
    made = NumberGenerator(bank, 4, style, compiled=False)(0, 64)
    digest = hashlib.sha256(made.digits.numpy().tobytes() + made.strips.numpy().tobytes())
    assert digest.hexdigest() == expected

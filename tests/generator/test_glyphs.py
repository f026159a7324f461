import gzip
import hashlib
import unicodedata

import numpy as np
import pytest
import torch

from generator.errors import BadInput
from generator.glyphs import (
    ink_glyphs,
    mnist_glyphs,
    procedural_glyphs,
    stroke_digits,
    stroke_glyphs,
)
from generator.mnist import load_mnist
from generator.splits import in_validation, writer_key
from generator.strokes import GLYPH_HEIGHT, GLYPH_WIDTH
from tests.conftest import WRITERS, stroke_line


def fingerprints(images):
    return {hashlib.sha256(image.tobytes()).digest() for image in images}


def test_no_mnist_test_or_validation_digit_is_in_training():
    test = fingerprints(mnist_glyphs("test").pixels.numpy())
    val = fingerprints(mnist_glyphs("val").pixels.numpy())
    train = fingerprints(mnist_glyphs("train").pixels.numpy())
    assert (len(test), len(val), len(train)) == (10_000, 5_000, 55_000)
    assert not train & test
    assert not train & val
    assert not val & test


def test_a_slip_in_a_splits_name_hands_out_no_training_digits(strokes_folder):
    for glyphs in (
        mnist_glyphs,
        procedural_glyphs,
        lambda split: stroke_glyphs(strokes_folder, split),
    ):
        with pytest.raises(BadInput, match="no split 'validation': choose one of train, val, test"):
            glyphs("validation")


def test_mnist_validation_is_the_end_of_its_training_part(mnist_val):
    images, labels = load_mnist("train")
    assert mnist_val.labels.tolist() == labels[-5_000:].tolist()
    ink = mnist_val.pixels.long().sum((1, 2))
    assert ink.tolist() == images[-5_000:].astype(np.int64).sum((1, 2)).tolist()


def test_writers_are_in_one_split_only(strokes_folder):
    train, val = (stroke_glyphs(strokes_folder, split) for split in ("train", "val"))
    held_out = [writer for writer in WRITERS if in_validation(writer.encode())]
    assert 0 < len(held_out) < len(WRITERS)
    assert len(val.labels) == 10 * len(held_out)
    assert len(train.labels) == 10 * (len(WRITERS) - len(held_out))
    assert not fingerprints(train.pixels.numpy()) & fingerprints(val.pixels.numpy())


def test_ink_of_any_size_becomes_the_same_glyph():
    small, large = np.zeros((20, 30), np.uint8), np.zeros((400, 500), np.uint8)
    small[4:16, 10:13] = 230
    large[100:340, 200:260] = 230
    glyphs = ink_glyphs("mine", [small, large, np.full((2, 300), 255, np.uint8)], [1, 1, 7])
    assert glyphs.labels.tolist() == [1, 1, 7]
    assert torch.equal(glyphs.pixels[0], glyphs.pixels[1])
    box = glyphs.boxes.int()
    assert (box[:2, 3] - box[:2, 1]).tolist() == [GLYPH_HEIGHT] * 2
    assert (box[2, 2] - box[2, 0]).item() == GLYPH_WIDTH
    assert len(ink_glyphs("none", [], []).labels) == 0


def test_one_person_is_on_one_side_however_the_name_is_written(tmp_path):
    names = [form for name in WRITERS[:12] for form in (name, name.title(), f" {name} ")]
    (tmp_path / "all.jsonl").write_text("\n".join(stroke_line(1, name) for name in names))
    sides = [
        {digit.writer.strip().lower() for digit in stroke_digits(tmp_path, split)}
        for split in ("train", "val")
    ]
    assert all(sides)
    assert not sides[0] & sides[1]


@pytest.mark.parametrize("name", ["anna", "straße", "ﬁona", "Éva", "İpek", "mr. x"])
def test_a_writer_is_in_one_split_however_the_name_is_spelled(name):
    spelled = {name, name.upper(), name.title(), f" {name} ", name.replace(" ", "  ")}
    spelled |= {unicodedata.normalize("NFD", each) for each in spelled}
    assert len({writer_key(each) for each in spelled}) == 1


def test_names_that_were_plain_are_where_they_were():
    assert all(writer_key(name) == name.encode() for name in WRITERS)


def test_hidden_files_are_no_digits(tmp_path):
    (tmp_path / "mine.jsonl").write_text(stroke_line(1, "ben"))
    (tmp_path / "._mine.jsonl").write_bytes(b"\0\5\x16\7")
    (tmp_path / "folder.jsonl").mkdir()
    assert [digit.label for digit in stroke_digits(tmp_path, None)] == [1]


def test_endings_in_capitals_are_read_too(tmp_path):
    (tmp_path / "A.JSONL").write_text(stroke_line(1, "ben"))
    (tmp_path / "B.Jsonl.GZ").write_bytes(gzip.compress(stroke_line(2, "ben").encode()))
    (tmp_path / "c.jsonl").write_text(stroke_line(3, "ben"))
    (tmp_path / "d.json").write_text("{}")
    assert [digit.label for digit in stroke_digits(tmp_path, None)] == [1, 2, 3]


def test_a_pen_far_thinner_than_a_cell_stays_seen():
    ink = np.zeros((900, 700), np.uint8)
    ink[100:102, 100:500] = 255  # a 7: a bar ...
    for row in range(100, 800):
        ink[row, 500 - (row - 100) // 3 :][:2] = 255  # ... and a stem, both 2 px thick
    glyphs = ink_glyphs("thin", [ink], [7])
    left, top, right, bottom = glyphs.boxes[0].tolist()
    assert bottom - top >= 27
    assert right - left >= 14
    assert glyphs.pixels.amax() == 255

import hashlib
import unicodedata

import numpy as np
import pytest
import torch
from PIL import Image

from generator.errors import BadInput
from generator.glyphs import (
    custom_glyphs,
    mnist_glyphs,
    png_glyphs,
    procedural_glyphs,
    stroke_glyphs,
)
from generator.mnist import load_mnist
from generator.splits import in_validation, writer_key
from generator.strokes import GLYPH_HEIGHT
from tests.conftest import WRITERS


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


def test_a_slip_in_a_splits_name_hands_out_no_training_digits(strokes_folder, tmp_path):
    (tmp_path / "7").mkdir()
    Image.new("L", (28, 28)).save(tmp_path / "7" / "seven.png")
    for glyphs in (
        mnist_glyphs,
        procedural_glyphs,
        lambda split: stroke_glyphs(strokes_folder, split),
        lambda split: png_glyphs(tmp_path, split),
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


def test_custom_digits_never_come_as_test_digits(strokes_folder):
    assert custom_glyphs(strokes_folder, "test") == []


def draw_png(path, size, dark_on_light):
    picture = np.zeros((size, size), np.uint8)
    picture[size // 4 : -size // 4, size // 2 : size // 2 + max(2, size // 8)] = 230
    path.parent.mkdir(exist_ok=True)
    Image.fromarray(255 - picture if dark_on_light else picture).save(path)


def test_pngs_of_any_size_and_polarity_become_the_same_glyph(tmp_path):
    draw_png(tmp_path / "1" / "a.png", 160, dark_on_light=False)
    draw_png(tmp_path / "1" / "b.png", 640, dark_on_light=True)
    found = [png_glyphs(tmp_path, split) for split in ("train", "val")]
    pixels = torch.cat([glyphs.pixels for glyphs in found]).int()
    boxes = torch.cat([glyphs.boxes for glyphs in found])
    assert pixels.shape[0] == 2
    assert (boxes[:, 3] - boxes[:, 1]).tolist() == [GLYPH_HEIGHT] * 2
    assert (pixels[0] - pixels[1]).abs().max() <= 2


@pytest.mark.parametrize("content", [b"", b"no picture", b"\x89PNG\r\n\x1a\n truncated"])
def test_a_file_that_is_no_picture_is_named(tmp_path, content):
    (tmp_path / "5").mkdir()
    (tmp_path / "5" / "bad.png").write_bytes(content)
    with pytest.raises(BadInput, match=r"bad\.png"):
        png_glyphs(tmp_path, "train")


def test_one_picture_is_in_one_split_however_it_is_stored(tmp_path):
    picture = np.zeros((40, 30), np.uint8)
    for place in range(24):
        picture[4:36, 4 + place // 2 : 8 + place // 2] = 100 + place
        held = Image.fromarray(picture)
        for name, form, options in (
            ("a", "L", {}),
            ("b", "L", {"compress_level": 0}),
            ("c", "RGB", {"optimize": True}),
        ):
            path = tmp_path / f"{place}" / "3" / f"{name}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            held.convert(form).save(path, **options)
    counts = [
        [len(png_glyphs(tmp_path / f"{place}", split).labels) for split in ("train", "val")]
        for place in range(24)
    ]
    assert {tuple(each) for each in counts} == {(3, 0), (0, 3)}


@pytest.mark.parametrize("name", ["anna", "straße", "ﬁona", "Éva", "İpek", "mr. x"])
def test_a_writer_is_in_one_split_however_the_name_is_spelled(name):
    spelled = {name, name.upper(), name.title(), f" {name} ", name.replace(" ", "  ")}
    spelled |= {unicodedata.normalize("NFD", each) for each in spelled}
    assert len({writer_key(each) for each in spelled}) == 1


def test_names_that_were_plain_are_where_they_were():
    assert all(writer_key(name) == name.encode() for name in WRITERS)


@pytest.mark.parametrize("name", ["missing", "."])
def test_a_folder_without_digits_says_what_it_needs(tmp_path, name):
    with pytest.raises(BadInput, match=r"\.jsonl"):
        custom_glyphs(tmp_path / name, "train")

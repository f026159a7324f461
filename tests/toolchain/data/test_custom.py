"""Digits in folders as people have them: the ink that reading finds, on one side of the split."""

import hashlib

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw, ImageOps

from generator.errors import BadInput
from generator.splits import in_validation, picture_key
from generator.strokes import GLYPH_HEIGHT
from tests.conftest import WRITERS, stroke_line
from tests.toolchain.reading.test_ink import drawn, painted, photographed, png
from toolchain.data.custom import custom_glyphs, picture_glyphs, why_none_train

COVERAGE = drawn((280, 280), (90, 60, 100, 160), 14, "4")
PLAIN = painted(COVERAGE, (0,) * 3, (255,) * 3)


def saved(folder, label, name, picture):
    path = folder / str(label) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(picture if isinstance(picture, bytes) else png(picture))
    return path


def framed(picture):
    """The digit on a card with a frame, and that in another one, on a larger sheet."""
    sheet = Image.new("RGB", (400, 400), (255, 255, 255))
    sheet.paste(picture, (60, 60))
    pen = ImageDraw.Draw(sheet)
    pen.rectangle((50, 50, 350, 350), outline=(0, 0, 0), width=6)
    pen.rectangle((2, 2, 397, 397), outline=(0, 0, 0), width=4)
    return sheet


def bordered():
    """The digit cut out closely, with a frame that is all there is around it."""
    sheet = PLAIN.crop(Image.fromarray(COVERAGE).getbbox())
    sheet = ImageOps.expand(sheet, 12, (255, 255, 255))
    return ImageOps.expand(sheet, 6, (0, 0, 0))


def see_through():
    return Image.fromarray(np.dstack([np.zeros((280, 280, 3), np.uint8), COVERAGE]))


LOOKS = {
    "white on black": lambda: painted(COVERAGE, (255,) * 3, (0,) * 3),
    "grey": lambda: PLAIN.convert("L"),
    "of few colours": lambda: PLAIN.convert("P"),
    "transparent": see_through,
    "16 bits": lambda: Image.fromarray(65535 - COVERAGE.astype(np.uint16) * 257),
    "dark 16 bits": lambda: Image.fromarray(COVERAGE.astype(np.uint16) * 12),
    "framed": lambda: framed(PLAIN),
    "bordered": bordered,
    "photographed": lambda: photographed(drawn((800, 800), (250, 150, 300, 480), 42, "4")),
}


@pytest.mark.parametrize("look", LOOKS)
def test_a_digit_is_the_same_glyph_however_it_looks(tmp_path, look):
    saved(tmp_path / "plain", 4, "a.png", PLAIN)
    saved(tmp_path / "other", 4, "a.PNG", LOOKS[look]())
    [plain], [other] = (picture_glyphs(tmp_path / name, None).pixels for name in ("plain", "other"))
    one, two = plain > 127, other > 127
    assert (one & two).sum() > 0.9 * (one | two).sum()


def test_a_dot_within_a_zero_and_strokes_apart_are_no_frame(tmp_path):
    zero = Image.new("L", (200, 300), 255)
    pen = ImageDraw.Draw(zero)
    pen.ellipse((20, 20, 180, 280), outline=0, width=12)
    pen.ellipse((85, 130, 115, 170), fill=0)
    five = Image.new("L", (200, 300), 255)
    pen = ImageDraw.Draw(five)
    pen.rectangle((40, 20, 60, 280), fill=0)
    pen.rectangle((90, 20, 180, 40), fill=0)
    saved(tmp_path, 0, "a.png", zero)
    saved(tmp_path, 5, "a.png", five)
    pixels = picture_glyphs(tmp_path, None).pixels
    assert pixels[0, 20, 32] > 200  # the dot
    columns = (pixels[1] > 127).any(0).int()
    assert columns.diff().abs().sum() == 4  # both strokes, and a gap


def test_one_picture_is_on_one_side_however_it_is_saved(tmp_path):
    sides = {"train": 0, "val": 0}
    for count in range(24):
        ink = np.random.default_rng(count).integers(64, 256, (20, 20), np.uint8)
        picture = Image.fromarray(np.pad(ink, 4))
        saved(tmp_path, 1, f"{count}.png", picture)
        for name, how in (("flat.png", {"compress_level": 0}), ("t.tiff", {}), ("b.bmp", {})):
            picture.save(tmp_path / "1" / f"{count}{name}", **how)
        picture.convert("RGB").save(tmp_path / "1" / f"{count}.webp", lossless=True)
    found = {split: picture_glyphs(tmp_path, split).pixels for split in sides}
    digests = {
        split: [hashlib.sha256(each.numpy().tobytes()).digest() for each in pixels]
        for split, pixels in found.items()
    }
    assert sum(map(len, digests.values())) == 24 * 5
    assert all(digests.values())
    assert not set(digests["train"]) & set(digests["val"])


@pytest.mark.parametrize("content", [b"", b"no picture", b"\x89PNG\r\n\x1a\n truncated"])
def test_a_file_that_is_no_picture_is_named(tmp_path, content):
    saved(tmp_path, 5, "bad.png", content)
    with pytest.raises(BadInput, match=r"bad\.png"):
        picture_glyphs(tmp_path, "train")


def test_a_blank_picture_is_named(tmp_path):
    path = saved(tmp_path, 5, "blank.png", Image.new("L", (28, 28), 255))
    split = "val" if in_validation(picture_key((28, 28), bytes([255]) * 3 * 784)) else "train"
    with pytest.raises(BadInput, match=rf"{path.name} shows no digit"):
        picture_glyphs(tmp_path, split)


def test_hidden_files_and_notes_are_no_digits(tmp_path):
    saved(tmp_path, 4, "1.png", PLAIN)
    saved(tmp_path, 4, "._1.png", b"\0\5\x16\7")
    saved(tmp_path, 4, "notes.txt", b"drawn on Monday")
    [glyphs] = custom_glyphs(tmp_path, None)
    assert glyphs.labels.tolist() == [4]
    assert (glyphs.boxes[0, 3] - glyphs.boxes[0, 1]).item() == GLYPH_HEIGHT


def test_strokes_and_pictures_of_one_folder_are_both_digits(tmp_path):
    saved(tmp_path, 4, "1.png", PLAIN)
    (tmp_path / "mine.jsonl").write_text(stroke_line(7, "ben"))
    found = custom_glyphs(tmp_path, None)
    assert torch.cat([glyphs.labels for glyphs in found]).tolist() == [7, 4]


@pytest.mark.parametrize("name", ["missing", "."])
def test_a_folder_without_digits_says_what_it_needs(tmp_path, name):
    with pytest.raises(BadInput, match=r"\.jsonl"):
        custom_glyphs(tmp_path / name, "train")


@pytest.mark.parametrize("split", ["train", "val", None])
def test_what_is_empty_is_called_so(tmp_path, split):
    (tmp_path / "mine.jsonl").write_text("\n\n")
    with pytest.raises(BadInput, match=r"holds no digits: there is no line in mine\.jsonl$"):
        custom_glyphs(tmp_path, split)
    saved(tmp_path, 5, "notes.txt", b"")
    with pytest.raises(BadInput, match=r"no line in mine\.jsonl and no picture in its"):
        custom_glyphs(tmp_path, split)
    (tmp_path / "mine.jsonl").unlink()
    with pytest.raises(BadInput, match=r"there is no picture in its folders 0/ \.\.\. 9/$"):
        custom_glyphs(tmp_path, split)


def test_custom_digits_never_come_as_test_digits(strokes_folder):
    assert custom_glyphs(strokes_folder, "test") == []


def test_a_slip_in_a_splits_name_hands_out_no_training_digits(tmp_path):
    (tmp_path / "7").mkdir()
    with pytest.raises(BadInput, match="no split 'validation'"):
        picture_glyphs(tmp_path, "validation")


def test_why_none_train_names_the_writers_and_a_name_that_would(tmp_path):
    held = sorted(name for name in WRITERS if in_validation(name.encode()))
    (tmp_path / "mine.jsonl").write_text("\n".join(stroke_line(1, name) for name in held))
    said = why_none_train(tmp_path)
    assert held[0] in said
    assert "add another" in said
    saved(tmp_path / "pictures", 4, "1.png", PLAIN)
    assert "pictures" in why_none_train(tmp_path / "pictures")

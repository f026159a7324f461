"""Formats that need what may not be there: read with it, named without."""

import io
from pathlib import Path

import pytest
from PIL import features

from generator.errors import BadInput
from tests.toolchain.reading.test_ink import COVERAGE, overlap, painted
from toolchain.reading import formats
from toolchain.reading.ink import open_picture, to_ink

PICTURE = painted(COVERAGE, (0,) * 3, (255,) * 3)


def encoded(name):
    file = io.BytesIO()
    PICTURE.save(file, name)
    return file.getvalue()


def without(monkeypatch, name):
    """As on a computer that cannot read this format."""
    names = tuple(each for each in formats.SUFFIXES if each != name)
    monkeypatch.setattr(formats, "readable", lambda: names)
    monkeypatch.setattr("toolchain.reading.ink.readable", lambda: names)


@pytest.mark.skipif(not features.check("avif"), reason="this Pillow has no AVIF")
def test_avif_is_read_where_pillow_has_it(monkeypatch):
    content = encoded("AVIF")
    assert overlap(to_ink(open_picture(content)), COVERAGE) > 0.97
    without(monkeypatch, "AVIF")
    with pytest.raises(BadInput, match="is an AVIF picture, which cannot be read here: save it as"):
        open_picture(content)


def test_heic_is_read_with_its_plug_in():
    pytest.importorskip("pillow_heif").register_heif_opener()  # to write one
    assert "HEIF" in formats.readable()
    assert overlap(to_ink(open_picture(encoded("HEIF"))), COVERAGE) > 0.97


@pytest.mark.parametrize("brand", [b"heic", b"heix", b"mif1"])
def test_heic_is_named_without_its_plug_in(monkeypatch, brand):
    without(monkeypatch, "HEIF")
    with pytest.raises(BadInput, match=r"is a HEIC picture.*nrtool\[heic\].* or save it as PNG"):
        open_picture(b"\0\0\0\x18ftyp" + brand + bytes(12))


@pytest.mark.parametrize("content", [b"", b"ftyp", b"\0\0\0\x18ftypmp42" + bytes(12)])
def test_other_content_is_not_called_a_picture(content):
    with pytest.raises(BadInput, match="empty or not a picture"):
        open_picture(content)


def test_a_damaged_file_of_a_format_that_is_read_is_not_called_unreadable():
    with pytest.raises(BadInput, match=r"not a picture|damaged"):
        open_picture(b"\0\0\0\x18ftypavif" + bytes(12))


def test_pictures_are_known_by_their_names():
    for name in ("a.png", "A.PNG", "b.JpEg", "c.heic", "d.avif", "e.svg", "f.psd.tif"):
        assert formats.is_picture(Path(name)), name
    for name in ("notes.txt", "png", "a.png.part", "movie.mp4", "strokes.jsonl"):
        assert not formats.is_picture(Path(name)), name

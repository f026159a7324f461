import contextlib
import io
import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from generator.errors import BadInput
from generator.strip import fit_ink
from toolchain.proof.paper import grained, light, ruled
from toolchain.reading.ink import LONG_SIDE, open_picture, to_ink, two_means

STROKES = {
    "4": [[(0.7, 1), (0.7, 0), (0, 0.65), (1, 0.65)]],
    "0": [[(0.5, 0), (0.1, 0.3), (0.1, 0.7), (0.5, 1), (0.9, 0.7), (0.9, 0.3), (0.5, 0)]],
    "7": [[(0, 0), (1, 0), (0.35, 1)]],
}


def drawn(size, box, thick, number="407"):
    """Coverage uint8 [H, W] of a number in the box left, top, digit width, height."""
    canvas = Image.new("L", (size[0] * 4, size[1] * 4))
    pen = ImageDraw.Draw(canvas)
    left, top, width, height = (4 * value for value in box)
    for place, digit in enumerate(number):
        for stroke in STROKES[digit]:
            points = [(left + (1.35 * place + x) * width, top + y * height) for x, y in stroke]
            pen.line(points, fill=255, width=4 * thick, joint="curve")
    return np.asarray(canvas.resize(size, Image.Resampling.BOX))


def painted(coverage, ink, background):
    share = coverage[..., None] / 255
    pixels = np.array(ink) * share + np.array(background) * (1 - share)
    return Image.fromarray(np.rint(pixels).astype(np.uint8))


def photographed(
    coverage, seed=0, shadow=0.6, edge=False, rules=0.12, ink=0.3, noise=6, table=False
):
    """A photograph of `coverage` on paper: RGB, through JPEG, with shadow, rules and noise."""
    height, width = coverage.shape
    y, x = np.mgrid[:height, :width]
    paper = 215 * (1 - shadow * (0.6 * x / width + 0.4 * y / height))
    paper = np.where(edge & (x + 0.3 * y > 0.6 * width), 0.55 * paper, paper)
    line = np.where(y % (height // 12) < max(1, height // 300), 1 - rules, 1)
    light = paper * np.minimum(line, 1 - (1 - ink) * coverage / 255)
    light = np.where(table & ((x < 0.07 * width) | (y > 0.92 * height + 0.03 * x)), 55, light)
    blurred = Image.fromarray(light.astype(np.uint8)).filter(ImageFilter.GaussianBlur(1))
    noisy = np.asarray(blurred) + np.random.default_rng(seed).normal(0, noise, light.shape)
    file = io.BytesIO()
    Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8)).convert("RGB").save(file, "JPEG")
    return open_picture(file.getvalue())


def overlap(ink, truth):
    """Intersection over union of the pixels that are at least half ink."""
    return np.sum((ink > 127) & (truth > 127)) / np.sum((ink > 127) | (truth > 127))


def far_from(truth, reach):
    """Pixels further than `reach` from any ink."""
    grown = Image.fromarray(truth).filter(ImageFilter.MaxFilter(2 * reach + 1))
    return np.asarray(grown) == 0


def levels_apart(one, other):
    return np.abs(one.astype(int) - other.astype(int)).max()


def png(image):
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


COVERAGE = drawn((300, 200), (40, 40, 50, 110), 9)


@pytest.mark.parametrize(
    ("ink", "background"),
    [
        ((0, 0, 0), (255, 255, 255)),
        ((255, 255, 255), (0, 0, 0)),
        ((20, 40, 200), (250, 248, 240)),
        ((255, 230, 0), (255, 255, 255)),
        ((255, 0, 0), (0, 130, 0)),
        ((90, 90, 90), (150, 150, 150)),
    ],
)
def test_a_drawing_of_any_colours_keeps_its_soft_levels(ink, background):
    contrast = max(abs(a - b) for a, b in zip(ink, background, strict=True))
    found = to_ink(painted(COVERAGE, ink, background))
    assert levels_apart(found, COVERAGE) <= 2 + 255 / contrast / 2


def test_both_polarities_give_the_same_ink():
    dark = to_ink(painted(COVERAGE, (0,) * 3, (255,) * 3))
    light = to_ink(painted(COVERAGE, (255,) * 3, (0,) * 3))
    assert levels_apart(dark, light) <= 2


def test_a_28_pixel_digit_is_ink_as_it_is():
    digit = drawn((28, 28), (7, 5, 14, 18), 3, "4")
    assert levels_apart(to_ink(Image.fromarray(digit)), digit) <= 2
    assert levels_apart(to_ink(Image.fromarray(255 - digit)), digit) <= 2


def test_an_enlarged_small_digit_is_still_a_drawing():
    digit = Image.fromarray(drawn((28, 28), (7, 5, 14, 18), 3, "4"))
    large = digit.resize((280, 280), Image.Resampling.BILINEAR)
    assert levels_apart(to_ink(large), np.asarray(large)) <= 2


def test_a_tight_crop_where_ink_is_the_majority():
    pixels = np.full((40, 100), 255, np.uint8)
    pixels[4:36, 8:92] = 0
    assert np.mean(pixels == 0) > 0.55
    np.testing.assert_array_equal(to_ink(Image.fromarray(pixels)), 255 - pixels)


@pytest.mark.parametrize("level", [0, 40, 200, 255])
def test_ink_on_a_transparent_canvas(level):
    pixels = np.dstack([np.full_like(COVERAGE, level)] * 3 + [COVERAGE])
    found = to_ink(open_picture(png(Image.fromarray(pixels))))
    assert levels_apart(found, COVERAGE) <= 3


def test_transparent_corners_of_a_card_are_not_ink():
    card = painted(COVERAGE, (20, 20, 20), (250, 250, 250)).convert("RGBA")
    alpha = Image.new("L", card.size)
    ImageDraw.Draw(alpha).rounded_rectangle((0, 0, 299, 199), 30, 255)
    card.putalpha(alpha)
    assert levels_apart(to_ink(open_picture(png(card))), COVERAGE) <= 3


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "CMYK", "I;16"])
def test_every_mode_is_read(mode):
    image = Image.fromarray(COVERAGE)
    if mode == "I;16":
        image = Image.fromarray(COVERAGE.astype(np.uint16) * 200)
    elif mode != "L":
        image = image.convert(mode)
    assert overlap(to_ink(image), COVERAGE) > 0.97


@pytest.mark.parametrize("format", ["JPEG", "WEBP", "BMP", "GIF", "TIFF"])
def test_every_format_is_read(format, tmp_path):
    path = tmp_path / "drawing"
    painted(COVERAGE, (0,) * 3, (255,) * 3).save(path, format)
    assert overlap(to_ink(open_picture(path)), COVERAGE) > 0.97


def test_exif_rotation_is_applied():
    file = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held so that the picture must be turned by 90 degrees
    stored = painted(COVERAGE, (0,) * 3, (255,) * 3).transpose(Image.Transpose.ROTATE_90)
    stored.save(file, "JPEG", exif=exif, quality=95)
    image = open_picture(file.getvalue())
    assert image.size == (300, 200)
    assert overlap(to_ink(image), COVERAGE) > 0.97
    assert overlap(to_ink(Image.open(file)), COVERAGE) > 0.97


@pytest.mark.parametrize("conditions", [
    {},
    {"edge": True},
    {"noise": 15},
    {"rules": 0.25},
    {"rules": 0, "ink": 0.7},
    {"shadow": 0.85},
    {"table": True},
    {"noise": 1, "shadow": 0.05},
], ids=str)  # fmt: skip
def test_a_photograph_gives_the_ink_and_nothing_else(conditions):
    truth = drawn((800, 600), (120, 200, 140, 220), 16)
    found = to_ink(photographed(truth, **conditions))
    assert overlap(found, truth) > 0.94
    # The strip shows dirt anywhere at once, as it moves and shrinks the number.
    assert np.abs(fit_ink(found).astype(int) - fit_ink(truth)).mean() < 5
    soft = (found > 32) & (found < 224)
    assert soft.any()
    assert not found[far_from(truth, 8)].any()


def test_a_global_threshold_would_fail_on_the_photograph():
    truth = drawn((800, 600), (120, 200, 140, 220), 16)
    gray = np.asarray(photographed(truth, edge=True).convert("L"))
    assert max(overlap(255 * (gray < cut), truth) for cut in range(256)) < 0.8


@pytest.mark.parametrize("shaded", [0.65, 0.95])
def test_a_shadow_on_overexposed_paper_is_not_ink(shaded):
    truth = drawn((800, 600), (120, 200, 140, 220), 16)
    y, x = np.mgrid[:600, :800]
    light = np.where(x + 0.3 * y > shaded * 800, 150, 255) * (1 - 0.7 * truth / 255)
    found = to_ink(Image.fromarray(light.astype(np.uint8)))
    assert overlap(found, truth) > 0.94


def test_chalk_on_a_blackboard():
    truth = drawn((800, 600), (120, 200, 140, 220), 16)
    negative = Image.fromarray(255 - np.asarray(photographed(truth)))
    assert overlap(to_ink(negative), truth) > 0.94


def test_a_large_photograph_is_reduced():
    truth = drawn((2400, 1800), (700, 800, 220, 300), 24)
    found = to_ink(photographed(truth))
    assert found.shape == (1200, LONG_SIDE)
    reduced = np.asarray(Image.fromarray(truth).resize((1600, 1200), Image.Resampling.BOX))
    assert overlap(found, reduced) > 0.94


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_header(width, height):
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(1000)))


HOSTILE = {
    "empty": (b"", "empty"),
    "text": (b"forty-two\n", "not a picture"),
    "script": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not a picture"),
    "truncated": (png(Image.fromarray(COVERAGE))[:-300], "damaged"),
    "signature": (png(Image.fromarray(COVERAGE))[:12], "not a picture"),
    "bomb": (png_header(60_000, 60_000), "megapixels"),
    "small bomb": (png_header(10_000, 10_000), "megapixels"),
    "just too large": (png_header(7_100, 7_100), "megapixels"),
    "no pixels": (png_header(0, 0), "damaged|not a picture"),
    "heavy": (bytes(50_000_001), "50 MB"),
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.filterwarnings("error")
def test_hostile_files_are_refused_in_one_line(name, tmp_path):
    content, problem = HOSTILE[name]
    path = tmp_path / "odd\nname.png"
    path.write_bytes(content)
    for source, called in ((path, "name.png"), (content, "the picture")):
        with pytest.raises(BadInput, match=problem) as refused:
            open_picture(source)
        message = str(refused.value)
        assert called in message
        assert "\n" not in message
        assert refused.value.__cause__ is None


def test_what_is_no_file_is_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")  # nobody writes into it: to open it would wait for ever
    pipe, device = tmp_path / "pipe.png", Path("/dev/zero")
    for path in (tmp_path, tmp_path / "none.png", Path("x" * 5000), pipe, device):
        with pytest.raises(BadInput, match="cannot be read"):
            open_picture(path)


@pytest.mark.parametrize("picture", [
    Image.new("L", (300, 200), 255),
    Image.new("L", (28, 28)),
    Image.new("L", (1, 1), 90),
    Image.new("RGBA", (300, 200)),
    Image.new("F", (300, 200)),
    Image.fromarray(np.random.default_rng(0).integers(245, 255, (200, 300), np.uint8)),
    photographed(np.zeros((600, 800), np.uint8)),
], ids=["white", "black", "pixel", "transparent", "float", "noise", "paper"])  # fmt: skip
def test_a_blank_picture_holds_no_ink(picture):
    with pytest.raises(BadInput, match="no ink"):
        to_ink(picture)


@pytest.mark.parametrize("size", [(300, 100), (2 * LONG_SIDE, 900)])
def test_the_picture_that_was_given_stays_as_it_is(size):
    picture = painted(drawn(size, (40, 20, 40, 60), 9), (20, 30, 90), (250, 250, 240))
    before = picture.copy()
    to_ink(picture)
    assert picture == before


@pytest.mark.parametrize("size", [(1, 3000), (3000, 1), (1, 4000), (4000, 1), (65, 1), (2, 65)])
def test_thin_pictures_do_not_crash(size):
    noise = np.random.default_rng(1).integers(0, 256, size[::-1], np.uint8)
    with contextlib.suppress(BadInput):
        assert to_ink(Image.fromarray(noise)).dtype == np.uint8


def test_an_animation_is_its_first_frame(tmp_path):
    first, second = Image.fromarray(255 - COVERAGE), Image.new("L", COVERAGE.shape[::-1], 255)
    for name in ("a.gif", "a.png", "a.webp"):
        first.save(tmp_path / name, save_all=True, append_images=[second] * 3)
        assert overlap(to_ink(open_picture(tmp_path / name)), COVERAGE) > 0.97


def test_levels_that_are_no_numbers_are_no_ink():
    deep = np.where(COVERAGE > 127, 1.0, 0.0).astype(np.float32)
    deep[:3] = np.nan
    deep[3:6] = np.inf
    found = to_ink(Image.fromarray(deep))
    assert overlap(found, np.where(COVERAGE > 127, 255, 0)) > 0.97


def test_an_oversized_picture_in_memory_is_refused():
    with pytest.raises(BadInput, match="megapixels"):
        to_ink(Image.new("1", (7_100, 7_100)))


def test_specks_are_dropped_and_parts_of_digits_kept():
    truth = drawn((800, 600), (120, 200, 140, 220), 16)
    marks = truth.copy()
    marks[100:106, 600:606] = 255  # dirt
    marks[300:330, 30:60] = 255  # a blot as large as the separate stroke of a 5
    found = to_ink(photographed(marks))
    assert not found[95:111, 595:611].any()
    assert np.mean(found[300:330, 30:60] > 127) > 0.9


def test_a_faint_stroke_is_kept_beside_a_dark_one():
    dark = drawn((800, 600), (120, 200, 140, 220), 16, "4")
    faint = drawn((800, 600), (330, 200, 140, 220), 16, "7")
    # Of two strokes of one number the pencil pressed one a third as hard.
    found = to_ink(photographed(np.maximum(dark, (0.35 * faint).astype(np.uint8)), rules=0))
    assert overlap(found, np.maximum(dark, faint)) > 0.85
    ruled = to_ink(photographed(np.maximum(dark, (0.1 * faint).astype(np.uint8)), rules=0.25))
    assert not ruled[far_from(dark, 8)].any()  # rules are not taken for faint strokes


def test_a_small_shadow_is_no_faint_stroke():
    truth = drawn((800, 600), (120, 200, 90, 130), 12)
    y, x = np.mgrid[:600, :800]
    shadow = sum(
        1 / (1 + np.exp((np.hypot(x - left, y - top) - 45) / 6))
        for left, top in ((620, 300), (500, 5))
    )
    light = 200 * (1 - 0.25 * shadow) * (1 - 0.75 * truth / 255)
    noisy = light + np.random.default_rng(0).normal(0, 4, light.shape)
    found = to_ink(Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8)))
    assert overlap(found, truth) > 0.9
    assert not found[far_from(truth, 8)].any()


def sheet(seed, rules, written=0.0):
    """A photograph of grained paper, 640 x 480, in a shadow; rules are 0, 1 way or 2.

    Ink of what is `written`, 0..1 at each pixel, takes so much of the light.
    """
    chance, size = np.random.default_rng(seed), (640, 480)
    paper = grained(size, chance)
    if rules:
        paper = ruled(paper, chance, squared=rules == 2)
    lit = paper * light(size, chance)[..., None] * (1 - np.asarray(written)[..., None])
    noisy = lit + chance.normal(0, 3, lit.shape)
    return Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8))


@pytest.mark.parametrize("rules", [0, 1, 2])
@pytest.mark.parametrize("seed", range(8))
def test_paper_on_which_nothing_is_written_holds_no_ink(seed, rules):
    with pytest.raises(BadInput, match="no ink"):
        to_ink(sheet(seed, rules))


@pytest.mark.parametrize("rules", [0, 1, 2])
@pytest.mark.parametrize("seed", range(4))
def test_on_the_same_paper_a_thin_1_is_ink(seed, rules):
    written = np.zeros((480, 640), np.float32)
    written[180:280, 300:306] = 0.5
    assert overlap(to_ink(sheet(seed, rules, written)), 510 * written) > 0.6


@pytest.mark.parametrize("seed", range(4))
def test_on_the_same_paper_faint_writing_is_ink(seed):
    truth = drawn((640, 480), (120, 180, 110, 150), 10)
    assert overlap(to_ink(sheet(seed, 0, 0.25 * truth / 255)), truth) > 0.7


@pytest.mark.parametrize(("level", "count"), [(26.81049, 3), (34.191387, 23)])
def test_ink_of_one_level_is_all_ink(level, count):
    visible = np.full(count, level, np.float32)
    assert visible.mean() > visible.max()  # rounded
    cut, full = two_means(visible)
    assert (visible >= cut).all()
    assert full == pytest.approx(level)

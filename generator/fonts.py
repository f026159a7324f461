"""Digits of handwriting fonts: each glyph's middle line, as the pen might have drawn it.

A font made after somebody's hand is one more writer; see `generator.middle_lines`. A line drawn so
takes any brush, where the font knows but one.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from generator.errors import BadInput
from generator.files import as_text
from generator.middle_lines import middle_lines
from generator.strokes import StrokeDigit

SUFFIXES = (".ttf", ".otf", ".woff", ".woff2")
SOURCE = "fonts"
HEIGHT = 110  # pixels that the tallest digit spans when it is thinned
LARGEST = 1 << 26  # bytes of one file
_SMOOTH = 1.5  # pixels


def font_digits(path: Path) -> Iterator[StrokeDigit]:
    """The font's digits 0..9 as pen strokes, y down, in pixels; a digit it lacks is left out.

    The writer is the file's name.

    Raises:
        BadInput: the file is no font, or scikit-image is not installed.
    """
    font = opened(path)
    for label in range(10):
        strokes = middle_lines(drawn_text(font, str(label)))
        if strokes:
            yield StrokeDigit(label, as_text(path.stem), strokes, 1.0, SOURCE)


def opened(path: Path) -> ImageFont.FreeTypeFont:
    """The font, so large that its tallest digit spans `HEIGHT` pixels.

    Raises:
        BadInput: the file is no font.
    """
    if path.stat().st_size > LARGEST:
        raise BadInput(f"{path} is larger than {LARGEST >> 20} MiB: no font of digits is")
    try:
        font = ImageFont.truetype(path, HEIGHT)
        _, top, _, bottom = font.getbbox("0123456789")
        return ImageFont.truetype(path, max(1, round(HEIGHT * HEIGHT / max(1, bottom - top))))
    except OSError as error:
        raise BadInput(f"{path} cannot be read as a font ({error}): replace it") from None


def drawn_text(font: ImageFont.FreeTypeFont, text: str) -> NDArray[np.uint8]:
    """The text as the font prints it, a little blurred: uint8 [height, width], ink 255."""
    left, top, right, bottom = (int(side) for side in font.getbbox(text))
    margin = 8
    size = (min(right - left, 8 * HEIGHT) + 2 * margin, min(bottom - top, 8 * HEIGHT) + 2 * margin)
    picture = Image.new("L", size)
    ImageDraw.Draw(picture).text((margin - left, margin - top), text, font=font, fill=255)
    return np.asarray(picture.filter(ImageFilter.GaussianBlur(_SMOOTH)))

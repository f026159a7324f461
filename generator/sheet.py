"""Contact sheets: many strips on one picture, each with a caption, in sections if need be."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

_ZOOM = 2
_GAP = 6
_CAPTION = 16
_TITLE = 30
_LEAST = 256  # px, room for a caption
_PAPER, _INK = (38, 40, 46), (226, 228, 232)


def contact_sheet(
    strips: NDArray[np.uint8], captions: Sequence[str], columns: int = 4
) -> Image.Image:
    """Lay strips out in rows.

    Args:
        strips: uint8 [N, 1, H, W].
        captions: N short texts, written above the strips.
        columns: strips beside each other.
    """
    rows = -(-len(strips) // columns)
    size = (strips.shape[3] * _ZOOM, strips.shape[2] * _ZOOM)
    wide, high = max(size[0], _LEAST) + _GAP, size[1] + _GAP + _CAPTION
    sheet = Image.new("RGB", (columns * wide + _GAP, rows * high + _GAP), _PAPER)
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(12)
    for index, (strip, caption) in enumerate(zip(strips, captions, strict=True)):
        left = _GAP + index % columns * wide
        top = _GAP + index // columns * high
        pen.text((left, top), caption, _INK, font)
        picture = Image.fromarray(strip[0]).resize(size)
        sheet.paste(picture, (left, top + _CAPTION))
    return sheet


def stacked(sections: Sequence[tuple[str, Image.Image]]) -> Image.Image:
    """One below the other, each sheet with its title above; at least one."""
    size = (
        max(sheet.width for _, sheet in sections),
        sum(sheet.height + _TITLE for _, sheet in sections),
    )
    whole = Image.new("RGB", size, _PAPER)
    pen, font, top = ImageDraw.Draw(whole), ImageFont.load_default(16), 0
    for title, sheet in sections:
        pen.text((_GAP, top + _GAP), title, _INK, font)
        whole.paste(sheet, (0, top + _TITLE))
        top += _TITLE + sheet.height
    return whole

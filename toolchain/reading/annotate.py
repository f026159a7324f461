"""A picture with what was read in it drawn on top: a box and the digits of each number."""

from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

from toolchain.reading.recognizer import Reading

FRAME, DIGIT, DOUBT = (36, 86, 214), (18, 128, 92), (192, 54, 44)
SURE = 0.9  # below it a number's colour is that of doubt
TEXT = 0.045  # height of the writing, of the picture's longer side


def annotate(picture: Image.Image, readings: Sequence[Reading]) -> Image.Image:
    """A copy of an RGB picture with boxes, numbers and confidence, for people to look at."""
    shown = picture.convert("RGB").copy()
    size = max(10, round(TEXT * max(shown.size)))
    font, pen = ImageFont.load_default(size), ImageDraw.Draw(shown)
    line = max(1, size // 12)
    for reading in readings:
        colour = FRAME if reading.confidence >= SURE else DOUBT
        for digit in reading.digits:
            pen.rectangle(digit.box, outline=DIGIT, width=line)
        left, top, right, bottom = reading.box
        around = (left - 2 * line, top - 2 * line, right + 2 * line, bottom + 2 * line)
        pen.rectangle(around, outline=colour, width=line)
        text = f"{reading.number or '?'}  {reading.confidence:.0%}"
        ends = pen.textbbox((0, 0), text, font=font)
        above = top - 2 * line - ends[3] - line
        place = (max(0, around[0]), above if above >= 0 else bottom + 3 * line)
        pen.rectangle(pen.textbbox(place, text, font=font), fill=colour)
        pen.text(place, text, fill="white", font=font)
    return shown

"""What a phone wants to know of a page that is put on its home screen: a manifest, and icons."""

import io
import json

from PIL import Image, ImageDraw

SIDES = (180, 192, 512)  # px; iOS takes the first, Android the others
GROUND, INK = "#2456d6", "#ffffff"  # as page/icon.svg has them
SEVEN = ((10, 9), (22, 9), (14, 24))  # its line, on a square of 32
PEN = 3.4
FINER = 4  # px drawn for each px of the icon


def manifest() -> bytes:
    """The web manifest; its addresses are relative, so that the page may lie in any folder."""
    content = {
        "name": "Sketchpad",
        "description": "Reads handwritten numbers.",
        "start_url": "./",
        "scope": "./",
        "display": "standalone",
        "background_color": "#f4f5f8",
        "theme_color": GROUND,
        "icons": [
            {
                "src": icon_name(side),
                "sizes": f"{side}x{side}",
                "type": "image/png",
                "purpose": "any maskable",
            }
            for side in SIDES[1:]
        ],
    }
    return json.dumps(content, indent=2).encode()


def icon_name(side: int) -> str:
    """The file of the icon of that size."""
    return f"icon-{side}.png"


def icon(side: int) -> bytes:
    """The icon as PNG, side x side px, filled to its corners: phones round them as they like."""
    unit = FINER * side / 32
    image = Image.new("RGB", (FINER * side, FINER * side), GROUND)
    pen = ImageDraw.Draw(image)
    path = [(x * unit, y * unit) for x, y in SEVEN]
    pen.line(path, INK, round(PEN * unit))
    radius = PEN * unit / 2
    for x, y in path:
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), INK)
    content = io.BytesIO()
    image.resize((side, side), Image.Resampling.BOX).save(content, "PNG", optimize=True)
    return content.getvalue()

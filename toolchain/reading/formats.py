"""The formats of pictures that are read: the one place that lists them."""

import functools
import mimetypes
from importlib.util import find_spec
from pathlib import Path

from PIL import features

# By Pillow's names, with the endings of their files. Pillow's other readers stay shut: they are
# rare for pictures, and some start other programs.
SUFFIXES = {
    "PNG": (".png",),
    "JPEG": (".jpg", ".jpeg"),
    "WEBP": (".webp",),
    "BMP": (".bmp",),
    "GIF": (".gif",),
    "TIFF": (".tif", ".tiff"),
    "PPM": (".ppm", ".pgm"),
    "AVIF": (".avif",),
    "HEIF": (".heic", ".heif", ".hif"),
}
_PLUG_IN = "pillow_heif"
# What the first box of such a file calls itself (ISO/IEC 23008-12 and AV1's image format).
_BRANDS = {b"avif": "AVIF", b"avis": "AVIF"} | dict.fromkeys(
    (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"), "HEIF"
)


@functools.cache
def readable() -> tuple[str, ...]:
    """Pillow's names of the formats that can be read here: HEIF wants a plug-in, AVIF a library."""
    lacking = set() if features.check("avif") else {"AVIF"}
    if find_spec(_PLUG_IN) is None:
        lacking.add("HEIF")
    return tuple(name for name in SUFFIXES if name not in lacking)


def plug_in_for(content: bytes) -> None:
    """Have Pillow read HEIF, where that is what it is given and the plug-in is there."""
    if _named(content) == "HEIF" and "HEIF" in readable():
        from pillow_heif import register_heif_opener

        register_heif_opener()


def is_picture(path: Path) -> bool:
    """Whether a file is one by its name; it may be one that cannot be read."""
    known = path.suffix.lower() in {suffix for each in SUFFIXES.values() for suffix in each}
    return known or (mimetypes.guess_type(path.name)[0] or "").startswith("image/")


def why_unread(content: bytes) -> str:
    """What to do about content that none of the readers took."""
    name = _named(content)
    if name in (None, *readable()):
        return "is empty or not a picture: give a PNG or JPEG file"
    from toolchain import extras  # only now: it reads what is installed

    mend = f" {extras.install('heic')}, or" if name == "HEIF" else ""
    called = "a HEIC picture" if name == "HEIF" else "an AVIF picture"
    return f"is {called}, which cannot be read here:{mend} save it as PNG or JPEG"


def _named(content: bytes) -> str | None:
    return _BRANDS.get(content[8:12]) if content[4:8] == b"ftyp" else None

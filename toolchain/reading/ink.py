"""From any picture to ink: uint8 [H, W], 0 = background, 255 = ink; NumPy and Pillow only."""

import io
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageFilter, ImageOps

from generator.errors import BadInput
from generator.files import open_regular
from toolchain.reading.canvas import canvas_in
from toolchain.reading.components import Components
from toolchain.reading.formats import plug_in_for, readable, why_unread
from toolchain.reading.rules import rules_among

MAX_MEGABYTES, MAX_MEGAPIXELS = 50, 50  # read no file and decode no picture larger than this
LONG_SIDE = 1600  # larger pictures are reduced to this
SMALL = 64  # a picture with no longer side is a drawing: nobody photographs at this size
CONTRAST = 24  # levels between background and ink below which a picture counts as blank
EVEN = 0.5  # a drawing has this share of pixels within 1 level of background or full ink ...
DRIFT = 0.02  # ... and at most this share in slow ramps: drawings have none, shadows are ramps
SPECK = 0.02  # of the largest stroke's area: what is smaller is dirt
BORDER = 0.01  # of the shorter side: nearer to the picture's border nothing faint is written
CHALK = 0.5  # skewness of the local contrast from which on ink is light on dark
PALE = 128  # of 255: what takes less of the light may be rules or grain
LOWEST = 12  # px, or a hundredth of the longer side: no digit that can be read is lower
BROAD = 3.0  # of the strokes' breadth: what is faint and broader is a shadow
RULED = 0.2  # of what is faint; where more is rules, nothing faint is told from them
BLANK = "the picture holds no ink: draw or photograph a number first"


def open_picture(source: Path | bytes) -> Image.Image:
    """Read a picture file, or its content, as RGB: upright, opaque, of an animation frame 1.

    Raises:
        BadInput: missing, too large, empty, truncated, or not a picture.
    """
    # repr keeps odd file names (line breaks, undecodable bytes) on one printable line.
    name = repr(str(source)) if isinstance(source, Path) else "the picture"
    try:
        if isinstance(source, Path):
            with open_regular(source) as file:
                source = file.read(MAX_MEGABYTES * 10**6 + 1)
    except OSError as error:
        raise BadInput(f"{name} cannot be read ({error.strerror}): check the path") from None
    if len(source) > MAX_MEGABYTES * 10**6:
        raise BadInput(f"{name} is larger than {MAX_MEGABYTES} MB: save it smaller")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            plug_in_for(source)
            image = Image.open(io.BytesIO(source), formats=readable())
    except Image.DecompressionBombError:
        raise BadInput(f"{name} has over {MAX_MEGAPIXELS} megapixels: save it smaller") from None
    except Exception:  # Pillow's readers raise a dozen kinds on hostile headers
        raise BadInput(f"{name} {why_unread(source)}") from None
    return _plain(image, name)


def to_ink(image: Image.Image) -> NDArray[np.uint8]:
    """Find the ink of a picture of any mode, dark on light or light on dark.

    It is a drawing if its longer side is at most `SMALL`, or if at least `EVEN` of its pixels
    equal background or full ink within 1 level and at most `DRIFT` of a thumbnail, where soft
    edges are steep and shadows are not, is far from both. Else it is a photograph.

    Returns:
        uint8 [H, W], 0 = background, 255 = full ink, longer side `LONG_SIDE` at most.

    Raises:
        BadInput: the picture is blank, broken, or above 50 megapixels.
    """
    image = _plain(image, "the picture")
    if max(image.size) > LONG_SIDE:
        scale = LONG_SIDE / max(image.size)
        wide, high = (max(1, round(scale * side)) for side in image.size)  # a hair's breadth stays
        image = image.resize((wide, high), Image.Resampling.BOX)
    return _found(image)


def _found(image: Image.Image) -> NDArray[np.uint8]:
    """As `to_ink`, of a picture that is RGB and small enough."""
    distance = _distance(np.asarray(image))
    inked = distance[distance >= CONTRAST]
    if not inked.size:
        raise BadInput(BLANK)
    if (canvas := canvas_in(distance, CONTRAST)) is not None:
        ink = np.zeros(distance.shape, np.uint8)
        ink[canvas[1] : canvas[3], canvas[0] : canvas[2]] = _found(image.crop(canvas))
        return ink
    # Nearly the largest distance is full ink, so that one odd pixel does not decide.
    full = float(np.percentile(inked, 99))
    ink = _stretch(np.arange(256), full)[distance]
    even = np.mean((distance <= 1) | (np.abs(distance - full) <= 1)) >= EVEN
    drawing = max(ink.shape) <= SMALL or (even and _drift(ink) <= DRIFT)
    return ink if drawing else _photographed(image.convert("L"))


def _plain(image: Image.Image, name: str) -> Image.Image:
    """Decode, turn upright, make opaque: any mode -> RGB."""
    if image.width * image.height > MAX_MEGAPIXELS * 10**6:
        raise BadInput(f"{name} has over {MAX_MEGAPIXELS} megapixels: save it smaller")
    try:
        image.load()
        # Pillow copies a picture that is upright already: 12 megapixels are not copied in vain.
        turned = image.getexif().get(ExifTags.Base.Orientation, 1) != 1
        return _opaque(ImageOps.exif_transpose(image) if turned else image)
    except Exception:  # Pillow's decoders raise a dozen kinds on broken data
        raise BadInput(f"{name} is damaged: save it again as PNG or JPEG") from None


def _opaque(image: Image.Image) -> Image.Image:
    """Fill transparency: any mode -> RGB.

    A card that brings its own background (mostly opaque, several levels) is filled with its
    median colour. Else the visible part is the ink, on white, or on black if the ink is light.
    """
    if image.mode.startswith("I") or image.mode == "F":  # Pillow would clip these at 255
        deep = np.nan_to_num(np.asarray(image, np.float32), posinf=0, neginf=0)
        deep -= deep.min()
        image = Image.fromarray(_stretch(deep, max(float(deep.max()), 1e-9)))
    if not image.has_transparency_data:
        return image if image.mode == "RGB" else image.convert("RGB")
    every = max(image.size) // LONG_SIDE + 1
    pixels = np.asarray(image.convert("RGBA"))[::every, ::every]
    solid = pixels[pixels[..., 3] >= 128, :3]
    fill = np.full(3, 255)
    if solid.size:
        low, high = np.percentile(solid.mean(1), (0.5, 99.5))
        if 2 * solid.size > pixels[..., :3].size and high - low >= 64:
            fill = np.median(solid, 0)
        elif solid.mean() >= 128:
            fill = np.zeros(3)
    canvas = Image.new("RGBA", image.size, (int(fill[0]), int(fill[1]), int(fill[2]), 255))
    return Image.alpha_composite(canvas, image.convert("RGBA")).convert("RGB")


def _distance(pixels: NDArray[np.uint8]) -> NDArray[np.int16]:
    """[H, W, 3] -> [H, W], 0..255: largest difference of a channel from the background.

    Unlike luminance this is linear along an anti-aliased edge for every colour of ink.
    """
    # Plane by plane: NumPy is slow along an axis of three.
    red, green, blue = np.moveaxis(pixels, 2, 0).astype(np.int16)
    level = (red + green + blue) // 3
    edge = np.concatenate([level[0], level[-1], level[:, 0], level[:, -1]])
    # The border votes too: in a tight crop of a thick digit the ink is the majority.
    votes = np.bincount(level.ravel(), minlength=256) / level.size
    votes += np.bincount(edge, minlength=256) / edge.size / 2
    mode = int(np.convolve(votes, np.ones(5), "same").argmax())
    common = np.abs(level - mode) <= 2
    apart = [np.abs(plane - int(np.median(plane[common]))) for plane in (red, green, blue)]
    return np.asarray(np.maximum.reduce(apart))


def _drift(ink: NDArray[np.uint8]) -> float:
    """Share of a thumbnail in half-inked pixels far from anything half as inked."""
    small = Image.fromarray(ink)
    small.thumbnail((128, 128), Image.Resampling.BOX)
    level, lowest = np.asarray(small), np.asarray(small.filter(ImageFilter.MinFilter(7)))
    return float(np.mean((level > 32) & (level < 224) & (lowest > level / 2)))


def _photographed(gray: Image.Image) -> NDArray[np.uint8]:
    """Ink of a photograph, mode L: contrast with the paper nearby, one threshold, no specks."""
    gray = gray.filter(ImageFilter.GaussianBlur(max(gray.size) / 1000))
    window = min(gray.size) // 4 | 1  # wider than strokes, narrower than most shadows
    level = np.asarray(gray)
    # Ink is the minority, so it is the heavy tail of the local contrast; grain has two alike.
    nearby = np.asarray(gray.filter(ImageFilter.BoxBlur(window // 2)))
    away = level.astype(np.float32) - nearby
    square = away * away
    if np.mean(square * away) > CHALK * np.mean(square) ** 1.5:
        level = 255 - level
    # A closing removes strokes only; padding makes a strip of table at the border wide enough.
    paper = np.pad(level, window - 1, mode="edge")
    paper = 255 - _highest(255 - _highest(paper, window), window)
    gap = paper.astype(np.int16) - level
    gap = gap.astype(np.float32) - np.float32(np.median(gap))
    # Relative to the paper: the same in the shadow.
    drop = (255 * gap / np.maximum(paper, 32)).astype(np.float32)
    salient = (gap > 9 * np.median(np.abs(gap))) & (drop > CONTRAST)  # 6 sigma of the noise
    visible = drop[salient]
    if not visible.size:
        raise BadInput(BLANK)
    cut, full = two_means(visible)
    strong = _without_specks(salient & (drop >= cut))
    if full < PALE and not _written(drop, strong):
        raise BadInput(BLANK)
    weak = _faint_strokes(drop, salient & (drop < cut), strong)
    # Beyond the soft edge of a stroke there is only paper, whatever its level.
    found = _stretch(np.where(_wider(strong, 5), drop, 0), full)
    if weak.any():
        pale = np.where(_wider(weak, 5), drop, 0)
        found = np.maximum(found, _stretch(pale, float(np.percentile(drop[weak], 75))))
    return found


def two_means(visible: NDArray[np.float32]) -> tuple[float, float]:
    """Between ink on one side, ruled lines and soft edges on the other; and the ink's mean."""
    lowest, highest = float(visible.min()), float(visible.max())
    faint, full = lowest, highest
    for _ in range(20):
        # A mean of equal values may be rounded off them.
        cut = min(max((faint + full) / 2, lowest), highest)
        faint, full = float(visible[visible <= cut].mean()), float(visible[visible >= cut].mean())
    return cut, full


def _written(drop: NDArray[np.float32], strong: NDArray[np.bool_]) -> bool:
    """Whether any of what looks like ink is neither a speck nor a rule of the paper."""
    boxes = Components(strong & ~rules_among(strong, drop)).boxes
    return bool((boxes[:, 3] - boxes[:, 1] >= max(LOWEST, max(strong.shape) / 100)).any())


def _faint_strokes(
    drop: NDArray[np.float32], weak: NDArray[np.bool_], strong: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """What is paler than the ink and yet written: strokes as thin as its own, and no rules.

    Args:
        drop: [H, W], darkness.
        weak: what is darker than paper and paler than ink, soft edges among it.
        strong: the ink.
    """
    weak = weak & ~_wider(strong, 7)
    if not weak.any():
        return weak
    # What an opening leaves is broader than any stroke: the edge of a shadow or of the sheet.
    breadth = 2 * np.count_nonzero(strong) / np.count_nonzero(strong & _wider(~strong, 3))
    window = min(int(BROAD * breadth), min(drop.shape) // 4) | 1
    around = np.pad(drop, window - 1, mode="edge")
    weak &= drop - _highest(-_highest(-around, window), window) > CONTRAST
    pieces, ink = Components(weak), Components(strong)
    if not pieces.areas.size:
        return weak
    tallest = float((ink.boxes[:, 3] - ink.boxes[:, 1]).max())
    sides = pieces.boxes[:, 2:] - pieces.boxes[:, :2]
    long = (sides.max(1) > 2 * tallest) | (sides.max(1) > 12 * np.maximum(sides.min(1), 1))
    most = RULED * np.count_nonzero(weak)
    if pieces.areas[long].sum() > most or np.count_nonzero(rules_among(weak, drop)) > most:
        return np.zeros_like(weak)
    high, wide = weak.shape
    left, top, right, bottom = pieces.boxes.T
    rim = np.minimum.reduce([left, top, wide - right, high - bottom])
    large = pieces.areas >= SPECK * ink.areas.max()
    return pieces.mask(large & ~long & (rim > BORDER * min(high, wide)))


def _wider(mask: NDArray[np.bool_], size: int) -> NDArray[np.bool_]:
    """All that lies in a square of so many px, an odd number, around a pixel of the mask."""
    for axis in (0, 1):
        wide = mask.copy()
        # Views whose first axis is this one: what is set in them is set in the mask.
        wide_on, mask_on = wide.swapaxes(0, axis), mask.swapaxes(0, axis)
        for step in range(1, size // 2 + 1):
            wide_on[step:] |= mask_on[:-step]
            wide_on[:-step] |= mask_on[step:]
        mask = wide
    return mask


def _highest(plane: NDArray[Any], window: int) -> NDArray[Any]:
    """[H, W] -> [H - window + 1, W - window + 1]: largest value in each window x window square."""
    for _ in range(2):
        plane, covered = plane.T, 1
        while covered < window:  # the maximum over 2n is the larger of two maxima over n
            step = min(covered, window - covered)
            plane = np.maximum(plane[:-step], plane[step:])
            covered += step
    return plane


def _without_specks(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Drop components smaller than `SPECK` of the largest; one must be there."""
    pieces = Components(mask)
    return pieces.mask(pieces.areas >= SPECK * pieces.areas.max())


def _stretch(level: NDArray[np.floating | np.integer], full: float) -> NDArray[np.uint8]:
    return np.asarray(np.clip(level * (255 / full) + 0.5, 0, 255).astype(np.uint8))

"""Numbers drawn on a CPU by compiled loops: what `generator.sampling` draws, within one grey level.

A digit is looked up only where it can have ink, from bytes, and written as bytes. Where a pixel
lies on the glyph's canvas is a sum of one number for its column and one for its row, however the
digit is turned, slanted, bent or shifted around: a sine a row and a column, two additions a pixel.

`generator.compiling` says how the loops become machine code.
"""

import math

import numpy as np
from numpy.typing import NDArray

from generator.compiling import Bytes, Floats, Ints, compiled
from generator.square import SIDE
from generator.strip import HEIGHT, WIDTH
from generator.strokes import CANVAS_HEIGHT, CANVAS_WIDTH, REACH

# Numba takes a plain number for a double, which would make doubles of all that it meets.
_ZERO, _HALF, _ONE, _TWO, _FULL = (np.float32(each) for each in (0, 0.5, 1, 2, 255))
_RIGHT, _BOTTOM = np.float32(CANVAS_WIDTH - 1.0001), np.float32(CANVAS_HEIGHT - 1.0001)
_STEEP = np.float32(1e-6)  # cells a pixel: less is a coordinate that does not change
_REACH, _SIDE = np.float32(REACH), np.float32(SIDE)
_RIM = _ONE  # cells about a path's ink: between cells, a distance is up to so much too small
_BELOW, _BESIDE = np.uint32(CANVAS_WIDTH), np.uint32(1)


@compiled
def _paint(
    strip: Bytes,
    canvas: Bytes,
    of_column: Floats,
    of_row: Floats,
    spans: Ints,
    rows: tuple[int, int],
    room: Floats,
    gain: np.float32,
    bias: np.float32,
) -> None:
    """Draw a glyph over the strip [32, 128], the brighter of both, in place.

    `of_column` [2, 128] and `of_row` [2, 32] add up to x and y on the `canvas` in cells, of which
    those in the `room`, left, top, right and bottom, are shown, in `rows` from .. to, the columns
    of each by `spans` [32, 2].
    """
    canvas, bias = canvas.ravel(), bias * _FULL + _HALF
    left, top, right, bottom = room[0] - _HALF, room[1] - _HALF, room[2] - _HALF, room[3] - _HALF
    for row in range(rows[0], rows[1]):
        plus_x, plus_y = of_row[0, row] - _HALF, of_row[1, row] - _HALF
        line = strip[row]
        # No branch within, so that several pixels are computed at once.
        for column in range(spans[row, 0], spans[row, 1]):
            x, y = of_column[0, column] + plus_x, of_column[1, column] + plus_y
            shown = (x >= left) & (x <= right) & (y >= top) & (y <= bottom)
            inner_x, inner_y = min(max(x, _ZERO), _RIGHT), min(max(y, _ZERO), _BOTTOM)
            # Beyond the canvas all is empty.
            fade = max(_ZERO, _ONE - abs(x - inner_x)) * max(_ZERO, _ONE - abs(y - inner_y))
            i, j = np.int32(inner_y), np.int32(inner_x)
            across, down = inner_x - np.float32(j), inner_y - np.float32(i)
            cell = np.uint32(i * CANVAS_WIDTH + j)
            a, b = np.float32(canvas[cell]), np.float32(canvas[cell + _BESIDE])
            cell += _BELOW
            c, d = np.float32(canvas[cell]), np.float32(canvas[cell + _BESIDE])
            above, below = a + across * (b - a), c + across * (d - c)
            value = gain * fade * (above + down * (below - above)) + bias
            value = max(_ZERO, min(value, _FULL)) if shown else _ZERO
            line[column] = max(line[column], np.uint8(np.int32(value)))


@compiled
def _extent(canvas: Bytes) -> tuple[np.float32, np.float32, np.float32, np.float32]:
    """Left, top, right, bottom of all that is not empty on a canvas [40, 64]."""
    seen = np.zeros(CANVAS_WIDTH, np.uint8)
    top, bottom = CANVAS_HEIGHT, 0
    for row in range(CANVAS_HEIGHT):
        there = np.uint8(0)
        for column in range(CANVAS_WIDTH):
            there |= canvas[row, column]
            seen[column] |= canvas[row, column]
        if there:
            top, bottom = min(top, row), row + 1
    left, right = CANVAS_WIDTH, 0
    for column in range(CANVAS_WIDTH):
        if seen[column]:
            left, right = min(left, column), column + 1
    return np.float32(left), np.float32(top), np.float32(right), np.float32(bottom)


@compiled
def _spans(
    spans: Ints,
    of_row: Floats,
    rows: tuple[int, int],
    columns: tuple[int, int],
    room: Floats,
    matrix: Floats,
    centre: np.float32,
    sway: np.float32,
) -> None:
    """For each row, the columns that may lie in the room: it stands aslant on the strip."""
    for row in range(rows[0], rows[1]):
        first, last = np.float32(columns[0]), np.float32(columns[1])
        for k in range(2):
            slope, swing = matrix[2 * k], abs(matrix[2 * k + 1] * sway)
            if abs(slope) > _STEEP:
                start = (room[k] - swing - of_row[k, row]) / slope + centre - _HALF
                end = (room[k + 2] + swing - of_row[k, row]) / slope + centre - _HALF
                first = max(first, min(start, end))
                last = min(last, max(start, end) + _ONE)
        spans[row, 0], spans[row, 1] = int(first), int(max(last, first))


@compiled
def _cut(
    alone: Bytes,
    strip: Bytes,
    of_column: Floats,
    of_row: Floats,
    spans: Ints,
    rows: tuple[int, int],
    slit: Floats,
) -> None:
    """Move a digit that is drawn alone to the strip, without its slit; see `flaws.slits`."""
    for row in range(rows[0], rows[1]):
        for column in range(spans[row, 0], spans[row, 1]):
            dx = of_column[0, column] + of_row[0, row] - slit[0]
            dy = of_column[1, column] + of_row[1, row] - slit[1]
            along = abs(dx * slit[2] + dy * slit[3]) - slit[4]
            across = abs(dx * slit[3] - dy * slit[2]) - slit[5]
            outside = min(max(max(along, across) * slit[6] + _HALF, _ZERO), _ONE)
            left = min(alone[row, column], np.uint8(outside * _FULL + _HALF))
            strip[row, column] = max(strip[row, column], left)
            alone[row, column] = 0


@compiled
def _dot(strip: Bytes, x: np.float32, y: np.float32, radius: np.float32) -> None:
    far = radius + _ONE
    for row in range(max(0, int(y - far)), min(HEIGHT, int(y + far) + 1)):
        for column in range(max(0, int(x - far)), min(WIDTH, int(x + far) + 1)):
            dx, dy = np.float32(column) + _HALF - x, np.float32(row) + _HALF - y
            ink = min(radius + _HALF - np.sqrt(dx * dx + dy * dy), _ONE)
            if ink > _ZERO:
                strip[row, column] = max(strip[row, column], np.uint8(ink * _FULL + _HALF))


@compiled
def paint_placed(
    strips: Bytes,
    bank: tuple[Bytes, Floats, NDArray[np.bool_]],
    glyphs: Ints,
    place: Floats,
    slits: Floats,
    dots: Floats,
) -> None:
    """Draw numbers as a `Placement` has them, on empty strips.

    Args:
        strips: uint8 [N, 32, 128], 0; drawn on.
        bank: a bank's pixels, boxes and drawn.
        glyphs: int64 [N, 5]; below 0 where there is none.
        place: float32 [N, 5, 13]: x, y, inverse, sway, pace, gain, bias.
        slits: float32 [N, 5, 7], see `generator.flaws.slits`; [0, 5, 7] for none.
        dots: float32 [N, D, 3], x, y and radius; [0, D, 3] for none.
    """
    pixels, boxes, drawn = bank
    of_column, of_row = np.zeros((2, WIDTH), np.float32), np.zeros((2, HEIGHT), np.float32)
    spans = np.zeros((HEIGHT, 2), np.int64)
    room = np.zeros(4, np.float32)
    alone = np.zeros((HEIGHT, WIDTH), np.uint8)
    for n in range(len(strips)):
        for k in range(glyphs.shape[1]):
            glyph = glyphs[n, k]
            if glyph < 0:
                continue
            x, y, a, b, c, d, sway_x, sway_y, phase_x, phase_y, pace, gain, bias = place[n, k]
            box = boxes[glyph]
            middle_x, middle_y = (box[0] + box[2]) / _TWO, (box[1] + box[3]) / _TWO
            # Where there can be ink: as far from the path as the pen reaches, or all that is inked.
            rim = _HALF
            if drawn[glyph]:
                room[0], room[1], room[2], room[3] = box[0], box[1], box[2], box[3]
                rim = _REACH * (_ONE + bias / gain) + _RIM
            else:
                room[0], room[1], room[2], room[3] = _extent(pixels[glyph])
            for i in range(2):
                room[i] -= rim
                room[i + 2] += rim
            # Where its corners come to lie.
            area = a * d - b * c
            wide, high = abs(sway_x) + _ONE, abs(sway_y) + _ONE
            left, right, top, bottom = x, x, y, y
            for corner in range(4):
                u, v = room[2 * (corner & 1)] - middle_x, room[1 + (corner & 2)] - middle_y
                at_x, at_y = x + (d * u - b * v) / area, y + (a * v - c * u) / area
                left, right = min(left, at_x - wide), max(right, at_x + wide)
                top, bottom = min(top, at_y - high), max(bottom, at_y + high)
            columns = max(0, int(left)), min(WIDTH, int(right) + 1)
            rows = max(0, int(top)), min(HEIGHT, int(bottom) + 1)
            for column in range(columns[0], columns[1]):
                dx = np.float32(column) + _HALF - x
                up = sway_y * np.float32(math.sin(dx * pace + phase_y))
                of_column[0, column], of_column[1, column] = a * dx + b * up, c * dx + d * up
            for row in range(rows[0], rows[1]):
                dy = np.float32(row) + _HALF - y
                aside = sway_x * np.float32(math.sin(dy * pace + phase_x))
                of_row[0, row] = a * aside + b * dy + middle_x
                of_row[1, row] = c * aside + d * dy + middle_y
            _spans(spans, of_row, rows, columns, room, place[n, k, 2:6], x, sway_y)
            is_cut = len(slits) > 0 and slits[n, k, 6] > _ZERO
            strip = alone if is_cut else strips[n]
            _paint(strip, pixels[glyph], of_column, of_row, spans, rows, room, gain, bias)
            if is_cut:
                _cut(alone, strips[n], of_column, of_row, spans, rows, slits[n, k])
        for k in range(dots.shape[1] if len(dots) else 0):
            if dots[n, k, 2] > _ZERO:
                _dot(strips[n], dots[n, k, 0], dots[n, k, 1], dots[n, k, 2])


@compiled
def paint_framed(strips: Bytes, pixels: Bytes, glyphs: Ints, frames: Floats, soft: Floats) -> None:
    """Draw numbers as `Frames` has them, on empty strips.

    Args:
        strips: uint8 [N, 32, 128], 0; drawn on.
        pixels: a bank's.
        glyphs: int64 [N, 5]; below 0 where there is none.
        frames: float32 [N, 5, 11]: x, y, scale, side, shift, turn, cell, middle, pen.
        soft: float32 [N].
    """
    of_column, of_row = np.zeros((2, WIDTH), np.float32), np.zeros((2, HEIGHT), np.float32)
    spans = np.zeros((HEIGHT, 2), np.int64)
    room = np.zeros(4, np.float32)
    for n in range(len(strips)):
        for k in range(glyphs.shape[1]):
            glyph = glyphs[n, k]
            if glyph < 0:
                continue
            x, y, scale, side, across, down, turn, cell, middle_x, middle_y, pen = frames[n, k]
            cos = np.float32(math.cos(turn)) * cell
            sin = np.float32(math.sin(turn)) * cell
            half = side / _TWO
            # The pixels whose middle lies in the frame.
            first = max(0, math.ceil(x - half * scale - _HALF))
            last = min(WIDTH, math.floor(x + half * scale - _HALF) + 1)
            highest = max(0, math.ceil(y - half * scale - _HALF))
            lowest = min(HEIGHT, math.floor(y + half * scale - _HALF) + 1)
            for column in range(first, last):
                dx = (np.float32(column) + _HALF - x) / scale + half - across
                dx = (dx - np.floor(dx / side) * side - half) * (_SIDE / side)
                of_column[0, column], of_column[1, column] = cos * dx, -sin * dx
            for row in range(highest, lowest):
                dy = (np.float32(row) + _HALF - y) / scale + half - down
                dy = (dy - np.floor(dy / side) * side - half) * (_SIDE / side)
                of_row[0, row], of_row[1, row] = sin * dy + middle_x, cos * dy + middle_y
                spans[row, 0], spans[row, 1] = first, last
            frame = _SIDE / _TWO * cell
            room[0], room[2] = middle_x - frame, middle_x + frame
            room[1], room[3] = middle_y - frame, middle_y + frame
            gain, bias = _ONE, _ZERO
            if pen > _ZERO:
                px = scale * side / _SIDE
                gain = _REACH * px / cell
                bias = min(pen / _TWO * px + _HALF - gain, _ZERO)
            rows = (highest, lowest)
            _paint(strips[n], pixels[glyph], of_column, of_row, spans, rows, room, gain, bias)
        if soft[n] > _ZERO:
            _soften(strips[n], soft[n])


@compiled
def _soften(strip: Bytes, share: np.float32) -> None:
    """Draw each pixel towards the mean of those around it, by a share, in place."""
    threes = np.zeros((HEIGHT + 2, WIDTH), np.float32)
    for row in range(HEIGHT):
        for column in range(1, WIDTH - 1):
            both = np.float32(strip[row, column - 1]) + np.float32(strip[row, column + 1])
            threes[row + 1, column] = both + np.float32(strip[row, column])
        threes[row + 1, 0] = np.float32(strip[row, 0]) + np.float32(strip[row, 1])
        right = np.float32(strip[row, WIDTH - 2]) + np.float32(strip[row, WIDTH - 1])
        threes[row + 1, WIDTH - 1] = right
    ninth = share / np.float32(9)
    for row in range(HEIGHT):
        for column in range(WIDTH):
            around = threes[row, column] + threes[row + 1, column] + threes[row + 2, column]
            own = np.float32(strip[row, column]) * (_ONE - share)
            strip[row, column] = np.uint8(np.int32(own + around * ninth + _HALF))

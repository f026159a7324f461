"""What a pen draws that is no number: scribbles, and figures such as children draw.

None of it is made as `generator.negatives` makes what networks are trained to be silent about: no
sines, no faces. A scribble turns or doubles back more often than any digit. A stroke is complex
[points], x + iy, y pointing down, in any unit.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Chance = np.random.Generator
Stroke = NDArray[np.complex128]

SIDE, FREE = 320, 16  # px of the canvas, and of its border that stays free
TREMBLE = 0.8  # px by which the hand is off


def scribble(chance: Chance) -> Image.Image:
    """A spiral, a zigzag, crossed hatching, or loops of a pen that goes on as it went."""
    return _any_of((spiral, zigzag, hatching, loops), chance)


def figure(chance: Chance) -> Image.Image:
    """A stick figure, a house, a star, a heart, a tree or a flower."""
    return _any_of((person, house, star, heart, tree, flower), chance)


def spiral(chance: Chance) -> list[Stroke]:
    """Three to six turns, outwards."""
    turns, along = chance.uniform(3, 6), np.linspace(0.03, 1, 240)
    return [along * _turned(turns * along * chance.choice((-1, 1)) + chance.random())]


def zigzag(chance: Chance) -> list[Stroke]:
    """A broken line of eight to fourteen pieces that runs to and fro."""
    count = int(chance.integers(9, 16))
    across = np.cumsum(chance.uniform(0.1, 0.4, count))
    down = chance.uniform(0.3, 1, count) * np.resize((1, -1), count)
    return [(across + 1j * down) * _turned(chance.random())]


def hatching(chance: Chance) -> list[Stroke]:
    """Lines side by side, and others across them."""
    strokes: list[Stroke] = []
    first = chance.random()
    for way in (first, first + chance.uniform(0.15, 0.35)):
        count = int(chance.integers(4, 9))
        for place in np.linspace(-1, 1, count) + chance.normal(0, 0.15 / count, count):
            ends = np.array([-1, 1]) * chance.uniform(0.8, 1.2, 2)
            strokes.append((ends + 1j * place) * _turned(way))
    return strokes


def loops(chance: Chance) -> list[Stroke]:
    """A walk whose bend is what it just was, and a little else: four to nine turns, drifting."""
    bend = np.convolve(chance.normal(0, 1, 400), 0.96 ** np.arange(100), "same")
    bend += bend.std() * chance.uniform(1, 2)
    heading = chance.uniform(4, 9) * np.cumsum(bend) / bend.sum()
    return [np.cumsum(_turned(heading) + chance.uniform(0.1, 0.4) * _turned(chance.random()))]


def person(chance: Chance) -> list[Stroke]:
    """A round head, a body, arms and legs apart."""
    neck, hip = 0.6j, chance.uniform(1.3, 1.6) * 1j
    arm, leg = chance.uniform(0.4, 0.7), chance.uniform(0.25, 0.5)
    raised = chance.uniform(-0.4, 0.5) * 1j
    limbs = [(neck + 0.2j, side * arm + neck + 0.2j + raised) for side in (-1, 1)]
    limbs += [(hip, side * leg + hip + 0.8j) for side in (-1, 1)]
    return [_circle(0.3j, 0.3), *(np.array(line) for line in [(neck, hip), *limbs])]


def house(chance: Chance) -> list[Stroke]:
    """Walls, a roof, a door, and often a window."""
    wide, roof, door = chance.uniform(0.9, 1.6), chance.uniform(0.4, 0.8), chance.uniform(0.1, 0.5)
    strokes = [
        np.array([0, 1j, wide + 1j, wide, 0]),
        np.array([-0.1, wide / 2 - roof * 1j, wide + 0.1]),
        door * wide + np.array([1j, 0.45j, 0.22 + 0.45j, 0.22 + 1j]),
    ]
    if chance.random() < 0.7:
        strokes.append(0.7 * wide + 0.25j + 0.2 * np.array([0, 1j, 1 + 1j, 1, 0]))
    return strokes


def star(chance: Chance) -> list[Stroke]:
    """Five points in one line, or the outline of five to eight."""
    if chance.random() < 0.5:
        return [_turned(np.arange(6) * 2 / 5 - 0.25 + chance.normal(0, 0.02))]
    points = int(chance.integers(5, 9))
    away = np.resize((1, chance.uniform(0.35, 0.6)), 2 * points + 1)
    return [away * _turned(np.arange(2 * points + 1) / (2 * points) - 0.25)]


def heart(chance: Chance) -> list[Stroke]:
    """The curve that is known for it, wider or narrower."""
    turn = np.linspace(0, 2 * np.pi, 90)
    down = -13 * np.cos(turn) + 5 * np.cos(2 * turn) + 2 * np.cos(3 * turn) + np.cos(4 * turn)
    return [16 * chance.uniform(0.8, 1.2) * np.sin(turn) ** 3 + 1j * down]


def tree(chance: Chance) -> list[Stroke]:
    """A fir: two to four triangles above one another, and a trunk."""
    strokes, top = [], 0.0
    for step in range(int(chance.integers(2, 5))):
        high, half = 0.6 + 0.1 * step, chance.uniform(0.3, 0.4) * (1 + 0.4 * step)
        bottom = (top + high) * 1j
        strokes.append(np.array([top * 1j, bottom - half, bottom + half, top * 1j]))
        top += 0.6 * high
    trunk = np.array([-0.08, -0.08 + 0.4j, 0.08 + 0.4j, 0.08])
    return [*strokes, bottom + trunk]


def flower(chance: Chance) -> list[Stroke]:
    """Petals around a middle, a stem and a leaf."""
    petals = int(chance.integers(5, 9))
    around = 0.6 * _turned(np.arange(petals) / petals + chance.random())
    down = np.linspace(0.85, 2.2, 12)
    stem = 1j * down + chance.uniform(-0.3, 0.3) * (down - 0.85) ** 2
    leaf = _circle(0.2, 0.2)
    leaf = stem[7] + leaf.real + 0.5j * leaf.imag
    return [_circle(0, 0.28), *(_circle(each, 0.3) for each in around), stem, leaf]


def _any_of(ways: tuple[Callable[[Chance], list[Stroke]], ...], chance: Chance) -> Image.Image:
    """One of them on a canvas, mode L: by a hand that trembles and leans, of any size, anywhere."""
    strokes = [_drawn_out(each) for each in ways[chance.integers(len(ways))](chance)]
    lean, narrow = chance.normal(0, 0.1), chance.uniform(0.8, 1.25)
    leaning = [narrow * each.real + (lean + 1j) * each.imag for each in strokes]
    every = np.concatenate(leaning)
    low = every.real.min() + 1j * every.imag.min()
    wide, high = np.ptp(every.real), np.ptp(every.imag)
    scale = chance.uniform(0.6, 1) * (SIDE - 2 * FREE) / max(wide, high)
    spare = SIDE - 2 * FREE - scale * np.array([wide, high])
    place = FREE * (1 + 1j) + spare * chance.random(2) @ (1, 1j)
    canvas = Image.new("L", (SIDE, SIDE), 255)
    pen, thick = ImageDraw.Draw(canvas), int(chance.integers(4, 11))
    for each in leaning:
        at = scale * (each - low) + place + (1, 1j) @ chance.normal(0, TREMBLE, (2, len(each)))
        pen.line([(float(z.real), float(z.imag)) for z in at], 0, thick, joint="curve")
    return canvas


def _drawn_out(stroke: Stroke) -> Stroke:
    """The same stroke with points all along it, so that it can tremble."""
    if len(stroke) > 40:
        return stroke
    places = np.linspace(0, len(stroke) - 1, 8 * len(stroke))
    return np.asarray(np.interp(places, np.arange(len(stroke)), stroke))


def _circle(middle: complex, radius: float) -> Stroke:
    return middle + radius * _turned(np.linspace(0, 1, 36))


def _turned(turns: float | NDArray[np.float64]) -> Stroke:
    """Unit numbers, so many whole turns from the right, clockwise as y points down."""
    return np.asarray(np.exp(2j * np.pi * np.asarray(turns)))

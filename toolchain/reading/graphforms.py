"""Shapes of what operators make that take each value by itself, or only move values about."""

import math
from typing import Any

from toolchain.reading.graphknown import (
    MOST_KEPT,
    Known,
    Rule,
    Shape,
    attribute,
    axis_of,
    broadcast,
    integer,
    integers,
)

_SAME = """Abs BatchNormalization Cast Ceil Clip CumSum DequantizeLinear Elu Erf Exp Floor
HardSigmoid HardSwish Identity LeakyRelu Log LogSoftmax Neg Not QuantizeLinear Reciprocal Relu Round
ScatterElements Sigmoid Sign Softmax Softplus Sqrt Tanh"""
_TOGETHER = """Add And Div Equal Greater GreaterOrEqual Less LessOrEqual Max Min Mod Mul Or PRelu
Pow Sub Where Xor"""


def _same(shapes: Known, node: Any) -> list[Shape]:
    if node.input[0] in shapes.whole and node.op_type in ("Cast", "Identity"):
        shapes.whole[node.output[0]] = shapes.whole[node.input[0]]
    return [shapes(node, 0)]


def _together(shapes: Known, node: Any) -> list[Shape]:
    return [broadcast(*(shapes.of[name] for name in node.input))]


def _quantized(shapes: Known, node: Any) -> list[Shape]:
    return [shapes(node, 0), (), ()]


def _constant(shapes: Known, node: Any) -> list[Shape]:
    stored = attribute(node, "value")
    if stored is None or min(stored.t.dims, default=0) < 0:
        raise ValueError("it is no weight")
    return [tuple(stored.t.dims)]


def _filled(shapes: Known, node: Any) -> list[Shape]:
    return [tuple(shapes.numbers(node, 0))]


def _shape(shapes: Known, node: Any) -> list[Shape]:
    sides = shapes(node, 0)
    sides = sides[slice(integer(node, "start", 0), integer(node, "end", len(sides)))]
    shapes.whole[node.output[0]] = list(sides)
    return [(len(sides),)]


def _expand(shapes: Known, node: Any) -> list[Shape]:
    return [broadcast(shapes(node, 0), tuple(shapes.numbers(node, 1)))]


def _reshape(shapes: Known, node: Any) -> list[Shape]:
    before, wanted = shapes(node, 0), shapes.numbers(node, 1)
    if not integer(node, "allowzero", 0):
        wanted = [side or before[place] for place, side in enumerate(wanted)]
    if -1 in wanted:
        free = wanted.index(-1)
        rest = math.prod(wanted[:free] + wanted[free + 1 :])
        wanted = [*wanted[:free], math.prod(before) // rest, *wanted[free + 1 :]]
    if math.prod(wanted) != math.prod(before):
        raise ValueError("it does not fit")
    return [tuple(wanted)]


def _flatten(shapes: Known, node: Any) -> list[Shape]:
    before, axis = shapes(node, 0), integer(node, "axis", 1)
    return [(math.prod(before[:axis]), math.prod(before[axis:]))]


def _squeeze(shapes: Known, node: Any) -> list[Shape]:
    before = shapes(node, 0)
    axes = {axis_of(axis, len(before)) for axis in shapes.axes(node)}
    axes = axes or {place for place, side in enumerate(before) if side == 1}
    if any(before[axis] != 1 for axis in axes):
        raise ValueError("it does not fit")
    _pass_on(shapes, node)
    return [tuple(side for place, side in enumerate(before) if place not in axes)]


def _unsqueeze(shapes: Known, node: Any) -> list[Shape]:
    sides, axes = list(shapes(node, 0)), shapes.axes(node)
    rank = len(sides) + len(axes)
    for axis in sorted({axis_of(axis, rank) for axis in axes}):
        sides.insert(axis, 1)
    _pass_on(shapes, node)
    return [tuple(sides)]


def _pass_on(shapes: Known, node: Any) -> None:
    if node.input[0] in shapes.whole:
        shapes.whole[node.output[0]] = shapes.whole[node.input[0]]


def _transpose(shapes: Known, node: Any) -> list[Shape]:
    before = shapes(node, 0)
    order = integers(node, "perm", range(len(before))[::-1])
    if sorted(order) != list(range(len(before))):
        raise ValueError("it does not fit")
    return [tuple(before[axis] for axis in order)]


def _concat(shapes: Known, node: Any) -> list[Shape]:
    parts = [shapes.of[name] for name in node.input]
    axis = axis_of(integer(node, "axis", 0), len(parts[0]))
    if len({part[:axis] + part[axis + 1 :] for part in parts}) > 1:
        raise ValueError("parts do not fit")
    along = sum(part[axis] for part in parts)
    known = all(name in shapes.whole for name in node.input)
    if known and len(parts[0]) == 1 and along <= MOST_KEPT:
        shapes.whole[node.output[0]] = [v for name in node.input for v in shapes.whole[name]]
    return [(*parts[0][:axis], along, *parts[0][axis + 1 :])]


def _split(shapes: Known, node: Any) -> list[Shape]:
    before = shapes(node, 0)
    axis, count = axis_of(integer(node, "axis", 0), len(before)), len(node.output)
    each = -(-before[axis] // count)
    sizes = shapes.numbers(node, 1) if shapes.given(node, 1) else [each] * (count - 1)
    if not shapes.given(node, 1):
        sizes = [*sizes, before[axis] - sum(sizes)]
    return [(*before[:axis], size, *before[axis + 1 :]) for size in sizes]


def _gather(shapes: Known, node: Any) -> list[Shape]:
    before, chosen = shapes(node, 0), shapes(node, 1)
    axis = axis_of(integer(node, "axis", 0), len(before))
    if node.input[0] in shapes.whole and node.input[1] in shapes.whole and len(before) == 1:
        values = shapes.numbers(node, 0)
        shapes.whole[node.output[0]] = [values[place] for place in shapes.numbers(node, 1)]
    return [(*before[:axis], *chosen, *before[axis + 1 :])]


def _slice(shapes: Known, node: Any) -> list[Shape]:
    sides = list(shapes(node, 0))
    starts, ends = shapes.numbers(node, 1), shapes.numbers(node, 2)
    axes = shapes.numbers(node, 3) if shapes.given(node, 3) else list(range(len(starts)))
    steps = shapes.numbers(node, 4) if shapes.given(node, 4) else [1] * len(starts)
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        axis = axis_of(axis, len(sides))
        part = slice(start, end, step)
        sides[axis] = len(range(*part.indices(sides[axis])))
        if node.input[0] in shapes.whole and len(sides) == 1:
            shapes.whole[node.output[0]] = shapes.numbers(node, 0)[part]
    return [tuple(sides)]


def _pad(shapes: Known, node: Any) -> list[Shape]:
    sides, pads = list(shapes(node, 0)), shapes.numbers(node, 1)
    axes = shapes.numbers(node, 3) if shapes.given(node, 3) else list(range(len(sides)))
    if len(pads) != 2 * len(axes):
        raise ValueError("it does not fit")
    for place, axis in enumerate(axes):
        sides[axis_of(axis, len(sides))] += pads[place] + pads[place + len(axes)]
    return [tuple(sides)]


def _resize(shapes: Known, node: Any) -> list[Shape]:
    sides = shapes.numbers(node, 3)
    if len(sides) != len(shapes(node, 0)) or integers(node, "axes"):
        raise ValueError("it does not fit")
    return [tuple(sides)]


def _tile(shapes: Known, node: Any) -> list[Shape]:
    pairs = zip(shapes(node, 0), shapes.numbers(node, 1), strict=True)
    return [tuple(side * times for side, times in pairs)]


FORMS: dict[str, Rule] = {
    **dict.fromkeys(_SAME.split(), _same),
    **dict.fromkeys(_TOGETHER.split(), _together),
    "Concat": _concat,
    "Constant": _constant,
    "ConstantOfShape": _filled,
    "DynamicQuantizeLinear": _quantized,
    "Expand": _expand,
    "Flatten": _flatten,
    "Gather": _gather,
    "GatherElements": lambda shapes, node: [shapes(node, 1)],
    "Pad": _pad,
    "Reshape": _reshape,
    "Resize": _resize,
    "Shape": _shape,
    "Slice": _slice,
    "Split": _split,
    "Squeeze": _squeeze,
    "Tile": _tile,
    "Transpose": _transpose,
    "Unsqueeze": _unsqueeze,
}

"""Shapes of what operators make that sum many values up, and how many products that takes."""

import math
from collections.abc import Sequence
from typing import Any

from toolchain.reading.graphknown import (
    Known,
    Rule,
    Shape,
    axis_of,
    broadcast,
    integer,
    integers,
    word,
)


def _reduce(shapes: Known, node: Any) -> list[Shape]:
    before, axes = shapes(node, 0), shapes.axes(node)
    if not axes and integer(node, "noop_with_empty_axes", 0):
        return [before]
    gone = {axis_of(axis, len(before)) for axis in axes} or set(range(len(before)))
    return [_without(before, gone, integer(node, "keepdims", 1))]


def _largest(shapes: Known, node: Any) -> list[Shape]:
    before = shapes(node, 0)
    return [
        _without(
            before, {axis_of(integer(node, "axis", 0), len(before))}, integer(node, "keepdims", 1)
        )
    ]


def _without(before: Shape, gone: set[int], keep: int) -> Shape:
    kept = [1 if place in gone else side for place, side in enumerate(before)]
    return tuple(side for place, side in enumerate(kept) if keep or place not in gone)


def _windows(node: Any, sides: Shape, kernel: Sequence[int]) -> list[int]:
    """How many windows fit along each side."""
    rank = len(sides)
    strides, dilations = (integers(node, name, [1] * rank) for name in ("strides", "dilations"))
    pads, automatic = integers(node, "pads", [0] * 2 * rank), word(node, "auto_pad", "NOTSET")
    if any(side < 1 for side in (*strides, *dilations, *kernel)) or min(pads) < 0:
        raise ValueError("it does not fit")
    if automatic.startswith("SAME"):
        return [-(-side // stride) for side, stride in zip(sides, strides, strict=True)]
    found = []
    for axis, side in enumerate(sides):
        reach = dilations[axis] * (kernel[axis] - 1) + 1
        free = side + pads[axis] + pads[axis + rank] - reach
        free += (strides[axis] - 1) * bool(integer(node, "ceil_mode", 0))
        found.append(free // strides[axis] + 1)
    return found


def _convolution(shapes: Known, node: Any) -> list[Shape]:
    (batch, _, *sides), (channels, *kernel) = shapes(node, 0), shapes(node, 1)
    made = (batch, channels, *_windows(node, tuple(sides), kernel[1:]))
    shapes.work += max(0, math.prod(made)) * math.prod(kernel)
    return [made]


def _pool(shapes: Known, node: Any) -> list[Shape]:
    batch, channels, *sides = shapes(node, 0)
    kernel = integers(node, "kernel_shape")
    made = (batch, channels, *_windows(node, tuple(sides), kernel))
    shapes.work += max(0, math.prod(made)) * math.prod(kernel)
    return [made]


def _pool_all(shapes: Known, node: Any) -> list[Shape]:
    before = shapes(node, 0)
    return [before[:2] + (1,) * len(before[2:])]


def _product(shapes: Known, node: Any) -> list[Shape]:
    one, other = shapes(node, 0), shapes(node, 1)
    left = one if len(one) > 1 else (1, *one)
    right = other if len(other) > 1 else (*other, 1)
    if left[-1] != right[-2]:
        raise ValueError("it does not fit")
    made = (*broadcast(left[:-2], right[:-2]), left[-2], right[-1])
    shapes.work += math.prod(made) * left[-1]
    made = made if len(other) > 1 else made[:-1]
    return [made if len(one) > 1 else (*made[:-2], made[-1]) if len(other) > 1 else made[:-1]]


def _linear(shapes: Known, node: Any) -> list[Shape]:
    one, other = shapes(node, 0), shapes(node, 1)
    rows, inner = one[::-1] if integer(node, "transA", 0) else one
    again, columns = other[::-1] if integer(node, "transB", 0) else other
    if inner != again:
        raise ValueError("it does not fit")
    shapes.work += rows * columns * inner
    return [(rows, columns)]


def _recurrent(shapes: Known, node: Any) -> list[Shape]:
    times, batch, inputs = shapes(node, 0)
    hidden, ways = (
        integer(node, "hidden_size", 0),
        1 + (word(node, "direction", "") == "bidirectional"),
    )
    if hidden < 1 or integer(node, "layout", 0):
        raise ValueError("it does not fit")
    shapes.work += times * batch * ways * 4 * hidden * (inputs + hidden)
    last = (ways, batch, hidden)
    return [(times, ways, batch, hidden), last, last]


SUMS: dict[str, Rule] = {
    **dict.fromkeys(("ReduceMax", "ReduceMean", "ReduceMin", "ReduceSum"), _reduce),
    **dict.fromkeys(("ArgMax", "ArgMin"), _largest),
    **dict.fromkeys(("MaxPool", "AveragePool"), _pool),
    **dict.fromkeys(("LSTM", "DynamicQuantizeLSTM"), _recurrent),
    "Conv": _convolution,
    "ConvInteger": _convolution,
    "Gemm": _linear,
    "GlobalAveragePool": _pool_all,
    "MatMul": _product,
    "MatMulInteger": _product,
}

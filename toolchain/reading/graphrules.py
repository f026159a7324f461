"""What shape each operator of a graph makes of the shapes that it is given, as ONNX defines it.

An operator that is not in `RULES` is in no graph of ours. Shapes are those that the runtime will
compute: a rule that cannot tell raises one of `PROBLEMS`.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

Shape = tuple[int, ...]
PROBLEMS = (ArithmeticError, LookupError, TypeError, ValueError)

_SAME = """Abs BatchNormalization Cast Ceil Clip CumSum DequantizeLinear Elu Erf Exp Floor
HardSigmoid HardSwish Identity LeakyRelu Log LogSoftmax Neg Not QuantizeLinear Reciprocal Relu Round
ScatterElements Sigmoid Sign Softmax Softplus Sqrt Tanh"""
_TOGETHER = """Add And Div Equal Greater GreaterOrEqual Less LessOrEqual Max Min Mod Mul Or PRelu
Pow Sub Where Xor"""


class Known:
    """What is known so far of a graph's tensors.

    Attributes:
        of: tensor's name to its shape.
        whole: tensor's name to its whole numbers, where they may be a shape.
        work: products in all.
    """

    def __init__(self) -> None:
        self.of: dict[str, Shape] = {}
        self.whole: dict[str, list[int]] = {}
        self.work = 0

    def __call__(self, node: Any, place: int) -> Shape:
        """The shape of a node's input."""
        return self.of[node.input[place]]

    def given(self, node: Any, place: int) -> bool:
        """Whether a node has that input."""
        return len(node.input) > place and bool(node.input[place])

    def numbers(self, node: Any, place: int) -> list[int]:
        """The whole numbers of a node's input, which must be known."""
        return self.whole[node.input[place]]

    def axes(self, node: Any, place: int = 1) -> list[int]:
        """Axes, by an input or by an attribute; none where neither is there."""
        if self.given(node, place):
            return self.numbers(node, place)
        return _whole(node, "axes")


def _attribute(node: Any, name: str) -> Any:
    return next((each for each in node.attribute if each.name == name), None)


def _one(node: Any, name: str, usual: int) -> int:
    found = _attribute(node, name)
    return int(found.i) if found is not None else usual


def _whole(node: Any, name: str, usual: Sequence[int] = ()) -> list[int]:
    found = _attribute(node, name)
    return list(found.ints) if found is not None else list(usual)


def _word(node: Any, name: str, usual: str) -> str:
    found = _attribute(node, name)
    return bytes(found.s).decode("ascii") if found is not None else usual


def _at(axis: int, rank: int) -> int:
    if not -rank <= axis < rank:
        raise IndexError(axis)
    return axis % rank


def _wide(*shapes: Shape) -> Shape:
    """What shapes broadcast to."""
    rank = max(map(len, shapes))
    sides = zip(*((1,) * (rank - len(shape)) + shape for shape in shapes), strict=True)
    found = []
    for side in sides:
        larger = {each for each in side if each != 1}
        if len(larger) > 1:
            raise ValueError("shapes do not fit")
        found.append(larger.pop() if larger else 1)
    return tuple(found)


def _same(shapes: Known, node: Any) -> list[Shape]:
    if node.input[0] in shapes.whole and node.op_type in ("Cast", "Identity"):
        shapes.whole[node.output[0]] = shapes.whole[node.input[0]]
    return [shapes(node, 0)]


def _together(shapes: Known, node: Any) -> list[Shape]:
    return [_wide(*(shapes.of[name] for name in node.input))]


def _quantized(shapes: Known, node: Any) -> list[Shape]:
    return [shapes(node, 0), (), ()]


def _constant(shapes: Known, node: Any) -> list[Shape]:
    tensor = _attribute(node, "value").t
    if min(tensor.dims, default=0) < 0:
        raise ValueError("it is no weight")
    return [tuple(tensor.dims)]


def _filled(shapes: Known, node: Any) -> list[Shape]:
    return [tuple(shapes.numbers(node, 0))]


def _shape(shapes: Known, node: Any) -> list[Shape]:
    sides = shapes(node, 0)
    sides = sides[slice(_one(node, "start", 0), _one(node, "end", len(sides)))]
    shapes.whole[node.output[0]] = list(sides)
    return [(len(sides),)]


def _expand(shapes: Known, node: Any) -> list[Shape]:
    return [_wide(shapes(node, 0), tuple(shapes.numbers(node, 1)))]


def _reshape(shapes: Known, node: Any) -> list[Shape]:
    before, wanted = shapes(node, 0), shapes.numbers(node, 1)
    if not _one(node, "allowzero", 0):
        wanted = [side or before[place] for place, side in enumerate(wanted)]
    if -1 in wanted:
        free = wanted.index(-1)
        rest = math.prod(wanted[:free] + wanted[free + 1 :])
        wanted = [*wanted[:free], math.prod(before) // rest, *wanted[free + 1 :]]
    if math.prod(wanted) != math.prod(before):
        raise ValueError("it does not fit")
    return [tuple(wanted)]


def _flatten(shapes: Known, node: Any) -> list[Shape]:
    before, axis = shapes(node, 0), _one(node, "axis", 1)
    return [(math.prod(before[:axis]), math.prod(before[axis:]))]


def _squeeze(shapes: Known, node: Any) -> list[Shape]:
    before = shapes(node, 0)
    axes = {_at(axis, len(before)) for axis in shapes.axes(node)}
    axes = axes or {place for place, side in enumerate(before) if side == 1}
    if any(before[axis] != 1 for axis in axes):
        raise ValueError("it does not fit")
    _pass_on(shapes, node)
    return [tuple(side for place, side in enumerate(before) if place not in axes)]


def _unsqueeze(shapes: Known, node: Any) -> list[Shape]:
    sides, axes = list(shapes(node, 0)), shapes.axes(node)
    rank = len(sides) + len(axes)
    for axis in sorted({_at(axis, rank) for axis in axes}):
        sides.insert(axis, 1)
    _pass_on(shapes, node)
    return [tuple(sides)]


def _pass_on(shapes: Known, node: Any) -> None:
    if node.input[0] in shapes.whole:
        shapes.whole[node.output[0]] = shapes.whole[node.input[0]]


def _transpose(shapes: Known, node: Any) -> list[Shape]:
    before = shapes(node, 0)
    order = _whole(node, "perm", range(len(before))[::-1])
    if sorted(order) != list(range(len(before))):
        raise ValueError("it does not fit")
    return [tuple(before[axis] for axis in order)]


def _concat(shapes: Known, node: Any) -> list[Shape]:
    parts = [shapes.of[name] for name in node.input]
    axis = _at(_one(node, "axis", 0), len(parts[0]))
    if len({part[:axis] + part[axis + 1 :] for part in parts}) > 1:
        raise ValueError("parts do not fit")
    if all(name in shapes.whole for name in node.input) and len(parts[0]) == 1:
        shapes.whole[node.output[0]] = [v for name in node.input for v in shapes.whole[name]]
    return [(*parts[0][:axis], sum(part[axis] for part in parts), *parts[0][axis + 1 :])]


def _split(shapes: Known, node: Any) -> list[Shape]:
    before = shapes(node, 0)
    axis, count = _at(_one(node, "axis", 0), len(before)), len(node.output)
    each = -(-before[axis] // count)
    sizes = shapes.numbers(node, 1) if shapes.given(node, 1) else [each] * (count - 1)
    if not shapes.given(node, 1):
        sizes = [*sizes, before[axis] - sum(sizes)]
    return [(*before[:axis], size, *before[axis + 1 :]) for size in sizes]


def _gather(shapes: Known, node: Any) -> list[Shape]:
    before, chosen = shapes(node, 0), shapes(node, 1)
    axis = _at(_one(node, "axis", 0), len(before))
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
        axis = _at(axis, len(sides))
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
        sides[_at(axis, len(sides))] += pads[place] + pads[place + len(axes)]
    return [tuple(sides)]


def _reduce(shapes: Known, node: Any) -> list[Shape]:
    before, axes = shapes(node, 0), shapes.axes(node)
    if not axes and _one(node, "noop_with_empty_axes", 0):
        return [before]
    gone = {_at(axis, len(before)) for axis in axes} or set(range(len(before)))
    return [_without(before, gone, _one(node, "keepdims", 1))]


def _largest(shapes: Known, node: Any) -> list[Shape]:
    before = shapes(node, 0)
    return [_without(before, {_at(_one(node, "axis", 0), len(before))}, _one(node, "keepdims", 1))]


def _without(before: Shape, gone: set[int], keep: int) -> Shape:
    kept = [1 if place in gone else side for place, side in enumerate(before)]
    return tuple(side for place, side in enumerate(kept) if keep or place not in gone)


def _windows(node: Any, sides: Shape, kernel: Sequence[int]) -> list[int]:
    """How many windows fit along each side."""
    rank = len(sides)
    strides, dilations = (_whole(node, name, [1] * rank) for name in ("strides", "dilations"))
    pads, automatic = _whole(node, "pads", [0] * 2 * rank), _word(node, "auto_pad", "NOTSET")
    if any(side < 1 for side in (*strides, *dilations, *kernel)) or min(pads) < 0:
        raise ValueError("it does not fit")
    if automatic.startswith("SAME"):
        return [-(-side // stride) for side, stride in zip(sides, strides, strict=True)]
    found = []
    for axis, side in enumerate(sides):
        reach = dilations[axis] * (kernel[axis] - 1) + 1
        free = side + pads[axis] + pads[axis + rank] - reach
        free += (strides[axis] - 1) * bool(_one(node, "ceil_mode", 0))
        found.append(free // strides[axis] + 1)
    return found


def _convolution(shapes: Known, node: Any) -> list[Shape]:
    (batch, _, *sides), (channels, *kernel) = shapes(node, 0), shapes(node, 1)
    made = (batch, channels, *_windows(node, tuple(sides), kernel[1:]))
    shapes.work += max(0, math.prod(made)) * math.prod(kernel)
    return [made]


def _pool(shapes: Known, node: Any) -> list[Shape]:
    batch, channels, *sides = shapes(node, 0)
    kernel = _whole(node, "kernel_shape")
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
    made = (*_wide(left[:-2], right[:-2]), left[-2], right[-1])
    shapes.work += math.prod(made) * left[-1]
    made = made if len(other) > 1 else made[:-1]
    return [made if len(one) > 1 else (*made[:-2], made[-1]) if len(other) > 1 else made[:-1]]


def _linear(shapes: Known, node: Any) -> list[Shape]:
    one, other = shapes(node, 0), shapes(node, 1)
    rows, inner = one[::-1] if _one(node, "transA", 0) else one
    again, columns = other[::-1] if _one(node, "transB", 0) else other
    if inner != again:
        raise ValueError("it does not fit")
    shapes.work += rows * columns * inner
    return [(rows, columns)]


def _recurrent(shapes: Known, node: Any) -> list[Shape]:
    times, batch, inputs = shapes(node, 0)
    hidden, ways = (
        _one(node, "hidden_size", 0),
        1 + (_word(node, "direction", "") == "bidirectional"),
    )
    if hidden < 1 or _one(node, "layout", 0):
        raise ValueError("it does not fit")
    shapes.work += times * batch * ways * 4 * hidden * (inputs + hidden)
    last = (ways, batch, hidden)
    return [(times, ways, batch, hidden), last, last]


def _resize(shapes: Known, node: Any) -> list[Shape]:
    sides = shapes.numbers(node, 3)
    if len(sides) != len(shapes(node, 0)) or _whole(node, "axes"):
        raise ValueError("it does not fit")
    return [tuple(sides)]


def _tile(shapes: Known, node: Any) -> list[Shape]:
    pairs = zip(shapes(node, 0), shapes.numbers(node, 1), strict=True)
    return [tuple(side * times for side, times in pairs)]


RULES: dict[str, Callable[[Known, Any], list[Shape]]] = {
    **dict.fromkeys(_SAME.split(), _same),
    **dict.fromkeys(_TOGETHER.split(), _together),
    **dict.fromkeys(("ReduceMax", "ReduceMean", "ReduceMin", "ReduceSum"), _reduce),
    **dict.fromkeys(("ArgMax", "ArgMin"), _largest),
    **dict.fromkeys(("MaxPool", "AveragePool"), _pool),
    **dict.fromkeys(("LSTM", "DynamicQuantizeLSTM"), _recurrent),
    "Concat": _concat,
    "Constant": _constant,
    "ConstantOfShape": _filled,
    "Conv": _convolution,
    "ConvInteger": _convolution,
    "DynamicQuantizeLinear": _quantized,
    "Expand": _expand,
    "Flatten": _flatten,
    "Gather": _gather,
    "GatherElements": lambda shapes, node: [shapes(node, 1)],
    "Gemm": _linear,
    "GlobalAveragePool": _pool_all,
    "MatMul": _product,
    "MatMulInteger": _product,
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

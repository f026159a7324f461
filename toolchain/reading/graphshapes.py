"""How large a graph's tensors become and how much it computes, found without running it.

What depends on what a picture shows has no bound, and no graph of ours needs it. An operator that
is not in `RULES` is in no graph of ours. Shapes are those that the runtime will compute: a rule
that cannot tell raises one of `PROBLEMS`.
"""

import math
from typing import Any

from toolchain.reading.graphforms import FORMS
from toolchain.reading.graphknown import MOST_KEPT, Known
from toolchain.reading.graphsums import SUMS

RULES = FORMS | SUMS
PROBLEMS = (ArithmeticError, LookupError, TypeError, ValueError)

# For each strip; base has 3 million values in all and 0.9 billion products.
MOST_VALUES = 1 << 23
MOST_WORK = 1 << 32
FOLDED = 4  # values that are computed from stored ones alone, for each of them; and
FEW = 1 << 20  # so many more


class Unbounded(ValueError):
    """A graph whose size cannot be told, or is too large; the message says why."""


class Shapes(Known):
    """The shapes of a graph's tensors for so many strips at once, and the products it computes.

    Attributes:
        values: in all tensors that depend on the strips.

    Raises:
        Unbounded: an operator is not known or does not fit, or there are more than `MOST_VALUES`
            or `MOST_WORK` a strip, or more than `FOLDED` for each stored value.
    """

    def __init__(self, graph: Any, whole: dict[str, list[int]], strips: int) -> None:
        super().__init__()
        self.strips = strips
        self.of = {tensor.name: tuple(tensor.dims) for tensor in graph.initializer}
        self.whole = {name: values for name, values in whole.items() if len(values) <= MOST_KEPT}
        self.values = self._folded = 0
        self._stored = set(self.of)
        self._most_folded = FOLDED * sum(map(math.prod, self.of.values())) + FEW
        for value in graph.input:
            if value.name not in self.of:
                dims = [side.dim_value for side in value.type.tensor_type.shape.dim]
                self.of[value.name] = tuple(dims[:1] and [dims[0] or strips, *dims[1:]])
        for node in graph.node:
            self._add(node)

    def _add(self, node: Any) -> None:
        rule = RULES.get(node.op_type)
        if rule is None:
            raise Unbounded(f"it uses the operator {node.op_type[:40]!r}")
        try:
            made = rule(self, node)
        except PROBLEMS:
            raise Unbounded(f"the shape of what {node.op_type} makes cannot be told") from None
        fixed = all(name in self._stored for name in node.input if name)
        for name, shape in zip(node.output, made, strict=False):
            size = math.prod(shape)
            if not all(0 <= side < 1 << 62 for side in shape) or len(shape) > 8:
                raise Unbounded(f"{node.op_type} makes no tensor")
            self._folded += size if fixed else 0
            self.values += 0 if fixed else size
            if self.values > MOST_VALUES * self.strips or self._folded > self._most_folded:
                raise Unbounded(f"{node.op_type} makes {size:,} values")
            self.of[name] = shape
            if fixed:
                self._stored.add(name)
        self.work += sum(map(math.prod, made))
        if self.work > MOST_WORK * self.strips:
            raise Unbounded(f"it computes over {MOST_WORK:,} products for a picture")

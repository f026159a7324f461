"""What is known of a graph's tensors while its nodes are gone through, and what a node says."""

from collections.abc import Callable, Sequence
from typing import Any

Shape = tuple[int, ...]
MOST_KEPT = 64  # whole numbers of a tensor that may be a shape


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
        return integers(node, "axes")


def attribute(node: Any, name: str) -> Any:
    """A node's attribute, None where it has none of that name."""
    return next((each for each in node.attribute if each.name == name), None)


def integer(node: Any, name: str, usual: int) -> int:
    """A whole number that a node has as attribute."""
    found = attribute(node, name)
    return int(found.i) if found is not None else usual


def integers(node: Any, name: str, usual: Sequence[int] = ()) -> list[int]:
    """Whole numbers that a node has as attribute."""
    found = attribute(node, name)
    return list(found.ints) if found is not None else list(usual)


def word(node: Any, name: str, usual: str) -> str:
    """A word that a node has as attribute."""
    found = attribute(node, name)
    return bytes(found.s).decode("ascii") if found is not None else usual


def axis_of(axis: int, rank: int) -> int:
    """The same axis counted from the first; IndexError where there are fewer."""
    if not -rank <= axis < rank:
        raise IndexError(axis)
    return axis % rank


def broadcast(*shapes: Shape) -> Shape:
    """What shapes broadcast to; ValueError where they do not fit."""
    rank = max(map(len, shapes))
    sides = zip(*((1,) * (rank - len(shape)) + shape for shape in shapes), strict=True)
    found = []
    for side in sides:
        larger = {each for each in side if each != 1}
        if len(larger) > 1:
            raise ValueError("shapes do not fit")
        found.append(larger.pop() if larger else 1)
    return tuple(found)


Rule = Callable[[Known, Any], list[Shape]]  # shapes of what a node makes

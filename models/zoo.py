"""Every variant, listed once."""

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from functools import partial
from typing import Any, cast

from torch import nn

from models import crnn
from models.errors import UnknownVariant

VARIANTS: dict[str, Callable[[], nn.Module]] = {
    name: partial(crnn.CRNN, config) for name, config in crnn.VARIANTS.items()
}


def shape(variant: str) -> Any:
    """The dataclass that says a variant's shape; None where there is nothing to choose.

    Raises:
        UnknownVariant: `variant` is not in `VARIANTS`.
    """
    made = _known(variant)
    return made.args[0] if isinstance(made, partial) and made.args else None


def build(variant: str, network: Mapping[str, Any] | None = None) -> nn.Module:
    """A freshly initialised network; `network` names fields of its shape that are to differ.

    >>> build("optimized")(torch.zeros(1, 1, 32, 128)).shape
    torch.Size([1, 33, 11])

    Raises:
        UnknownVariant: `variant` is not in `VARIANTS`, or its shape has no such field.
    """
    made = _known(variant)
    if not network:
        return made()
    usual = shape(variant)
    having = {field.name for field in fields(usual)} if usual is not None else set()
    if strange := sorted(network.keys() - having):
        raise UnknownVariant(f"the network of {variant} has no {strange[0]}: leave it out")
    return cast("partial[nn.Module]", made).func(replace(usual, **network))


def _known(variant: str) -> Callable[[], nn.Module]:
    if variant not in VARIANTS:
        raise UnknownVariant(f"no variant {variant!r}: choose one of {', '.join(VARIANTS)}")
    return VARIANTS[variant]

"""Every variant, listed once."""

from collections.abc import Callable
from functools import partial

from torch import nn

from models import crnn
from models.errors import UnknownVariant

VARIANTS: dict[str, Callable[[], nn.Module]] = {
    name: partial(crnn.CRNN, config) for name, config in crnn.VARIANTS.items()
}


def build(variant: str) -> nn.Module:
    """A freshly initialised network.

    >>> build("optimized")(torch.zeros(1, 1, 32, 128)).shape
    torch.Size([1, 33, 11])

    Raises:
        UnknownVariant: `variant` is not in `VARIANTS`.
    """
    if variant not in VARIANTS:
        raise UnknownVariant(f"no variant {variant!r}: choose one of {', '.join(VARIANTS)}")
    return VARIANTS[variant]()

"""Every variant, listed once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import Any, Literal

from models import crnn, single
from models.decoders import Joint, Network, Positions
from models.errors import UnknownVariant
from models.fixed import HIDDEN, FixedCNN
from models.nano import Nano, NanoConfig


@dataclass(frozen=True)
class Variant:
    """What is known of a variant without building it.

    Attributes:
        build: makes a freshly initialised network.
        about: what it is, to go on after "a" or "an".
        digits: fewest and most digits that it reads.
        input: "strip" is float32 [N, 1, 32, 128], "square" [N, 1, 28, 28], both in 0..1.
    """

    build: Callable[[], Network]
    about: str
    digits: tuple[int, int]
    input: Literal["strip", "square"] = "strip"


VARIANTS = {
    **{
        name: Variant(partial(crnn.CRNN, config), "CRNN", (1, 5))
        for name, config in crnn.VARIANTS.items()
    },
    "nano": Variant(partial(Nano, NanoConfig()), "CNN over columns, without recurrence", (1, 5)),
    **{
        f"positions-{count}": Variant(
            partial(FixedCNN, Positions(count)), "CNN with ten classes a place", (count, count)
        )
        for count in range(1, 6)
    },
    **{
        f"fixed-{count}": Variant(
            partial(FixedCNN, Joint(count)), "CNN with a class a number", (count, count)
        )
        for count in range(1, 4)
    },
    # As many units as positions-4 has in all: fewer do not tell 10,000 classes apart as well.
    "fixed-4": Variant(
        partial(FixedCNN, Joint(4), 4 * HIDDEN), "CNN with a class a number", (4, 4)
    ),
    "digit-cnn": Variant(single.digit_cnn, "CNN of two convolutions on 64x64", (1, 1), "square"),
    "fcnn": Variant(single.fcnn, "fully connected network 784-128-10", (1, 1), "square"),
    "compact": Variant(single.compact, "CNN of few parameters", (1, 1), "square"),
}


def find(variant: str) -> Variant:
    """The variant of that name.

    Raises:
        UnknownVariant: `variant` is not in `VARIANTS`.
    """
    if variant not in VARIANTS:
        raise UnknownVariant(f"no variant {variant!r}: choose one of {', '.join(VARIANTS)}")
    return VARIANTS[variant]


def shape(variant: str) -> crnn.CRNNConfig | None:
    """What settings can choose of a variant's shape; None where there is nothing to choose.

    Raises:
        UnknownVariant: as `find`.
    """
    usual = _usual(variant)
    return usual if isinstance(usual, crnn.CRNNConfig) else None


def _usual(variant: str) -> crnn.CRNNConfig | NanoConfig | None:
    build = find(variant).build
    arguments = build.args if isinstance(build, partial) else ()
    shapes = (crnn.CRNNConfig, NanoConfig)
    return next((each for each in arguments if isinstance(each, shapes)), None)


def build(variant: str, network: Mapping[str, Any] | None = None) -> Network:
    """A freshly initialised network; `network` names fields of its shape that are to differ.

    >>> build("optimized")(torch.zeros(1, 1, 32, 128)).shape
    torch.Size([1, 33, 11])

    Raises:
        UnknownVariant: as `find`, or the variant's shape has no such field or not so many channels.
    """
    usual = _usual(variant)
    if not network:
        return find(variant).build()
    known = {field.name for field in fields(usual)} if usual else set()
    if strange := sorted(network.keys() - known):
        raise UnknownVariant(f"the network of {variant} has no {strange[0]}: leave it out")
    if isinstance(usual, NanoConfig):
        if len(network.get("channels", usual.channels)) != len(usual.channels):
            raise UnknownVariant(f"{variant} has {len(usual.channels)} channels: name as many")
        return Nano(replace(usual, **network))
    assert usual is not None
    return crnn.CRNN(replace(usual, **network))

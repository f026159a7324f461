"""Options that several commands share, and what they stand for."""

import math
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

from typer import BadParameter, Option

from toolchain.storage import EXPORTS


class Split(StrEnum):
    """Which digits numbers are written with."""

    train = "train"
    val = "val"
    test = "test"


class Layout(StrEnum):
    """How numbers of any length look; `generator.style.LAYOUTS` has them."""

    usual = "usual"
    wide = "wide"
    loose = "loose"
    earlier = "earlier"


class Format(StrEnum):
    """What an export writes."""

    onnx = "onnx"
    torchscript = "torchscript"


class Form(StrEnum):
    """How numbers are stored."""

    npz = "npz"
    png = "png"
    webdataset = "webdataset"


def settled(exports: Path | None) -> Path | None:
    """The folder of releases, with whatever a killed export had laid aside in its place again."""
    from toolchain.shipping.publish import settle

    settle(exports or EXPORTS)
    return exports


def finite(value: float) -> float:
    """A number that something can be compared with."""
    if not math.isfinite(value):
        raise BadParameter("it is no finite number")
    return value


Variant = Annotated[str, Option(help="base, optimized, lightweight, ...; see `nrtool models`.")]
Mnist = Annotated[
    Path | None, Option(help="Folder with MNIST's files; else NRTOOL_MNIST, cache, download.")
]
Custom = Annotated[
    list[Path] | None,
    Option(help="Your own digits: *.jsonl strokes, or folders 0/ to 9/ of PNGs. Repeatable."),
]
CustomShare = Annotated[float, Option(help="Share of all numbers written with --custom digits.")]
Config = Annotated[
    Path | None, Option("--config", help="TOML of settings; `nrtool config` writes a default one.")
]
Assignments = Annotated[
    list[str] | None,
    Option("--set", help="SECTION.KEY=VALUE, any setting of --config. Repeatable."),
]
# Those of commands that read --config: what is not given is left to the file.
SetVariant = Annotated[str | None, Option(help="See `nrtool models`.", show_default="optimized")]
SetDevice = Annotated[
    str | None, Option(help="cpu, cuda or mps.", show_default="the best there is")
]
SetSeed = Annotated[int | None, Option(help="Same seed, same result.", show_default="0")]
SetCustomShare = Annotated[
    float | None,
    Option(help="Share of all numbers written with --custom digits.", show_default="0.5"),
]
SetProceduralShare = Annotated[
    float | None,
    Option(
        help="Share written in procedural handwriting; MNIST writes the rest.", show_default="0.0"
    ),
]
# Those of commands that read, where they read with the model that comes along if no other is there.
ReadVariant = Annotated[str | None, Option(help="See `nrtool models`.", show_default="optimized")]
ReadExports = Annotated[
    Path | None,
    Option(
        help="Where releases are kept, one folder a variant.",
        show_default="exports",
        callback=settled,
    ),
]
Fonts = Annotated[
    Path | None, Option(help="Digits of handwriting fonts, as `nrtool fonts` makes them.")
]
Save = Annotated[bool, Option("--save", help="Keep it with the release, and in its card.")]
Json = Annotated[bool, Option("--json", help="Print JSON for machines.")]
Runs = Annotated[Path, Option(help="Where training runs are kept.")]
Exports = Annotated[
    Path, Option(help="Where releases are kept, one folder a variant.", callback=settled)
]
Bound = Annotated[float, Option(help="Points of accuracy that int8 may lose.", callback=finite)]
# No command comes to the end of more.
MOST = 10**12
Count = Annotated[int, Option(min=1, max=MOST, help="How many numbers.")]


def digits_of(mnist: Path | None, custom: list[Path] | None, share: float) -> Any:
    """The digits that --mnist, --custom and --custom-share ask for."""
    from toolchain.data.sources import Digits

    return Digits(mnist, tuple(custom or ()), share)

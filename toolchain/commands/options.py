"""Options that several commands share, and what they stand for."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

from typer import Option

RUNS, EXPORTS = Path("runs"), Path("exports")


class Split(StrEnum):
    """Which digits numbers are written with."""

    train = "train"
    val = "val"
    test = "test"


class Format(StrEnum):
    """What an export writes."""

    onnx = "onnx"
    torchscript = "torchscript"


class Form(StrEnum):
    """How numbers are stored."""

    npz = "npz"
    png = "png"


Variant = Annotated[str, Option(help="base, optimized, lightweight, ...; see `nrtool models`.")]
Mnist = Annotated[
    Path | None, Option(help="Folder with MNIST's files; else NRTOOL_MNIST, cache, download.")
]
Custom = Annotated[
    list[Path] | None,
    Option(help="Your own digits: *.jsonl strokes, or folders 0/ to 9/ of PNGs. Repeatable."),
]
CustomShare = Annotated[float, Option(help="Share of all numbers written with --custom digits.")]
ProceduralShare = Annotated[
    float, Option(help="Share written in procedural handwriting; MNIST writes the rest.")
]
Seed = Annotated[int, Option(help="Same seed, same result.")]
Json = Annotated[bool, Option("--json", help="Print JSON for machines.")]
Runs = Annotated[Path, Option(help="Where training runs are kept.")]
Exports = Annotated[Path, Option(help="Where releases are kept, one folder a variant.")]
Count = Annotated[int, Option(min=1, help="How many numbers.")]


def digits_of(
    mnist: Path | None, custom: list[Path] | None, share: float, procedural: float = 0.0
) -> Any:
    """The digits that --mnist, --custom, --custom-share and --procedural-share ask for."""
    from toolchain.data import Digits

    return Digits(mnist, tuple(custom or ()), share, procedural)

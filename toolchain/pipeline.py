"""The whole main path as the commands that a user would type."""

from collections.abc import Callable
from pathlib import Path

import typer

from generator.errors import BadInput
from toolchain import console
from toolchain.errors import FellShort

NUMBERS_READ = 8
QUICK = {"nano": "nano-quick"}  # the recipe of minutes, where it is not "quick"


def steps(out: Path, variant: str, mnist: Path | None) -> list[list[str]]:
    """Arguments of `nrtool` for each step, everything kept below `out`.

    The numbers that are read at the end are written with MNIST's test digits.

    Raises:
        BadInput: there is something in `out` already.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise BadInput(f"{out} is there already: name another folder with --out, or delete it")
    here = ["--variant", variant, "--exports", str(out / "exports")]
    digits = ["--mnist", str(mnist)] if mnist else []
    trained = ["--variant", variant, "--runs", str(out / "runs"), *digits]
    pictures = out / "numbers"
    files = [str(pictures / "strips" / f"{index:07d}.png") for index in range(NUMBERS_READ)]
    return [
        ["train", *trained, "--recipe", QUICK.get(variant, "quick")],
        [
            *("export", *trained, "--out", str(out / "exports"), "--failures", str(out / "failed")),
            *(
                "--quantize",
                "mixed,mixed-last,mixed-first,mixed-ends",
                "--count",
                "1000",
                "--no-emulation",
            ),
        ],
        ["parity", *here, *digits, "--count", "5000"],
        ["bench", *here, *digits, "--runs", "100", "--save"],
        [
            *("generate", "--split", "test", "--count", str(NUMBERS_READ), "--seed", "5"),
            *("--format", "png", "--out", str(pictures), *digits),
        ],
        ["predict", *here, *files],
    ]


def run_all(steps: list[list[str]], run: Callable[[list[str]], int]) -> list[str]:
    """Run the steps; one that falls short stops only those that need what it did not make.

    Args:
        steps: arguments of `nrtool` for each.
        run: runs one and gives its exit code.

    Returns:
        The names of those that fell short.

    Raises:
        BadInput: as the steps.
        typer.Exit: a step was stopped.
    """
    short: list[str] = []
    for step in steps:
        if {"train", "export"} & {*short} and step[0] in ("export", "parity", "bench", "predict"):
            continue
        try:
            code = run(step)
        except FellShort as error:
            console.say(str(error))
            code = console.FELL_SHORT
        if code == console.FELL_SHORT:
            short.append(step[0])
        elif code:
            raise typer.Exit(code)
    return short


def closing(out: Path, variant: str, short: list[str]) -> str:
    """Where everything that was made lies, which steps fell short, and what to do next."""
    release = out / "exports" / variant
    made = {
        "The model that a game loads": release / f"{variant}.int8.onnx",
        "Its card, with all figures": release / "README.md",
        "The numbers read above": out / "numbers" / "preview.png",
        "The training run": out / "runs" / variant,
    }
    lines = [f"{name + ':':<30}{path}" for name, path in made.items() if path.exists()]
    if short:
        lines += [
            "",
            f"Fell short: {', '.join(short)}, for the reason that stands above. Train longer with",
            "`nrtool train --recipe short`, then `nrtool export`.",
        ]
    return (
        "\n".join(["", *lines])
        + """

Next: draw a number in any paint program and `nrtool predict FILE`; train longer with
`nrtool train`; add your own digits with --custom FOLDER."""
    )

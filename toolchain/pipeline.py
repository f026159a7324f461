"""The whole main path as the commands that a user would type."""

from pathlib import Path

from generator.errors import BadInput

NUMBERS_READ = 8


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
        ["train", *trained, "--recipe", "quick"],
        [
            *("export", *trained, "--out", str(out / "exports"), "--failures", str(out / "failed")),
            # So short a training leaves many numbers in doubt, which int8 then decides otherwise.
            *("--quantize", "mixed", "--count", "1000", "--bound", "1"),
        ],
        ["parity", *here, *digits, "--bound", "0.1"],
        ["bench", *here, *digits],
        [
            *("generate", "--split", "test", "--count", str(NUMBERS_READ), "--seed", "5"),
            *("--format", "png", "--out", str(pictures), *digits),
        ],
        ["predict", *here, *files],
    ]


def closing(out: Path, variant: str) -> str:
    """Where everything lies, and what to do next."""
    release = out / "exports" / variant
    return f"""
The model that a game loads:  {release / f"{variant}.int8.onnx"}
Its card, with all figures:   {release / "README.md"}
The numbers read above:       {out / "numbers" / "preview.png"}
The training run:             {out / "runs" / variant}

Next: draw a number in any paint program and `nrtool predict FILE`; train longer with
`nrtool train`; add your own digits with --custom FOLDER."""

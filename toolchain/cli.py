"""The nrtool commands: parse, call, print."""

import dataclasses
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from typer import Argument, Option

from generator.errors import BadInput
from generator.strip import HEIGHT, WIDTH
from toolchain import console, tables
from toolchain.tables import Table

app = typer.Typer(
    name="nrtool",
    help="Handwritten-number recognition for games: generate, train, export, prove, ship.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)

RUNS, EXPORTS = Path("runs"), Path("exports")


class Split(StrEnum):
    """Which digits numbers are written with."""

    train = "train"
    val = "val"
    test = "test"


class Form(StrEnum):
    """How numbers are stored."""

    npz = "npz"
    png = "png"


Variant = Annotated[str, Option(help="base, optimized or lightweight; see `nrtool models`.")]
Mnist = Annotated[
    Path | None, Option(help="Folder with MNIST's files; else NRTOOL_MNIST, cache, download.")
]
Custom = Annotated[
    list[Path] | None,
    Option(help="Your own digits: *.jsonl strokes, or folders 0/ to 9/ of PNGs. Repeatable."),
]
CustomShare = Annotated[float, Option(help="Share of all numbers written with --custom digits.")]
Seed = Annotated[int, Option(help="Same seed, same result.")]
Json = Annotated[bool, Option("--json", help="Print JSON for machines.")]
Runs = Annotated[Path, Option(help="Where training runs are kept.")]
Exports = Annotated[Path, Option(help="Where releases are kept, one folder a variant.")]
Count = Annotated[int, Option(min=1, help="How many numbers.")]


@app.command(epilog="Example: `nrtool generate --count 5000 --split val --format png --preview`")
def generate(
    count: Count = 1000,
    out: Annotated[Path, Option(help="New folder to write.")] = Path("data/numbers"),
    seed: Seed = 0,
    format: Annotated[Form, Option(help="Shards of arrays, or pictures.")] = Form.npz,
    preview: Annotated[bool, Option(help="Add a contact sheet, preview.png.")] = True,
    split: Annotated[Split, Option(help="Which digits to write with.")] = Split.train,
    min_digits: Annotated[int, Option(min=1, max=5, help="Shortest number.")] = 1,
    max_digits: Annotated[int, Option(min=1, max=5, help="Longest number.")] = 5,
    leading_zeros: Annotated[bool, Option(help="Allow numbers such as 007.")] = False,
    mnist: Mnist = None,
    custom: Custom = None,
    custom_share: CustomShare = 0.5,
    as_json: Json = False,
) -> None:
    """Write synthetic handwritten numbers to a folder, with a manifest."""
    from generator.layout import Style
    from generator.numbers import NumberGenerator
    from generator.shards import write_numbers

    if min_digits > max_digits:
        raise BadInput(f"--min-digits {min_digits} is above --max-digits {max_digits}: swap them")
    style = Style(digits=(min_digits, max_digits), leading_zeros=leading_zeros)
    numbers = NumberGenerator(_digits(mnist, custom, custom_share).bank(split.value), seed, style)
    with console.progress("generating", count) as update:
        manifest = write_numbers(
            numbers, count, out, format.value, preview=preview, on_numbers=update
        )
    if as_json:
        console.show_json({"out": out, **manifest})
    else:
        console.out.print(f"{count} numbers in {out}, {len(manifest['sha256'])} files")


@app.command(epilog="Example: `nrtool train --variant lightweight --custom my_digits --resume`")
def train(
    variant: Variant = "optimized",
    recipe: Annotated[
        str | None,
        Option(help="full, short, quick or earlier. Default: full on a GPU, else short."),
    ] = None,
    epochs: Annotated[int | None, Option(min=1, help="Instead of the recipe's.")] = None,
    numbers: Annotated[int | None, Option(min=1, help="Numbers an epoch.")] = None,
    batch: Annotated[int | None, Option(min=1, help="Numbers a step.")] = None,
    learning_rate: Annotated[float | None, Option(min=0.0, help="Its peak.")] = None,
    run: Annotated[str | None, Option(help="Name of the run. Default: the variant's.")] = None,
    resume: Annotated[bool, Option("--resume", help="Go on where the run stopped.")] = False,
    start_from: Annotated[
        Path | None,
        Option(help="Checkpoint to start from: the same variant, or a narrower one to grow."),
    ] = None,
    device: Annotated[str | None, Option(help="cpu, cuda or mps. Default: the best.")] = None,
    seed: Seed = 0,
    runs: Runs = RUNS,
    mnist: Mnist = None,
    custom: Custom = None,
    custom_share: CustomShare = 0.5,
    as_json: Json = False,
) -> None:
    """Train a variant on fresh numbers every epoch; Ctrl-C stops, --resume goes on."""
    from toolchain import recipes, training_run

    changes = {"epochs": epochs, "numbers": numbers, "batch": batch, "learning_rate": learning_rate}
    training_run.start(
        variant,
        lambda has_accelerator: recipes.adapt(recipe, has_accelerator, changes),
        _digits(mnist, custom, custom_share),
        runs,
        name=run,
        device=device,
        seed=seed,
        resume=resume,
        start_from=start_from,
        as_json=as_json,
    )


@app.command(epilog="Example: `nrtool export --variant base --quantize --weights runs/base`")
def export(
    variant: Variant = "optimized",
    quantize: Annotated[bool, Option("--quantize", help="Make the int8 file as well.")] = False,
    weights: Annotated[
        Path | None, Option(help="Run or checkpoint. Default: the latest run, else the release.")
    ] = None,
    out: Exports = EXPORTS,
    runs: Runs = RUNS,
    mnist: Mnist = None,
    custom: Custom = None,
    custom_share: CustomShare = 0.5,
    as_json: Json = False,
) -> None:
    """Export float32 ONNX, simplified and checked, and int8 with --quantize."""
    from toolchain import release

    made = release.make(
        variant, out, runs, weights, _digits(mnist, custom, custom_share) if quantize else None
    )
    if as_json:
        console.show_json(made)
    else:
        rows = [[name, tables.megabytes(size)] for name, size in made["files"].items()]
        console.show_table(Table(f"{variant} from {made['weights']}", ["file", "size"], rows))


@app.command(epilog="Example: `nrtool parity --variant base --count 100000`")
def parity(
    variant: Variant = "optimized",
    count: Count = 10_000,
    bound: Annotated[float, Option(help="Points of accuracy that int8 may lose.")] = 0.1,
    exports: Exports = EXPORTS,
    mnist: Mnist = None,
    custom: Custom = None,
    as_json: Json = False,
) -> None:
    """Read the same unseen numbers with PyTorch, ONNX and int8; exit 1 where they disagree.

    The numbers are written with MNIST test digits and, where --custom is given, with the digits
    of its validation writers.
    """
    from toolchain import release

    report = release.prove(variant, exports, _digits(mnist, custom, 1.0), count, bound)
    if as_json:
        console.show_json(report)
    for section in report["sections"]:
        if not as_json:
            console.show_table(tables.accuracy(section))
            console.out.print("\n".join(tables.differences(section)))
        for failure in section["failures"]:
            console.say(f"[red]parity broken[/red] on {section['numbers']}: {failure}")
    if any(section["failures"] for section in report["sections"]):
        raise typer.Exit(console.FELL_SHORT)


@app.command(epilog="Example: `nrtool bench --variant lightweight --runs 1000 --json`")
def bench(
    variant: Variant = "optimized",
    runs: Annotated[int, Option(min=10, help="Timed runs of each form and thread count.")] = 300,
    exports: Exports = EXPORTS,
    mnist: Mnist = None,
    as_json: Json = False,
) -> None:
    """Measure size, load time, latency and memory of a release, in one run."""
    from toolchain import release

    report = release.measure(variant, exports, _digits(mnist, None, 0.0), runs)
    if as_json:
        console.show_json(report)
    else:
        console.show_table(tables.speed(report))


@app.command(epilog="Example: `nrtool predict drawing.png photo.jpg --json`")
def predict(
    images: Annotated[list[Path], Argument(help="Pictures of numbers: drawings or photographs.")],
    variant: Variant = "optimized",
    model: Annotated[Path | None, Option(help="An .onnx instead of the release's int8.")] = None,
    exports: Exports = EXPORTS,
    as_json: Json = False,
) -> None:
    """Read pictures of numbers: any size, dark on light or light on dark."""
    from toolchain.predict import Recognizer

    recognizer = Recognizer.load(model or exports / variant / f"{variant}.int8.onnx")
    readings = [(path, recognizer.read(path)) for path in images]
    if as_json:
        console.show_json([{"image": p, **dataclasses.asdict(r)} for p, r in readings])
    else:
        rows = [[str(path), r.number or "nothing", f"{r.confidence:.3f}"] for path, r in readings]
        console.show_table(Table("", ["picture", "number", "confidence"], rows))


@app.command(epilog="Example: `nrtool models --json`")
def models(runs: Runs = RUNS, exports: Exports = EXPORTS, as_json: Json = False) -> None:
    """List the variants, and what is trained and exported of each."""
    from toolchain import release

    listed = release.inventory(runs, exports)
    if as_json:
        console.show_json(listed)
        return
    rows = [
        [
            entry["variant"],
            f"{entry['parameters']:,}",
            ", ".join(entry["runs"]) or "-",
            *(tables.megabytes(size) for size in entry["sizes"].values()),
            f"{entry['accuracy']:.2f} %" if entry["accuracy"] else "-",
        ]
        for entry in listed
    ]
    head = ["variant", "parameters", "runs", "float32", "int8", "read exactly (int8)"]
    console.show_table(Table(f"numbers on {HEIGHT}x{WIDTH} strips", head, rows))


@app.command(epilog="Example: `nrtool quickstart --out /tmp/first`")
def quickstart(
    out: Annotated[Path, Option(help="Folder for everything it makes.")] = Path("quickstart"),
    variant: Variant = "optimized",
    mnist: Mnist = None,
) -> None:
    """The whole main path on a small budget: train, export, prove, measure, read."""
    from toolchain import pipeline

    for step in pipeline.steps(out, variant, mnist):
        console.say(f"\n[bold]$ nrtool {' '.join(step)}[/bold]")
        code = app(step, standalone_mode=False)
        if code:
            raise typer.Exit(code)
    console.out.print(pipeline.closing(out, variant))


def _digits(mnist: Path | None, custom: list[Path] | None, share: float) -> Any:
    from toolchain.data import Digits

    return Digits(mnist, tuple(custom or ()), share)


def main() -> None:
    """Entry point of the console script."""
    raise SystemExit(console.guarded(lambda: app(prog_name="nrtool")))


if __name__ == "__main__":
    main()

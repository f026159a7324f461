"""Commands that make numbers and models: generate, train, average."""

import re
from pathlib import Path
from typing import Annotated

import typer
from typer import Argument, Option

from generator.errors import BadInput
from toolchain import console, storage
from toolchain.commands.options import (
    MOST,
    Assignments,
    Config,
    Count,
    Custom,
    CustomShare,
    Fonts,
    Form,
    Json,
    Layout,
    Mnist,
    Runs,
    SetCustomShare,
    SetDevice,
    SetProceduralShare,
    SetSeed,
    SetVariant,
    Split,
    digits_of,
)
from toolchain.storage import RUNS
from toolchain.table import Table

app = typer.Typer()


@app.command(epilog="Example: `nrtool generate --count 5000 --split val --format png --preview`")
def generate(
    count: Count = 1000,
    out: Annotated[Path, Option(help="New folder to write.")] = Path("data/numbers"),
    seed: SetSeed = None,
    format: Annotated[
        Form, Option(help="Shards of arrays, pictures, or tars of pictures that loaders stream.")
    ] = Form.npz,
    shard: Annotated[
        str | None,
        Option(metavar="I/N", help="Only the I-th of N parts, into OUT-I-of-N, for jobs."),
    ] = None,
    verify: Annotated[
        bool, Option("--verify", help="Make nothing: check --out against its manifest.")
    ] = False,
    preview: Annotated[bool, Option(help="Add a contact sheet, preview.png.")] = True,
    split: Annotated[Split, Option(help="Which digits to write with.")] = Split.train,
    min_digits: Annotated[
        int | None, Option(min=1, max=5, help="Shortest number.", show_default="1")
    ] = None,
    max_digits: Annotated[
        int | None, Option(min=1, max=5, help="Longest number.", show_default="5")
    ] = None,
    leading_zeros: Annotated[
        bool | None, Option(help="Allow numbers such as 007.", show_default="no")
    ] = None,
    layout: Annotated[
        Layout, Option(help="How varied: `wide` is what `polish` trains on, `usual` validates.")
    ] = Layout.usual,
    mnist: Mnist = None,
    custom: Custom = None,
    custom_share: SetCustomShare = None,
    procedural_share: SetProceduralShare = None,
    fonts: Fonts = None,
    config: Config = None,
    assignments: Assignments = None,
    as_json: Json = False,
) -> None:
    """Write synthetic handwritten numbers to a folder, with a manifest.

    Many machines share the work with --shard: job 3 of 8 runs the same command with --shard 3/8,
    and the eight folders hold what one run would have made.
    """
    from dataclasses import replace

    from generator.numbers import NumberGenerator
    from generator.shards import write_numbers, wrong_files
    from generator.style import LAYOUTS
    from toolchain.training import settings

    part = _part(shard)
    if not out.name:
        raise BadInput(f"--out {out} has no name: name a new folder")
    if shard:
        out = out.with_name(f"{out.name}-{part[0]}-of-{part[1]}")
    if verify:
        _say_verified(out, wrong_files(out), as_json)
        return
    given = settings.gather(
        config,
        assignments,
        {
            "run": {"seed": seed},
            "digits": settings.sources(mnist, custom, custom_share, procedural_share, fonts),
            "style": {"leading_zeros": leading_zeros},
        },
    )
    style = replace(LAYOUTS[layout.value], **given.style)
    shortest, longest = min_digits or style.digits[0], max_digits or style.digits[1]
    if shortest > longest:
        raise BadInput(f"--min-digits {shortest} is above --max-digits {longest}: swap them")
    style = replace(style, digits=(shortest, longest))
    given.digits.prepare(split.value)
    numbers = NumberGenerator(
        given.digits.bank(split.value, seed=given.run.seed), given.run.seed, style
    )
    with console.progress("generating", -(-count // part[1])) as update:
        manifest = write_numbers(
            numbers, count, out, format.value, part=part, preview=preview, on_numbers=update
        )
    if as_json:
        console.show_json({"out": out, **manifest})
    else:
        files = len(manifest["sha256"])
        console.out.print(f"{manifest['count']} numbers in {out}, {files} files")


def _part(shard: str | None) -> tuple[int, int]:
    which, _, parts = (shard or "1/1").partition("/")
    if not all(re.fullmatch(r"0*[1-9][0-9]{0,11}", each) for each in (which, parts)):
        raise BadInput(f"--shard {shard} is not I/N, as in --shard 3/8")
    return int(which), int(parts)


def _say_verified(folder: Path, wrong: list[str], as_json: bool) -> None:
    if as_json:
        console.show_json({"out": folder, "wrong": wrong})
    elif wrong:
        more = f" and {len(wrong) - 5} more" if len(wrong) > 5 else ""
        console.out.print(f"{folder} is not as it was made: {', '.join(wrong[:5])}{more}")
    else:
        console.out.print(f"{folder} is as it was made")
    if wrong:
        raise typer.Exit(1)


@app.command(epilog="Example: `nrtool train --variant lightweight --custom my_digits --resume`")
def train(
    variant: SetVariant = None,
    recipe: Annotated[
        str | None,
        Option(
            help="full, short, quick, small, nano, nano-quick, polish, finetune or earlier, or the "
            "TOML of one. Default: finetune with --finetune, else full on a GPU, else short."
        ),
    ] = None,
    epochs: Annotated[int | None, Option(min=1, help="Instead of the recipe's.")] = None,
    numbers: Annotated[int | None, Option(min=1, help="Numbers an epoch.")] = None,
    batch: Annotated[int | None, Option(min=1, help="Numbers a step.")] = None,
    learning_rate: Annotated[float | None, Option(min=0.0, help="Its peak.")] = None,
    run: Annotated[str | None, Option(help="Name of the run. Default: the variant's.")] = None,
    resume: Annotated[bool, Option("--resume", help="Go on where the run stopped.")] = False,
    profile: Annotated[
        bool, Option("--profile", help="Say where a step's time goes: profile.md, trace.json.")
    ] = False,
    finetune: Annotated[
        Path | None,
        Option(help="Go on from a trained checkpoint, of this variant or a narrower one to grow."),
    ] = None,
    device: SetDevice = None,
    seed: SetSeed = None,
    runs: Runs = RUNS,
    mnist: Mnist = None,
    custom: Custom = None,
    custom_share: SetCustomShare = None,
    procedural_share: SetProceduralShare = None,
    fonts: Fonts = None,
    config: Config = None,
    assignments: Assignments = None,
    as_json: Json = False,
) -> None:
    """Train a variant on fresh numbers every epoch; Ctrl-C stops, --resume goes on.

    `--finetune exports/optimized/optimized.safetensors --custom my_digits` adapts a trained model
    to someone's hand in minutes, mixed with the old digits so that it forgets little.
    """
    from toolchain.training import settings
    from toolchain.training.run import start

    options = {
        "run": {"variant": variant, "device": device, "seed": seed},
        "digits": settings.sources(mnist, custom, custom_share, procedural_share, fonts),
        "recipe": {
            "epochs": epochs,
            "numbers": numbers,
            "batch": batch,
            "learning_rate": learning_rate,
        },
    }
    usual = "finetune" if finetune else None
    start(
        settings.gather(config, assignments, options, recipe, usual),
        runs,
        name=run,
        resume=resume,
        start_from=finetune,
        profile=profile,
        as_json=as_json,
    )


@app.command(epilog="Example: `nrtool average runs/optimized-2 runs/optimized-3 --custom digits`")
def average(
    checkpoints: Annotated[list[Path], Argument(help="Runs or checkpoints of one variant.")],
    run: Annotated[
        str | None, Option(help="Name of the run to write. Default: the variant's, -average.")
    ] = None,
    take_all: Annotated[
        bool, Option("--all", help="Take each, as often as it is named, and only say how all read.")
    ] = False,
    count: Annotated[
        int, Option(min=1, max=MOST, help="How many validation numbers each reads.")
    ] = 8_000,
    runs: Runs = RUNS,
    mnist: Mnist = None,
    custom: Custom = None,
    custom_share: CustomShare = 0.5,
    as_json: Json = False,
) -> None:
    """Average trained networks: each is taken that makes the average read better.

    Train some from one start with `nrtool train --finetune START --recipe polish --seed N`.
    """
    from dataclasses import asdict

    from toolchain.data import checkpoint
    from toolchain.training import averaging
    from toolchain.training.folders import best_of, new_folder

    paths = [best_of(path) for path in checkpoints]
    # Before the long work: a name that is taken is refused at once.
    name = run if run is not None else f"{checkpoint.load_model(paths[0])[1]['variant']}-average"
    with new_folder(runs, name, is_named=run is not None) as folder:
        bank = digits_of(mnist, custom, custom_share).bank("val")
        with console.progress("averaging", 2 * len(paths) - 1) as update:
            made = averaging.average(paths, bank, count, take_all, on_step=update)
        weights = {f"model.{key}": value for key, value in made.model.state_dict().items()}
        checkpoint.save(folder / "best.safetensors", weights, made.facts)
        storage.write_json(folder / "config.json", made.facts)
    if as_json:
        tried = [asdict(each) for each in made.tried]
        console.show_json({"run": folder, "score": asdict(made.score), "ingredients": tried})
        return
    rows = [
        [each.path, f"{each.score.accuracy:.2%}", f"{each.score.loss:.4f}", "yes" * each.taken]
        for each in made.tried
    ]
    rows.append(["average", f"{made.score.accuracy:.2%}", f"{made.score.loss:.4f}", ""])
    title = f"{made.score.count:,} validation numbers"
    console.show_table(Table(title, ["checkpoint", "read exactly", "loss", "taken"], rows))
    console.out.print(f"average: {folder}; next: nrtool export --variant {made.facts['variant']}")

"""Commands that adjust: config, tune."""

from pathlib import Path
from typing import Annotated, Any

import typer
from typer import Option

from generator.errors import BadInput
from toolchain import console
from toolchain.commands.options import (
    Assignments,
    Config,
    Custom,
    Fonts,
    Json,
    Mnist,
    SetCustomShare,
    SetDevice,
    SetProceduralShare,
    SetSeed,
    SetVariant,
    Variant,
)
from toolchain.storage import replacing

app = typer.Typer()

_MEASURED = ("trial", "state", "epochs", "loss", "accuracy")


@app.command(epilog="Example: `nrtool config --out mine.toml; nrtool train --config mine.toml`")
def config(
    out: Annotated[Path, Option(help="New file to write.")] = Path("nrtool.toml"),
    variant: Variant = "optimized",
    recipe: Annotated[str, Option(help="Whose values to show under [recipe].")] = "short",
    as_json: Json = False,
) -> None:
    """Write a TOML file with every setting of generating and training, explained.

    It changes nothing until you do: each setting stands there commented out, with its default.
    """
    from toolchain.training import settings

    if out.exists():
        raise BadInput(f"{out} is there already: name another with --out, or delete it")
    text = settings.commented(variant, recipe)
    with replacing(out) as temporary:
        temporary.write_text(text, "utf-8")
    if as_json:
        console.show_json({"out": out})
    else:
        console.out.print(f"{out}; next: change it, then nrtool train --config {out}")


@app.command(epilog="Example: `nrtool tune --variant lightweight --trials 20`")
def tune(
    variant: SetVariant = None,
    trials: Annotated[int, Option(min=1, help="How many, those of before among them.")] = 20,
    study: Annotated[
        Path | None,
        Option(help="Folder; one that is there goes on.", show_default="studies/VARIANT"),
    ] = None,
    storage: Annotated[
        str | None,
        Option(
            envvar="NRTOOL_STORAGE",
            help="Database in which many processes share the study: postgresql://USER@HOST/NAME, "
            "mysql://USER@HOST/NAME, sqlite:///FILE.",
            show_default="the study's folder",
        ),
    ] = None,
    recipe: Annotated[
        str | None,
        Option(
            help="How long a trial is, and all that is not tuned; or the TOML file of one.",
            show_default="quick",
        ),
    ] = None,
    epochs: Annotated[int | None, Option(min=1, help="Of a trial.")] = None,
    numbers: Annotated[int | None, Option(min=1, help="Numbers an epoch.")] = None,
    device: SetDevice = None,
    seed: SetSeed = None,
    mnist: Mnist = None,
    custom: Custom = None,
    custom_share: SetCustomShare = None,
    procedural_share: SetProceduralShare = None,
    fonts: Fonts = None,
    config: Config = None,
    assignments: Assignments = None,
    as_json: Json = False,
) -> None:
    """Search learning rate, batch, weight decay, Muon's rate and warm-up with Optuna.

    Each trial is a short training, cut off where it falls behind the others. Stopped or killed,
    the same command goes on. The best is written as best.toml, for `nrtool train --recipe`.

    With --storage the same command on other machines shares the work; a trial whose machine died is
    done again.
    """
    import optuna  # noqa: F401 - first, because its extra brings all the rest

    from toolchain.report import study as plots
    from toolchain.training import settings
    from toolchain.training import tune as tuning
    from toolchain.training.loop import Stopped
    from toolchain.training.studies import place_of

    options = {
        "run": {"variant": variant, "device": device, "seed": seed},
        "digits": settings.sources(mnist, custom, custom_share, procedural_share, fonts),
        "recipe": {"epochs": epochs, "numbers": numbers},
    }
    given = settings.gather(config, assignments, options, recipe, "quick")
    folder = study or Path("studies") / given.run.variant
    place = place_of(folder, storage)
    length = given.choose(False)
    with console.progress("this trial", length.epochs * length.numbers) as update:
        try:
            found = tuning.tune(
                given, trials, place, on_step=update, on_trial=lambda row: console.say(_line(row))
            )
        except Stopped:
            console.say(f"stopped; the same command goes on with {folder}")
            raise typer.Exit(console.INTERRUPTED) from None
    found["files"] += plots.draw(place)
    if as_json:
        console.show_json({"study": folder, **found})
    elif found["best"] is None:
        console.out.print(f"no trial came to its end with a finite loss: see {folder}")
    else:
        console.out.print(f"best: {_line(found['best'])}")
        console.out.print(
            f"{', '.join(map(str, found['files']))}; "
            f"next: nrtool train --variant {given.run.variant} --recipe {folder / 'best.toml'}"
        )


def _line(row: dict[str, Any]) -> str:
    values = {key: value for key, value in row.items() if key not in _MEASURED}
    read = f"loss {row['loss']:.4f}  {row['accuracy']:.2%}" if row["epochs"] else "diverged"
    return (
        f"trial {row['trial']:3d}  {row['state']:8s} epoch {row['epochs']:2d}  {read}  "
        + "  ".join(f"{key} {value:.3g}" for key, value in values.items())
    )

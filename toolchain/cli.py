"""The nrtool command: all commands gathered, errors turned into one line and an exit code."""

import signal
from pathlib import Path
from typing import Annotated

import typer
from typer import Option

from toolchain import console
from toolchain.commands import (
    drawing,
    importing,
    looking,
    making,
    proving,
    reading,
    shipping,
    tuning,
)
from toolchain.commands.options import Mnist, Variant

app = typer.Typer(
    name="nrtool",
    help="Handwritten-number recognition for games: generate, train, export, prove, ship.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)

PANELS = {
    "Make": (making, importing, tuning),
    "Prove": (proving,),
    "Ship": (shipping,),
    "Read": (reading, drawing),
    "Look": (looking,),
}
for panel, groups in PANELS.items():
    for group in groups:
        for command in group.app.registered_commands:
            command.rich_help_panel = panel
        app.add_typer(group.app)


@app.command(rich_help_panel="Make", epilog="Example: `nrtool quickstart --out /tmp/first`")
def quickstart(
    out: Annotated[Path, Option(help="Folder for everything it makes.")] = Path("quickstart"),
    variant: Variant = "nano",
    mnist: Mnist = None,
) -> None:
    """The whole main path on a small budget: train, export, prove, measure, read.

    A step that falls short does not stop the others that can go on without it.
    """
    from toolchain import pipeline

    def run(step: list[str]) -> int:
        console.say(f"\n$ nrtool {' '.join(step)}", "bold")
        return int(app(step, standalone_mode=False) or 0)

    short = pipeline.run_all(pipeline.steps(out, variant, mnist), run)
    console.out.print(pipeline.closing(out, variant, short))
    if short:
        raise typer.Exit(console.FELL_SHORT)


def main() -> None:
    """Entry point of the console script."""
    # Stopped by whatever means, a command clears away what it has half written.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    raise SystemExit(console.guarded(lambda: app(prog_name="nrtool")))


if __name__ == "__main__":
    main()

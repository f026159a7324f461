"""Curves of training runs: loss, accuracy, learning rate and time, as a PNG and as a page.

All is read from metrics.csv, which is whole after every epoch: a run may still be going.
"""

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_type_hints

from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import LogLocator, NullFormatter

from generator.errors import BadInput
from toolchain import storage
from toolchain.report import charts, release_page, tables
from toolchain.table import Table
from toolchain.training.loop import Epoch

ACROSS = "thousand numbers"
_FURTHEST = 10**15  # of any figure; no run comes near
_LEAST = 1e-15  # what a logarithmic axis shows


@dataclass(frozen=True)
class History:
    """What a run has done so far, of how many epochs; at least one is finished."""

    name: str
    variant: str
    of: int
    epochs: list[Epoch]

    @property
    def best(self) -> Epoch:
        """The epoch whose weights are kept."""
        return max(self.epochs, key=lambda epoch: epoch.val_accuracy)


@dataclass(frozen=True)
class Line:
    """One run's values of one quantity: (thousand numbers, value); those that are finite."""

    run: int
    points: list[charts.Point]
    dashed: bool = False


@dataclass(frozen=True)
class Panel:
    """One of the four pictures."""

    title: str
    lines: list[Line]
    log: bool = False


def write(runs: Sequence[Path], folder: Path) -> dict[str, Path]:
    """Write curves.png and curves.html, with all runs in each picture, into a folder.

    Raises:
        BadInput: as `read`.
    """
    histories = [read(run) for run in runs]
    drawn = panels(histories)
    paths = {"png": folder / "curves.png", "html": folder / "curves.html"}
    with storage.replacing(paths["png"]) as temporary:
        picture(histories, drawn).savefig(temporary, format="png", dpi=130)
    with storage.replacing(paths["html"]) as temporary:
        temporary.write_text(page(histories, drawn), "utf-8")
    return paths


def read(run: Path) -> History:
    """The epochs that a run has finished.

    Raises:
        BadInput: the folder holds no run, no epoch is finished, or a file in it is damaged.
    """
    about, metrics = run / "config.json", run / "metrics.csv"
    if not about.is_file():
        raise BadInput(f"{run} is no run: name a folder that `nrtool train` wrote")
    if not metrics.is_file():
        raise BadInput(f"{run} has no curves yet: they begin with the first finished epoch")
    kinds = get_type_hints(Epoch)
    try:
        facts = storage.read_json(about)
        with metrics.open(newline="", encoding="utf-8") as file:
            epochs = [
                Epoch(**{name: kind(row[name]) for name, kind in kinds.items()})
                for row in csv.DictReader(file)
            ]
        figures = [list(vars(each).values()) for each in epochs]
        # What is no number leaves a gap; with nothing else there is no curve.
        if any(_FURTHEST <= abs(each) < math.inf for row in figures for each in row):
            raise ValueError("figures beyond all measure")
        if figures and not any(all(map(math.isfinite, row)) for row in figures):
            raise ValueError("no epoch has figures")
        history = History(run.name, facts["variant"], facts["recipe"]["epochs"], epochs)
    except (KeyError, TypeError, ValueError, csv.Error) as error:
        raise BadInput(f"{run} is damaged ({error}): train it again") from None
    if not epochs:
        raise BadInput(f"{metrics} is empty: train the run again")
    return history


def panels(histories: Sequence[History]) -> list[Panel]:
    """Loss, accuracy, learning rate and seconds an epoch."""

    def line(run: int, field: str, factor: float = 1.0, dashed: bool = False) -> Line:
        points = [
            (epoch.numbers / 1e3, factor * getattr(epoch, field)) for epoch in histories[run].epochs
        ]
        return Line(run, [point for point in points if math.isfinite(point[1])], dashed)

    every = range(len(histories))
    losses = [line(run, "train_loss", dashed=True) for run in every]
    losses += [line(run, "val_loss") for run in every]
    positive = all(value > _LEAST for each in losses for _, value in each.points)
    return [
        Panel("loss, nats; dashed: training", losses, log=positive),
        Panel(
            "validation numbers read exactly, %", [line(run, "val_accuracy", 100) for run in every]
        ),
        Panel("learning rate", [line(run, "learning_rate") for run in every]),
        Panel("seconds an epoch", [line(run, "seconds") for run in every]),
    ]


def overview(histories: Sequence[History]) -> Table:
    """One row a run."""
    head = ["run", "variant", "epochs", "numbers", "best epoch", "read exactly", "loss", "time"]
    rows = [
        [
            history.name,
            history.variant,
            f"{history.epochs[-1].epoch} of {history.of}",
            f"{history.epochs[-1].numbers:,}",
            f"{history.best.epoch}",
            f"{history.best.val_accuracy:.2%}",
            f"{history.best.val_loss:.4f}",
            f"{sum(epoch.seconds for epoch in history.epochs) / 60:.1f} min",
        ]
        for history in histories
    ]
    return Table("", head, rows, words=2)


def picture(histories: Sequence[History], drawn: Sequence[Panel]) -> Figure:
    """The four panels, two by two."""
    figure = Figure(figsize=(11, 7.5), layout=ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.1))
    for panel, axes in zip(drawn, figure.subplots(2, 2).flat, strict=True):
        for line in panel.lines:
            axes.plot(
                *zip(*line.points, strict=True) if line.points else ([], []),
                color=charts.colour(line.run),
                linestyle="--" if line.dashed else "-",
                alpha=0.6 if line.dashed else 1.0,
                marker="o",
                markersize=2.5,
            )
        axes.set_title(panel.title, loc="left", fontsize=10)
        axes.set_xlabel(ACROSS, fontsize=9)
        if panel.log:
            plain_log(axes)
        axes.grid(True, color="#dfe4ea", linewidth=0.6)
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(labelsize=8)
    names = [f"{each.name}: epoch {each.epochs[-1].epoch} of {each.of}" for each in histories]
    solid = list(figure.axes[1].lines)
    figure.legend(solid, names, loc="outside upper left", ncols=3, frameon=False, fontsize=10)
    return figure


def plain_log(axes: Axes) -> None:
    """A logarithmic axis upwards with plain figures at 1, 2 and 5."""
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_formatter(NullFormatter())


def page(histories: Sequence[History], drawn: Sequence[Panel]) -> str:
    """HTML that needs nothing else."""
    return release_page.page(
        "curves.html.j2",
        title=", ".join(history.name for history in histories),
        names=[(history.name, charts.colour(run)) for run, history in enumerate(histories)],
        overview=overview(histories),
        pictures=[(panel.title, Markup(_svg(panel, histories))) for panel in drawn],
        runs=[(each.name, tables.epochs([vars(row) for row in each.epochs])) for each in histories],
    )


def as_json(runs: Sequence[Path]) -> list[dict[str, Any]]:
    """The same as plain data."""
    return [
        {
            "run": run,
            "variant": each.variant,
            "of": each.of,
            "epochs": [vars(e) for e in each.epochs],
        }
        for run, each in ((run, read(run)) for run in runs)
    ]


def _svg(panel: Panel, histories: Sequence[History]) -> str:
    points = [point for line in panel.lines for point in line.points] or [(0.0, 0.0)]
    labels = (ACROSS, panel.title.partition(";")[0])
    axes = charts.Axes([x for x, _ in points], [y for _, y in points], labels, log=panel.log)
    for line in panel.lines:
        axes.line(line.points, charts.colour(line.run), line.dashed)
        for x, y in line.points:
            said = f"{histories[line.run].name}: {y:.4g} at {x:g} {ACROSS}"
            axes.dot((x, y), charts.colour(line.run), said, 2.5)
    return axes.svg()

"""One training run as a user sees it: where it is kept, what it prints, how it is resumed."""

import contextlib
import math
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
import typer
from torch import Tensor

from generator.errors import BadInput
from generator.numbers import NumberGenerator
from models import zoo
from models.decoders import Network
from models.grow import grow
from toolchain import console, storage
from toolchain.data import checkpoint, samples
from toolchain.data.samples import Samples
from toolchain.provenance import machine, source_commit
from toolchain.training import hard_digits, resuming
from toolchain.training.accuracy import evaluate
from toolchain.training.devices import device_named
from toolchain.training.folders import best_of, new_folder, resumed_folder
from toolchain.training.footprint import insist_on_room, insist_on_size
from toolchain.training.loop import Epoch, Job, Stopped, train, validation_numbers
from toolchain.training.profile import profiled
from toolchain.training.ranks import Ranks, joined
from toolchain.training.recipes import Recipe
from toolchain.training.settings import Settings

START = "start.safetensors"  # in a run's folder: the network that it started from

NO_STATISTICS = (
    "recipe.freeze_norm keeps the statistics of a trained network: name one by --finetune"
)


@dataclass(frozen=True)
class Begun:
    """A run's folder; whether it is to be gone on with, and whether it has come to a checkpoint.

    It is written by the first of the ranks; `folder` is each one's own.
    """

    folder: Path
    again: bool
    has_checkpoint: bool
    ranks: Ranks


def start(
    settings: Settings,
    runs: Path,
    *,
    name: str | None,
    resume: bool,
    start_from: Path | None,
    profile: bool,
    as_json: bool,
) -> None:
    """Train with a live bar and a line an epoch; see `nrtool train --help`.

    Raises:
        BadInput: unknown variant, device or data, a run that is there already or was trained
            otherwise, a recipe that needs a network to start from, or a batch that the processes
            cannot divide or the memory cannot hold; to resume, processes that find the run's
            folder otherwise than the first.
        Busy: another process is writing the run.
        Diverged: see `toolchain.training.divergence`.
        typer.Exit: with 130 when stopped; `last` was saved.
    """
    variant = settings.run.variant
    with joined(device_named(settings.run.device)) as (ranks, on):
        recipe = settings.choose(on.type != "cpu")
        mine = ranks.rows(recipe.batch)
        if recipe.freeze_norm and start_from is None and not resume:
            raise BadInput(NO_STATISTICS)
        # Before anything is read or written: can it be?
        insist_on_size(variant, settings.network)
        built = zoo.build(variant, settings.network)
        insist_on_room(built, variant, recipe, mine.stop - mine.start, on)
        opened = resumed_folder if resume else new_folder
        opening = opened(runs, variant if name is None else name, name is not None)
        with _begun(opening, ranks, resume) as begun, contextlib.ExitStack() as looked_at:
            look = looked_at.enter_context(profiled(begun.folder, on)) if profile else None
            _train(settings, begun, on, recipe, start_from, look, as_json)


@contextlib.contextmanager
def _begun(
    opening: contextlib.AbstractContextManager[Path], ranks: Ranks, resume: bool
) -> Iterator[Begun]:
    """The folder of a run, opened by the first rank; the others are quiet."""
    if not ranks.is_first:
        console.out.quiet = console.err.quiet = True
        opening = contextlib.nullcontext(Path())
    with opening as opened, ranks.own(run := ranks.share(opened)) as folder:
        if resume:
            _insist_on_one_folder(run, folder, ranks)
        begun = Begun(folder, resume, resume and resuming.can_resume(folder), ranks)
        if resume and not begun.has_checkpoint:
            console.say(f"{folder} has no checkpoint yet: it starts anew")
        yield begun


def _insist_on_one_folder(run: Path, folder: Path, ranks: Ranks) -> None:
    """Every rank must have found what the first one has, or some would start anew beside it."""
    if ranks.world == 1:
        return
    seen = {path.name: storage.sha256(path) for path in folder.glob("[!.]*.safetensors")}
    if ranks.any(seen != ranks.share(seen)):
        raise BadInput(
            f"not every process finds the same in {run}: give all machines one file system for "
            "--runs, or each a copy of the first one's"
        )


def _train(
    settings: Settings,
    begun: Begun,
    on: torch.device,
    recipe: Recipe,
    start_from: Path | None,
    look: Callable[[], None] | None,
    as_json: bool,
) -> None:
    """`start`, in a folder that nobody else writes."""
    variant, network, style = settings.run.variant, settings.network, settings.drawing()
    folder, resume = begun.folder, begun.has_checkpoint
    facts: dict[str, Any] = {"commit": source_commit(), "machine": _machine(on)}
    model, network, origin = _start(begun, start_from, variant, network, settings.run.seed)
    facts |= origin
    if recipe.keep and model is None:
        raise BadInput(
            "recipe.keep returns to the weights of the start: name a network by --finetune, or "
            "recipe.keep=0"
        )
    if recipe.freeze_norm and model is None and not resume:
        raise BadInput(NO_STATISTICS)
    reader = model
    if resume:
        # What it found is kept; who judged may have moved since, or have been trained on.
        facts |= resuming.judge_of(folder)
    elif recipe.focus and settings.run.judge is not None:
        reader, held = _like(settings.run.judge, variant, "run.judge")
        facts["judge"] = _origin(held)
    settings.digits.prepare("train", "val")
    with console.status("preparing digits"):
        train_bank = settings.digits.bank("train", on, settings.run.seed)
        banks = train_bank, settings.digits.bank("val", on)
    facts["data"], facts["validation"] = (bank.description for bank in banks)
    if model is not None and not resume:
        check = validation_numbers(variant, banks[1], style)
        accuracy = evaluate(model.to(on), check).accuracy
        console.say(f"before: {accuracy:.2%} of the validation numbers")
    if not resume:
        _keep_start(folder, model, {**facts, "variant": variant, "network": network})
    hard = None
    if recipe.focus:
        numbers = samples.to_learn(variant, banks[0], settings.run.seed, recipe.layout, style)
        autocast = recipe.autocasts(on)
        found = _times(folder, resume, reader and reader.to(on), numbers, autocast)
        hard = banks[0].more_often(found)
    console.say(
        f"{variant}: {recipe.epochs} epochs of {recipe.numbers:,} numbers from "
        f"{len(banks[0]):,} digits, on {on.type}, into {folder}"
    )

    rows: list[dict[str, Any]] = []
    notes = [""]
    with console.progress("training", recipe.steps) as update:

        def on_step(step: int, loss: float) -> None:
            notes.extend([] if math.isnan(loss) else [f"loss {loss:.3f}"])
            update(step, notes[-1])
            if look:
                look()

        def on_epoch(row: Epoch) -> None:
            rows.append(asdict(row))
            if row.epoch == 1 or len(rows) == 1:
                console.say("epoch   numbers      rate   loss  val loss   val acc  numbers/s")
            console.say(
                f"{row.epoch:5d} {row.numbers:9,d} {row.learning_rate:9.2e} {row.train_loss:6.3f} "
                f"{row.val_loss:9.4f} {row.val_accuracy:9.2%} {row.numbers_per_second:10.0f}"
            )

        try:
            best_accuracy = train(
                Job(variant, recipe, settings.run.seed, style, network, facts),
                banks,
                folder,
                device=on,
                resume=resume,
                start_from=model,
                hard=hard,
                ranks=begun.ranks,
                on_step=on_step,
                on_epoch=on_epoch,
            )
        except Stopped as stopped:
            console.say(str(stopped))
            raise typer.Exit(console.INTERRUPTED) from None
    best = folder / "best.safetensors"
    if not begun.ranks.is_first:
        return
    if as_json:
        console.show_json({"run": folder, "best": best, "accuracy": best_accuracy, "epochs": rows})
    else:
        console.out.print(f"best checkpoint: {best}; next: nrtool export --variant {variant}")


def _start(
    begun: Begun, start_from: Path | None, variant: str, network: dict[str, Any], seed: int
) -> tuple[Network | None, dict[str, Any], dict[str, Any]]:
    """The network to start from, the shape to train, and what checkpoints tell of the start.

    A run that is gone on with has kept it: what it was made of may have changed since, or be gone.
    """
    told: dict[str, Any] = {"start": None}
    if start_from is not None:
        told["start"] = storage.sha256(checkpoint.existing(best_of(start_from)))
    kept = begun.folder / START
    if kept.exists() and (begun.has_checkpoint or (begun.again and start_from is None)):
        source, held = checkpoint.load_model(kept, variant)
        told = {"started_from": held["started_from"], "start": told["start"] or held["start"]}
    elif start_from is not None:
        source, held = checkpoint.load_model(best_of(start_from))
        told["started_from"] = _origin(held)
    else:
        return None, network, told
    held_network = checkpoint.changes(held, "network")
    if held["variant"] == variant and network in ({}, held_network):
        return source, held_network, told
    torch.manual_seed(seed)
    return grow(source, zoo.build(variant, network)), network, told


def _keep_start(folder: Path, model: Network | None, facts: dict[str, Any]) -> None:
    if model is None:
        (folder / START).unlink(missing_ok=True)  # of a start that came to no checkpoint
    else:
        checkpoint.save(folder / START, resuming.named(model, "model."), facts)


def _origin(facts: dict[str, Any]) -> str:
    return f"{facts['variant']} ({facts.get('commit', 'unknown')})"


def _like(path: Path, variant: str, asked: str) -> tuple[Network, dict[str, Any]]:
    """The network of a checkpoint or run and its facts; it reads what the variant learns from."""
    network, held = checkpoint.load_model(best_of(path))
    kind = zoo.find(held["variant"])
    if kind.input != zoo.find(variant).input or kind.digits[0] > 1:
        raise BadInput(f"{asked} {path} does not read what {variant} does: name another network")
    return network, held


def _times(
    folder: Path, resume: bool, reader: Network | None, numbers: Samples, autocast: bool
) -> Tensor:
    """How often each training digit comes while the recipe focuses; kept in the run's folder."""
    path, bank = folder / "focus.safetensors", numbers.bank
    if resume:
        return hard_digits.load(path, bank)
    if reader is None or not isinstance(numbers, NumberGenerator) or numbers.style.digits[0] > 1:
        raise BadInput(
            "a recipe that focuses asks a network that reads single digits which are hard: "
            "give --finetune or run.judge, or recipe.focus=0"
        )
    with console.progress("looking for hard digits", sum(hard_digits.to_read(bank))) as update:
        found = hard_digits.how_often(hard_digits.misread(reader, numbers, update, autocast))
    hard_digits.save(path, found)
    console.say(f"{(found > 1).float().mean():.1%} of the digits come more often")
    return found


def _machine(device: torch.device) -> str:
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"{torch.get_num_threads()} cores of {machine()}"

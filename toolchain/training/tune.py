"""Tuning: Optuna tries recipes, each by a short real training; the best becomes a recipe file.

A study is a folder: `study.db` is Optuna's storage, so that a killed study goes on; `trials/` has
the curves of each; `best.toml` is what `nrtool train --recipe` takes. Many processes share a study
by a database instead, each with the curves of its own trials. What is made smallest is the
validation loss after the last epoch, which is steadier than accuracy.
"""

import contextlib
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

import optuna
import torch
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    distribution_to_json,
)
from optuna.trial import FrozenTrial, TrialState

from generator.digits import DigitBank
from generator.errors import BadInput
from models import zoo
from toolchain import storage
from toolchain.training import studies
from toolchain.training.devices import device_named
from toolchain.training.divergence import Diverged
from toolchain.training.loop import Epoch, Job, train
from toolchain.training.muon import split_parameters
from toolchain.training.recipes import Recipe
from toolchain.training.settings import Settings, toml
from toolchain.training.studies import Place

BATCHES = (32, 64, 128, 256)
# How far to look for each field of a recipe.
SPACE: dict[str, BaseDistribution] = {
    "learning_rate": FloatDistribution(2e-4, 1e-2, log=True),
    "batch": CategoricalDistribution(BATCHES),
    "weight_decay": FloatDistribution(1e-4, 0.3, log=True),
    "muon": FloatDistribution(4.0, 100.0, log=True),
    "warmup": FloatDistribution(0.02, 0.5),
}


def tune(
    settings: Settings,
    trials: int,
    place: Place,
    *,
    on_step: Callable[[int], None] = lambda numbers: None,
    on_trial: Callable[[dict[str, Any]], None] = lambda trial: None,
) -> dict[str, Any]:
    """Go on with a study, or start it, until so many trials are finished.

    Args:
        settings: what to train; the recipe says how long a trial is and whatever is not tuned.
        trials: how many must be finished in all, those of before among them; where several
            processes come to the last ones at once there may be more, one a process.
        place: the study's.
        on_step: called with the numbers that the running trial has trained on.
        on_trial: called with each finished trial, see `described`.

    Returns:
        What `summary` says, and which files were written: best.toml where there is a best.

    Raises:
        BadInput: unknown variant, device or data; the recipe goes on from a network; the study is
            another one, or at work already; its database cannot be reached.
        Stopped: on SIGINT or SIGTERM; the trial that ran is tried again when the study goes on.
    """
    on = device_named(settings.run.device)
    recipe = settings.choose(on.type != "cpu")
    if recipe.keep or recipe.freeze_norm or recipe.focus:
        raise BadInput(
            "trials start from nothing: set recipe.keep, recipe.focus and recipe.freeze_norm to 0, "
            "0 and false, or name another --recipe"
        )
    space = space_of(settings.run.variant, settings.network, recipe)
    settings.digits.prepare("train", "val")
    train_bank = settings.digits.bank("train", on, settings.run.seed)
    banks = train_bank, settings.digits.bank("val", on)
    facts = {
        "variant": settings.run.variant,
        "recipe": asdict(recipe),
        "seed": settings.run.seed,
        "style": settings.drawing(),
        "network": settings.network,
        "data": banks[0].description,
        "space": {name: json.loads(distribution_to_json(each)) for name, each in space.items()},
    }
    with _folder_of(place), studies.storing(place):
        place.folder.mkdir(parents=True, exist_ok=True)
        study = studies.opened(place, facts)
        while len(finished(study)) < trials:
            studies.take_up(study, place, space)
            trial = studies.begun(study, space, settings.run.seed)
            if trial is None:
                continue
            run = studies.run_of(place, trial.number)
            tried = replace(recipe, **trial.params)
            epochs: list[Epoch] = []
            with studies.alive(study, trial, place):
                epochs = _trained(trial, tried, settings, banks, run, on, on_step)
            loss = epochs[-1].val_loss if epochs else math.nan  # it blew up in the first
            if len(epochs) == recipe.epochs and math.isfinite(loss):
                study.tell(trial, loss, skip_if_finished=True)
            else:
                study.tell(trial, state=TrialState.PRUNED, skip_if_finished=True)
            on_trial(described(study.trials[trial.number]))
        return {**summary(study), "files": _write_best(study, recipe, place.folder)}


def _folder_of(place: Place) -> contextlib.AbstractContextManager[None]:
    """Nobody else writes the folder of a study that it keeps; one in a database is for many."""
    if place.url is not None:
        return contextlib.nullcontext()
    return storage.alone(place.folder, "name a --study")


def _trained(
    trial: optuna.Trial,
    recipe: Recipe,
    settings: Settings,
    banks: tuple[DigitBank, DigitBank],
    run: Path,
    device: torch.device,
    on_step: Callable[[int], None],
) -> list[Epoch]:
    """The epochs of one trial, all of the recipe's or fewer; its weights are not kept."""
    epochs: list[Epoch] = []

    def on_epoch(row: Epoch) -> None:
        epochs.append(row)
        trial.set_user_attr("accuracy", row.val_accuracy)
        trial.report(row.val_loss, row.epoch)
        if row.epoch < recipe.epochs and trial.should_prune():
            raise optuna.TrialPruned

    with contextlib.suppress(optuna.TrialPruned, Diverged):
        train(
            Job(
                settings.run.variant,
                recipe,
                settings.run.seed,
                settings.drawing(),
                settings.network,
            ),
            banks,
            run,
            device=device,
            on_step=lambda step, loss: on_step(step * recipe.batch),
            on_epoch=on_epoch,
        )
    for weights in run.glob("*.safetensors"):
        weights.unlink()
    return epochs


def space_of(variant: str, network: Mapping[str, Any], recipe: Recipe) -> dict[str, Any]:
    """What of `SPACE` makes a difference for a variant and a recipe.

    Raises:
        UnknownVariant: no such variant.
    """
    matrices, _ = split_parameters(zoo.build(variant, network))
    space = dict(SPACE)
    batches = [size for size in BATCHES if size <= recipe.numbers] or [recipe.batch]
    space["batch"] = CategoricalDistribution(batches)
    if not (matrices and recipe.muon):
        del space["muon"]
    if recipe.schedule == "constant":
        del space["warmup"]
    return space


def finished(study: optuna.Study) -> list[FrozenTrial]:
    """The trials that count."""
    found: list[FrozenTrial] = study.get_trials(False, (TrialState.COMPLETE, TrialState.PRUNED))
    return found


def described(trial: FrozenTrial) -> dict[str, Any]:
    """A trial as plain data: validation loss in nats, accuracy 0..1, epochs trained, its values."""
    values = trial.intermediate_values
    return {
        "trial": trial.number,
        "state": trial.state.name.lower(),
        "loss": values[max(values)] if values else None,
        "accuracy": trial.user_attrs.get("accuracy"),
        "epochs": len(values),
        **trial.params,
    }


def summary(study: optuna.Study) -> dict[str, Any]:
    """All trials, and the best of the complete ones, None where there is none."""
    complete = study.get_trials(False, (TrialState.COMPLETE,))
    return {
        "best": described(study.best_trial) if complete else None,
        "trials": [described(trial) for trial in study.trials],
    }


def _write_best(study: optuna.Study, recipe: Recipe, folder: Path) -> list[Path]:
    best = summary(study)["best"]
    if best is None:
        return []
    values = replace(recipe, **study.best_params)
    lines = [
        f"# The best of {len(finished(study))} trials of {study.user_attrs['variant']}: "
        f"validation loss {best['loss']:.4f}, {best['accuracy']:.2%} read exactly,",
        f"# after {recipe.epochs} epochs of {recipe.numbers} numbers. "
        "How long to train is for `nrtool train` to say.",
        "[recipe]",
        *(
            f"{field.name} = {toml(getattr(values, field.name))}"
            for field in fields(values)
            if field.name not in ("epochs", "numbers")
        ),
    ]
    path = folder / "best.toml"
    with storage.replacing(path) as temporary:
        temporary.write_text("\n".join(lines) + "\n", "utf-8")
    return [path]

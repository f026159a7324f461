"""Tuning: Optuna tries recipes, each by a short real training; the best becomes a recipe file.

A study is a folder: `study.db` is Optuna's storage, so that a killed study goes on; `trials/` has
the curves of each; `best.toml` is what `nrtool train --recipe` takes. What is made smallest is the
validation loss after the last epoch, which is steadier than accuracy.
"""

import contextlib
import json
import math
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

import optuna
import torch
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy.exc import SQLAlchemyError

from generator.digits import DigitBank
from generator.errors import BadInput
from models import zoo
from toolchain import storage
from toolchain.training.devices import device_named
from toolchain.training.divergence import Diverged
from toolchain.training.loop import Epoch, Job, train
from toolchain.training.muon import split_parameters
from toolchain.training.recipes import Recipe
from toolchain.training.settings import Settings, toml

NAME = "nrtool"  # of the study within its storage
BATCHES = (32, 64, 128, 256)
# How far to look for each field of a recipe.
SPACE: dict[str, BaseDistribution] = {
    "learning_rate": FloatDistribution(2e-4, 1e-2, log=True),
    "batch": CategoricalDistribution(BATCHES),
    "weight_decay": FloatDistribution(1e-4, 0.3, log=True),
    "muon": FloatDistribution(4.0, 100.0, log=True),
    "warmup": FloatDistribution(0.02, 0.5),
}

optuna.logging.set_verbosity(optuna.logging.WARNING)


def tune(
    settings: Settings,
    trials: int,
    folder: Path,
    *,
    on_step: Callable[[int], None] = lambda numbers: None,
    on_trial: Callable[[dict[str, Any]], None] = lambda trial: None,
) -> dict[str, Any]:
    """Go on with the study in a folder, or start it, until so many trials are finished.

    Args:
        settings: what to train; the recipe says how long a trial is and whatever is not tuned.
        trials: how many must be finished in all, those of before among them.
        folder: the study's.
        on_step: called with the numbers that the running trial has trained on.
        on_trial: called with each finished trial, see `described`.

    Returns:
        What `summary` says, and which files were written: best.toml where there is a best.

    Raises:
        BadInput: unknown variant, device or data; the study is another one, or at work already.
        Stopped: on SIGINT or SIGTERM; the trial that ran is tried again when the study goes on.
    """
    on = device_named(settings.run.device)
    recipe = settings.choose(on.type != "cpu")
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
    }
    # Nobody else works on it, so what is marked as running was cut off.
    with storage.alone(folder, "name a --study"), _storing(folder):
        folder.mkdir(exist_ok=True)
        study = _opened(folder, facts)
        while len(finished(study)) < trials:
            # Of the seed and what is finished alone: a study that goes on does not repeat itself,
            # and a trial that was cut off is the same again.
            done = len(finished(study))
            study.sampler = optuna.samplers.TPESampler(seed=settings.run.seed + done)
            trial = study.ask(space)
            run = folder / "trials" / f"{trial.number:04d}"
            tried = replace(recipe, **trial.params)
            epochs = _trained(trial, tried, settings, banks, run, on, on_step)
            loss = epochs[-1].val_loss if epochs else math.nan  # it blew up in the first
            if len(epochs) == recipe.epochs and math.isfinite(loss):
                study.tell(trial, loss)
            else:
                study.tell(trial, state=TrialState.PRUNED)
            on_trial(described(study.trials[trial.number]))
        return {**summary(study), "files": _write_best(study, recipe, folder)}


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


def study_in(folder: Path) -> optuna.Study:
    """The study of a folder as it stands, to be looked at."""
    with _storing(folder):
        return optuna.load_study(storage=_storage(folder), study_name=NAME)


@contextlib.contextmanager
def _storing(folder: Path) -> Iterator[None]:
    """What the study's file refuses is an error of the disk, as with any other file."""
    try:
        yield
    except (optuna.exceptions.StorageInternalError, SQLAlchemyError) as error:
        raise OSError(
            f"{folder / 'study.db'} cannot be read or written ({type(error).__name__})"
        ) from error


def _storage(folder: Path) -> str:
    return f"sqlite:///{folder / 'study.db'}"


def _opened(folder: Path, facts: dict[str, Any]) -> optuna.Study:
    """The study of a folder, new or gone on with; what was cut off in it does not count."""
    study = optuna.create_study(
        storage=_storage(folder),
        study_name=NAME,
        load_if_exists=True,
        pruner=optuna.pruners.MedianPruner(n_startup_trials=4, n_warmup_steps=1),
    )
    for key, value in json.loads(json.dumps(facts)).items():
        if study.user_attrs.get(key, value) != value:
            raise BadInput(f"{folder} tunes with another {key}: give the same, or a new --study")
        study.set_user_attr(key, value)
    for trial in study.get_trials(False, (TrialState.RUNNING,)):
        study.tell(trial.number, state=TrialState.FAIL)
        shutil.rmtree(folder / "trials" / f"{trial.number:04d}", ignore_errors=True)
    return study

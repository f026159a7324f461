"""Training: fresh numbers every epoch, an averaged model (EMA), checkpoints that resume.

The loop reads top to bottom in `train`: numbers, learning rate, step, average, validate, save.
"""

import contextlib
import csv
import dataclasses
import functools
import math
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import torch
from torch import Tensor, nn
from torch.utils.tensorboard import SummaryWriter

from generator.digits import DigitBank
from generator.numbers import Numbers
from models import zoo
from models.decoders import Network
from toolchain import storage
from toolchain.data import checkpoint, samples
from toolchain.training.accuracy import evaluate
from toolchain.training.ahead import ahead
from toolchain.training.batches import batches, indices_of
from toolchain.training.devices import denormals_flushed
from toolchain.training.divergence import all_finite, diverged, not_finite
from toolchain.training.ema import Average
from toolchain.training.muon import optimizers_for
from toolchain.training.norms import keep_norms
from toolchain.training.profile import part
from toolchain.training.ranks import ALONE, Ranks
from toolchain.training.recipes import Recipe, learning_rate
from toolchain.training.resuming import (
    insist_on_same,
    named,
    read_last,
    restore,
    save_last,
    state_of,
)

VALIDATION_NUMBERS = 4_000
VALIDATION_SEED = 1_000_003


@dataclass(frozen=True)
class Epoch:
    """One row of metrics.csv; loss in nats per number, accuracy 0..1, rate in numbers/s."""

    epoch: int
    numbers: int
    learning_rate: float
    train_loss: float
    val_loss: float
    val_accuracy: float
    seconds: float
    numbers_per_second: float


@dataclass(frozen=True)
class Job:
    """What is trained; a run that is gone on with is of the same.

    Attributes:
        variant: a name from the zoo.
        recipe: how long and how.
        seed: of the network's first weights and of the numbers.
        style: fields that differ of what samples are drawn with, see `samples`.
        network: fields of the network's shape that differ.
        facts: what else the checkpoints should tell, e.g. the data.
    """

    variant: str
    recipe: Recipe
    seed: int = 0
    style: Mapping[str, Any] = field(default_factory=dict)
    network: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)

    def as_facts(self) -> dict[str, Any]:
        """What every checkpoint tells of it."""
        return {
            "variant": self.variant,
            "recipe": dataclasses.asdict(self.recipe),
            "seed": self.seed,
            # Only where they differ, so that runs of before can be gone on with.
            **({"style": dict(self.style)} if self.style else {}),
            **({"network": dict(self.network)} if self.network else {}),
            **self.facts,
        }


class Stopped(Exception):
    """Training was asked to stop and left a checkpoint that resumes."""


@denormals_flushed()
def train(
    job: Job,
    banks: tuple[DigitBank, DigitBank],
    run: Path,
    *,
    device: torch.device,
    resume: bool = False,
    start_from: Network | None = None,
    hard: DigitBank | None = None,
    ranks: Ranks = ALONE,
    on_step: Callable[[int, float], None] = lambda step, loss: None,
    on_epoch: Callable[[Epoch], None] = lambda epoch: None,
) -> float:
    """Train a variant into the folder `run`; the result is `run/best.safetensors`.

    Args:
        job: what to train.
        banks: training and validation digits, on `device`.
        run: folder for config.json, metrics.csv, TensorBoard events, `last` and `best`.
        device: where to train.
        resume: go on from `run/last.safetensors`.
        start_from: a network of the same shape whose weights to start from.
        hard: training digits while the recipe focuses, instead of those of `banks`.
        ranks: the processes that train together; each is called with a `run` of its own.
        on_step: called with the step and its loss.
        on_epoch: called with each finished epoch.

    Returns:
        The best epoch's accuracy on the validation numbers, 0..1.

    Raises:
        BadInput: the run to resume does not fit.
        Diverged: the loss, its gradient or what became of the network is no finite number.
        Stopped: on SIGINT or SIGTERM, after `last` was saved.
    """
    variant, seed, style = job.variant, job.seed, job.style
    torch.manual_seed(seed)
    torch.set_float32_matmul_precision("high")
    shortest, longest = zoo.find(variant).digits
    # Only among numbers of any length have some columns to spare.
    recipe = dataclasses.replace(job.recipe, trim=job.recipe.trim and shortest < longest)
    torch.backends.cudnn.benchmark = device.type == "cuda" and not recipe.trim
    model = zoo.build(variant, job.network)
    if start_from is not None:
        model.load_state_dict(start_from.state_dict())
    model = ranks.converted(model)
    model = model.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    autocast = recipe.autocasts(device)
    optimizers = optimizers_for(model, recipe)
    average = Average(model, recipe.ema, recipe.keep)
    facts = dataclasses.replace(job, recipe=recipe).as_facts()
    numbers = samples.to_learn(variant, banks[0], seed, recipe.layout, style)
    harder = None if hard is None else samples.to_learn(variant, hard, seed, recipe.layout, style)
    check = validation_numbers(variant, banks[1], style)
    step, best, losses = 0, -1.0, list[Tensor]()
    history: list[dict[str, Any]] = []
    if resume:
        tensors, held = read_last(run)
        insist_on_same(run, held, facts)
        restore(tensors, model, average, optimizers)
        step, best, history = held["step"], held["best"], held["history"]
        losses = list(torch.tensor(held.get("losses", []), device=device))
    else:
        storage.write_json(run / "config.json", facts)

    per_epoch = recipe.numbers // recipe.batch
    forward = ranks.reducing(model)

    def told() -> dict[str, Any]:
        return {**facts, "step": step, "best": best, "history": history}

    def save() -> None:
        # With the losses of the epoch so far, whose mean is told at its end.
        epoch = torch.stack(losses).tolist() if losses else []
        save_last(run, state_of(model, average, optimizers), {**told(), "losses": epoch})

    def stop_diverged(what: str, batch: tuple[Tensor, Tensor]) -> NoReturn:
        state = state_of(model, average, optimizers)
        found = indices_of(numbers, recipe, step, harder)
        raise diverged(run, what, batch, found, state, {**facts, "step": step})

    with (
        _stop_requests() as stop,
        contextlib.closing(SummaryWriter(str(run))) as writer,
        ahead(functools.partial(batches, numbers, recipe, step, harder), device) as made,
    ):
        started, since = time.perf_counter(), step
        while step < recipe.steps:
            with part("numbers"):
                strips, digits = next(made)
            # Dropout, too, is a function of the step, so that a resumed run is the same run.
            torch.manual_seed(seed * 1_000_003 + step)
            model.train()
            if recipe.freeze_norm:
                keep_norms(model)
            for optimizer, ratio in optimizers:
                for group in optimizer.param_groups:
                    group["lr"] = learning_rate(recipe, step) * ratio
            mine = ranks.rows(recipe.batch)
            image = (strips[mine].float() / 255).contiguous(memory_format=torch.channels_last)
            with part("forward"), torch.autocast(device.type, torch.bfloat16, enabled=autocast):
                log_probs = forward(image)
            with part("loss"):
                loss = model.decoder.loss(log_probs, digits[mine])
                if recipe.smoothing:
                    loss = loss - recipe.smoothing * log_probs.mean(2).sum(1).mean()
            model.zero_grad()
            with part("backward"):
                loss.backward()
            loss = ranks.mean(loss.detach())
            with part("clip"):
                norm = nn.utils.clip_grad_norm_(model.parameters(), recipe.clip)
            fastest = max(group["lr"] for each, _ in optimizers for group in each.param_groups)
            if what := not_finite(loss, norm, fastest):
                stop_diverged(what, (strips, digits))
            with part("optimizer"):
                for optimizer, _ in optimizers:
                    optimizer.step()
            with part("average"):
                average.update(model, step)
            step += 1
            losses.append(loss)
            on_step(step, float(losses[-1]) if step % 20 == 0 else math.nan)

            if step % per_epoch == 0:
                finished = average.blended()
                score = evaluate(finished, check, autocast=autocast)
                if not (math.isfinite(score.loss) and all_finite(finished)):
                    step -= 1  # it is the last step's doing
                    stop_diverged("what the network became", (strips, digits))
                seconds = time.perf_counter() - started
                row = Epoch(
                    step // per_epoch,
                    step * recipe.batch,
                    learning_rate(recipe, step - 1),
                    float(torch.stack(losses).mean()),
                    score.loss,
                    score.accuracy,
                    seconds,
                    (step - since) * recipe.batch / seconds,
                )
                history.append(dataclasses.asdict(row))
                _record(run, history, writer)
                if score.accuracy > best:
                    best = score.accuracy
                    checkpoint.save(run / "best.safetensors", named(finished, "model."), told())
                losses.clear()
                save()
                on_epoch(row)
                started, since = time.perf_counter(), step
            if ranks.any(stop()):
                save()
                raise Stopped(
                    f"stopped at step {step} of {recipe.steps}; --resume goes on from here"
                )
    return best


def validation_numbers(variant: str, bank: DigitBank, style: Mapping[str, Any] | None) -> Numbers:
    """What every epoch is judged on; arguments as of `Job`, the bank of validation digits."""
    judged = samples.to_judge(variant, bank, VALIDATION_SEED, style)
    return judged(0, judged.different(VALIDATION_NUMBERS))


@contextlib.contextmanager
def _stop_requests() -> Iterator[Callable[[], bool]]:
    """SIGINT and SIGTERM are remembered instead of raised; yields the question."""
    seen: list[int] = []
    kinds = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(kind, lambda number, _: seen.append(number)) for kind in kinds]
    try:
        yield lambda: bool(seen)
    finally:
        for kind, handler in zip(kinds, before, strict=True):
            signal.signal(kind, handler)


def _record(run: Path, history: list[dict[str, Any]], writer: SummaryWriter) -> None:
    with (
        storage.replacing(run / "metrics.csv") as temporary,
        temporary.open("w", newline="") as file,
    ):
        table = csv.DictWriter(file, list(history[-1]))
        table.writeheader()
        table.writerows(history)
    for name, value in history[-1].items():
        if name not in ("epoch", "numbers"):
            writer.add_scalar(name, value, history[-1]["numbers"])
    writer.flush()

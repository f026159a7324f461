"""Going on with a run: the checkpoint it goes on from, and what must be the same as before."""

import itertools
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from generator.errors import BadInput
from toolchain import console
from toolchain.data import checkpoint
from toolchain.training.ema import Average

LAST, PREVIOUS = "last.safetensors", "previous.safetensors"
Optimizers = list[tuple[torch.optim.Optimizer, float]]

# What decides how a run goes on, and what people call it.
_SAME = {
    "variant": "another variant",
    "recipe": "another recipe",
    "seed": "another seed",
    "style": "another style",
    "network": "another network",
    "data": "other digits",
    "validation": "other digits to judge it by",
    "start": "another start (--finetune)",
}
_LATER = ("data", "validation", "start")  # not in checkpoints of before


def can_resume(run: Path) -> bool:
    """Whether the folder of a run holds a checkpoint, be it damaged."""
    return any((run / name).exists() for name in (LAST, PREVIOUS))


def save_last(run: Path, tensors: Mapping[str, Tensor], facts: Mapping[str, Any]) -> None:
    """Write `last`; the one before stays as `previous`.

    Raises:
        OSError: no room or no rights; one of the two is whole.
    """
    last = run / LAST
    fresh = run / f".fresh.{LAST}"
    try:
        checkpoint.save(fresh, tensors, facts)
        if last.exists():
            last.replace(run / PREVIOUS)
        fresh.replace(last)
    finally:
        fresh.unlink(missing_ok=True)


def read_last(run: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Tensors and facts of `last`; where it is damaged or missing of `previous`, with a word.

    Raises:
        BadInput: neither can be read.
    """
    try:
        return _read(run / LAST)
    except BadInput as error:
        if not (run / PREVIOUS).exists():
            raise
        found = _read(run / PREVIOUS)
        console.say(f"{error}: going on from {run / PREVIOUS}, step {found[1]['step']}")
        return found


def judge_of(run: Path) -> dict[str, Any]:
    """The fact of who judged a run's digits, as a dictionary that may be empty.

    Raises:
        BadInput: neither `last` nor `previous` can be read.
    """
    try:
        facts = checkpoint.facts(run / LAST)
    except BadInput:
        if not (run / PREVIOUS).exists():
            raise
        facts = checkpoint.facts(run / PREVIOUS)
    return {"judge": facts["judge"]} if "judge" in facts else {}


def _read(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    tensors, facts = checkpoint.load(path)
    kinds = {"step": int, "best": float, "history": list}
    is_sound = all(isinstance(facts.get(key), kind) for key, kind in kinds.items())
    if not is_sound or isinstance(facts["step"], bool) or facts["step"] < 0:
        raise BadInput(f"{path} is nothing that a run goes on from: start a new one")
    return tensors, facts


def insist_on_same(run: Path, held: Mapping[str, Any], asked: Mapping[str, Any]) -> None:
    """Refuse to go on with a run as another one; say where its last bits will be others.

    Args:
        run: its folder, for what is said.
        held: facts of its checkpoint.
        asked: facts of what is to be trained now.

    Raises:
        BadInput: names what differs, and how.
    """
    now = json.loads(json.dumps(dict(asked)))
    for key, called in _SAME.items():
        if key in _LATER and (key not in held or key not in now):
            continue
        if held.get(key) != now.get(key):
            said = "; ".join(differences(held.get(key), now.get(key), key)) or "in another order"
            raise BadInput(
                f"{run} was trained with {called} ({said}): give the same, or a new --run"
            )
    before, here = held.get("machine"), now.get("machine")
    if before and here and before != here:
        console.say(
            f"{run} was computed on {before} so far and goes on on {here}: what comes out is as "
            "good, but not the same to the last bit"
        )


def differences(before: Any, now: Any, name: str) -> Iterator[str]:
    """What differs between two pieces of plain data, such as "recipe.epochs was 2, is 3"."""
    if isinstance(before, dict) and isinstance(now, dict):
        for key in sorted({*before, *now}):
            yield from differences(before.get(key), now.get(key), f"{name}.{key}")
    elif isinstance(before, list) and isinstance(now, list) and _named(before) and _named(now):
        yield from differences(_by_source(before), _by_source(now), name)
    elif before != now:
        was, is_ = (_said(each) for each in (before, now))
        yield f"{name} was {was}, is {is_}"


def _said(value: Any) -> str:
    if value is None:
        return "none"
    return "there" if isinstance(value, dict | list) else json.dumps(value)


def _named(listed: list[Any]) -> bool:
    return all(isinstance(each, dict) and isinstance(each.get("source"), str) for each in listed)


def _by_source(listed: list[dict[str, Any]]) -> dict[str, Any]:
    """By name, of which several sources may have the same: drawn, drawn-2, ..."""
    found: dict[str, Any] = {}
    for each in listed:
        names = (f"-{number}" if number > 1 else "" for number in itertools.count(1))
        found[next(name for end in names if (name := each["source"] + end) not in found)] = each
    return found


def state_of(model: nn.Module, average: Average, optimizers: Optimizers) -> dict[str, Tensor]:
    """The averaged model as `model.`, the live one as `live.`, the optimizers' moments."""
    moments = {
        f"optimizer.{which}.{index}.{name}": value
        for which, (optimizer, _) in enumerate(optimizers)
        for index, state in optimizer.state_dict()["state"].items()
        for name, value in state.items()
    }
    return named(average.model, "model.") | named(model, "live.") | moments


def named(model: nn.Module, prefix: str) -> dict[str, Tensor]:
    """A network's weights and statistics as a checkpoint has them."""
    return {prefix + name: tensor for name, tensor in model.state_dict().items()}


def restore(
    tensors: Mapping[str, Tensor], model: nn.Module, average: Average, optimizers: Optimizers
) -> None:
    """Put back what `state_of` gave.

    Raises:
        BadInput: they are of another network or other optimizers.
    """
    try:
        model.load_state_dict({k[5:]: v for k, v in tensors.items() if k.startswith("live.")})
        kept = {k[6:]: v for k, v in tensors.items() if k.startswith("model.")}
        average.model.load_state_dict(kept)
        for which, (optimizer, _) in enumerate(optimizers):
            groups = optimizer.state_dict()["param_groups"]
            moments = _moments(tensors, f"optimizer.{which}.", optimizer)
            optimizer.load_state_dict({"state": moments, "param_groups": groups})
    except (RuntimeError, ValueError, KeyError, IndexError):
        said = "the checkpoint is of another network, or damaged: start a new run"
        raise BadInput(said) from None


def _moments(
    tensors: Mapping[str, Tensor], prefix: str, optimizer: torch.optim.Optimizer
) -> dict[int, dict[str, Tensor]]:
    """An optimizer's moments, by place and name of the parameter that they are of."""
    parameters = [each for group in optimizer.param_groups for each in group["params"]]
    found: dict[int, dict[str, Tensor]] = {}
    for key, value in tensors.items():
        if key.startswith(prefix):
            index, name = key.removeprefix(prefix).split(".")
            # A count of steps has no shape.
            if value.ndim and value.shape != parameters[int(index)].shape:
                raise ValueError(f"{key} has another shape")
            found.setdefault(int(index), {})[name] = value
    if parameters and not found:
        raise ValueError("no moments")
    return found

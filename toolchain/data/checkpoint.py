"""Checkpoints: one safetensors file, its facts as JSON in the header, replaced in one step."""

import contextlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from generator.errors import BadInput
from models import zoo
from models.decoders import WIDEST, Network
from toolchain.storage import replacing

LARGEST = 1 << 32  # bytes
LISTS = ("history", "data", "validation", "averaged")
# What is read of facts, and where it comes from a list or another file, as what.
KINDS = {
    **dict.fromkeys(("variant", "commit", "machine", "started_from", "judge"), str),
    **dict.fromkeys(("network", "style", "recipe", "calibration", "told_of"), dict),
    **dict.fromkeys(LISTS, list),
    **dict.fromkeys(("parameters", "step", "epoch"), int),
    "val_accuracy": int | float,
}
EPOCH = ("epoch", "numbers", "train_loss", "val_loss", "val_accuracy")  # told of each: numbers


def save(path: Path, tensors: Mapping[str, Tensor], about: Mapping[str, Any]) -> None:
    """Write tensors and JSON-able facts as one safetensors file, whole or not at all."""
    contiguous = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    with replacing(path) as temporary:
        try:
            save_file(contiguous, temporary, metadata={"facts": json.dumps(dict(about))})
        except SafetensorError as error:  # what a full disk raises
            raise OSError(
                f"{path} cannot be written ({error}): free space, then try again"
            ) from None


def load(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Read what `save` wrote: tensors and facts.

    Raises:
        BadInput: the file is missing, damaged or not one of ours.
    """
    with _opened(path) as file:
        return {name: file.get_tensor(name) for name in file.keys()}, _facts(file)  # noqa: SIM118


def facts(path: Path) -> dict[str, Any]:
    """The facts alone, without reading the tensors.

    Raises:
        BadInput: as `load`.
    """
    with _opened(path) as file:
        return _facts(file)


def existing(path: Path) -> Path:
    """The path of a checkpoint, if there is a file.

    Raises:
        BadInput: there is none.
    """
    if not path.is_file():
        raise BadInput(f"{path} does not exist: train a model first, or name another checkpoint")
    return path


def _facts(file: Any) -> dict[str, Any]:
    found = json.loads((file.metadata() or {})["facts"])
    if not isinstance(found, dict):
        raise ValueError("its facts are none")
    for name, kind in KINDS.items():
        if not isinstance(found.get(name), kind | None):
            raise ValueError(f"its {name} is of another kind")
    if not all(isinstance(row, dict) for name in LISTS for row in found.get(name) or ()):
        raise ValueError("a list in it is of another kind")
    rows = [row.get(name) for row in found.get("history") or () for name in EPOCH]
    if not all(isinstance(value, int | float) for value in rows):
        raise ValueError("an epoch of its history is told in part")
    recipe = found.get("recipe")
    if isinstance(recipe, dict) and "wide" in recipe:  # what there was before layouts had names
        recipe["layout"] = "wide" if recipe.pop("wide") else "usual"
    return found


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[Any]:
    existing(path)
    if path.stat().st_size > LARGEST:
        raise BadInput(f"{path} is larger than {LARGEST >> 30} GiB: it is no checkpoint of ours")
    try:
        with safe_open(path, framework="pt") as file:
            yield file
    except BadInput:
        raise
    except (SafetensorError, KeyError, ValueError, RecursionError) as error:
        raise BadInput(f"{path} is no checkpoint of ours, or damaged ({error})") from None


def changes(about: Mapping[str, Any], what: str) -> dict[str, Any]:
    """What a checkpoint's facts say of its "network" or "style", where that is its own."""
    listed: dict[str, Any] = dict(about.get(what) or {})
    return {key: tuple(it) if isinstance(it, list) else it for key, it in listed.items()}


def load_model(path: Path, variant: str | None = None) -> tuple[Network, dict[str, Any]]:
    """The network of a checkpoint, in evaluation mode, and the checkpoint's facts.

    Raises:
        BadInput: as `load`, or the checkpoint is of another variant than asked for, does not fit
            its network, or holds weights that are not finite.
    """
    tensors, about = load(path)
    held = about.get("variant")
    if variant is not None and held != variant:
        raise BadInput(f"{path} holds the variant {held!r}, not {variant!r}: name the right one")
    weights = {
        name.removeprefix("model."): tensor.float() if tensor.is_floating_point() else tensor
        for name, tensor in tensors.items()
        if not name.startswith(("optimizer.", "live."))
    }
    for name, tensor in weights.items():
        if not torch.isfinite(tensor).all():
            raise BadInput(f"{path} holds weights that are no numbers ({name}): train it again")
    network = changes(about, "network")
    problem = BadInput(f"{path} does not fit the network {held!r}: export or train again")
    if not all(0 <= size <= WIDEST for size in _sizes(network)):
        raise problem
    try:
        with torch.device("meta"):  # shapes alone: what they ask for need not fit into memory
            shapes = {
                name: it.shape for name, it in zoo.build(str(held), network).state_dict().items()
            }
        if shapes != {name: tensor.shape for name, tensor in weights.items()}:
            raise problem
        model = zoo.build(str(held), network)
        model.load_state_dict(weights)
    except (RuntimeError, TypeError, ValueError, LookupError, ArithmeticError):
        raise problem from None
    return model.eval(), about


def _sizes(network: Mapping[str, Any]) -> Iterator[float]:
    """All numbers in a network's shape; of what is none, -1."""
    for value in network.values():
        for each in value if isinstance(value, tuple) else (value,):
            yield each if isinstance(each, int | float) else -1

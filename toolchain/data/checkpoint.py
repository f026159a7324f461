"""Checkpoints: one safetensors file, its facts as JSON in the header, replaced in one step."""

import contextlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from generator.errors import BadInput
from models import zoo
from models.decoders import Network
from toolchain.storage import replacing


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
    found: dict[str, Any] = json.loads((file.metadata() or {})["facts"])
    recipe = found.get("recipe")
    if isinstance(recipe, dict) and "wide" in recipe:  # what there was before layouts had names
        recipe["layout"] = "wide" if recipe.pop("wide") else "usual"
    return found


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[Any]:
    existing(path)
    try:
        with safe_open(path, framework="pt") as file:
            yield file
    except (SafetensorError, KeyError, ValueError) as error:
        raise BadInput(f"{path} is no checkpoint of ours, or damaged ({error})") from None


def changes(about: Mapping[str, Any], what: str) -> dict[str, Any]:
    """What a checkpoint's facts say of its "network" or "style", where that is its own."""
    listed = dict(about.get(what) or {})
    return {key: tuple(it) if isinstance(it, list) else it for key, it in listed.items()}


def load_model(path: Path, variant: str | None = None) -> tuple[Network, dict[str, Any]]:
    """The network of a checkpoint, in evaluation mode, and the checkpoint's facts.

    Raises:
        BadInput: as `load`, or the checkpoint is of another variant than asked for.
    """
    tensors, about = load(path)
    held = about.get("variant")
    if variant is not None and held != variant:
        raise BadInput(f"{path} holds the variant {held!r}, not {variant!r}: name the right one")
    model = zoo.build(str(held), changes(about, "network"))
    weights = {
        name.removeprefix("model."): tensor.float() if tensor.is_floating_point() else tensor
        for name, tensor in tensors.items()
        if not name.startswith(("optimizer.", "live."))
    }
    try:
        model.load_state_dict(weights)
    except RuntimeError:
        raise BadInput(f"{path} does not fit the network {held!r}: export or train again") from None
    return model.eval(), about

"""The commands that write, small, and what must be the same however often they were broken off."""

import csv
import functools
import hashlib
import importlib
import json
import math
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

from benchmarks.reliability.tries import Broken, command, insist, process
from generator.handwriting import handwritten
from generator.strokes import write_strokes
from models import zoo
from toolchain import storage
from toolchain.data import checkpoint
from toolchain.shipping import release
from toolchain.shipping.export import export_onnx
from toolchain.training.studies import Place, looked_at
from toolchain.training.tune import finished

DIGITS, MADE = "digits.jsonl", "made"
SHIPPED = "fcnn"  # the variant that takes least to export
_TIMES = ("seconds", "numbers_per_second")


@dataclass(frozen=True)
class Writing:
    """A command that writes, in an empty folder.

    Attributes:
        name: as typed.
        begin: the command; given the folder.
        again: the one that goes on, given the folder.
        outcome: what it made, as plain data in which times do not stand; given the folder.
    """

    name: str
    begin: Callable[[Path], Callable[[], int]]
    again: Callable[[Path], Callable[[], int]]
    outcome: Callable[[Path], Any]


def prepare(folder: Path) -> Path:
    """Lay digits in a folder, to write numbers with; returns where commands write."""
    folder.mkdir(parents=True, exist_ok=True)
    write_strokes(handwritten(6, 2, 5), folder / DIGITS)
    (folder / MADE).mkdir()
    return folder / MADE


def _custom(folder: Path) -> tuple[object, ...]:
    return ("--custom", folder / DIGITS)


def _digits(folder: Path) -> tuple[object, ...]:
    return (*_custom(folder), "--custom-share", 1)


def _train(folder: Path, *more: str) -> Callable[[], int]:
    length = ("--recipe", "quick", "--epochs", 3, "--numbers", 32, "--batch", 16)
    where = ("--variant", "compact", "--runs", folder / MADE, "--run", "a", "--device", "cpu")
    return command("train", *where, *length, *_digits(folder), *more)


def _again(folder: Path) -> Callable[[], int]:
    return _train(folder, *["--resume"] * (folder / MADE / "a").is_dir())


def _trained(folder: Path) -> Any:
    run = folder / MADE / "a"
    insist(not list(run.glob(".*.partial")), "something is left half written")
    with (run / "metrics.csv").open(newline="") as file:
        table = [{k: v for k, v in row.items() if k not in _TIMES} for row in csv.DictReader(file)]
    found: dict[str, Any] = {"metrics": table}
    for name in ("best", "last"):
        path = run / f"{name}.safetensors"
        facts = {key: value for key, value in checkpoint.facts(path).items() if key != "commit"}
        for row in facts["history"]:
            for key in _TIMES:
                del row[key]
        digest = hashlib.sha256()
        for key, value in sorted(load_file(path).items()):
            digest.update(key.encode() + value.contiguous().numpy().tobytes())
        found[name] = [facts, digest.hexdigest()]
    return found


def _generate(folder: Path) -> Callable[[], int]:
    out = folder / MADE / "numbers"
    done = (out / "manifest.json").exists()
    run = command("generate", "--count", 40, "--format", "png", "--out", out, *_digits(folder))

    def work() -> int:
        code = run()
        return 0 if done and code == 2 else code  # "is there already": all of it

    return work


def _generated(folder: Path) -> Any:
    out = folder / MADE / "numbers"
    insist([path.name for path in out.parent.iterdir()] == ["numbers"], "something is left beside")
    manifest = json.loads((out / "manifest.json").read_text())
    for name, digest in manifest["sha256"].items():
        held = hashlib.sha256((out / name).read_bytes()).hexdigest()
        insist(held == digest, f"{name} is not what the manifest says")
    return manifest


def _import(folder: Path) -> Callable[[], int]:
    return command("import", folder / DIGITS, "--out", folder / MADE / "digits.jsonl.gz")


def _imported(folder: Path) -> Any:
    out = folder / MADE / "digits.jsonl.gz"
    insist([path.name for path in out.parent.iterdir()] == [out.name], "something is left beside")
    return hashlib.sha256(out.read_bytes()).hexdigest()


def _tune(folder: Path) -> Callable[[], int]:
    length = ("--trials", 3, "--epochs", 1, "--numbers", 64, "--device", "cpu")
    where = ("--variant", "compact", "--study", folder / MADE / "study")
    return command("tune", *where, *length, *_digits(folder))


def _tuned(folder: Path) -> Any:
    trials = finished(looked_at(Place(folder / MADE / "study")))
    best = (folder / MADE / "study" / "best.toml").read_text()
    return [[trial.params, trial.value, trial.state.name] for trial in trials], best


@functools.cache
def _graphs() -> tempfile.TemporaryDirectory[str]:
    """Where what PyTorch has traced is kept, for as long as this process lasts."""
    return tempfile.TemporaryDirectory()


def _traced_once(weights: Path, out: Path) -> None:
    """`export_onnx`, most of an export, far from its folder: once for the same weights."""
    kept = Path(_graphs().name) / storage.sha256(weights)
    if not kept.exists():
        with storage.replacing(kept) as temporary:
            export_onnx(weights, temporary)
    shutil.copyfile(kept, out)


@functools.cache
def _trace() -> None:
    with tempfile.TemporaryDirectory() as name:
        work = _export_to(prepare(Path(name) / "here").parent)
        ended = process(work)
        insist(ended.code == 0, f"{ended}")


def _untrained(weights: Path) -> None:
    torch.manual_seed(0)
    tensors = {f"model.{name}": t for name, t in zoo.build(SHIPPED).state_dict().items()}
    checkpoint.save(weights, tensors, {"variant": SHIPPED})


def _export(folder: Path) -> Callable[[], int]:
    _graphs()  # whose name processes are to know
    _trace()
    return _export_to(folder)


def _export_to(folder: Path) -> Callable[[], int]:
    weights, working = folder / "trained.safetensors", folder / "working"
    if not working.exists():
        _untrained(weights)
        working.mkdir()
    made = ("--out", folder / MADE / "exports", "--failures", folder / MADE / "failed")
    less = ("--quantize", "none", "--count", 50, "--no-emulation")
    run = command(
        "export", "--variant", SHIPPED, "--weights", weights, *made, *less, *_custom(folder)
    )

    def here() -> int:
        tempfile.tempdir = str(working)
        release.export_onnx = _traced_once
        return run()

    return here


def _exported(folder: Path) -> Any:
    exports = folder / MADE / "exports"
    shipped = exports / SHIPPED
    left = [path.name for path in exports.iterdir()]
    insist(left == [SHIPPED], f"beside it lies {left}")
    weights = hashlib.sha256()
    for key, value in sorted(load_file(shipped / f"{SHIPPED}.safetensors").items()):
        weights.update(key.encode() + value.contiguous().numpy().tobytes())
    names = sorted(path.name for path in shipped.iterdir())
    return names, weights.hexdigest(), storage.sha256(shipped / f"{SHIPPED}.onnx")


# What commands load when they start, so that no process made by copying need load it again.
LOADED = [
    importlib.import_module(name)
    for name in (
        "generator.importing",
        "generator.shards",
        "toolchain.cli",
        "toolchain.report.study",
        "toolchain.shipping.release",
    )
]

TRAIN = Writing("train", _train, _again, _trained)
WRITINGS = (
    TRAIN,
    Writing("generate", _generate, _generate, _generated),
    Writing("import", _import, _import, _imported),
    Writing("tune", _tune, _tune, _tuned),
    Writing("export", _export, _export, _exported),
)


def must_equal(found: Any, expected: Any, where: str = "the result") -> None:
    """Raise `Broken` where two outcomes differ, saying where."""
    if isinstance(found, dict) and isinstance(expected, dict) and found.keys() == expected.keys():
        for key in found:
            must_equal(found[key], expected[key], f"{where}, {key}")
    elif isinstance(found, float) and isinstance(expected, float):
        insist(found == expected or math.isnan(found), f"{where}: {found} is not {expected}")
    elif found != expected:
        raise Broken(f"{where} differs: {str(found)[:200]} is not {str(expected)[:200]}")

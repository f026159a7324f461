"""A release: the folder `exports/<variant>/` proved and measured, its card kept true."""

import json
from pathlib import Path
from typing import Any

from generator.errors import BadInput
from models import zoo
from toolchain import console, storage
from toolchain.data import checkpoint, samples
from toolchain.data.sources import TEST_DIGITS, WRITERS_DIGITS, Digits
from toolchain.proof import golden
from toolchain.proof.bench import bench, rounds
from toolchain.proof.parity import SCRIPT, SEED, Forms, Parity, compare
from toolchain.reading.inspection import inspect
from toolchain.report import card
from toolchain.report.card import write_card
from toolchain.report.damage import told
from toolchain.shipping.export import export_onnx
from toolchain.storage import sha256

BENCH_STRIPS = 64


def prove(
    variant: str, exports: Path, digits: Digits, count: int, loss_bound: float, save: bool = False
) -> dict[str, Any]:
    """Compare a release's PyTorch, float32 and int8 forms; `save` writes parity.json and the card.

    The numbers are written with MNIST test digits, and with the custom digits' validation
    writers where there are any.

    Raises:
        BadInput: nothing is exported, or a file is damaged.
    """
    folder = _exported(variant, exports)
    card.check(folder)
    files = _forms(folder)
    script = folder / f"{variant}.{SCRIPT}.pt"
    # What ships is last in a report, as the export writes it.
    files = {SCRIPT: script, **files} if script.is_file() else files
    forms = Forms(folder / f"{variant}.safetensors", files.pop("float32"), files)
    banks = [(TEST_DIGITS, Digits(digits.mnist).bank("test"))]
    if (own := digits.validation_bank()) is not None:
        banks.append((WRITERS_DIGITS, own))
    sections: list[Parity] = []
    for source, bank in banks:
        numbers = samples.held_out(variant, source, bank, SEED, count)
        with console.progress(numbers.described, numbers.count) as update:
            sections.append(compare(forms, numbers, loss_bound=loss_bound, on_batch=update))
    report = {"variant": variant, "sections": [section.as_json() for section in sections]}
    if save:
        with storage.alone(folder, "try again", storage.WAIT):
            storage.write_json(folder / "parity.json", report)
            write_card(folder)
    return json.loads(json.dumps(report))  # type: ignore[no-any-return]


def measure(
    variant: str, exports: Path, digits: Digits, runs: int, save: bool = False
) -> dict[str, Any]:
    """Measure a release's files against each other; `save` writes bench.json and the card.

    Raises:
        BadInput: nothing is exported, or a file is damaged.
    """
    folder = _exported(variant, exports)
    card.check(folder)
    files = _forms(folder)
    shown = samples.to_judge(variant, digits.bank("val"), SEED)
    strips = shown(0, BENCH_STRIPS).strips.numpy()
    with console.progress("measuring", rounds(runs)) as update:
        report = bench(files, strips, runs, update).as_json()
    if save:
        with storage.alone(folder, "try again", storage.WAIT):
            storage.write_json(folder / "bench.json", report)
            write_card(folder)
    return report


def pin(variant: str, exports: Path) -> Path:
    """Write a release's golden vectors.

    Raises:
        BadInput: nothing is exported, there is no int8 file, or a file is damaged.
    """
    folder = _exported(variant, exports)
    path = folder / "golden.json"
    content = golden.make(variant, _both(folder))
    with storage.alone(folder, "try again", storage.WAIT), storage.replacing(path) as temporary:
        temporary.write_text(golden.dumps(content), "utf-8")
    return path


def pinned(variant: str, exports: Path) -> list[str]:
    """What of a release's golden vectors does not hold; empty where all does.

    Raises:
        BadInput: as `pin`, or there are no golden vectors.
    """
    folder = _exported(variant, exports)
    path = folder / "golden.json"
    if (of := golden.load(path)["variant"]) != variant:
        raise BadInput(f"{path} is of {of}: make it again by `nrtool golden --variant {variant}`")
    return golden.check(path, _both(folder))


def _forms(folder: Path) -> dict[str, Path]:
    """Precision to .onnx of all that a release holds, float32 first."""
    kept = {name: folder / f"{folder.name}.{name}.onnx" for name in ("float16", "int8")}
    there = {name: _own(path) for name, path in kept.items() if path.is_file()}
    return {"float32": float32_of(folder), **there}


def _both(folder: Path) -> dict[str, Path]:
    int8 = _own(folder / f"{folder.name}.int8.onnx")  # first: it is refused sooner
    return {"float32": float32_of(folder), "int8": int8}


def inventory(runs: Path, exports: Path) -> list[dict[str, Any]]:
    """What there is of every variant: runs, files, measured accuracy in %."""
    found = []
    trained = {path.parent: checkpoint.facts(path) for path in runs.glob("*/best.safetensors")}
    for variant in zoo.VARIANTS:
        folder = exports / variant
        files = {"float32": folder / f"{variant}.onnx", "int8": folder / f"{variant}.int8.onnx"}
        found.append(
            {
                "variant": variant,
                "about": zoo.VARIANTS[variant].about,
                "digits": zoo.VARIANTS[variant].digits,
                "parameters": sum(p.numel() for p in zoo.build(variant).parameters()),
                "runs": [
                    str(run) for run, facts in trained.items() if facts.get("variant") == variant
                ],
                "sizes": {k: p.stat().st_size if p.exists() else None for k, p in files.items()},
                "accuracy": _accuracy(folder / "parity.json"),
            }
        )
    return found


def _accuracy(report: Path) -> float | None:
    return told(report, lambda held: held and float(held["sections"][0]["readers"][-1]["accuracy"]))


def _exported(variant: str, exports: Path) -> Path:
    zoo.find(variant)
    folder = exports / variant
    if not (folder / f"{variant}.safetensors").is_file():
        raise BadInput(f"no {variant} in {exports}: run `nrtool export --variant {variant}` first")
    return folder


def float32_of(folder: Path) -> Path:
    """The float32 graph, made again from the stored weights where it is not kept.

    Raises:
        BadInput: it is damaged, or left over from other weights.
    """
    path = folder / f"{folder.name}.onnx"
    if path.exists():
        return _own(path)
    with console.status("exporting float32"), storage.replacing(path) as temporary:
        export_onnx(folder / f"{folder.name}.safetensors", temporary)
    return path


def _own(path: Path) -> Path:
    """The release's file itself; git leaves some of them where they are when weights change.

    Raises:
        BadInput: it is missing, damaged, or left over from other weights.
    """
    variant = path.parent.name
    told = inspect(path)["metadata"].get("weights_sha256")
    if told != sha256(path.with_name(f"{variant}.safetensors")):
        raise BadInput(
            f"{str(path)!r} is not of the weights beside it: delete it, or run "
            f"`nrtool export --variant {variant}`"
        )
    return path

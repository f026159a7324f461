"""A release: the folder `exports/<variant>/` made, proved and measured, its card kept true."""

import json
import tempfile
from pathlib import Path
from typing import Any

from generator.errors import BadInput
from generator.numbers import NumberGenerator
from models import zoo
from toolchain import checkpoint, console, golden
from toolchain.bench import THREADS, bench
from toolchain.card import write_card
from toolchain.data import Digits
from toolchain.export import export_onnx, find_weights, sha256, store_weights
from toolchain.parity import SEED, Parity, compare
from toolchain.quantize import CALIBRATION_NUMBERS, CALIBRATION_SEED, quantize

BENCH_STRIPS = 64


def make(
    variant: str, exports: Path, runs: Path, weights: Path | None, calibration: Digits | None
) -> dict[str, Any]:
    """Export a variant's weights; with digits to calibrate on, quantise too.

    Everything is made beside `exports/<variant>` and moved there at the end, so that a failure
    leaves the earlier release as it was.

    Raises:
        BadInput: no such variant, no weights, no digits.
        FellShort: the graph failed its checks.
    """
    zoo.build(variant)  # an unknown name ends here
    source = find_weights(variant, runs, exports, weights)
    checkpoint.load_model(source, variant)  # so does a checkpoint of another variant
    folder = exports / variant
    exports.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=exports, prefix=f".{variant}.") as name:
        made = Path(name)
        stored, float32 = made / f"{variant}.safetensors", made / f"{variant}.onnx"
        with console.err.status("exporting"):
            store_weights(source, variant, stored)
            export_onnx(stored, float32)
        if calibration is not None:
            with console.err.status("quantising: calibrating on validation digits"):
                numbers = NumberGenerator(calibration.bank("val"), CALIBRATION_SEED)
                strips = numbers(0, CALIBRATION_NUMBERS).strips.numpy()
                quantize(float32, made / f"{variant}.int8.onnx", strips)
        # Reports and files of other weights say nothing of these.
        folder.mkdir(exist_ok=True)
        before = folder / stored.name
        if not before.is_file() or sha256(before) != sha256(stored):
            for stale in ("parity.json", "bench.json", f"{variant}.int8.onnx"):
                (folder / stale).unlink(missing_ok=True)
        for path in sorted(made.iterdir()):
            path.chmod(0o644)
            path.replace(folder / path.name)
    card = write_card(folder)
    files = [*sorted(folder.glob(f"{variant}.*")), card]
    return {
        "variant": variant,
        "weights": str(source),
        "files": {str(path): path.stat().st_size for path in files},
    }


def prove(
    variant: str, exports: Path, digits: Digits, count: int, int8_loss_bound: float
) -> dict[str, Any]:
    """Compare a release's PyTorch, float32 and int8 forms; writes parity.json and the card.

    The numbers are written with MNIST test digits, and with the custom digits' validation
    writers where there are any.

    Raises:
        BadInput: nothing is exported, or a file is damaged.
    """
    folder = _exported(variant, exports)
    int8 = folder / f"{variant}.int8.onnx"
    forms = (folder / f"{variant}.safetensors", _float32(folder), int8 if int8.exists() else None)
    banks = [("numbers from MNIST test digits", Digits(digits.mnist).bank("test"))]
    if digits.custom:
        banks.append(("numbers from validation writers' digits", digits.custom_bank("val")))
    sections: list[Parity] = []
    for described, bank in banks:
        numbers = NumberGenerator(bank, SEED)
        with console.progress(described, count) as update:
            sections.append(
                compare(
                    *forms,
                    numbers,
                    count,
                    described,
                    int8_loss_bound=int8_loss_bound,
                    on_batch=update,
                )
            )
    report = {"variant": variant, "sections": [section.as_json() for section in sections]}
    checkpoint.write_json(folder / "parity.json", report)
    write_card(folder)
    return json.loads((folder / "parity.json").read_text("utf-8"))  # type: ignore[no-any-return]


def measure(variant: str, exports: Path, digits: Digits, runs: int) -> dict[str, Any]:
    """Measure a release's files against each other; writes bench.json and the card.

    Raises:
        BadInput: nothing is exported, or a file is damaged.
    """
    folder = _exported(variant, exports)
    files = {"float32": _float32(folder)}
    if (int8 := folder / f"{variant}.int8.onnx").exists():
        files["int8"] = int8
    strips = NumberGenerator(digits.bank("val"), SEED)(0, BENCH_STRIPS).strips.numpy()
    with console.progress("measuring", runs * len(THREADS)) as update:
        report = bench(files, strips, runs, update).as_json()
    checkpoint.write_json(folder / "bench.json", report)
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
    with checkpoint.replacing(path) as temporary:
        temporary.write_text(golden.dumps(content), "utf-8")
    return path


def pinned(variant: str, exports: Path) -> list[str]:
    """What of a release's golden vectors does not hold; empty where all does.

    Raises:
        BadInput: as `pin`, or there are no golden vectors.
    """
    folder = _exported(variant, exports)
    return golden.check(folder / "golden.json", _both(folder))


def _both(folder: Path) -> dict[str, Path]:
    return {"float32": _float32(folder), "int8": folder / f"{folder.name}.int8.onnx"}


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
    if not report.is_file():
        return None
    readers = json.loads(report.read_text("utf-8"))["sections"][0]["readers"]
    return float(readers[-1]["accuracy"])


def _exported(variant: str, exports: Path) -> Path:
    zoo.build(variant)
    folder = exports / variant
    if not (folder / f"{variant}.safetensors").is_file():
        raise BadInput(f"no {variant} in {exports}: run `nrtool export --variant {variant}` first")
    return folder


def _float32(folder: Path) -> Path:
    """The float32 graph, made again from the stored weights where it is not kept."""
    path = folder / f"{folder.name}.onnx"
    if not path.exists():
        with console.err.status("exporting float32"), checkpoint.replacing(path) as temporary:
            export_onnx(folder / f"{folder.name}.safetensors", temporary)
    return path

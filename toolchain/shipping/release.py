"""Making a release: export, search a recipe, pass every gate, and only then touch `exports/`."""

import shutil
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from models import zoo
from toolchain import console, storage
from toolchain.data import checkpoint, samples
from toolchain.data.sources import TEST_DIGITS, Digits
from toolchain.proof import golden
from toolchain.proof.calibration import NUMBERS as CALIBRATED_ON
from toolchain.proof.comparison import Outputs
from toolchain.proof.parity import INT8_LOSS_BOUND, SCRIPT, SEED, Forms, compare
from toolchain.report import card
from toolchain.report.card import write_card
from toolchain.shipping import gates
from toolchain.shipping.export import export_onnx, find_weights, store_weights
from toolchain.shipping.float16 import store_float16
from toolchain.shipping.publish import publish
from toolchain.shipping.quantize import RECIPES, known
from toolchain.shipping.recipe_search import NUMBERS, Search, in_order, search
from toolchain.shipping.torchscript import export_torchscript

GATE_STRIPS = 64  # strips that a file is tried with by itself


@dataclass(frozen=True)
class Order:
    """What is to be made.

    Attributes:
        recipe: int8 recipes to choose from, with commas; "auto": all; "none": float32 alone.
        count: numbers that the forms are compared on.
        loss_bound: points of accuracy that int8 may lose.
        float16: make the float16 file as well.
        torchscript: make the TorchScript file as well.
        emulate: try int8 on emulated processors too.
        failures: folder for the pictures of what a gate refused.
    """

    recipe: str = "auto"
    count: int = 10_000
    loss_bound: float = INT8_LOSS_BOUND
    float16: bool = False
    torchscript: bool = False
    emulate: bool = True
    failures: Path = Path("failed")

    def recipes(self) -> list[str]:
        """Names of the recipes to try.

        Raises:
            BadInput: the recipe is unknown.
        """
        if self.recipe == "auto":
            return list(RECIPES)
        names = [] if self.recipe == "none" else self.recipe.split(",")
        return [name for name in names if known(name)]


def plan(
    variant: str, exports: Path, runs: Path, weights: Path | None, order: Order
) -> dict[str, Any]:
    """What `make` would do; nothing is written.

    Raises:
        BadInput: no such variant, recipe or weights.
    """
    zoo.find(variant)
    source = find_weights(variant, runs, exports, weights)
    checkpoint.load_model(source, variant)
    return {
        "variant": variant,
        "weights": str(source),
        "recipes": {name: RECIPES[name].about for name in order.recipes()},
        "gates": gates.GATES if order.recipes() else _without_int8(),
        "numbers": order.count,
        "folder": str(exports / variant),
    }


def _without_int8() -> dict[str, str]:
    of_int8 = ("reduced", "processors", "accuracy", "latency")
    return {name: asked for name, asked in gates.GATES.items() if name not in of_int8}


def make(
    variant: str, exports: Path, runs: Path, weights: Path | None, digits: Digits, order: Order
) -> dict[str, Any]:
    """Export a variant's weights, quantise them, prove them, and release what passed.

    Everything is made in a temporary folder; `exports/<variant>` is replaced at the end.

    Raises:
        BadInput: no such variant, recipe, weights or digits, a disk is mounted where the release
            goes, or as `gates.prepare`.
        Busy: another export of the variant is at work.
        FellShort: the graph failed its checks, no recipe keeps the bounds, or a gate is shut.
    """
    planned = plan(variant, exports, runs, weights, order)
    card.check(exports / variant)
    if not (exports / variant).is_symlink():  # a link is laid aside as any folder
        storage.insist_on_movable(exports / variant)
    with console.status("what the gates run the files with"):
        gates.prepare(emulate=order.emulate and bool(planned["recipes"]))
    with storage.alone(exports / variant, "name another --out"):
        return _made(variant, exports, planned, digits, order)


def _made(
    variant: str, exports: Path, planned: dict[str, Any], digits: Digits, order: Order
) -> dict[str, Any]:
    numbers = samples.to_judge(variant, digits.bank("val"))
    with tempfile.TemporaryDirectory(prefix="nrtool.") as name:
        made, work = Path(name) / variant, Path(name) / "work"
        made.mkdir()
        work.mkdir()
        stored, float32 = made / f"{variant}.safetensors", made / f"{variant}.onnx"
        with console.status("exporting"):
            few = min(CALIBRATED_ON, order.count)
            store_weights(Path(planned["weights"]), variant, stored, numbers, few)
            export_onnx(stored, float32)
        files = {"float32": float32}
        if order.float16:
            files["float16"] = made / f"{variant}.float16.onnx"
            store_float16(float32, files["float16"])
        if order.torchscript:
            files[SCRIPT] = made / f"{variant}.{SCRIPT}.pt"
            export_torchscript(stored, files[SCRIPT])
        report: dict[str, Any] = {"search": None}
        if names := list(planned["recipes"]):
            with console.progress("recipes", len(names)) as update:
                few = min(NUMBERS, order.count)
                found = search(float32, work, numbers, names, order.loss_bound, few, update)
            files["int8"] = made / f"{variant}.int8.onnx"
            passed, parity, chosen = _first_through_the_gates(
                found, work, files, stored, digits, order
            )
            report["search"] = chosen.as_json()
        else:
            passed, parity = _through_the_gates(files, stored, digits, order)
        report["gates"] = gates.as_json(passed)
        storage.write_json(made / "export.json", report)
        storage.write_json(made / "parity.json", {"variant": variant, "sections": [parity]})
        if "int8" in files:
            pinned = golden.make(variant, {name: files[name] for name in ("float32", "int8")})
            (made / "golden.json").write_text(golden.dumps(pinned), "utf-8")
        publish(made, exports / variant, write_card)
    folder = exports / variant
    shown = [*sorted(folder.glob(f"{variant}.*")), folder / "README.md"]
    return {
        **{key: planned[key] for key in ("variant", "weights")},
        "files": {str(path): path.stat().st_size for path in shown},
        **report,
    }


def _first_through_the_gates(
    found: Search,
    work: Path,
    files: dict[str, Path],
    stored: Path,
    digits: Digits,
    order: Order,
) -> tuple[list[gates.Gate], dict[str, Any], Search]:
    """The gates of the best recipe that passes them all, and the search with it as the winner.

    What fails with float32, too, fails with every recipe: then there is no second try.
    """
    refused = dict(found.refused)
    read: dict[str, list[Outputs]] = {}
    for candidate in in_order(found.candidates):
        shutil.copyfile(work / f"{candidate.name}.onnx", files["int8"])
        try:
            passed, parity = _through_the_gates(files, stored, digits, order, read)
        except gates.Shut as shut:
            if any(gate.file not in ("int8", files["int8"].name) for gate in shut.gates):
                raise
            refused[candidate.name] = "; ".join(f"{g.name}: {g.measured}" for g in shut.gates)
            console.say(f"{candidate.name} is refused ({refused[candidate.name]})")
            last = shut
        else:
            return passed, parity, replace(found, winner=candidate.name, refused=refused)
    raise last


def _through_the_gates(
    files: dict[str, Path],
    stored: Path,
    digits: Digits,
    order: Order,
    read: dict[str, list[Outputs]] | None = None,
) -> tuple[list[gates.Gate], dict[str, Any]]:
    """All gates' answers and the comparison behind them; the numbers are from test digits."""
    variant = files["float32"].stem
    bank = Digits(digits.mnist).bank("test")
    numbers = samples.held_out(variant, TEST_DIGITS, bank, SEED, order.count)
    strips = numbers.samples(0, GATE_STRIPS).strips.numpy()
    answers = []
    with console.status("gates: files by themselves"):
        for precision, path in files.items():
            if precision != SCRIPT:
                answers += gates.of_file(path, precision, strips)
        if "int8" in files:
            answers.append(gates.of_reduced(files["int8"], strips))
            answers.append(gates.of_speed(files["float32"], files["int8"], strips))
            answers.append(gates.of_processors(files["int8"], strips, order.emulate))
    # What is already refused need not be compared on thousands of numbers.
    gates.insist(answers, order.failures)
    with console.progress("gates: the same numbers read by every form", numbers.count) as update:
        others = {name: path for name, path in files.items() if name != "float32"}
        parity = compare(
            Forms(stored, files["float32"], others),
            numbers,
            loss_bound=order.loss_bound,
            read=read,
            on_batch=update,
        )
    answers += gates.of_parity(parity, order.loss_bound)
    gates.insist(answers, order.failures)
    return answers, parity.as_json()

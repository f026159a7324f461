"""Gates: what a release must keep to be a release. A gate that cannot be measured is shut.

Each takes the files and answers with a `Gate`; `Shut` says which one stopped an export, and has
the worst examples as pictures.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnxruntime import InferenceSession

from generator.sheet import contact_sheet
from toolchain.errors import FellShort
from toolchain.proof.bench import in_turns
from toolchain.proof.comparison import pixels
from toolchain.proof.parity import LOG_PROBS_BOUND, Parity, allowed
from toolchain.reading.inspection import read_graph
from toolchain.reading.runtime import INPUT, PROVIDER, open_model
from toolchain.shipping import emulation, ort_format, other_runtime, processors
from toolchain.shipping.export import OPSET, check_graph
from toolchain.shipping.other_runtime import MOBILE, OLDEST
from toolchain.shipping.quantize import SLOWEST

BATCHES = (1, 2, 7)
RUNS = 100
OTHERWISE = 1  # of the strips that may be read otherwise by a runtime that rounds otherwise
NEWEST_IR = 9  # of the file format; ONNX Runtime 1.17, which apps still hold, reads up to this
CONTRIB = {"DynamicQuantizeLSTM"}  # operators of ONNX Runtime's own that may be used
# Two runs of the same file may differ by this much, nats. The int8 LSTM takes the range of its
# input over the whole batch, so there a batch has a say in each reading.
NOISE = {"float32": LOG_PROBS_BOUND, "float16": LOG_PROBS_BOUND, "int8": 0.5}

GATES = {
    "graph": "ONNX's checker, strict shape inference, our names and types",
    "operators": f"opset {OPSET} and operators that ONNX Runtime {MOBILE} for phones has",
    "batches": f"the same readings in batches of {', '.join(map(str, BATCHES))}",
    "runtimes": f"the same readings under ONNX Runtime {MOBILE}, which phones have, and {OLDEST}",
    "processors": "int8: no sum of two products leaves 16 bits; the same readings in float "
    "arithmetic and on processors "
    f"emulated: {', '.join(each.stands_for for each in emulation.PROCESSORS)}; confidence within "
    f"{processors.CONFIDENCE}, log_probs within {processors.LOG_PROBS} where they are probable",
    "reduced": "the .ort form for reduced builds reads the same",
    "exact": f"PyTorch and float32 or TorchScript: none decoded differently, log_probs within "
    f"{LOG_PROBS_BOUND}",
    "accuracy": "int8 loses no more than the bound, or than so few numbers can tell from nothing",
    "latency": f"int8 takes at most {SLOWEST} times as long as float32, by turns in one process",
}

Strips = NDArray[np.uint8]


@dataclass(frozen=True)
class Gate:
    """One gate's answer.

    Attributes:
        name: in `GATES`.
        file: what it was asked of.
        held: whether it stands open.
        measured: what was found, in words.
        worst: examples of what is wrong, each with `strip` (base64 PNG) and `caption`.
    """

    name: str
    file: str
    held: bool
    measured: str
    worst: list[dict[str, str]] = field(default_factory=list)


class Shut(FellShort):
    """A gate stopped an export; `gates` are all that failed."""

    def __init__(self, gates: list[Gate], pictures: list[Path]) -> None:
        self.gates = gates
        said = "; ".join(
            f"gate '{each.name}' failed on {each.file}: {each.measured}" for each in gates
        )
        shown = f" (worst examples: {', '.join(map(str, pictures))})" if pictures else ""
        super().__init__(f"nothing was exported. {said}{shown}")


def prepare(emulate: bool) -> None:
    """Fetch what gates run files with, once for good: without it they would be shut.

    Args:
        emulate: whether emulated processors will be asked.

    Raises:
        BadInput: pip or Debian's packages are not to be had.
    """
    for version in (MOBILE, OLDEST):
        other_runtime.installed(version)
    for processor in emulation.PROCESSORS if emulate else ():
        emulation.ready(processor)


def of_file(path: Path, precision: str, strips: Strips) -> list[Gate]:
    """The gates that one file passes or fails by itself.

    Args:
        path: the .onnx.
        precision: "float32", "float16" or "int8".
        strips: uint8 [N, 1, 32, 128], at least 7.
    """
    asked: dict[str, Callable[[], tuple[bool, str]]] = {
        "graph": lambda: _graph(path),
        "operators": lambda: _operators(path),
        "batches": lambda: _batches(path, precision, strips),
        "runtimes": lambda: _runtimes(path, strips),
    }
    return [_answer(name, path.name, ask) for name, ask in asked.items()]


def of_parity(parity: Parity, loss_bound: float) -> list[Gate]:
    """The gates that the comparison of all forms on the same numbers passes or fails."""
    gates = []
    for difference in parity.differences:
        one, name = difference.between
        if one == "pytorch":
            gates.append(
                Gate(
                    "exact",
                    name,
                    # Not `>`: where something is no number, the gate is shut.
                    difference.mismatches == 0 and difference.largest <= LOG_PROBS_BOUND,
                    f"{difference.mismatches} of {parity.count:,} decoded differently, log_probs "
                    f"differ by up to {difference.largest:.2g}",
                    _captioned(difference.examples, difference.between),
                )
            )
            continue
        gates.append(
            Gate(
                "accuracy",
                name,
                difference.loss <= allowed(difference, loss_bound),
                f"loses {difference.loss:.3f} points on {parity.count:,} {parity.numbers}, the "
                f"bound is {allowed(difference, loss_bound):.3g}",
                _captioned(difference.examples, difference.between),
            )
        )
    return gates


def of_processors(path: Path, strips: Strips, emulate: bool) -> Gate:
    """Whether an int8 file reads the same on every processor; see `toolchain.shipping.processors`.

    Args:
        path: the .onnx.
        strips: uint8 [N, 1, 32, 128].
        emulate: ask emulated processors as well.
    """
    return _answer("processors", path.name, lambda: processors.alike(path, strips, emulate))


def of_reduced(path: Path, strips: Strips) -> Gate:
    """Whether the .ort form of a file can be made, loads and reads each strip as the file does."""

    def ask() -> tuple[bool, str]:
        ort, _ = ort_format.convert(path, path.parent)
        session, reduced = open_model(path), InferenceSession(ort, providers=[PROVIDER])
        largest, differing = 0.0, 0
        for strip in strips:
            one, other = (each.run(None, {INPUT: strip[None]}) for each in (session, reduced))
            largest = float(np.maximum(largest, np.abs(one[0] - other[0]).max()))
            differing += not np.array_equal(one[1], other[1])
        return differing == 0 and largest <= LOG_PROBS_BOUND, _said(differing, strips, largest)

    return _answer("reduced", path.name, ask)


def of_speed(float32: Path, int8: Path, strips: Strips) -> Gate:
    """Whether int8 is no slower than it may be: one thread, one strip, by turns."""

    def ask() -> tuple[bool, str]:
        times = in_turns({"float32": float32, "int8": int8}, strips, 1, RUNS)
        whole, small = float(np.median(times["float32"])), float(np.median(times["int8"]))
        # Slower is what the 95 % interval of the turns' median difference leaves no doubt about.
        more = np.sort(times["int8"] - SLOWEST * times["float32"])
        least = float(more[int(RUNS / 2 - 0.98 * RUNS**0.5)])
        return least <= 0, f"{small:.3f} ms, float32 {whole:.3f} ms, {small / whole:.2f} of it"

    return _answer("latency", int8.name, ask)


def _answer(name: str, file: str, ask: Callable[[], tuple[bool, str]]) -> Gate:
    try:
        held, measured = ask()
    except Exception as error:  # whatever it is: what could not be measured does not pass
        lines = str(error).strip().splitlines() or [type(error).__name__]
        return Gate(name, file, False, lines[0][:300])
    return Gate(name, file, bool(held), measured)


def _graph(path: Path) -> tuple[bool, str]:
    check_graph(read_graph(path)[1])
    return True, "valid"


def _operators(path: Path) -> tuple[bool, str]:
    graph = read_graph(path)[1]
    opsets = {entry.domain: entry.version for entry in graph.opset_import}
    wrong = [f"opset {opsets['']}"] if opsets.get("", 0) > OPSET else []
    wrong += [f"IR version {graph.ir_version}"] if graph.ir_version > NEWEST_IR else []
    for domain, kind in sorted({(node.domain, node.op_type) for node in graph.graph.node}):
        if domain == "com.microsoft" and kind in CONTRIB:
            continue
        if domain or not onnx.defs.has(kind, OPSET, ""):
            wrong.append(f"operator {domain or 'ai.onnx'}.{kind}")
    return not wrong, f"not on phones: {', '.join(wrong)}" if wrong else "all known"


def _batches(path: Path, precision: str, strips: Strips) -> tuple[bool, str]:
    session = open_model(path)
    alone = [session.run(None, {INPUT: strip[None]}) for strip in strips[: max(BATCHES)]]
    largest = 0.0
    for size in BATCHES:
        log_probs, digits, _ = session.run(None, {INPUT: strips[:size]})
        for row in range(size):
            largest = float(np.maximum(largest, np.abs(log_probs[row] - alone[row][0][0]).max()))
            if not np.array_equal(digits[row], alone[row][1][0]):
                return False, f"strip {row} is read otherwise in a batch of {size}"
    return largest <= NOISE[precision], f"log_probs differ by up to {largest:.2g}"


def _runtimes(path: Path, strips: Strips) -> tuple[bool, str]:
    here = processors.readings(open_model(path), strips)
    held, said = True, []
    for version in (MOBILE, OLDEST):
        there = other_runtime.run_version(path, strips, version)
        differing = processors.gaps(here, there).differing
        largest = float(np.abs(here[0] - there[0]).max())  # of all log_probs: nothing is rounded
        if other_runtime.rounds_otherwise(version):
            held &= differing <= OTHERWISE and bool(np.isfinite(largest))
        else:
            held &= differing == 0 and largest <= LOG_PROBS_BOUND
        said.append(f"{version}: {_said(differing, strips, largest)}")
    return held, "; ".join(said)


def _said(differing: int, strips: Strips, largest: float) -> str:
    return f"{differing} of {len(strips)} read otherwise, log_probs differ by up to {largest:.2g}"


def _captioned(examples: list[dict[str, Any]], between: tuple[str, str]) -> list[dict[str, str]]:
    return [
        {
            "strip": example["strip"],
            "caption": f"{example['label']}: {between[0]} {example[between[0]] or '-'}, "
            f"{between[1]} {example[between[1]] or '-'}",
        }
        for example in examples
    ]


def insist(gates: list[Gate], folder: Path) -> None:
    """Raise where a gate is shut.

    Args:
        gates: all answers.
        folder: where the pictures of the worst examples go, one sheet a gate.

    Raises:
        Shut: names every gate that failed and the pictures.
    """
    shut = [gate for gate in gates if not gate.held]
    pictures = []
    for gate in shut:
        if gate.worst:
            folder.mkdir(parents=True, exist_ok=True)
            strips = np.stack([pixels(example["strip"])[None] for example in gate.worst])
            sheet = contact_sheet(strips, [example["caption"] for example in gate.worst], 2)
            pictures.append(folder / f"{gate.name}-{gate.file}.png")
            sheet.save(pictures[-1])
    if shut:
        raise Shut(shut, pictures)


def as_json(gates: list[Gate]) -> list[Mapping[str, Any]]:
    """Plain data for files and machines; the pictures are in the parity report."""
    return [
        {
            "name": gate.name,
            "asks": GATES[gate.name],
            "file": gate.file,
            "held": gate.held,
            "measured": gate.measured,
        }
        for gate in gates
    ]

"""Whether an int8 file reads the same on every processor: three questions, each of another kind.

By its weights alone, whether a sum of products can saturate; in float arithmetic, whether int8
computes what the file says; on emulated processors, whether what ONNX Runtime does there agrees.
"""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnxruntime import GraphOptimizationLevel, InferenceSession, SessionOptions

from toolchain.proof.golden import TOLERANCE
from toolchain.reading.inspection import read_graph
from toolchain.reading.runtime import INPUT, PROVIDER, open_model
from toolchain.shipping import emulation
from toolchain.shipping.saturation import saturating

EMULATED = 16  # strips: an emulated reading takes a hundred times as long

Outputs = list[NDArray[Any]]  # log_probs, digits, confidence


def alike(path: Path, strips: NDArray[np.uint8], emulate: bool = True) -> tuple[bool, str]:
    """Whether all questions were answered well, and what was found, in words.

    Args:
        path: the .onnx.
        strips: uint8 [N, 1, 32, 128], each read by itself.
        emulate: ask emulated processors as well.

    Raises:
        BadInput: the file is damaged, or an emulator cannot be fetched.
        RuntimeError: the model does not load or run on one of them.
    """
    if wrong := saturating(read_graph(path)[1]):
        return False, "; ".join(wrong)
    here = readings(open_model(path), strips)
    compared = {"in float arithmetic": gaps(here, readings(_in_float_arithmetic(path), strips))}
    for processor in emulation.PROCESSORS if emulate else ():
        outputs = emulation.run_emulated(path, strips[:EMULATED], processor)
        compared[f"on {processor.stands_for}"] = gaps(here, outputs)
    held = all(not differing and gap <= TOLERANCE["int8"] for differing, gap in compared.values())
    return held, "; ".join(
        f"{name}: {differing} read otherwise, log_probs differ by up to {largest:.2g}"
        for name, (differing, largest) in compared.items()
    )


def readings(session: InferenceSession, strips: NDArray[np.uint8]) -> Outputs:
    """What a model says of strips uint8 [N, 1, 32, 128], each by itself."""
    each = [session.run(None, {INPUT: strip[None]}) for strip in strips]
    return [np.concatenate(parts) for parts in zip(*each, strict=True)]


def gaps(here: Outputs, there: Outputs) -> tuple[int, float]:
    """How many of `there`'s strips are read otherwise, and the largest gap of log_probs, nats.

    The gap is no number where one of the two is none: then it keeps no bound.
    """
    count = len(there[0])
    return (
        int((here[1][:count] != there[1]).any(1).sum()),
        float(np.abs(here[0][:count] - there[0]).max()),
    )


def _in_float_arithmetic(path: Path) -> InferenceSession:
    """The file as it stands: what is quantised is made float32 again before it is multiplied.

    LSTMs stay int8: they have no other form.
    """
    options = SessionOptions()
    options.intra_op_num_threads = 1
    options.graph_optimization_level = GraphOptimizationLevel.ORT_DISABLE_ALL
    return InferenceSession(path, options, providers=[PROVIDER])

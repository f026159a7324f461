"""Whether an int8 file reads the same on every processor: three questions, each of another kind.

By its weights alone, whether a sum of products can saturate; in float arithmetic, whether int8
computes what the file says; on emulated processors, whether what ONNX Runtime does there agrees.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnxruntime import GraphOptimizationLevel, InferenceSession, SessionOptions

from toolchain.reading.inspection import read_graph
from toolchain.reading.runtime import INPUT, PROVIDER, open_model
from toolchain.shipping import emulation
from toolchain.shipping.saturation import saturating

EMULATED = 16  # strips: an emulated reading takes a hundred times as long
# Float32 arithmetic, whose order differs, now and then puts an activation on the next step. Over 64
# numbers of each release that moved confidence by 0.0007 at most and log_probs, where they are
# probable, by 0.15; in the smallest network, trained for minutes, by 0.0002 and 0.34. Products that
# saturate moved confidence by 0.009 in the mildest file made so, log_probs by 2 to 17 in others.
CONFIDENCE = 0.005
LOG_PROBS = 0.5  # nats
PROBABLE = -5.0  # nats; of what is less probable a long-trained network says -20 or -70, to no end

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
    return all(each.held for each in compared.values()), "; ".join(
        f"{name}: {each.differing} read otherwise, confidence differs by up to "
        f"{each.confidence:.2g}, log_probs by {each.log_probs:.2g}"
        for name, each in compared.items()
    )


def readings(session: InferenceSession, strips: NDArray[np.uint8]) -> Outputs:
    """What a model says of strips uint8 [N, 1, 32, 128], each by itself."""
    each = [session.run(None, {INPUT: strip[None]}) for strip in strips]
    return [np.concatenate(parts) for parts in zip(*each, strict=True)]


@dataclass(frozen=True)
class Gaps:
    """How far two readings of the same strips lie apart.

    A gap is no number where one of the two is none: then it keeps no bound.

    Attributes:
        differing: how many strips are read otherwise.
        confidence: largest difference.
        log_probs: largest difference, nats, where either is `PROBABLE`.
    """

    differing: int
    confidence: float
    log_probs: float

    @property
    def held(self) -> bool:
        """Whether they count as the same."""
        return not self.differing and self.confidence <= CONFIDENCE and self.log_probs <= LOG_PROBS


def gaps(here: Outputs, there: Outputs) -> Gaps:
    """Of `there`'s strips, which may be the first few of `here`'s."""
    one, digits, sure = (each[: len(there[0])] for each in here)
    other = there[0]
    improbable = np.maximum(one, other) < PROBABLE
    return Gaps(
        int((digits != there[1]).any(1).sum()),
        float(np.abs(sure - there[2]).max()),
        float(np.where(improbable, 0, np.abs(one - other)).max()),
    )


def _in_float_arithmetic(path: Path) -> InferenceSession:
    """The file as it stands: what is quantised is made float32 again before it is multiplied.

    LSTMs stay int8: they have no other form.
    """
    options = SessionOptions()
    options.intra_op_num_threads = 1
    options.graph_optimization_level = GraphOptimizationLevel.ORT_DISABLE_ALL
    return InferenceSession(path, options, providers=[PROVIDER])

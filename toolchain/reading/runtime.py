"""Opening an exported model with ONNX Runtime, and refusing what is not one of ours."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnxruntime import InferenceSession, SessionOptions

from generator.errors import BadInput
from generator.square import SIDE
from generator.strip import HEIGHT, WIDTH
from toolchain.reading.graphfile import read_judged
from toolchain.reading.modelfile import MEND

INPUT = "image"
PROVIDER = "CPUExecutionProvider"
SIZES = ([1, HEIGHT, WIDTH], [1, SIDE, SIDE])  # a strip, or a square with one digit
ALPHABET = "0123456789"  # as `models.ctc` has it, which needs torch
PAD = -1  # fills the model's digits to the right of a number
DECODERS = ("ctc", "positions", "joint")  # see `models.decoders`
OUTPUTS = {"log_probs": "tensor(float)", "digits": "tensor(int64)", "confidence": "tensor(float)"}


def open_model(path: Path, threads: int = 1, profile: Path | None = None) -> InferenceSession:
    """An inference session on the CPU.

    A file may come from anywhere: it is judged before it is loaded.

    Args:
        path: an .onnx made by the export.
        threads: that one run may use; one is fastest for one small picture.
        profile: beginning of the name of a file to write the time of each operator to.

    Raises:
        BadInput: the file is missing, empty, damaged, or a model of another kind.
    """
    name = repr(str(path))
    content = read_judged(path)
    options = SessionOptions()
    options.intra_op_num_threads = threads
    if profile is not None:
        options.enable_profiling, options.profile_file_prefix = True, str(profile)
    options.log_severity_level = 4  # what is wrong is said below, in one line
    try:
        # Its fallback would try the same once more, and print what is wrong on stdout.
        session = InferenceSession(content, options, providers=[PROVIDER], enable_fallback=0)
        problem = _mismatch(session)
        if not problem and profile is None:
            run(session, np.zeros((1, *session.get_inputs()[0].shape[1:]), np.uint8))
    except BadInput as error:
        problem = str(error)
    except Exception:  # ONNX Runtime raises a class of its own for each kind of damage
        raise BadInput(f"{name} is damaged or not an ONNX model: {MEND}") from None
    if problem:
        raise BadInput(f"{name} is a model of another kind ({problem}): {MEND}")
    return session


def run_each(
    session: InferenceSession, strips: NDArray[np.uint8], outputs: Sequence[str] = tuple(OUTPUTS)
) -> list[NDArray[Any]]:
    """The outputs for strips uint8 [N, 1, H, W], each run by itself, as a game reads them.

    A dynamic int8 LSTM takes the range of its input over the whole batch, so that what else is in
    the batch has a say in each reading.
    """
    each = [session.run(list(outputs), {INPUT: strip[None]}) for strip in strips]
    return [np.concatenate(parts) for parts in zip(*each, strict=True)]


def _mismatch(session: InferenceSession) -> str:
    """What keeps a model from being one of ours, "" if nothing does."""
    inputs = {item.name: (item.type, item.shape[1:]) for item in session.get_inputs()}
    if inputs not in [{INPUT: ("tensor(uint8)", size)} for size in SIZES]:
        return (
            f"its input is not {INPUT}: uint8 [N, 1, {HEIGHT}, {WIDTH}] or [N, 1, {SIDE}, {SIDE}]"
        )
    if isinstance(session.get_inputs()[0].shape[0], int):
        return "it reads a fixed number of pictures at once"
    if {item.name: item.type for item in session.get_outputs()} != OUTPUTS:
        return f"it lacks the outputs {', '.join(OUTPUTS)}"
    metadata = session.get_modelmeta().custom_metadata_map
    missing = [key for key in ("variant", "alphabet") if not metadata.get(key)]
    if missing:
        return f"it lacks the metadata {', '.join(missing)}"
    if metadata["alphabet"] != ALPHABET:
        return f"its alphabet is not {ALPHABET}"
    if metadata.get("decoder", "ctc") not in DECODERS:
        return f"it knows no decoder {metadata['decoder'][:40]!r}"
    for key in ("threshold", "verdict"):
        if not _is_share(metadata.get(key, "0")):
            return f"its {key} is not from 0 to 1"
    return ""


def _is_share(text: str) -> bool:
    try:
        return 0 <= float(text) <= 1
    except ValueError:
        return False


def run(
    session: InferenceSession, strips: NDArray[np.uint8]
) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.float32]]:
    """What a model says of strips, checked: the file may come from anywhere.

    Args:
        session: of `open_model`.
        strips: uint8 [N, 1, H, W].

    Returns:
        log_probs float32 [N, T, C], digits int64 [N, L] of the alphabet's places and -1, and
        confidence float32 [N], as the contract of a drop-in .onnx has them.

    Raises:
        BadInput: the model cannot be run on them, or says something else.
    """
    metadata = session.get_modelmeta().custom_metadata_map
    try:
        log_probs, digits, confidence = session.run(list(OUTPUTS), {INPUT: strips})
    except Exception as error:  # ONNX Runtime raises a class of its own for each kind of trouble
        reason = " ".join(str(error).split())[:200]
        raise BadInput(f"the model does not run ({reason})") from None
    count, alphabet = len(strips), len(metadata["alphabet"])
    if log_probs.ndim != 3 or digits.ndim != 2 or confidence.shape != (count,):
        raise BadInput("its outputs are not log_probs [N, T, C], digits [N, L], confidence [N]")
    _, frames, classes = log_probs.shape
    places = digits.shape[1]
    fits = {
        "ctc": frames > 0 and classes == alphabet + 1,
        "positions": frames == places > 0 and classes == alphabet,
        "joint": frames == 1 and 0 < places < 9 and classes == alphabet**places,
    }
    decoder = metadata.get("decoder", "ctc")
    if len(log_probs) != count or len(digits) != count or not fits[decoder]:
        raise BadInput(f"its log_probs {list(log_probs.shape)} are none of the decoder {decoder}")
    least = PAD if decoder == "ctc" else 0
    if digits.size and not least <= digits.min() <= digits.max() < alphabet:
        raise BadInput("it reads digits that are none")
    if np.isnan(log_probs).any() or not ((confidence >= 0) & (confidence <= 1.001)).all():
        raise BadInput("it gives no probabilities")
    return log_probs, digits, confidence

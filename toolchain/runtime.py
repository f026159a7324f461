"""Opening an exported model with ONNX Runtime, and refusing what is not one of ours."""

from pathlib import Path

from onnxruntime import InferenceSession, SessionOptions
from onnxruntime.capi.onnxruntime_pybind11_state import (
    Fail,
    InvalidArgument,
    InvalidGraph,
    InvalidProtobuf,
    NotImplemented,
)

from generator.errors import BadInput

_ERRORS = (Fail, InvalidArgument, InvalidGraph, InvalidProtobuf, NotImplemented)
_OUTPUTS = ["log_probs", "digits", "confidence"]


def open_model(path: Path, threads: int = 1) -> InferenceSession:
    """An inference session on the CPU.

    Args:
        path: an .onnx made by `nrtool export`.
        threads: that one run may use.

    Raises:
        BadInput: the file is missing, damaged, or not one of ours.
    """
    if not path.is_file():
        raise BadInput(f"{path} does not exist: make it with `nrtool export`")
    if not path.stat().st_size:
        raise BadInput(f"{path} is empty: make it again with `nrtool export`")
    options = SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    try:
        session = InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except _ERRORS:
        raise BadInput(
            f"{path} is damaged, or no ONNX model: make it again with `nrtool export`"
        ) from None
    inputs, outputs = session.get_inputs(), session.get_outputs()
    if (
        len(inputs) != 1
        or inputs[0].type != "tensor(uint8)"
        or [output.name for output in outputs] != _OUTPUTS
    ):
        raise BadInput(f"{path} is not a number model: make one with `nrtool export`")
    return session

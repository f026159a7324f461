"""Reading an .onnx that may come from anywhere: bounded, parsed, and never run before it is judged.

A graph can ask its runtime to read other files or to fill any amount of memory, and both happen
while it is being loaded. So what we do not need is refused by reading alone.
"""

import math
from pathlib import Path
from typing import Any

import numpy as np
from google.protobuf.message import DecodeError

from generator.errors import BadInput
from toolchain.reading import graphformat
from toolchain.reading.modelfile import MEND, read_model

MAX_NODES = 5_000
MAX_EXTENT = 1 << 16  # no size that a graph computes with is larger; "to the end" is
# They make large tensors of small ones, or run graphs within graphs.
_GROWING = {"ConstantOfShape", "Expand", "Range", "Tile", "Pad", "Resize", "Upsample", "OneHot"}
_GROWING |= {"RandomNormal", "RandomUniform", "EyeLike", "Reshape"}
_END = 1 << 62
_WHOLE = {graphformat.INT32: "<i4", graphformat.INT64: "<i8"}


def read_judged(path: Path) -> bytes:
    """The bytes of an .onnx, judged.

    Raises:
        BadInput: missing, empty, too large, damaged, or a graph that reaches for other files or
            for more memory than one of ours has a use for.
    """
    name, content = repr(str(path)), read_model(path)
    try:
        model = graphformat.Model.FromString(content)
    except DecodeError:
        raise BadInput(f"{name} is damaged or not an ONNX model: {MEND}") from None
    if not model.graph.node:
        raise BadInput(f"{name} is damaged or not an ONNX model: {MEND}")
    if problem := _hostile(model):
        raise BadInput(f"{name} is a model of another kind ({problem}): {MEND}")
    return content


def _hostile(model: Any) -> str:
    """What no graph of ours has, "" if there is nothing."""
    if model.functions or len(model.graph.node) > MAX_NODES:
        return "it has functions or too many nodes"
    whole = {}
    for tensor in model.graph.initializer:
        if tensor.external_data or tensor.data_location == graphformat.EXTERNAL:
            return "it keeps weights in other files"
        if tensor.data_type in _WHOLE:
            values = _values(tensor)
            if len(values) != math.prod(tensor.dims):
                return f"the tensor {tensor.name!r} is damaged"
            whole[tensor.name] = values
    for node in model.graph.node:
        for attribute in node.attribute:
            if attribute.HasField("g") or attribute.graphs:
                return f"{node.op_type} runs a graph of its own"
            if attribute.HasField("t") and attribute.t.external_data:
                return "it keeps weights in other files"
        if node.domain not in ("", "com.microsoft"):
            return f"it uses operators of {node.domain!r}"
        for given in node.input if node.op_type in _GROWING else ():
            large = (
                [v for v in whole[given] if MAX_EXTENT < abs(int(v)) < _END]
                if given in whole
                else []
            )
            if large:
                return f"{node.op_type} makes {large[0]} of something"
    return ""


def _values(tensor: Any) -> list[int]:
    """Whole numbers, flat; none where the bytes do not come out even, or are there twice."""
    kept = [*tensor.int32_data, *tensor.int64_data]
    kind = np.dtype(_WHOLE[tensor.data_type])
    if len(tensor.raw_data) % kind.itemsize or (kept and tensor.raw_data):
        return []
    return kept or np.frombuffer(tensor.raw_data, kind).tolist()

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
from toolchain.reading.graphshapes import Shapes, Unbounded
from toolchain.reading.modelfile import MEND, read_model

MAX_NODES = 5_000
MANY = 64  # strips at once, besides one: what grows faster than their number is found by both
OPSETS = range(13, 32)  # of which the operators are as graphshapes knows them
_WHOLE = {graphformat.INT32: "<i4", graphformat.INT64: "<i8"}


def read_judged(path: Path) -> bytes:
    """The bytes of an .onnx, judged.

    Raises:
        BadInput: missing, empty, too large, damaged, or a graph that reaches for other files or
            for more memory or time than one of ours has a use for.
    """
    name, content = repr(str(path)), read_model(path)
    damaged = BadInput(f"{name} is damaged or not an ONNX model: {MEND}")
    try:
        model = graphformat.Model.FromString(content)
        problem = _hostile(model, len(content)) if model.graph.node else ""
    except Unbounded as unbounded:
        problem = str(unbounded)
    except DecodeError:
        raise damaged from None
    if not model.graph.node:
        raise damaged
    if problem:
        raise BadInput(f"{name} is a model of another kind ({problem}): {MEND}")
    return content


def _hostile(model: Any, size: int) -> str:
    """What no graph of ours has, "" if there is nothing; `size` is the file's, in bytes."""
    graph = model.graph
    if model.functions or model.training_info or len(graph.node) > MAX_NODES:
        return "it has functions or too many nodes"
    for entry in model.opset_import:
        if entry.domain in ("", "ai.onnx") and entry.version not in OPSETS:
            return f"it is of opset {entry.version}"
    texts = [text for entry in model.metadata_props for text in (entry.key, entry.value)]
    texts += [each.name for each in (*graph.input, *graph.output, *graph.initializer)]
    if not all(isinstance(text, str) for text in texts):  # protobuf gives bytes for what is no text
        return "its metadata or names are damaged"
    if graph.sparse_initializer:
        return "it has sparse weights"
    stored = 0
    for tensor in graph.initializer:
        if tensor.external_data or tensor.data_location == graphformat.EXTERNAL:
            return "it keeps weights in other files"
        stored += math.prod(tensor.dims)
        if min(tensor.dims, default=0) < 0 or stored > size:
            return f"the tensor {tensor.name!r} is damaged"
        if tensor.data_type in _WHOLE and len(_values(tensor)) != math.prod(tensor.dims):
            return f"the tensor {tensor.name!r} is damaged"
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("g") or attribute.graphs:
                return f"{node.op_type} runs a graph of its own"
            if attribute.HasField("t") and attribute.t.external_data:
                return "it keeps weights in other files"
        if node.domain not in ("", "ai.onnx", "com.microsoft"):
            return f"it uses operators of {node.domain!r}"
    for strips in (1, MANY):
        shapes_of(graph, strips)
    return ""


def shapes_of(graph: Any, strips: int) -> Shapes:
    """The shapes of a graph's tensors, of this room's format or the onnx package's.

    Raises:
        Unbounded: as `Shapes`.
    """
    whole = {each.name: _values(each) for each in graph.initializer if each.data_type in _WHOLE}
    return Shapes(graph, whole, strips)


def _values(tensor: Any) -> list[int]:
    """Whole numbers, flat; none where the bytes do not come out even, or are there twice."""
    kept = [*tensor.int32_data, *tensor.int64_data]
    kind = np.dtype(_WHOLE[tensor.data_type])
    if len(tensor.raw_data) % kind.itemsize or (kept and tensor.raw_data):
        return []
    return kept or np.frombuffer(tensor.raw_data, kind).tolist()

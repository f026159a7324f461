"""Reading an .onnx that may come from anywhere: bounded, parsed, and never run before it is judged.

A graph can ask its runtime to read other files or to fill any amount of memory, and both happen
while it is being loaded. So what we do not need is refused by reading alone.
"""

from pathlib import Path

import onnx
from google.protobuf.message import DecodeError
from onnx import numpy_helper

from generator.errors import BadInput
from toolchain.reading.modelfile import MEND, read_model

MAX_NODES = 5_000
MAX_EXTENT = 1 << 16  # no size that a graph computes with is larger; "to the end" is
# They make large tensors of small ones, or run graphs within graphs.
_GROWING = {"ConstantOfShape", "Expand", "Range", "Tile", "Pad", "Resize", "Upsample", "OneHot"}
_GROWING |= {"RandomNormal", "RandomUniform", "EyeLike", "Reshape"}
_END = 1 << 62
_WHOLE = (onnx.TensorProto.INT32, onnx.TensorProto.INT64)


def read_graph(path: Path) -> tuple[bytes, onnx.ModelProto]:
    """The bytes of an .onnx and the graph in them.

    Raises:
        BadInput: missing, empty, too large, damaged, or a graph that reaches for other files or
            for more memory than one of ours has a use for.
    """
    name, content = repr(str(path)), read_model(path)
    graph = onnx.ModelProto()
    try:
        graph.ParseFromString(content)
    except DecodeError:
        raise BadInput(f"{name} is damaged or not an ONNX model: {MEND}") from None
    if not graph.graph.node:
        raise BadInput(f"{name} is damaged or not an ONNX model: {MEND}")
    if problem := _hostile(graph):
        raise BadInput(f"{name} is a model of another kind ({problem}): {MEND}")
    return content, graph


def _hostile(graph: onnx.ModelProto) -> str:
    """What no graph of ours has, "" if there is nothing."""
    if graph.functions or len(graph.graph.node) > MAX_NODES:
        return "it has functions or too many nodes"
    whole = {}
    for tensor in graph.graph.initializer:
        if tensor.external_data or tensor.data_location == onnx.TensorProto.EXTERNAL:
            return "it keeps weights in other files"
        if tensor.data_type in _WHOLE:
            try:
                whole[tensor.name] = numpy_helper.to_array(tensor)
            except Exception:  # a shape that its values do not fill
                return f"the tensor {tensor.name!r} is damaged"
    for node in graph.graph.node:
        for attribute in node.attribute:
            if attribute.HasField("g") or attribute.graphs:
                return f"{node.op_type} runs a graph of its own"
            if attribute.HasField("t") and attribute.t.external_data:
                return "it keeps weights in other files"
        if node.domain not in ("", "com.microsoft"):
            return f"it uses operators of {node.domain!r}"
        for given in node.input if node.op_type in _GROWING else ():
            large = (
                [v for v in whole[given].flat if MAX_EXTENT < abs(int(v)) < _END]
                if given in whole
                else []
            )
            if large:
                return f"{node.op_type} makes {large[0]} of something"
    return ""

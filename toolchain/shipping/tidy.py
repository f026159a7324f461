"""A graph without what only its makers needed: smaller, and its layers known by name."""

import numpy as np
import onnx
from onnx import numpy_helper

SHORT = {"_quantized": "_q", "_zero_point": "_z", "_scale": "_s", "weight_bias": "bias"}


def tidy(graph: onnx.ModelProto) -> onnx.ModelProto:
    """The same graph without what only its makers needed: spare shapes, domains, long names.

    Stored tensors and the layers that use them stay known by name: so a file can be inspected.
    """
    used = {node.domain for node in graph.graph.node}
    for domain in [entry for entry in graph.opset_import if entry.domain not in used]:
        graph.opset_import.remove(domain)
    del graph.graph.value_info[:]
    zeros = set()
    for tensor in graph.graph.initializer:
        # Small integers come as varints, where a negative one takes ten bytes.
        values = numpy_helper.to_array(tensor)
        tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))
        if values.dtype == np.int32 and not values.any():
            zeros.add(tensor.name)
    for node in graph.graph.node:
        node.doc_string = ""
        del node.metadata_props[:]
        if node.op_type not in ("Conv", "MatMul", "Gemm", "LSTM", "DynamicQuantizeLSTM"):
            node.name = ""
        if node.op_type == "DequantizeLinear" and len(node.input) == 3 and node.input[2] in zeros:
            del node.input[2]  # a bias's zero points are all 0, which is the default
    _share(graph)
    _shorten(graph)
    graph.producer_name, graph.doc_string = "nrtool", ""
    return graph


def _share(graph: onnx.ModelProto) -> None:
    """Equal stored tensors become one, such as the zero points of every channel of two LSTMs."""
    first: dict[tuple[object, ...], str] = {}
    # All of them are raw bytes by now.
    same = {
        tensor.name: first.setdefault(
            (tensor.data_type, tuple(tensor.dims), tensor.raw_data), tensor.name
        )
        for tensor in graph.graph.initializer
    }
    for node in graph.graph.node:
        for place, name in enumerate(node.input):
            node.input[place] = same.get(name, name)


def _shorten(graph: onnx.ModelProto) -> None:
    """Short names for all values but inputs and outputs; unused stored tensors go."""
    read = {name for node in graph.graph.node for name in node.input}
    for tensor in [each for each in graph.graph.initializer if each.name not in read]:
        graph.graph.initializer.remove(tensor)
    short = {value.name: value.name for value in (*graph.graph.input, *graph.graph.output)}
    short[""] = ""
    for tensor in graph.graph.initializer:
        name = tensor.name.removeprefix("network.")
        for long, brief in SHORT.items():
            name = name.replace(long, brief)
        short[tensor.name] = tensor.name = name
    for node in graph.graph.node:
        for names in (node.input, node.output):
            for place, name in enumerate(names):
                names[place] = short.setdefault(name, f"v{len(short)}")

"""Float16 storage: the same graph with its large weights kept as float16, at half the size.

The weights are cast to float32 when the file is loaded, so it runs everywhere, as fast as float32.
ONNX Runtime's CPU has no float16 LSTM: a graph that computed in float16 would spend its time on
casts to and fro.
"""

from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

LARGE = 256  # values from which on a tensor is stored as float16


def store_float16(float32: Path, out: Path) -> None:
    """Write the float16 form of a float32 graph.

    Args:
        float32: what `export_onnx` wrote.
        out: the .onnx to write.
    """
    graph = onnx.load(float32)
    casts = []
    for tensor in graph.graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.dtype != np.float32 or values.size < LARGE:
            continue
        name = tensor.name
        halves = numpy_helper.from_array(values.astype(np.float16), f"{name}_half")
        tensor.CopyFrom(halves)
        casts.append(onnx.helper.make_node("Cast", [f"{name}_half"], [name], to=1))
    nodes = list(graph.graph.node)
    del graph.graph.node[:]
    graph.graph.node.extend([*casts, *nodes])
    facts = {entry.key: entry.value for entry in graph.metadata_props} | {"precision": "float16"}
    del graph.metadata_props[:]
    onnx.helper.set_model_props(graph, facts)
    onnx.save(graph, out)

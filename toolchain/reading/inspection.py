"""What a model file says of itself and is made of, without running it."""

import math
from collections import Counter
from pathlib import Path
from typing import Any

import onnx
from google.protobuf.message import DecodeError

from generator.errors import BadInput
from toolchain.reading.graphfile import read_judged, shapes_of
from toolchain.reading.modelfile import FORMAT, MEND
from toolchain.storage import sha256

REST = "the rest"


def read_graph(path: Path) -> tuple[bytes, onnx.ModelProto]:
    """The bytes of an .onnx and the graph in them, judged.

    Raises:
        BadInput: as `read_judged`.
    """
    content = read_judged(path)
    try:
        return content, onnx.ModelProto.FromString(content)
    except DecodeError:
        raise BadInput(f"{str(path)!r} is damaged or not an ONNX model: {MEND}") from None


def inspect(path: Path) -> dict[str, Any]:
    """Metadata, inputs and outputs, operators, and bytes by layer of an exported model.

    Raises:
        BadInput: the file is damaged, hostile, or none of ours.
    """
    content, graph = read_graph(path)
    facts = {entry.key: entry.value for entry in graph.metadata_props}
    if facts.get("format") != FORMAT:
        raise BadInput(
            f"{str(path)!r} is an ONNX model, but none of ours (its metadata has no format "
            f"{FORMAT}): {MEND}"
        )
    try:
        return {
            "file": str(path),
            "size": len(content),
            "sha256": sha256(path),
            **_contents(graph, len(content)),
        }
    except (LookupError, TypeError, ValueError, ArithmeticError):  # no layer of ours is so
        raise BadInput(f"{str(path)!r} is damaged or not an ONNX model: {MEND}") from None


def _contents(graph: onnx.ModelProto, size: int) -> dict[str, Any]:
    kinds = Counter(f"{node.domain or 'ai.onnx'}.{node.op_type}" for node in graph.graph.node)
    return {
        "opset": {entry.domain or "ai.onnx": entry.version for entry in graph.opset_import},
        "ir_version": graph.ir_version,
        "inputs": {value.name: _kind(value) for value in graph.graph.input},
        "outputs": {value.name: _kind(value) for value in graph.graph.output},
        "metadata": {entry.key: entry.value for entry in graph.metadata_props},
        "operators": dict(kinds.most_common()),
        "layers": _layers(graph, size),
        "int8_share": int8_share(graph),
    }


def int8_share(graph: onnx.ModelProto) -> float:
    """Share of the multiply-adds of one strip that int8 kernels do, 0..1.

    Products of stored weights alone: what decodes and calibrates is some thousandth of them.
    """
    sides = shapes_of(graph.graph, 1).of
    stored = {tensor.name: tensor for tensor in graph.graph.initializer}
    behind = {
        node.output[0]: node.input[0]
        for node in graph.graph.node
        if node.op_type == "DequantizeLinear" and node.input[0] in stored
    }
    done = {True: 0, False: 0}
    for node in graph.graph.node:
        names = [behind.get(name, name) for name in node.input]
        if len(names) < 2 or names[1] not in stored or not _multiplies(node.op_type):
            continue
        weight = stored[names[1]]
        size = math.prod(weight.dims)
        if "LSTM" in node.op_type:
            times = sides[node.input[0]][0]
            size += math.prod(stored[names[2]].dims)
        elif node.op_type.startswith("Conv"):
            times = math.prod(sides[node.output[0]][2:])
        else:
            times = math.prod(sides[node.output[0]][:-1])
        done[weight.data_type in (onnx.TensorProto.INT8, onnx.TensorProto.UINT8)] += size * times
    return done[True] / max(1, sum(done.values()))


def _multiplies(kind: str) -> bool:
    return kind.startswith(("Conv", "Gemm", "MatMul")) or "LSTM" in kind


def _kind(value: onnx.ValueInfoProto) -> str:
    kind = value.type.tensor_type
    sides = [each.dim_param or str(each.dim_value) for each in kind.shape.dim]
    return f"{onnx.TensorProto.DataType.Name(kind.elem_type).lower()} [{', '.join(sides)}]"


def _layers(graph: onnx.ModelProto, size: int) -> list[dict[str, Any]]:
    """Bytes of the stored tensors by the layer that they reach, largest first."""
    tensors = {tensor.name: tensor for tensor in graph.graph.initializer}
    # A quantised weight passes a DequantizeLinear or Cast first: its tensors count for the layer.
    behind: dict[str, list[str]] = {}
    for node in graph.graph.node:
        if node.op_type in ("DequantizeLinear", "Cast") and node.input[0] in tensors:
            behind[node.output[0]] = [name for name in node.input if name in tensors]
    counted: set[str] = set()
    found = []
    for node in graph.graph.node:
        names = {name for given in node.input for name in behind.get(given, [given])}
        names = {name for name in names if name in tensors} - counted
        held = sum(tensors[name].ByteSize() for name in names)
        if held and _multiplies(node.op_type):
            counted |= names
            largest = max(sorted(names), key=lambda name: tensors[name].ByteSize())
            kind = onnx.TensorProto.DataType.Name(tensors[largest].data_type).lower()
            shape = "x".join(map(str, tensors[largest].dims))
            found.append(
                {"layer": node.op_type, "weights": f"{kind} {shape}", "name": largest, "size": held}
            )
    rest = size - sum(layer["size"] for layer in found)
    return [*found, {"layer": REST, "weights": "", "name": "graph, names, constants", "size": rest}]

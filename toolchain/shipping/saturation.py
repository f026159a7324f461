"""Whether an int8 file can saturate on any processor, by its weights alone.

x86 processors with AVX2 but without VNNI multiply uint8 by int8 and add two neighbouring products
in 16 bits (VPMADDUBSW); a sum outside is cut off, and the reading is another one. Which products
are neighbours depends on how a kernel packs its weights, so any two of one channel are taken for
such.
"""

from collections.abc import Iterator

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

LEAST, MOST = -(2**15), 2**15 - 1
_UINT8 = 255
# Operators that multiply integers: the places of their stored weights, and the axis of channels in
# them. An LSTM's are [directions, K, channels].
_PLACES = {
    "Conv": ((1, 0),),
    "MatMul": ((1, -1),),
    "Gemm": ((1, -1),),
    "ConvInteger": ((1, 0),),
    "MatMulInteger": ((1, -1),),
    "QLinearConv": ((3, 0),),
    "QLinearMatMul": ((3, -1),),
    "DynamicQuantizeLSTM": ((1, -1), (2, -1)),
    "DynamicQuantizeMatMul": ((1, -1),),
    "MatMulIntegerToFloat": ((1, -1),),
}


def saturating(graph: onnx.ModelProto) -> list[str]:
    """Layers that can leave 16 bits, and operators of stored integers that are not known here.

    Each is named with what is wrong; empty where every int8 layer computes exactly everywhere.
    """
    stored = {tensor.name: tensor for tensor in graph.graph.initializer}
    # What a DequantizeLinear gives is as good as its integers: the runtime puts it into the kernel.
    behind = {
        node.output[0]: node.input[0]
        for node in graph.graph.node
        if node.op_type == "DequantizeLinear" and node.input[0] in stored
    }
    found = []
    for node in graph.graph.node:
        inputs = [behind.get(name, name) for name in node.input]
        known = _PLACES.get(node.op_type)
        if known is None:
            if node.op_type != "DequantizeLinear" and any(_is_matrix(stored, n) for n in inputs):
                found.append(f"{node.op_type} multiplies stored integers in a way not known here")
            continue
        for place, axis in known:
            if place < len(inputs) and inputs[place] in stored:
                tensor = stored[inputs[place]]
                if tensor.data_type != onnx.TensorProto.INT8:
                    continue  # uint8 by uint8 is widened first, float32 needs nothing
                for low, high in _extremes(numpy_helper.to_array(tensor), axis):
                    if _UINT8 * low < LEAST or _UINT8 * high > MOST:
                        beyond = _UINT8 * (high if _UINT8 * high > MOST else low)
                        found.append(
                            f"{tensor.name}: two products reach {beyond}, 16 bits hold {LEAST} to "
                            f"{MOST}"
                        )
                        break
    return found


def _is_matrix(stored: dict[str, onnx.TensorProto], name: str) -> bool:
    tensor = stored.get(name)
    return (
        tensor is not None
        and tensor.data_type in (onnx.TensorProto.INT8, onnx.TensorProto.UINT8)
        and len(tensor.dims) > 1
    )


def _extremes(weights: NDArray[np.int8], axis: int) -> Iterator[tuple[int, int]]:
    """Per channel the least and the largest sum of two of its weights."""
    channels = np.moveaxis(weights, axis, 0).reshape(weights.shape[axis], -1).astype(int)
    if axis == -1 and weights.ndim == 3:  # of each direction by itself
        channels = np.moveaxis(weights, axis, 1).reshape(-1, weights.shape[1]).astype(int)
    ordered = np.sort(channels, 1)
    # Of a single weight the other product is 0.
    yield from zip(
        np.minimum(ordered[:, :2].clip(max=0).sum(1), 0).tolist(),
        np.maximum(ordered[:, -2:].clip(min=0).sum(1), 0).tolist(),
        strict=True,
    )

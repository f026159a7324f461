"""Int8: convolutions and linear layers statically (QDQ), then the LSTMs dynamically.

ONNX Runtime has no static int8 LSTM, and dynamic int8 makes convolutions slower than float32; the
two together are small and fast. The simplified float32 graph goes in, never the other way round.
"""

import logging
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_dynamic,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process

from toolchain.runtime import INPUT

CALIBRATION_NUMBERS = 512
CALIBRATION_SEED = 2_000_003


class _Strips(CalibrationDataReader):  # type: ignore[misc]
    """Feeds strips uint8 [N, 1, 32, 128] to the calibration in batches."""

    def __init__(self, strips: NDArray[np.uint8]) -> None:
        self.batches: Iterator[NDArray[np.uint8]] = iter(np.array_split(strips, len(strips) // 64))

    def get_next(self) -> dict[str, NDArray[np.uint8]] | None:
        """The next batch, or None after the last."""
        batch = next(self.batches, None)
        return None if batch is None else {INPUT: batch}


def quantize(float32: Path, int8: Path, strips: NDArray[np.uint8]) -> None:
    """Write the int8 form of a float32 graph.

    Args:
        float32: what `export_onnx` wrote.
        int8: the .onnx to write.
        strips: uint8 [N, 1, 32, 128], N >= 64, to calibrate the activations' ranges on.
    """
    logging.disable(logging.WARNING)  # it warns that the graph is half quantised: that is the idea
    try:
        _in_two_steps(float32, int8, strips)
    finally:
        logging.disable(logging.NOTSET)
    # Written by several hands: bring back the facts, and say what this file is now.
    graph = onnx.load(int8)
    facts = {entry.key: entry.value for entry in onnx.load(float32).metadata_props}
    facts |= {"precision": "int8", "quantization": "static QDQ per channel, dynamic LSTM"}
    del graph.metadata_props[:]
    onnx.helper.set_model_props(graph, facts)
    graph.producer_name = "nrtool"
    used = {node.domain for node in graph.graph.node}
    for domain in [entry for entry in graph.opset_import if entry.domain not in used]:
        graph.opset_import.remove(domain)
    onnx.save(graph, int8)


def _in_two_steps(float32: Path, int8: Path, strips: NDArray[np.uint8]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        prepared, static = Path(folder) / "prepared.onnx", Path(folder) / "static.onnx"
        quant_pre_process(str(float32), str(prepared), skip_symbolic_shape=True)
        quantize_static(
            str(prepared),
            str(static),
            _Strips(strips),
            quant_format=QuantFormat.QDQ,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            per_channel=True,
            calibrate_method=CalibrationMethod.MinMax,
            nodes_to_quantize=weighted_nodes(onnx.load(prepared)),
        )
        quantize_dynamic(
            str(static),
            str(int8),
            op_types_to_quantize=["LSTM"],
            weight_type=QuantType.QInt8,
            per_channel=True,
        )


def weighted_nodes(graph: onnx.ModelProto) -> list[str]:
    """Convolutions and linear layers, that is products with stored weights.

    The confidence's products have none: they stay in float32.
    """
    stored = {tensor.name for tensor in graph.graph.initializer}
    return [
        node.name
        for node in graph.graph.node
        if node.op_type in ("Conv", "MatMul", "Gemm") and node.input[1] in stored
    ]

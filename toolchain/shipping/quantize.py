"""Int8 recipes by name, each a way from a float32 graph to an int8 one.

ONNX Runtime has no static int8 LSTM, and dynamic int8 makes convolutions slower than float32; the
two together are small and fast. The simplified float32 graph goes in, never the other way round.

Weights have seven bits, in every recipe: x86 processors without VNNI would saturate with eight.
"""

import contextlib
import io
import logging
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_dynamic,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process

from generator.errors import BadInput
from toolchain.errors import FellShort
from toolchain.reading.runtime import INPUT
from toolchain.shipping.export import lowest_ir
from toolchain.shipping.rounding import Rounded, put, round_weights
from toolchain.shipping.tidy import tidy

# Of float32's time that int8 may take. On a processor without dot products of bytes the smallest
# network gains nothing, and quantising between its layers costs up to a fifth more, on a busy
# machine more again; its file is a third of the size all the same, and faster on new processors.
SLOWEST = 1.5
CALIBRATION_NUMBERS = 512
CALIBRATION_SEED = 2_000_003
_HISTOGRAM_NUMBERS = 128  # the methods with histograms keep every activation in memory
_BATCH = 64


@dataclass(frozen=True)
class Recipe:
    """One way to quantise.

    Attributes:
        about: what it does, in a few words.
        method: how the ranges of the activations are found; None quantises them dynamically.
        lstm: whether the LSTMs' weights become int8, dynamically.
        nearest: whether each weight is rounded by itself; see `toolchain.shipping.rounding`.
        floats: which convolution or linear layers stay in float32.
    """

    about: str
    method: Literal["MinMax", "Entropy", "Percentile"] | None
    lstm: bool = True
    nearest: bool = False
    floats: Literal["none", "first", "last", "both ends"] = "none"


RECIPES = {
    "mixed": Recipe("static convolutions, dynamic LSTM", "MinMax"),
    "mixed-nearest": Recipe("the same, each weight rounded by itself", "MinMax", nearest=True),
    "mixed-entropy": Recipe("mixed, ranges by entropy", "Entropy"),
    "mixed-percentile": Recipe("mixed, ranges by percentile", "Percentile"),
    "mixed-first": Recipe("mixed, first layer in float32", "MinMax", floats="first"),
    "mixed-last": Recipe("mixed, last layer in float32", "MinMax", floats="last"),
    "mixed-ends": Recipe("mixed, first and last layer in float32", "MinMax", floats="both ends"),
    "static": Recipe("static convolutions, LSTM in float32", "MinMax", lstm=False),
    "dynamic": Recipe("everything dynamic", None, nearest=True),
}


class _Strips(CalibrationDataReader):  # type: ignore[misc]
    """Feeds strips uint8 [N, 1, 32, 128] to the calibration in batches."""

    def __init__(self, strips: NDArray[np.uint8]) -> None:
        parts = max(1, len(strips) // _BATCH)
        self.batches: Iterator[NDArray[np.uint8]] = iter(np.array_split(strips, parts))

    def get_next(self) -> dict[str, NDArray[np.uint8]] | None:
        """The next batch, or None after the last."""
        batch = next(self.batches, None)
        return None if batch is None else {INPUT: batch}


def known(name: str) -> Recipe:
    """The recipe of that name.

    Raises:
        BadInput: there is none.
    """
    if name not in RECIPES:
        raise BadInput(f"no int8 recipe {name!r}: choose auto, none, {', '.join(RECIPES)}")
    return RECIPES[name]


def quantize(
    float32: Path,
    int8: Path,
    strips: NDArray[np.uint8],
    recipe_name: str = "mixed",
    rounded: Rounded | None = None,
) -> None:
    """Write the int8 form of a float32 graph.

    Args:
        float32: what `export_onnx` wrote.
        int8: the .onnx to write.
        strips: uint8 [N, 1, 32, 128], N >= 64, to calibrate the activations' ranges on.
        recipe_name: one of `RECIPES`.
        rounded: the graph's weights as they were rounded for another recipe; filled where empty.

    Raises:
        BadInput: no recipe of that name.
        FellShort: the recipe cannot be built of this network.
    """
    recipe = known(recipe_name)
    logging.disable(logging.WARNING)  # it warns that the graph is half quantised: that is the idea
    try:
        with tempfile.TemporaryDirectory() as folder:
            prepared, static = Path(folder) / "prepared.onnx", Path(folder) / "static.onnx"
            plain = Path(folder) / "plain.onnx"
            onnx.save(without_gemm(onnx.load(float32)), plain)
            quant_pre_process(str(plain), str(prepared), skip_symbolic_shape=True)
            if not recipe.nearest:
                _round(prepared, strips, recipe, {} if rounded is None else rounded)
            _static(prepared, static if recipe.lstm else int8, strips, recipe)
            if recipe.lstm:
                _dynamic(static if recipe.method else prepared, int8, recipe)
    except (ValueError, AssertionError, RuntimeError) as error:  # such as a layer that is all 0
        raise FellShort(
            f"the int8 recipe {recipe_name} does not fit this network: {error}"
        ) from None
    finally:
        logging.disable(logging.NOTSET)
    # Written by several hands: bring back the facts, and say what this file is now.
    facts = {entry.key: entry.value for entry in onnx.load(float32).metadata_props}
    facts |= {"precision": "int8", "quantization": f"{recipe_name}: {recipe.about}"}
    graph = tidy(onnx.load(int8))
    del graph.metadata_props[:]
    onnx.helper.set_model_props(graph, facts)
    graph.ir_version = lowest_ir(graph)
    onnx.save(graph, int8)


def without_gemm(graph: onnx.ModelProto) -> onnx.ModelProto:
    """The same graph with each Gemm of stored weights as MatMul and Add.

    ONNX Runtime 1.29, which phones have, aborts on the int8 Gemm that it makes of one.
    """
    stored = {tensor.name: tensor for tensor in graph.graph.initializer}
    nodes = []
    for node in graph.graph.node:
        told = {each.name: onnx.helper.get_attribute_value(each) for each in node.attribute}
        if node.op_type != "Gemm" or node.input[1] not in stored or told.get("transA"):
            nodes.append(node)
            continue
        if told.get("transB"):
            weight = stored[node.input[1]]
            turned = np.ascontiguousarray(numpy_helper.to_array(weight).T)
            weight.CopyFrom(numpy_helper.from_array(turned, weight.name))
        # onnxsim leaves out a bias that is all 0.
        given, weight_name, *bias = node.input
        product = f"{node.output[0]}_product" if bias else node.output[0]
        nodes.append(
            onnx.helper.make_node("MatMul", [given, weight_name], [product], name=node.name)
        )
        if bias:
            nodes.append(onnx.helper.make_node("Add", [product, *bias], [node.output[0]]))
    del graph.graph.node[:]
    graph.graph.node.extend(nodes)
    return graph


def _round(prepared: Path, strips: NDArray[np.uint8], recipe: Recipe, rounded: Rounded) -> None:
    graph = onnx.load(prepared)
    lstms = [node.name for node in graph.graph.node if node.op_type == "LSTM"]
    if not rounded:
        rounded |= round_weights(graph, strips, weighted_nodes(graph) + lstms)
    for name in chosen_nodes(graph, recipe.floats) + lstms * recipe.lstm:
        put(graph, rounded[name])
    onnx.save(graph, prepared)


def _static(prepared: Path, out: Path, strips: NDArray[np.uint8], recipe: Recipe) -> None:
    if recipe.method is None:
        return
    few = strips if recipe.method == "MinMax" else strips[:_HISTOGRAM_NUMBERS]
    # It prints what it counts; our own output is for the user, and may be JSON.
    with contextlib.redirect_stdout(io.StringIO()):
        quantize_static(
            str(prepared),
            str(out),
            _Strips(few),
            quant_format=QuantFormat.QDQ,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            reduce_range=True,
            per_channel=True,
            calibrate_method=CalibrationMethod[recipe.method],
            nodes_to_quantize=with_relus(onnx.load(prepared), recipe.floats),
            # What follows a linear layer, an LSTM or the softmax, computes in float32 anyway.
            extra_options={"OpTypesToExcludeOutputQuantization": ["MatMul", "Gemm", "Add"]},
        )


def _dynamic(source: Path, out: Path, recipe: Recipe) -> None:
    kinds = ["LSTM"] if recipe.method else ["LSTM", "Conv", "MatMul"]
    quantize_dynamic(
        str(source),
        str(out),
        op_types_to_quantize=kinds,
        weight_type=QuantType.QInt8,
        reduce_range=True,
        per_channel=True,
        nodes_to_exclude=[] if recipe.method else _unweighted(onnx.load(source)),
    )


def weighted_nodes(graph: onnx.ModelProto) -> list[str]:
    """Convolutions and linear layers, that is products with stored weights, in order.

    The confidence's products have none: they stay in float32.
    """
    stored = {tensor.name for tensor in graph.graph.initializer}
    return [
        node.name
        for node in graph.graph.node
        if node.op_type in ("Conv", "MatMul", "Gemm") and node.input[1] in stored
    ]


def chosen_nodes(graph: onnx.ModelProto, floats: str) -> list[str]:
    """The weighted nodes without those that stay in float32."""
    nodes = weighted_nodes(graph)
    return nodes[floats in ("first", "both ends") : len(nodes) - (floats in ("last", "both ends"))]


def with_relus(graph: onnx.ModelProto, floats: str) -> list[str]:
    """The chosen nodes, and each Relu of a chosen convolution.

    A convolution's result is then rounded after its Relu, which uint8 is by itself: twice as fine,
    and one operator less.
    """
    chosen = chosen_nodes(graph, floats)
    convolved = {
        node.output[0]
        for node in graph.graph.node
        if node.op_type == "Conv" and node.name in chosen
    }
    relus = [node for node in graph.graph.node if node.op_type == "Relu"]
    return chosen + [node.name for node in relus if node.input[0] in convolved]


def _unweighted(graph: onnx.ModelProto) -> list[str]:
    weighted = set(weighted_nodes(graph))
    return [
        node.name
        for node in graph.graph.node
        if node.op_type in ("Conv", "MatMul") and node.name not in weighted
    ]

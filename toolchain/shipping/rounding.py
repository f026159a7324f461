"""Rounding weights to int8 so that what a layer computes changes least, not each weight by itself.

Weights are rounded column by column, and what rounding one of them breaks the ones not yet rounded
mend, as far as the layer's inputs let them: GPTQ (Frantar, Ashkboos, Hoefler and Alistarh 2022,
arXiv:2210.17323), after Optimal Brain Surgeon (Hassibi and Stork 1992). The mean error that is
left goes into the bias (Nagel et al. 2019, arXiv:1906.04721).
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from onnxruntime import InferenceSession
from torch.nn import functional as F

from toolchain.reading.runtime import INPUT, PROVIDER

# Of a rounded weight, either sign: seven bits. x86 processors without VNNI add two products of
# uint8 and int8 in 16 bits, and 255 * (64 + 64) is the most that fits.
LARGEST = 64
STRIPS = 128  # that the layers' inputs are taken from
DAMPING = 0.01  # relative to the mean of the Hessian's diagonal
_BATCH = 16
_BLOCK = 128  # columns whose errors reach the others at once

Floats = NDArray[np.float64]
Rounded = dict[str, tuple[onnx.TensorProto, ...]]


@dataclass(frozen=True)
class _Layer:
    """One matrix of stored weights that multiplies what comes in.

    Attributes:
        node: whose it is.
        weight, bias: names of the stored tensors; no bias is "".
        given: name of the value that `columns` takes.
        columns: from that to the layer's inputs, float32 [positions, K].
        part: which of the matrices that a tensor holds, such as an LSTM's second direction.
    """

    node: str
    weight: str
    bias: str
    given: str
    columns: Callable[[NDArray[np.float32]], NDArray[np.float32]]
    part: int = 0


def round_weights(graph: onnx.ModelProto, strips: NDArray[np.uint8], names: list[str]) -> Rounded:
    """Weights and biases of nodes, the weights on the grid of their int8 form.

    In each channel the largest weight is at the end of the grid, so that a quantiser that takes
    its range from the largest finds this very grid.

    Args:
        graph: simplified, float32.
        strips: uint8 [N, 1, 32, 128] to take the layers' inputs from.
        names: of Conv, MatMul and LSTM nodes.

    Returns:
        By the node's name the tensors, float32, to put in the places of those of the same names.
    """
    stored = {tensor.name: tensor for tensor in graph.graph.initializer}
    nodes = [node for node in graph.graph.node if node.name in names]
    layers = [layer for node in nodes for layer in _layers(node, stored)]
    values = {
        name: numpy_helper.to_array(stored[name]).copy()
        for layer in layers
        for name in (layer.weight, layer.bias)
        if name
    }
    for layer, (hessian, mean) in zip(layers, _statistics(graph, layers, strips), strict=True):
        own = _matrix(values[layer.weight], layer.part)
        matrix = own.reshape(len(own), -1).astype(np.float64)
        rounded = rounded_matrix(matrix, hessian)
        own[...] = rounded.reshape(own.shape)
        if layer.bias:
            bias = values[layer.bias]
            row = bias[layer.part] if bias.ndim == 2 else bias  # an LSTM's has two, end to end
            row[: len(matrix)] += (matrix - rounded) @ mean
    return {
        node: tuple(
            numpy_helper.from_array(values[name], name)
            for name in sorted(
                {n for each in layers if each.node == node for n in (each.weight, each.bias) if n}
            )
        )
        for node in {layer.node for layer in layers}
    }


def put(graph: onnx.ModelProto, tensors: Iterable[onnx.TensorProto]) -> None:
    """Put tensors in the places of those of the same names."""
    stored = {tensor.name: tensor for tensor in graph.graph.initializer}
    for tensor in tensors:
        stored[tensor.name].CopyFrom(tensor)


def _layers(node: onnx.NodeProto, stored: dict[str, onnx.TensorProto]) -> Iterator[_Layer]:
    weight = node.input[1]
    bias = node.input[2] if len(node.input) > 2 else ""
    if node.op_type == "Conv":
        told = {each.name: onnx.helper.get_attribute_value(each) for each in node.attribute}
        kernel, strides = tuple(stored[weight].dims[2:]), tuple(told.get("strides", (1, 1)))
        top, left, bottom, right = told.get("pads", (0, 0, 0, 0))

        def patches(x: NDArray[np.float32]) -> NDArray[np.float32]:
            padded = F.pad(torch.from_numpy(x), (left, right, top, bottom))
            found = F.unfold(padded, kernel, stride=strides)  # [N, K, positions]
            return np.asarray(found.transpose(1, 2).flatten(0, 1))

        yield _Layer(node.name, weight, bias, node.input[0], patches)
    elif node.op_type == "LSTM":
        recurrent, directions = node.input[2], stored[weight].dims[0]
        for part in range(directions):
            yield _Layer(node.name, weight, node.input[3], node.input[0], _rows, part)
        for part in range(directions):

            def before(y: NDArray[np.float32], part: int = part) -> NDArray[np.float32]:
                return _rows(y[1:, part] if part else y[:-1, part])  # of Y [T, directions, N, H]

            yield _Layer(node.name, recurrent, "", node.output[0], before, part)
    else:
        yield _Layer(node.name, weight, "", node.input[0], _rows)


def _rows(x: NDArray[np.float32]) -> NDArray[np.float32]:
    return x.reshape(-1, x.shape[-1])


def _matrix(values: NDArray[np.float32], part: int) -> NDArray[np.float32]:
    """View [channels, ...] of a layer's weights: MatMul's lie [K, channels]."""
    if values.ndim == 2:
        return values.T
    return values[part] if values.ndim == 3 else values


def _statistics(
    graph: onnx.ModelProto, layers: list[_Layer], strips: NDArray[np.uint8]
) -> list[tuple[Floats, Floats]]:
    """For each layer the mean of x xT [K, K] and of x [K] over its inputs x."""
    watched = onnx.ModelProto()
    watched.CopyFrom(graph)
    names = sorted({layer.given for layer in layers} - {value.name for value in graph.graph.output})
    watched.graph.output.extend(map(onnx.helper.make_empty_tensor_value_info, names))
    session = InferenceSession(watched.SerializeToString(), providers=[PROVIDER])
    names = [value.name for value in session.get_outputs()]
    sums: list[tuple[Floats, Floats]] = []
    counts = np.zeros(len(layers))
    some = strips[:STRIPS]
    for part in np.array_split(some, max(1, len(some) // _BATCH)):
        seen = dict(zip(names, session.run(None, {INPUT: part}), strict=True))
        for place, layer in enumerate(layers):
            x = layer.columns(seen[layer.given])
            if place == len(sums):
                sums.append((np.zeros((x.shape[1],) * 2), np.zeros(x.shape[1])))
            sums[place][0][...] += x.T @ x
            sums[place][1][...] += x.sum(0)
            counts[place] += len(x)
    return [(square / n, total / n) for (square, total), n in zip(sums, counts, strict=True)]


def rounded_matrix(matrix: Floats, hessian: Floats) -> Floats:
    """The matrix [channels, K] with each channel rounded to -64 .. 64 steps of its own.

    Args:
        matrix: weights.
        hessian: mean of x xT over the inputs x, [K, K].
    """
    size = len(hessian)
    order = np.argsort(-np.diag(hessian), kind="stable")  # what is multiplied by most comes first
    left = matrix[:, order].copy()
    largest = np.abs(left).argmax(1)
    ends = left[np.arange(len(left)), largest]
    steps = np.maximum(np.abs(ends), 1e-12) / LARGEST
    damped = hessian[np.ix_(order, order)].copy()
    damped[np.diag_indices(size)] += DAMPING * np.mean(np.diag(hessian)) + 1e-12
    upper = np.linalg.cholesky(np.linalg.inv(damped)).T
    for first in range(0, size, _BLOCK):
        last = min(first + _BLOCK, size)
        errors = np.empty((len(left), last - first))
        for k in range(first, last):
            nearest = np.clip(np.rint(left[:, k] / steps), -LARGEST, LARGEST) * steps
            nearest = np.where(largest == k, ends, nearest)
            errors[:, k - first] = (left[:, k] - nearest) / upper[k, k]
            left[:, k + 1 : last] -= errors[:, [k - first]] * upper[k, k + 1 : last]
            left[:, k] = nearest
        left[:, last:] -= errors @ upper[first:last, last:]
    result = np.empty_like(left)
    result[:, order] = left
    return result

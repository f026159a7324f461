import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from toolchain.shipping.quantize import chosen_nodes
from toolchain.shipping.rounding import LARGEST, put, round_weights, rounded_matrix


@pytest.fixture
def layer():
    """Weights, and inputs that go together, as a layer's do."""
    draw = np.random.default_rng(3)
    inputs = draw.normal(size=(2_000, 24)) @ draw.normal(size=(24, 24)) ** 2
    return draw.normal(size=(10, 24)), inputs


def steps(rounded):
    return rounded / (np.abs(rounded).max(1, keepdims=True) / LARGEST)


def test_every_weight_is_a_whole_number_of_its_channels_steps(layer):
    matrix, inputs = layer
    found = steps(rounded_matrix(matrix, inputs.T @ inputs / len(inputs)))
    np.testing.assert_allclose(found, np.rint(found), atol=1e-9)
    # A quantiser that takes its range from the largest weight finds the same grid.
    assert (np.abs(found).max(1) == LARGEST).all()


def test_what_the_layer_computes_changes_less_than_with_each_weight_rounded_by_itself(layer):
    matrix, inputs = layer
    step = np.abs(matrix).max(1, keepdims=True) / LARGEST
    nearest = np.rint(matrix / step) * step
    rounded = rounded_matrix(matrix, inputs.T @ inputs / len(inputs))
    errors = [np.square(inputs @ (each - matrix).T).mean() for each in (rounded, nearest)]
    assert errors[0] < 0.5 * errors[1]


def test_inputs_that_say_nothing_leave_the_nearest(layer):
    matrix, _ = layer
    step = np.abs(matrix).max(1, keepdims=True) / LARGEST
    found = rounded_matrix(matrix, np.eye(matrix.shape[1]))
    np.testing.assert_allclose(found, np.rint(matrix / step) * step, atol=1e-9)


def test_channels_of_nothing_but_zeros_stay_so():
    assert not rounded_matrix(np.zeros((2, 5)), np.eye(5)).any()


def test_all_layers_of_a_network_are_put_on_the_grid(float32, numbers):
    graph = onnx.load(float32)
    lstms = [node.name for node in graph.graph.node if node.op_type == "LSTM"]
    names = [*chosen_nodes(graph, "none"), *lstms]
    rounded = round_weights(graph, numbers(0, 32).strips.numpy(), names)
    assert rounded.keys() == set(names)
    before = {t.name: numpy_helper.to_array(t).copy() for t in graph.graph.initializer}
    for node in graph.graph.node:
        put(graph, rounded.get(node.name, ()))
    after = {t.name: numpy_helper.to_array(t) for t in graph.graph.initializer}
    convolution = next(node for node in graph.graph.node if node.op_type == "Conv")
    lstm = next(node for node in graph.graph.node if node.op_type == "LSTM")
    for name in (convolution.input[1], lstm.input[1], lstm.input[2]):
        rows = after[name].reshape(
            -1, after[name][0].size if name == convolution.input[1] else after[name].shape[-1]
        )
        whole = steps(rows.astype(np.float64))
        np.testing.assert_allclose(whole, np.rint(whole), atol=1e-4)
        assert not np.array_equal(after[name], before[name])
        assert np.abs(after[name] - before[name]).max() < 0.2 * np.abs(before[name]).max()

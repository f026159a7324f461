"""Every gate is shown shut, by a model that was broken on purpose."""

import dataclasses
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from generator.errors import BadInput
from toolchain.data.samples import HeldOut
from toolchain.errors import FellShort
from toolchain.proof.parity import Forms, compare
from toolchain.shipping import emulation, gates, ort_format, other_runtime, processors

EXPORTS = Path(__file__).parents[3] / "exports"


@pytest.fixture(scope="module")
def strips(numbers):
    return numbers(0, 8).strips.numpy()


@pytest.fixture(scope="module")
def answers(float32, int8, strips):
    found = gates.of_file(float32, "float32", strips) + gates.of_file(int8, "int8", strips)
    return {(gate.name, gate.file): gate for gate in found}


@pytest.fixture
def change(float32, tmp_path):
    """Saves float32 with a change made to its graph."""

    def changed(edit):
        graph = onnx.load(float32)
        edit(graph)
        onnx.save(graph, tmp_path / "broken.onnx")
        return tmp_path / "broken.onnx"

    return changed


def nudge(graph, by):
    """Add to the last layer's bias of class 3."""
    bias = next(t for t in graph.graph.initializer if t.dims == [11])
    moved = numpy_helper.to_array(bias) + np.eye(11, dtype=np.float32)[3] * np.float32(by)
    bias.CopyFrom(numpy_helper.from_array(moved, bias.name))


def shut(found):
    return {gate.name for gate in found if not gate.held}


def test_a_sound_model_passes_every_gate(answers):
    assert shut(answers.values()) == set()
    assert {name for name, _ in answers} == {"graph", "operators", "batches", "runtimes"}
    assert {file for _, file in answers} == {"model.onnx", "model.int8.onnx"}


def test_graph_is_shut_to_a_broken_contract(change, strips):
    path = change(lambda graph: graph.graph.output.pop())
    assert "graph" in shut(gates.of_file(path, "float32", strips))


def test_operators_is_shut_to_what_phones_lack(change, strips):
    def newer(graph):
        graph.opset_import[0].version = 99

    def foreign(graph):
        graph.opset_import.append(onnx.helper.make_opsetid("com.microsoft", 1))
        relu = next(node for node in graph.graph.node if node.op_type == "Relu")
        relu.domain, relu.op_type = "com.microsoft", "QuickGelu"

    for edit, said in ((newer, "opset 99"), (foreign, "QuickGelu")):
        found = gates.of_file(change(edit), "float32", strips)
        gate = next(gate for gate in found if gate.name == "operators")
        assert not gate.held
        assert said in gate.measured


def test_batches_is_shut_to_a_graph_of_one_batch_size(change, strips):
    def fixed(graph):
        for value in (*graph.graph.input, *graph.graph.output):
            value.type.tensor_type.shape.dim[0].dim_value = 1

    gate = next(g for g in gates.of_file(change(fixed), "float32", strips) if g.name == "batches")
    assert not gate.held


def test_batches_is_shut_to_a_graph_that_mixes_the_strips_of_a_batch(change, strips):
    def mixing(graph):
        # The first strip's scores are added to everyone's.
        last = next(node for node in graph.graph.node if node.op_type == "LogSoftmax")
        first = onnx.helper.make_tensor("zero", onnx.TensorProto.INT64, [1], [0])
        graph.graph.initializer.append(first)
        gather = onnx.helper.make_node("Gather", [last.input[0], "zero"], ["first"], axis=0)
        add = onnx.helper.make_node("Add", [last.input[0], "first"], ["mixed"])
        place = list(graph.graph.node).index(last)
        graph.graph.node.insert(place, add)
        graph.graph.node.insert(place, gather)
        last.input[0] = "mixed"

    gate = next(g for g in gates.of_file(change(mixing), "float32", strips) if g.name == "batches")
    assert not gate.held


def test_runtimes_is_shut_where_the_other_runtime_disagrees(float32, change, strips, monkeypatch):
    path, run = change(lambda graph: nudge(graph, 0.5)), other_runtime.run_version
    monkeypatch.setattr(
        other_runtime, "run_version", lambda _, strips, version: run(path, strips, version)
    )
    gate = next(g for g in gates.of_file(float32, "float32", strips) if g.name == "runtimes")
    assert not gate.held
    assert "log_probs differ by up to 0." in gate.measured


def test_runtimes_is_shut_where_the_other_runtime_cannot_load_it(change, strips):
    path = change(lambda graph: setattr(graph.graph.node[3], "op_type", "NoSuchOperator"))
    gate = next(g for g in gates.of_file(path, "float32", strips) if g.name == "runtimes")
    assert not gate.held


def eight_bits(graph):
    """The same function with weights of eight bits: twice the integers, half the scales."""
    stored = {tensor.name: tensor for tensor in graph.graph.initializer}

    def times(name, factor):
        values = numpy_helper.to_array(stored[name])
        most = 127 if values.dtype == np.int8 else np.inf
        new = np.clip(values.astype(np.float32) * factor, -most, most).astype(values.dtype)
        stored[name].CopyFrom(numpy_helper.from_array(new, name))

    for node in graph.graph.node:
        is_weight = node.op_type == "DequantizeLinear" and node.input[0] in stored
        if is_weight and stored[node.input[0]].data_type == onnx.TensorProto.INT8:
            times(node.input[0], 2)
            times(node.input[1], 0.5)


@pytest.fixture
def saturated(int8, tmp_path):
    graph = onnx.load(int8)
    eight_bits(graph)
    onnx.save(graph, tmp_path / "eight.int8.onnx")
    return tmp_path / "eight.int8.onnx"


def test_processors_is_open_to_seven_bits_and_shut_to_eight_by_the_weights_alone(
    int8, saturated, strips
):
    assert gates.of_processors(int8, strips, emulate=False).held
    gate = gates.of_processors(saturated, strips, emulate=False)
    assert not gate.held
    assert "16 bits hold -32768 to 32767" in gate.measured


def test_processors_is_shut_where_the_runtime_computes_another_thing_than_the_file_says(
    int8, change, strips, monkeypatch
):
    path, plain = change(lambda graph: nudge(graph, 4)), processors._in_float_arithmetic
    monkeypatch.setattr(processors, "_in_float_arithmetic", lambda _: plain(path))
    gate = gates.of_processors(int8, strips, emulate=False)
    assert not gate.held
    assert "in float arithmetic: " in gate.measured


@pytest.mark.slow
def test_processors_is_shut_where_a_processor_saturates(tmp_path, strips, monkeypatch):
    # Of the release: what an untrained network says hardly depends on what it sees.
    released, eight = EXPORTS / "base" / "base.int8.onnx", tmp_path / "eight.int8.onnx"
    graph = onnx.load(released)
    eight_bits(graph)
    onnx.save(graph, eight)
    monkeypatch.setattr(emulation, "PROCESSORS", emulation.PROCESSORS[:1])
    gate = gates.of_processors(released, strips, emulate=True)
    assert gate.held, gate.measured
    monkeypatch.setattr(processors, "saturating", lambda graph: [])
    gate = gates.of_processors(eight, strips, emulate=True)
    # Where this processor saturates itself, it differs from float arithmetic instead.
    assert not gate.held, gate.measured


def test_processors_is_shut_where_there_is_no_emulator(int8, strips, monkeypatch):
    def none(*_):
        raise BadInput("there is no Debian here")

    monkeypatch.setattr(emulation.debian, "unpack", none)
    gate = gates.of_processors(int8, strips, emulate=True)
    assert not gate.held
    assert "no Debian" in gate.measured


@pytest.mark.parametrize(("by", "said"), [(4.0, "60 of 60 decoded"), (0.01, "0 of 60 decoded")])
def test_exact_is_shut_to_other_weights(weights, change, numbers, tmp_path, by, said):
    path = change(lambda graph: nudge(graph, by))
    found = gates.of_parity(compare(Forms(weights, path), HeldOut(numbers, 60, "numbers")), 0.05)
    assert shut(found) == {"exact"}
    assert said in found[0].measured
    with pytest.raises(FellShort, match="gate 'exact' failed on float32") as refusal:
        gates.insist(found, tmp_path / "failed")
    assert refusal.value.gates == found
    assert (tmp_path / "failed" / "exact-float32.png").stat().st_size > 1_000


def test_what_computes_no_number_is_not_even_compared(weights, change, numbers):
    path = change(lambda graph: nudge(graph, np.nan))
    with pytest.raises(BadInput, match="no probabilities"):
        compare(Forms(weights, path), HeldOut(numbers, 20, "numbers"))


def test_accuracy_is_shut_to_int8_that_reads_less(weights, float32, numbers):
    # An untrained network reads nothing, so what was lost is put in its place.
    forms = Forms(weights, float32, {"int8": float32})
    parity = compare(forms, HeldOut(numbers, 40, "numbers"))
    exact, int8 = parity.differences

    def losing(loss, interval):
        lost = dataclasses.replace(int8, loss=loss, interval=interval)
        return gates.of_parity(dataclasses.replace(parity, differences=[exact, lost]), 0.05)

    assert shut(losing(2.5, 0.0)) == {"accuracy"}
    assert shut(losing(0.05, 0.0)) == set()
    # So few numbers cannot tell 2.5 points from none.
    assert shut(losing(2.5, 4.9)) == set()
    assert shut(losing(2.5, 2.4)) == {"accuracy"}


def test_latency_is_shut_to_a_file_that_is_slower(strips):
    # The one takes some forty times as long as the other, so a busy machine changes nothing.
    slow, fast = (EXPORTS / name / f"{name}.int8.onnx" for name in ("base", "positions-1"))
    assert gates.of_speed(slow, fast, strips).held
    assert not gates.of_speed(fast, slow, strips).held


def test_reduced_is_shut_to_an_ort_of_another_model(int8, change, strips, tmp_path, monkeypatch):
    gate = gates.of_reduced(int8, strips)
    assert gate.held
    # The export tries the next recipe where a gate is shut to its int8 file.
    assert gate.file == int8.name
    _, config = ort_format.convert(int8, tmp_path)
    assert "DynamicQuantizeLSTM" in config.read_text()

    made = ort_format.convert(change(lambda graph: nudge(graph, 20)), tmp_path)
    monkeypatch.setattr(ort_format, "convert", lambda *_: made)
    gate = gates.of_reduced(int8, strips)
    assert not gate.held
    assert "read otherwise" in gate.measured
    made[0].write_bytes(made[0].read_bytes()[:1000])
    assert not gates.of_reduced(int8, strips).held


def test_reduced_is_shut_to_what_cannot_be_converted(int8, strips, monkeypatch):
    def refused(*_):
        raise FellShort("model.onnx cannot become .ort: no kernel")

    monkeypatch.setattr(ort_format, "convert", refused)
    gate = gates.of_reduced(int8, strips)
    assert not gate.held
    assert "no kernel" in gate.measured


def test_a_gate_that_cannot_be_measured_is_shut(tmp_path, strips):
    (tmp_path / "empty.onnx").touch()
    found = gates.of_file(tmp_path / "empty.onnx", "float32", strips)
    assert shut(found) == {"graph", "operators", "batches", "runtimes"}
    assert not gates.of_speed(tmp_path / "none.onnx", tmp_path / "empty.onnx", strips).held

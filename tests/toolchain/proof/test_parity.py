import numpy as np
import onnx

from toolchain.data.samples import HeldOut
from toolchain.proof.parity import Forms, compare


def test_parity_holds_and_its_figures_add_up(weights, float32, int8, numbers):
    report = compare(
        Forms(weights, float32, {"int8": int8}), HeldOut(numbers, 300, "numbers"), loss_bound=5
    )
    assert report.failures == []
    assert [reader.name for reader in report.readers] == ["pytorch", "float32", "int8"]
    exact, quantised = report.differences
    assert exact.mismatches == 0
    assert 0 < exact.mean < exact.largest < 1e-4
    assert quantised.largest > exact.largest


def test_another_int8_file_costs_no_second_reading_of_the_others(
    weights, float32, int8, numbers, tmp_path
):
    read = {}
    forms, those = Forms(weights, float32, {"int8": int8}), HeldOut(numbers, 300, "")
    first = compare(forms, those, loss_bound=5, read=read)
    assert {name: len(each) for name, each in read.items()} == {"pytorch": 2, "float32": 2}
    # Were they read again, this other float32 file would show in the figures.
    broken = onnx.load(float32)
    bias = next(t for t in broken.graph.initializer if t.dims == [11])
    bias.CopyFrom(onnx.numpy_helper.from_array(np.full(11, 3, np.float32), bias.name))
    onnx.save(broken, tmp_path / "broken.onnx")
    forms = Forms(weights, tmp_path / "broken.onnx", {"int8": float32})
    again = compare(forms, those, read=read)
    assert again.differences[0] == first.differences[0]
    assert again.readers[:2] == first.readers[:2]
    assert again.differences[1].largest < 1e-4


def test_parity_notices_a_graph_of_other_weights(weights, float32, numbers, tmp_path):
    graph = onnx.load(float32)
    bias = next(t for t in graph.graph.initializer if t.dims == [11])
    moved = onnx.numpy_helper.to_array(bias).copy()
    moved[3] += 4.0
    bias.CopyFrom(onnx.numpy_helper.from_array(moved, bias.name))
    onnx.save(graph, tmp_path / "broken.onnx")
    report = compare(Forms(weights, tmp_path / "broken.onnx"), HeldOut(numbers, 50, "numbers"))
    assert any("decode 50 numbers differently" in failure for failure in report.failures)
    assert any("log_probs differ" in failure for failure in report.failures)
    assert len(report.differences[0].examples) == 10

from dataclasses import asdict

import numpy as np
import onnx
import pytest
import torch

from generator.errors import BadInput
from toolchain.data import checkpoint
from toolchain.errors import FellShort
from toolchain.proof.calibration import Calibration
from toolchain.proof.reference import DropIn
from toolchain.reading.runtime import open_model
from toolchain.shipping.export import check_graph, find_weights, metadata
from toolchain.shipping.quantize import weighted_nodes
from toolchain.storage import sha256


@pytest.mark.parametrize("batch", [1, 2, 7])
def test_the_graph_computes_what_pytorch_computes(weights, float32, numbers, batch):
    strips = numbers(50, batch).strips
    with torch.no_grad():
        expected = DropIn(checkpoint.load_model(weights)[0], Calibration())(strips)
    got = open_model(float32).run(None, {"image": strips.numpy()})
    assert [(value.dtype.name, value.shape) for value in got] == [
        ("float32", (batch, 34, 11)),
        ("int64", (batch, 34)),
        ("float32", (batch,)),
    ]
    np.testing.assert_allclose(got[0], expected[0], atol=1e-4)
    np.testing.assert_array_equal(got[1], expected[1])
    np.testing.assert_allclose(got[2], expected[2], rtol=1e-3, atol=1e-12)


def test_the_file_explains_itself(float32, weights):
    facts = {entry.key: entry.value for entry in onnx.load(float32).metadata_props}
    assert facts["variant"] == "lightweight"
    assert facts["alphabet"] == "0123456789"
    assert facts["blank"] == "10"
    assert facts["strip"] == "32x128"
    assert facts["weights_sha256"] == sha256(weights)


def test_the_file_tells_what_its_calibration_chose(weights):
    facts = {"variant": "lightweight", "calibration": asdict(Calibration(0.9, 0.1, 0.84, 0.16))}
    told = metadata(facts, weights)
    assert (told["threshold"], told["verdict"]) == ("0.8400", "0.1600")
    del facts["calibration"]["verdict"]  # as releases of before have it
    assert "verdict" not in metadata(facts, weights)


def test_batch_norm_is_folded_away(float32):
    kinds = {node.op_type for node in onnx.load(float32).graph.node}
    assert "Conv" in kinds
    assert "BatchNormalization" not in kinds


def test_int8_is_small_close_and_still_ours(float32, int8, numbers):
    assert int8.stat().st_size < 0.27 * float32.stat().st_size
    graph = onnx.load(int8)
    check_graph(graph)
    kinds = {node.op_type for node in graph.graph.node}
    assert "DynamicQuantizeLSTM" in kinds
    assert "LSTM" not in kinds
    assert {entry.domain for entry in graph.opset_import} == {"", "com.microsoft"}
    facts = {entry.key: entry.value for entry in graph.metadata_props}
    assert (facts["variant"], facts["precision"]) == ("lightweight", "int8")
    strips = numbers(900, 20).strips.numpy()
    whole, small = (open_model(path).run(None, {"image": strips})[0] for path in (float32, int8))
    assert 0 < np.abs(whole - small).max() < 0.5


def test_only_products_with_stored_weights_are_quantised(float32):
    chosen = weighted_nodes(onnx.load(float32))
    products = [n.name for n in onnx.load(float32).graph.node if n.op_type == "MatMul"]
    assert chosen
    assert set(products) - set(chosen), "the confidence's products stay in float32"


def test_a_graph_that_breaks_the_contract_is_refused(float32):
    graph = onnx.load(float32)
    graph.graph.output[2].name = "certainty"
    with pytest.raises(FellShort, match=r"not valid|has outputs"):
        check_graph(graph)


def test_weights_are_found_where_they_are(weights, tmp_path):
    runs, exports = tmp_path / "runs", tmp_path / "exports"
    with pytest.raises(BadInput, match="nrtool train --variant lightweight"):
        find_weights("lightweight", runs, exports)
    released = exports / "lightweight" / "lightweight.safetensors"
    released.parent.mkdir(parents=True)
    released.write_bytes(weights.read_bytes())
    assert find_weights("lightweight", runs, exports) == released
    trained = runs / "mine" / "best.safetensors"
    trained.parent.mkdir(parents=True)
    trained.write_bytes(weights.read_bytes())
    assert find_weights("lightweight", runs, exports) == trained
    assert find_weights("lightweight", runs, exports, trained.parent) == trained

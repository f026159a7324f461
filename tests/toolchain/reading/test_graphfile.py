"""Hostile files: refused by reading, before any runtime sees them."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from generator.errors import BadInput
from toolchain.reading import graphformat, modelfile
from toolchain.reading.inspection import inspect
from toolchain.reading.runtime import open_model


def external(graph):
    tensor = graph.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", "../../../../etc/passwd"


def filling_memory(graph):
    shape = numpy_helper.from_array(np.array([1 << 40], np.int64), "vast")
    graph.graph.initializer.append(shape)
    graph.graph.node.append(helper.make_node("ConstantOfShape", ["vast"], ["filled"]))


def looping(graph):
    body = helper.make_graph([], "body", [], [])
    graph.graph.node.append(helper.make_node("Loop", [], ["x"], body=body))


def foreign(graph):
    graph.graph.node.append(helper.make_node("Run", [], ["x"], domain="com.example"))


def lying(graph):
    tensor = next(t for t in graph.graph.initializer if t.data_type == TensorProto.INT64)
    tensor.dims[:] = [1 << 40]


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (external, "weights in other files"),
        (filling_memory, "ConstantOfShape makes 1099511627776"),
        (looping, "a graph of its own"),
        (foreign, "com.example"),
        (lying, "is damaged"),
    ],
)
@pytest.mark.parametrize("use", [open_model, inspect])
def test_a_hostile_graph_is_refused(float32, tmp_path, edit, said, use):
    graph = onnx.load(float32)
    edit(graph)
    path = tmp_path / "hostile.onnx"
    path.write_bytes(graph.SerializeToString())
    with pytest.raises(BadInput, match=said):
        use(path)


@pytest.mark.parametrize("content", [b"", b"\x00", b"\xff" * 4096, b"not onnx", b"\x08\x0a"])
def test_what_is_no_graph_is_refused(tmp_path, content):
    path = tmp_path / "odd.onnx"
    path.write_bytes(content)
    for use in (open_model, inspect):
        with pytest.raises(BadInput, match=r"odd\.onnx"):
            use(path)


def test_a_file_cut_short_anywhere_is_refused(float32, tmp_path):
    content, path = float32.read_bytes(), tmp_path / "cut.onnx"
    for share in (0.01, 0.3, 0.7, 0.999):
        path.write_bytes(content[: int(share * len(content))])
        with pytest.raises(BadInput, match=r"cut\.onnx"):
            open_model(path)


def test_damage_that_the_runtime_finds_is_said_once(float32, tmp_path, capfd):
    """Its text is none: protobuf passes it, ONNX Runtime's metadata does not."""
    path = tmp_path / "odd.onnx"
    path.write_bytes(float32.read_bytes().replace(b"lightweight", b"\xff\xfeghtweight"))
    with pytest.raises(BadInput, match=r"odd\.onnx"):
        open_model(path)
    assert capfd.readouterr() == ("", "")


def test_a_file_too_large_is_not_read(float32, monkeypatch):
    monkeypatch.setattr(modelfile, "MAX_MEGABYTES", 1)
    with pytest.raises(BadInput, match="larger than 1 MB"):
        open_model(float32)


def test_a_model_of_someone_else_is_refused_with_a_clear_word(tmp_path):
    value = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])
    other = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1])
    graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "g", [value], [other])
    onnx.save(helper.make_model(graph), tmp_path / "other.onnx")
    with pytest.raises(BadInput, match="none of ours"):
        inspect(tmp_path / "other.onnx")


def test_the_judged_format_is_a_part_of_onnxs():
    """Names, numbers and types, as the onnx package has them."""
    waiting, seen = [(graphformat.Model.DESCRIPTOR, onnx.ModelProto.DESCRIPTOR)], set()
    while waiting:
        ours, theirs = waiting.pop()
        seen.add(ours.name)
        assert ours.name == theirs.name
        for field in ours.fields:
            other = theirs.fields_by_name[field.name]
            assert (field.number, field.is_repeated) == (other.number, other.is_repeated)
            assert field.type == other.type or (other.enum_type and field.type == field.TYPE_INT32)
            if field.message_type and field.message_type.name not in seen:
                waiting.append((field.message_type, other.message_type))
    assert seen == set(graphformat.FIELDS)
    assert TensorProto.EXTERNAL == graphformat.EXTERNAL
    assert (TensorProto.INT32, TensorProto.INT64) == (graphformat.INT32, graphformat.INT64)


def test_numbers_of_any_storage_are_judged(float32, tmp_path):
    for shape in (
        helper.make_tensor("vast", TensorProto.INT64, [1], [1 << 40]),
        numpy_helper.from_array(np.array([1 << 30], np.int32), "vast"),
    ):
        graph = onnx.load(float32)
        graph.graph.initializer.append(shape)
        graph.graph.node.append(helper.make_node("ConstantOfShape", ["vast"], ["filled"]))
        onnx.save(graph, tmp_path / "vast.onnx")
        with pytest.raises(BadInput, match="ConstantOfShape makes 1"):
            open_model(tmp_path / "vast.onnx")


def test_inspecting_accounts_for_every_byte(float32):
    found = inspect(float32)
    assert sum(layer["size"] for layer in found["layers"]) == float32.stat().st_size
    assert found["metadata"]["variant"] == "lightweight"
    assert found["inputs"] == {"image": "uint8 [N, 1, 32, 128]"}
    kinds = [layer["layer"] for layer in found["layers"]]
    assert kinds.count("Conv") == 5
    assert kinds.count("LSTM") == 2
    assert found["layers"][-1]["size"] < 0.01 * found["size"]

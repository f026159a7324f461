import base64
import json

import numpy as np
import onnx
import pytest

from generator.errors import BadInput
from generator.strip import fit_ink
from toolchain.proof import golden
from toolchain.proof.comparison import pixels
from toolchain.proof.drawings import DRAWINGS


@pytest.fixture(scope="module")
def files(float32):
    return {"float32": float32, "int8": float32}


@pytest.fixture(scope="module")
def made(files):
    return golden.dumps(golden.make("lightweight", files))


@pytest.fixture
def held(made, tmp_path):
    path = tmp_path / "golden.json"
    path.write_text(made)
    return path


def broken(path, change):
    content = json.loads(path.read_text())
    change(content)
    path.write_text(golden.dumps(content))


def test_the_drawings_cover_what_a_port_may_get_wrong():
    inks = [drawing.ink() for drawing in DRAWINGS]
    assert {digit for drawing in DRAWINGS for digit in drawing.label} == set("0123456789")
    assert {len(drawing.label) for drawing in DRAWINGS} == {1, 2, 3, 4, 5}
    assert min(ink.shape[0] for ink in inks) < 32
    assert max(ink.shape[0] for ink in inks) > 500
    heights = [int((fit_ink(ink) > 128).any(1).sum()) for ink in inks]
    assert min(heights) < 20, "one so wide that its width binds"


def test_golden_vectors_hold_for_the_models_they_were_made_of(held, files):
    assert golden.check(held, files) == []
    case = golden.load(held)["cases"][0]
    assert pixels(case["strip"]).shape == (32, 128)
    log_probs = np.array(case["readings"]["float32"]["log_probs"])
    assert log_probs.shape == (34, 11)
    np.testing.assert_allclose(np.exp(log_probs).sum(1), 1, atol=1e-4)


def test_scores_are_the_posterior_that_the_graph_computes(held):
    for case in golden.load(held)["cases"]:
        reading = case["readings"]["float32"]
        if reading["digits"] in reading["scores"]:
            score = reading["scores"][reading["digits"]]
            assert score == pytest.approx(reading["confidence"], abs=2e-5)
        assert case["label"] in reading["scores"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda c: c["cases"][2].update(drawing=c["cases"][0]["drawing"]), "its strip is not"),
        (lambda c: c["cases"][1]["readings"]["int8"].update(digits="99999"), "read as"),
        (lambda c: c["cases"][1]["readings"]["int8"]["log_probs"].pop(), "log_probs differ"),
        (lambda c: c["cases"][3]["readings"]["float32"].update(confidence=2), "confidence differ"),
        (lambda c: c["model_sha256"].update(int8="0"), "another int8 file"),
    ],
)
def test_each_thing_that_does_not_hold_is_named(held, files, change, said):
    broken(held, change)
    failures = golden.check(held, files)
    assert len(failures) == 1
    assert said in failures[0]


def test_a_model_that_computes_something_else_is_noticed(held, files, float32, tmp_path):
    graph = onnx.load(float32)
    bias = next(t for t in graph.graph.initializer if t.dims == [11])
    moved = onnx.numpy_helper.to_array(bias) + np.eye(11, dtype=np.float32)[3] * 4
    bias.CopyFrom(onnx.numpy_helper.from_array(moved, bias.name))
    onnx.save(graph, tmp_path / "other.onnx")
    failures = golden.check(held, {**files, "float32": tmp_path / "other.onnx"})
    assert any("log_probs differ" in failure for failure in failures)


@pytest.mark.parametrize("content", [None, "", "[]", '{"format": 9}'])
def test_what_is_no_golden_json_is_refused(tmp_path, files, content):
    path = tmp_path / "golden.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(BadInput, match=r"golden\.json"):
        golden.check(path, files)


@pytest.mark.parametrize("damage", [b"", b"no picture", b"\x89PNG", b"IDAT"])
def test_a_picture_in_it_that_is_damaged_is_refused(held, files, damage):
    def change(content):
        strip = base64.b64decode(content["cases"][0]["strip"])
        # Pillow tells the last of these by a SyntaxError.
        changed = strip.replace(b"IDAT", b"\0\0\0I") if damage == b"IDAT" else damage
        content["cases"][0]["strip"] = base64.b64encode(changed).decode()

    broken(held, change)
    with pytest.raises(BadInput, match=r"a picture of .* is damaged"):
        golden.check(held, files)

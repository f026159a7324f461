"""Networks without an LSTM go the same way as the CRNNs: export, int8, gates, golden, reading."""

import json

import numpy as np
import onnx
import pytest
import torch
from PIL import Image

from models import zoo
from tests.toolchain.test_cli import call
from toolchain.data import checkpoint, samples
from toolchain.data.samples import HeldOut
from toolchain.proof import golden
from toolchain.proof.drawings import DRAWINGS
from toolchain.proof.parity import Forms, compare
from toolchain.reading import Recognizer, boxes, modelfile, pictures
from toolchain.report.card import write_card
from toolchain.report.summary import summarise
from toolchain.shipping import export, gates
from toolchain.shipping.quantize import quantize
from toolchain.shipping.torchscript import FACTS, export_torchscript

VARIANTS = ["positions-2", "fixed-2", "compact", "digit-cnn"]


@pytest.fixture(scope="module", params=VARIANTS)
def release(request, tmp_path_factory, bank):
    """Every form of an untrained network, in a folder named after its variant."""
    variant = request.param
    torch.manual_seed(0)
    model, shown = zoo.build(variant), samples.to_judge(variant, bank, 3)
    model(shown(0, 64).strips.float() / 255)  # gives the batch-norms statistics
    folder = tmp_path_factory.mktemp("release") / variant
    source = folder / "source.safetensors"
    tensors = {f"model.{name}": tensor for name, tensor in model.state_dict().items()}
    checkpoint.save(source, tensors, {"variant": variant})
    stored, float32 = folder / f"{variant}.safetensors", folder / f"{variant}.onnx"
    export.store_weights(source, variant, stored, shown, 100)
    export.export_onnx(stored, float32)
    export_torchscript(stored, folder / f"{variant}.torchscript.pt")
    quantize(float32, folder / f"{variant}.int8.onnx", shown(0, 128).strips.numpy())
    source.unlink()
    return folder


def test_every_form_reads_the_same(release, bank):
    variant = release.name
    others = {
        "int8": release / f"{variant}.int8.onnx",
        "torchscript": release / f"{variant}.torchscript.pt",
    }
    forms = Forms(release / f"{variant}.safetensors", release / f"{variant}.onnx", others)
    numbers = samples.to_judge(variant, bank, 9)
    report = compare(forms, HeldOut(numbers, 120, "digits"), loss_bound=100)
    assert report.failures == []
    pairs = [difference.between for difference in report.differences]
    assert pairs == [("pytorch", "float32"), ("float32", "int8"), ("pytorch", "torchscript")]
    answers = gates.of_parity(report, 100)
    assert [(gate.name, gate.file) for gate in answers] == [
        ("exact", "float32"),
        ("accuracy", "int8"),
        ("exact", "torchscript"),
    ]
    assert all(gate.held for gate in answers)


def test_torchscript_of_other_weights_is_noticed(release, bank, tmp_path):
    variant = release.name
    model, facts = checkpoint.load_model(release / f"{variant}.safetensors")
    tensors = {f"model.{k}": v + 0.1 * (v.ndim > 1) for k, v in model.state_dict().items()}
    checkpoint.save(tmp_path / "other.safetensors", tensors, facts)
    export_torchscript(tmp_path / "other.safetensors", tmp_path / "other.pt")
    forms = Forms(
        release / f"{variant}.safetensors",
        release / f"{variant}.onnx",
        {"torchscript": tmp_path / "other.pt"},
    )
    report = compare(forms, HeldOut(samples.to_judge(variant, bank, 9), 50, "digits"))
    assert any("log_probs differ" in failure for failure in report.failures)
    assert not gates.of_parity(report, 0.05)[1].held


def test_torchscript_explains_itself(release):
    extra = {FACTS: ""}
    torch.jit.load(str(release / f"{release.name}.torchscript.pt"), _extra_files=extra)
    assert json.loads(extra[FACTS])["variant"] == release.name


def test_int8_passes_the_gates_of_a_file(release, bank):
    int8 = release / f"{release.name}.int8.onnx"
    strips = samples.to_judge(release.name, bank, 2)(0, 8).strips.numpy()
    assert [gate.measured for gate in gates.of_file(int8, "int8", strips) if not gate.held] == []
    assert int8.stat().st_size < (release / f"{release.name}.onnx").stat().st_size
    assert "Gemm" not in {node.op_type for node in onnx.load(int8).graph.node}


def test_golden_vectors_hold_and_stay_small(release):
    files = {"float32": release / f"{release.name}.onnx", "int8": release / f"{release.name}.onnx"}
    path = release / "golden.json"
    path.write_text(golden.dumps(golden.make(release.name, files)))
    assert golden.check(path, files) == []
    assert path.stat().st_size < 40_000
    lengths = {len(case["label"]) for case in golden.load(path)["cases"]}
    assert lengths == {zoo.find(release.name).digits[0]}


def test_a_drawing_is_read_with_boxes(release):
    recognizer = Recognizer.load(release / f"{release.name}.int8.onnx")
    count = zoo.find(release.name).digits[0]
    drawing = next(each for each in DRAWINGS if len(each.label) == count)
    ink = drawing.ink()
    reading = recognizer.read(ink)
    assert len(reading.number) == len(reading.digits) == count
    assert "".join(digit.digit for digit in reading.digits) == reading.number
    for digit in reading.digits:
        left, top, right, bottom = digit.box
        assert 0 <= left < right <= ink.shape[1]
        assert 0 <= top < bottom <= ink.shape[0]


def test_the_card_says_what_it_reads(release):
    text = write_card(release).read_text()
    square = zoo.find(release.name).input == "square"
    assert ("uint8 [N, 1, 28, 28]" if square else "uint8 [N, 1, 32, 128]") in text
    assert ("equal distances" in text) != square


def test_float32_ships_where_there_is_no_int8(release, tmp_path):
    folder = tmp_path / release.name
    folder.mkdir()
    (folder / f"{release.name}.onnx").write_bytes(b"")
    assert modelfile.shipped(release.name, tmp_path).suffixes == [".onnx"]
    (folder / f"{release.name}.int8.onnx").write_bytes(b"")
    assert modelfile.shipped(release.name, tmp_path).suffixes == [".int8", ".onnx"]


def test_places_of_a_joint_reading_are_its_marginals():
    torch.manual_seed(0)
    places = (2 * torch.randn(2, 10)).log_softmax(1)
    joint = (places[0][:, None] + places[1][None]).flatten()[None]
    np.testing.assert_allclose(boxes.by_place(joint.numpy()), places.numpy(), atol=1e-5)


@pytest.mark.parametrize("variant", ["fcnn", "positions-1"])
def test_training_lowers_the_loss(variant, bank, tmp_path, monkeypatch):
    from toolchain.training import loop as training
    from toolchain.training.recipes import Recipe

    monkeypatch.setattr(training, "VALIDATION_NUMBERS", 100)
    rows = []
    training.train(
        training.Job(variant, Recipe(epochs=2, numbers=1_600, batch=32, bf16=False)),
        (bank, bank),
        tmp_path / "run",
        device=torch.device("cpu"),
        on_epoch=rows.append,
    )
    assert rows[1].train_loss < 0.8 * rows[0].train_loss


def test_a_summary_counts_every_parameter():
    for variant in ("compact", "positions-3", "lightweight"):
        layers = summarise(variant)
        total = sum(parameter.numel() for parameter in zoo.build(variant).parameters())
        assert sum(layer["parameters"] for layer in layers) == total
    assert layers[0]["output"] == ["N", 16, 32, 128]


def test_the_layers_of_a_variant_can_be_listed(capsys):
    assert call("models", "compact") == 0
    shown = capsys.readouterr().out
    assert "15,528 parameters" in shown
    assert "N x 10 x 24 x 24" in shown
    assert call("models", "compact", "--json") == 0
    assert json.loads(capsys.readouterr().out)["layers"] == summarise("compact")
    assert call("models", "tiny") == 2


def test_a_picture_of_one_digit_is_read_and_shown(release, tmp_path, monkeypatch, capsys):
    shown = []
    monkeypatch.setattr(pictures, "display", lambda picture, title: shown.append(picture.size))
    monkeypatch.setenv("DISPLAY", ":0")
    count = zoo.find(release.name).digits[0]
    ink = next(each for each in DRAWINGS if len(each.label) == count).ink()
    Image.fromarray(255 - np.pad(ink, 60)).save(tmp_path / "digit.png")
    file = release / f"{release.name}.int8.onnx"
    assert call("predict", tmp_path / "digit.png", "--model", file, "--show", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert len(found[0]["number"]) == len(found[0]["digits"]) == count
    assert shown == [(ink.shape[1] + 120, ink.shape[0] + 120)]


def test_without_a_display_showing_is_refused(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(pictures.sys, "platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    assert call("predict", tmp_path / "digit.png", "--show") == 2
    assert "--annotate" in capsys.readouterr().err

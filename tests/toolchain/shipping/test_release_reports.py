import pytest

from generator.errors import BadInput
from toolchain.data import checkpoint
from toolchain.data.sources import Digits
from toolchain.reading.inspection import inspect
from toolchain.shipping import release_reports
from toolchain.storage import sha256


@pytest.fixture
def changed(release_folder, weights):
    """The same, with other weights than every graph that the fixtures export."""
    tensors, facts = checkpoint.load(weights)
    first = next(iter(tensors))
    stored = release_folder / "lightweight.safetensors"
    checkpoint.save(stored, {**tensors, first: tensors[first] + 1}, facts)
    return release_folder


@pytest.mark.slow
def test_float32_is_made_from_the_weights_where_it_is_missing(release_folder, weights):
    path = release_reports.float32_of(release_folder)
    assert path == release_folder / "lightweight.onnx"
    assert inspect(path)["metadata"]["weights_sha256"] == sha256(weights)
    before = path.read_bytes()
    assert release_reports.float32_of(release_folder).read_bytes() == before


def test_a_float32_file_left_over_from_other_weights_is_refused_not_believed(changed, float32):
    stale = changed / "lightweight.onnx"
    stale.write_bytes(float32.read_bytes())
    with pytest.raises(BadInput, match=r"lightweight\.onnx.*delete it"):
        release_reports.float32_of(changed)


@pytest.mark.parametrize("form", ["float16", "int8"])
def test_so_is_any_other_form(changed, float32, form):
    (changed / f"lightweight.{form}.onnx").write_bytes(float32.read_bytes())
    with pytest.raises(BadInput, match=rf"lightweight\.{form}\.onnx.*delete it"):
        release_reports.measure("lightweight", changed.parent, Digits(), 1)


def test_golden_vectors_are_of_no_other_weights(changed, float32):
    (changed / "lightweight.int8.onnx").write_bytes(float32.read_bytes())
    with pytest.raises(BadInput, match=r"lightweight\.int8\.onnx.*delete it"):
        release_reports.pin("lightweight", changed.parent)
    assert not (changed / "golden.json").exists()


def test_a_damaged_float32_file_is_refused(release_folder):
    (release_folder / "lightweight.onnx").write_bytes(b"not a graph")
    with pytest.raises(BadInput, match=r"lightweight\.onnx"):
        release_reports.float32_of(release_folder)


def test_what_ships_is_told_last(release_folder, float32, monkeypatch):
    (release_folder / "lightweight.torchscript.pt").write_bytes(b"")
    there = {"float32": float32, "int8": float32}
    monkeypatch.setattr(release_reports, "_forms", lambda folder: dict(there))
    asked = []
    monkeypatch.setattr(
        release_reports, "compare", lambda forms, *of, **more: asked.append(forms) or Held()
    )
    release_reports.prove("lightweight", release_folder.parent, Digits(), 1, 0.05)
    assert list(asked[0].others) == ["torchscript", "int8"]


class Held:
    def as_json(self):
        return {}

import pytest

from generator.errors import BadInput
from toolchain import checkpoint, release
from toolchain.export import sha256
from toolchain.runtime import open_model


@pytest.fixture
def folder(tmp_path, weights):
    made = tmp_path / "lightweight"
    made.mkdir()
    (made / "lightweight.safetensors").write_bytes(weights.read_bytes())
    return made


def test_float32_is_made_from_the_weights_where_it_is_missing(folder, weights):
    path = release.float32_of(folder)
    assert path == folder / "lightweight.onnx"
    told = open_model(path).get_modelmeta().custom_metadata_map
    assert told["weights_sha256"] == sha256(weights)
    before = path.read_bytes()
    assert release.float32_of(folder).read_bytes() == before


def test_a_float32_file_left_over_from_other_weights_is_refused_not_believed(folder, float32):
    stale = folder / "lightweight.onnx"
    stale.write_bytes(float32.read_bytes())
    stored = folder / "lightweight.safetensors"
    tensors, facts = checkpoint.load(stored)
    first = next(iter(tensors))
    checkpoint.save(stored, {**tensors, first: tensors[first] + 1}, facts)
    with pytest.raises(BadInput, match=r"lightweight\.onnx.*delete it"):
        release.float32_of(folder)
    stale.unlink()
    assert release.float32_of(folder) == stale


def test_a_damaged_float32_file_is_refused(folder):
    (folder / "lightweight.onnx").write_bytes(b"not a graph")
    with pytest.raises(BadInput, match=r"lightweight\.onnx"):
        release.float32_of(folder)

import json

import pytest

from generator.errors import BadInput
from toolchain import checkpoint
from toolchain.card import write_card


def test_a_card_says_only_what_is_in_the_files_beside_it(weights, tmp_path):
    folder = tmp_path / "lightweight"
    folder.mkdir()
    (folder / "lightweight.safetensors").write_bytes(weights.read_bytes())
    assert "Not measured yet: `nrtool parity`" in write_card(folder).read_text()

    reader = {
        "name": "int8",
        "right": 9,
        "accuracy": 91.2345,
        "interval": [80, 99],
        "by_length": {"1": 91.2345},
    }
    section = {"numbers": "numbers", "seed": 5, "count": 10, "readers": [reader], "differences": []}
    checkpoint.write_json(folder / "parity.json", {"sections": [section]})
    text = write_card(folder).read_text()
    assert "91.23 %" in text
    assert "seed 5" in text


def test_whose_digits_were_used_is_named_with_their_licence(weights, tmp_path):
    folder = tmp_path / "lightweight"
    folder.mkdir()
    tensors, facts = checkpoint.load(weights)
    source = {"source": "pens", "origins": ["unipen", "pendigits"], "share": 1.0}
    facts["data"] = [{**source, "digits": 15_246, "writers": 117}]
    checkpoint.save(folder / "lightweight.safetensors", tensors, facts)
    text = write_card(folder).read_text()
    assert "zenodo.1195803" in text
    assert "Alpaydin" in text
    assert "15,246" in text
    assert "LeCun" not in text
    assert "copies" not in text

    facts["data"] = [{**source, "digits": 15_246, "writers": 117, "copies": 8}]
    checkpoint.save(folder / "lightweight.safetensors", tensors, facts)
    assert "15,246 and 8 varied copies of each" in write_card(folder).read_text()


def test_a_card_needs_weights(tmp_path):
    with pytest.raises(BadInput, match="does not exist"):
        write_card(tmp_path)
    assert json.dumps([str(path) for path in tmp_path.iterdir()]) == "[]"

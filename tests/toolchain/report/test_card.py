import json
from pathlib import Path

import pytest

from generator.errors import BadInput
from toolchain import storage
from toolchain.data import checkpoint
from toolchain.report.card import reads, write_card

EXPORTS = Path(__file__).parents[3] / "exports"


def test_a_card_says_only_what_is_in_the_files_beside_it(release_folder):
    assert "Not measured yet: `nrtool parity`" in write_card(release_folder).read_text()

    reader = {
        "name": "int8",
        "right": 9,
        "accuracy": 91.2345,
        "interval": [80, 99],
        "by_length": {"1": 91.2345},
    }
    section = {"numbers": "numbers", "seed": 5, "count": 10, "readers": [reader], "differences": []}
    storage.write_json(release_folder / "parity.json", {"sections": [section]})
    text = write_card(release_folder).read_text()
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

    invented = {"source": "procedural", "origins": ["procedural"], "share": 0.1, "writers": 320}
    facts["data"] = [
        {**source, "digits": 15_246, "writers": 117, "copies": 8},
        {**invented, "digits": 19_200, "copies": 1},
    ]
    facts["judge"] = "compact (0123456789ab)"
    checkpoint.save(folder / "lightweight.safetensors", tensors, facts)
    text = write_card(folder).read_text()
    assert "15,246 and 8 varied copies of each" in text
    assert "19,200 and 1 varied copy of each" in text
    assert "What is hard was judged by compact (0123456789ab)" in text

    nothing = {"source": "negatives", "origins": [], "share": 0.1, "writers": None}
    facts["data"] = [
        {**source, "digits": 15_246, "writers": 117},
        {**nothing, "digits": 20_000, "copies": 0},
    ]
    checkpoint.save(folder / "lightweight.safetensors", tensors, facts)
    text = write_card(folder).read_text()
    assert "| unipen, pendigits | 15,246 | 117 | 90% |" in text
    assert "| what is no digit | 20,000 | unknown | 10% |" in text


def test_weaknesses_are_what_was_measured(release_folder):
    assert "weaknesses" not in write_card(release_folder).read_text()
    whole = json.loads((EXPORTS / "optimized" / "evaluation.json").read_text())
    source = whole["sources"][1]
    source["slices"][2] |= {"name": "the worst", "accuracy": 12.346}
    source["confusions"] = [["1 -> 7", 98], ["5 -> 8", 33]]
    hands = [{"name": "anna", "count": 9, "right": 4, "accuracy": 44.4444}]
    source["writers"] = {"count": 17, "accuracy": 97.1, "interval": [95.0, 99.0], "worst": hands}
    storage.write_json(release_folder / "evaluation.json", whole)
    slices, _, text = write_card(release_folder).read_text().partition("## Known weaknesses")
    assert "| every one of 17 writers alike |" in slices
    assert "| by anna | 9 | 44.44 % | - |" in slices
    assert "of these writers: anna (44.44 %)" in text
    assert "the worst (12.35 %" in text
    assert "`1 -> 7` 98 times, `5 -> 8` 33 times" in text


def test_what_digits_and_recipe_are_worth_stands_in_the_card(release_folder):
    score = {"accuracy": 86.42, "range": [85.0, 87.0]}
    scores = {"one source": score, "another": {**score, "accuracy": 80.0}}
    report = {
        **{"variant": "lightweight", "recipe": "quick", "numbers": 32_000, "count": 5_000},
        **{"seeds": 3, "seed": 7, "commit": "abc", "machine": "two cores"},
        "tables": {"Sources of digits": {"MNIST": scores, "MNIST, custom": scores}},
    }
    storage.write_json(release_folder / "ablations.json", report)
    text = write_card(release_folder).read_text()
    assert "| trained with | one source | another |" in text
    assert "| MNIST, custom | 86.42 % (85.00 to 87.00) | 80.00 %" in text
    assert "32,000 numbers" in text


def test_an_average_names_the_share_of_each_run(weights, tmp_path):
    folder = tmp_path / "lightweight"
    folder.mkdir()
    tensors, facts = checkpoint.load(weights)
    facts["seed"] = 62
    facts["averaged"] = [
        {"run": "long", "step": 2190, "seed": 62},
        {"run": "long", "step": 3066, "seed": 62},
        {"run": "release", "step": None, "seed": 5},
        {
            **{"run": "short", "step": None, "seed": 7},
            "averaged": [
                {"run": "a", "step": 9, "seed": 8},
                {"run": "long", "step": 2190, "seed": 62},
            ],
        },
    ]
    checkpoint.save(folder / "lightweight.safetensors", tensors, facts)
    text = write_card(folder).read_text()
    assert (
        "The weights are a mean: 37.5 % long (step 2,190, seed 62), "
        "25.0 % long (step 3,066, seed 62), 25.0 % release (seed 5), 12.5 % a (step 9, seed 8)."
    ) in text
    assert "What follows is of the run with seed 62 alone, 62.5 % of the mean." in text


def test_of_two_runs_with_one_seed_the_share_of_the_one_is_told(weights, tmp_path):
    folder = tmp_path / "lightweight"
    folder.mkdir()
    tensors, facts = checkpoint.load(weights)
    one, other = ({"run": name, "step": 9, "seed": 0} for name in "ab")
    facts |= {"seed": 0, "averaged": [one, other, one, other], "told_of": one}
    checkpoint.save(folder / "lightweight.safetensors", tensors, facts)
    text = write_card(folder).read_text()
    assert "What follows is of a (step 9, seed 0) alone, 50.0 % of the mean." in text


def test_what_a_variant_reads_is_told_in_words():
    assert reads("base") == "a handwritten number of 1 to 5 digits from a 32x128 strip"
    assert reads("positions-1") == "a handwritten number of 1 digit from a 32x128 strip"
    assert reads("compact") == "a handwritten digit from a 28x28 square"


def test_a_card_needs_weights(tmp_path):
    with pytest.raises(BadInput, match="does not exist"):
        write_card(tmp_path)
    assert json.dumps([str(path) for path in tmp_path.iterdir()]) == "[]"

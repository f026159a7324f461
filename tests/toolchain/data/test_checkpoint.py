import pytest
import torch
from safetensors.torch import save_file

from generator.errors import BadInput
from models import zoo
from models.errors import UnknownVariant
from toolchain.data import checkpoint


def test_tensors_and_facts_come_back(tmp_path):
    path = tmp_path / "a.safetensors"
    told = {"variant": "base", "data": [{"a": 1.5}]}
    checkpoint.save(path, {"x": torch.arange(3)}, told)
    tensors, facts = checkpoint.load(path)
    assert tensors["x"].tolist() == [0, 1, 2]
    assert facts == told


@pytest.mark.parametrize("content", [None, b"", b"{}", b"\x08\x00\x00\x00\x00\x00\x00\x00{}      "])
def test_what_is_no_checkpoint_is_named(tmp_path, content):
    path = tmp_path / "odd.safetensors"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BadInput, match=r"odd\.safetensors"):
        checkpoint.load(path)


def test_a_checkpoint_of_another_variant_is_refused(weights):
    with pytest.raises(BadInput, match="'lightweight', not 'base'"):
        checkpoint.load_model(weights, "base")


def test_weights_that_do_not_fit_are_refused(tmp_path):
    tensors = {f"model.{k}": v for k, v in zoo.build("lightweight").state_dict().items()}
    checkpoint.save(tmp_path / "a.safetensors", tensors, {"variant": "optimized"})
    with pytest.raises(BadInput, match="does not fit"):
        checkpoint.load_model(tmp_path / "a.safetensors")


@pytest.mark.parametrize(("wide", "layout"), [(True, "wide"), (False, "usual")])
def test_a_run_from_before_layouts_had_names_says_which_it_had(tmp_path, wide, layout):
    path = tmp_path / "last.safetensors"
    checkpoint.save(path, {"x": torch.zeros(1)}, {"recipe": {"epochs": 2, "wide": wide}})
    assert checkpoint.facts(path)["recipe"] == {"epochs": 2, "layout": layout}


def saved(path, change=lambda tensors: None, **facts):
    tensors = {f"model.{k}": v for k, v in zoo.build("compact").state_dict().items()}
    change(tensors)
    checkpoint.save(path, tensors, {"variant": "compact", **facts})
    return path


@pytest.mark.parametrize(
    "facts",
    [
        {"variant": 7},
        {"network": [1]},
        {"network": {"hidden": 10**9}},
        {"network": {"lstm_layers": "two"}},
        {"history": {"a": 1}},
        {"history": [3]},
        {"history": [{}]},
        {"val_accuracy": "high"},
        {"recipe": "short"},
        {"data": "mnist"},
    ],
    ids=str,
)
def test_facts_of_another_type_are_refused(tmp_path, facts):
    held = facts if "network" not in facts else {"variant": "lightweight", **facts}
    with pytest.raises((BadInput, UnknownVariant)):
        checkpoint.load_model(saved(tmp_path / "a.safetensors", **held))


def test_facts_nested_without_end_are_refused(tmp_path):
    path = tmp_path / "a.safetensors"
    save_file({"x": torch.zeros(1)}, path, metadata={"facts": "[" * 100_000})
    with pytest.raises(BadInput, match="damaged"):
        checkpoint.facts(path)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_no_numbers_are_refused(tmp_path, value):
    def spoil(tensors):
        next(iter(tensors.values())).view(-1)[0] = value

    with pytest.raises(BadInput, match="no numbers"):
        checkpoint.load_model(saved(tmp_path / "a.safetensors", spoil))


def test_a_renamed_pickle_is_refused(tmp_path):
    torch.save({"x": torch.zeros(1)}, tmp_path / "a.safetensors")
    with pytest.raises(BadInput, match="no checkpoint of ours"):
        checkpoint.load(tmp_path / "a.safetensors")

import pytest
import torch
from safetensors.torch import save_file

from generator.errors import BadInput
from models import zoo
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


def saved(path, variant, change=lambda tensors: None, /, **facts):
    tensors = {f"model.{k}": v for k, v in zoo.build(variant).state_dict().items()}
    change(tensors)
    checkpoint.save(path, tensors, {"variant": variant, **facts})
    return path


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"variant": 7}, "its variant is of another kind"),
        ({"network": [1]}, "its network is of another kind"),
        ({"network": {"hidden": 10**9}}, "does not fit the network"),
        ({"network": {"lstm_layers": "two"}}, "does not fit the network"),
        ({"network": {"channels": [16, [32], 64, 64, 64]}}, "does not fit the network"),
        ({"history": {"a": 1}}, "its history is of another kind"),
        ({"history": [3]}, "a list in it is of another kind"),
        ({"history": [{}]}, "told in part"),
        ({"val_accuracy": "high"}, "its val_accuracy is of another kind"),
        ({"recipe": "short"}, "its recipe is of another kind"),
        ({"data": "mnist"}, "its data is of another kind"),
        ({"validation": [3]}, "a list in it is of another kind"),
    ],
    ids=str,
)
def test_facts_of_another_type_are_refused(tmp_path, facts, said):
    path = saved(tmp_path / "a.safetensors", "lightweight")
    assert checkpoint.load_model(path)  # with facts that fit
    with pytest.raises(BadInput, match=said):
        checkpoint.load_model(saved(path, "lightweight", **facts))


def test_a_network_beyond_all_that_is_built_is_refused_by_its_facts_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(zoo, "build", lambda *_: pytest.fail("it was built"))
    path = tmp_path / "a.safetensors"
    checkpoint.save(path, {}, {"variant": "lightweight", "network": {"hidden": 4097}})
    with pytest.raises(BadInput, match="does not fit the network"):
        checkpoint.load_model(path)


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
        checkpoint.load_model(saved(tmp_path / "a.safetensors", "compact", spoil))


def test_a_renamed_pickle_is_refused(tmp_path):
    torch.save({"x": torch.zeros(1)}, tmp_path / "a.safetensors")
    with pytest.raises(BadInput, match="no checkpoint of ours"):
        checkpoint.load(tmp_path / "a.safetensors")

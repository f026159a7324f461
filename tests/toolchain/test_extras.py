"""Which extra brings what; read from the metadata of the package as it is built."""

from email.message import Message

import pytest

from toolchain import extras


@pytest.fixture(autouse=True)
def listed(monkeypatch):
    """Metadata of a small package, as a build lists it; one requirement is of another system."""
    package = Message()
    for extra in ("all", "draw", "train"):
        package["Provides-Extra"] = extra
    for required in (
        "numpy<3",
        'colours; platform_system == "Nowhere"',
        'Scikit_Image; extra == "all"',
        'torch<3,>=2.9; extra == "all"',
        'Scikit_Image; extra == "draw"',
        'torch<3,>=2.9; extra == "train"',
    ):
        package["Requires-Dist"] = required
    monkeypatch.setattr("importlib.metadata.metadata", lambda name: package)
    monkeypatch.setattr(extras, "find_spec", lambda name: None)
    extras.extras.cache_clear()
    yield
    extras.extras.cache_clear()


def test_each_extra_lists_what_it_brings_here():
    names = {extra: [each.name for each in needed] for extra, needed in extras.extras().items()}
    assert names == {
        "": ["numpy"],
        "all": ["Scikit_Image", "torch"],
        "draw": ["Scikit_Image"],
        "train": ["torch"],
    }


@pytest.mark.parametrize(
    ("module", "said"),
    [
        ("torch.nn", "of which torch is missing: pip install 'nrtool[train]'"),
        ("skimage", "of which scikit-image is missing: pip install 'nrtool[draw]'"),
        ("numpy", "of which numpy is missing: pip install nrtool"),
    ],
)
def test_a_missing_module_names_the_smallest_extra(module, said):
    assert extras.missing(module).endswith(said)


def test_what_no_extra_brings_is_not_explained():
    assert extras.missing("toolchain.nowhere") == ""


def test_a_missing_part_of_what_is_installed_is_not_explained(monkeypatch):
    monkeypatch.setattr(extras, "find_spec", lambda name: object())
    assert extras.missing("torch.nowhere") == ""

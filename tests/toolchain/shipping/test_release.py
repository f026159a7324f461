"""Which recipe ships when a gate refuses the best one."""

import pytest

from generator.errors import BadInput
from tests.toolchain.shipping.test_recipe_search import candidate
from toolchain.data.sources import Digits
from toolchain.shipping import gates, release
from toolchain.shipping.recipe_search import Search

BOUNDS = {"size": 100, "milliseconds": 1.0, "accuracy": 98.0}


def refused(file):
    return gates.Shut([gates.Gate("accuracy", file, False, "loses 0.3 points")], [])


@pytest.fixture
def attempt(tmp_path, monkeypatch):
    """Ship from two recipes, "a" better than "b"; `verdicts` by the recipe's file."""
    for name in "ab":
        (tmp_path / f"{name}.onnx").write_text(name)
    found = Search("", 0, 1, BOUNDS, [candidate("b", mismatches=9), candidate("a")], "a")
    files = {"int8": tmp_path / "int8.onnx"}

    def ran(verdicts):
        def through(files, *_):
            if verdict := verdicts.get(files["int8"].read_text()):
                raise verdict
            return [], {}

        monkeypatch.setattr(release, "_through_the_gates", through)
        return release._first_through_the_gates(
            found, tmp_path, files, tmp_path, Digits(), release.Order()
        )[2]

    return ran


def test_the_best_recipe_ships_where_no_gate_refuses_it(attempt):
    assert (attempt({}).winner, attempt({}).refused) == ("a", {})


def test_the_next_recipe_ships_where_a_gate_refuses_the_best(attempt, capsys):
    found = attempt({"a": refused("int8")})
    assert (found.winner, found.refused) == ("b", {"a": "accuracy: loses 0.3 points"})
    assert "a is refused" in capsys.readouterr().err


def test_nothing_ships_where_all_are_refused(attempt):
    with pytest.raises(gates.Shut, match=r"nothing was exported.*loses 0\.3 points"):
        attempt({name: refused("int8") for name in "ab"})


def test_what_fails_with_float32_fails_at_once(attempt):
    with pytest.raises(gates.Shut):
        attempt({"a": refused("float32")})


def test_what_gates_run_files_with_is_asked_for_before_anything_is_made(
    weights, tmp_path, monkeypatch
):
    def none(*_):
        raise BadInput("there is no Debian here")

    monkeypatch.setattr(gates.emulation.debian, "unpack", none)
    monkeypatch.setattr(release, "export_onnx", lambda *_: pytest.fail("it began"))
    asked = ("lightweight", tmp_path / "exports", tmp_path / "runs", weights)
    with pytest.raises(BadInput, match="no Debian"):
        release.make(*asked, Digits(), release.Order())
    assert not (tmp_path / "exports").exists()


def test_where_a_disk_is_mounted_nothing_is_exported(weights, tmp_path, monkeypatch):
    folder = tmp_path / "exports" / "lightweight"
    monkeypatch.setattr("os.path.ismount", lambda path: path == folder)
    monkeypatch.setattr(release, "export_onnx", lambda *_: pytest.fail("it began"))
    asked = ("lightweight", tmp_path / "exports", tmp_path / "runs", weights)
    with pytest.raises(BadInput, match="name a folder in it"):
        release.make(*asked, Digits(), release.Order())

"""The tools around the game, as far as they go without Godot; `make godot` runs the rest."""

import configparser
import json
import zipfile

import pytest

from generator.errors import BadInput
from godot_demo.tools import build, check, digests, engine, export, odd_models, pack, runtimes
from godot_demo.tools.guard import guarded
from toolchain.errors import FellShort


def script(folder, text):
    path = folder / "godot"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def test_a_download_that_was_changed_is_refused(tmp_path):
    path = tmp_path / "package.tgz"
    path.write_bytes(b"something else")
    with pytest.raises(BadInput, match=r"package\.tgz has SHA-256 "):
        digests.check(path, runtimes.NPM_SHA256)


def test_the_users_own_godot_is_taken(tmp_path, monkeypatch):
    own = script(tmp_path, "echo 4.6.3.stable.official")
    monkeypatch.setenv("GODOT", str(own))
    assert engine.find() == engine.Engine((str(own),))


def test_godot_on_the_path_is_taken(tmp_path, monkeypatch):
    own = script(tmp_path, "echo 4.4.stable")
    monkeypatch.delenv("GODOT", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert engine.find().command == (str(own),)


@pytest.mark.parametrize("version", ["4.3.stable", "3.5.2", "hello", ""])
def test_an_old_godot_is_refused(version, tmp_path, monkeypatch):
    monkeypatch.setenv("GODOT", str(script(tmp_path, f"echo {version}")))
    with pytest.raises(BadInput, match=r"install Godot 4\.4 or later"):
        engine.find()


def test_an_unknown_platform_is_a_wrong_use(capsys):
    assert guarded(lambda: build.main(["amiga"])) == 2
    assert "amiga is no platform" in capsys.readouterr().err


@pytest.mark.parametrize("platform", build.PLATFORMS)
def test_every_platform_has_its_preset_and_its_libraries(platform):
    presets = json.loads((build.NATIVE / "CMakePresets.json").read_text())["configurePresets"]
    assert platform in {preset["name"] for preset in presets}
    extension = (build.ADDON / "nrtool.gdextension").read_text()
    assert f'"bin/{platform}/libnrtool.' in extension
    runtime = (
        "libonnxruntime.so" if platform in runtimes.ANDROID else runtimes.WHEELS[platform].name
    )
    assert f'"bin/{platform}/{runtime}"' in extension


def test_every_export_takes_models_along_and_asks_no_permission():
    presets = configparser.ConfigParser()
    presets.read(build.PROJECT / "export_presets.cfg")
    heads = [name for name in presets.sections() if not name.endswith(".options")]
    taken = {presets[name]["name"]: presets[name]["include_filter"] for name in heads}
    native = dict.fromkeys(('"Linux"', '"Android"', '"iOS"'), '"*.onnx"')
    assert taken == {**native, '"Web"': '"models/nano.int8.onnx"'}
    for name in heads:
        asked = [
            key
            for key, value in presets[f"{name}.options"].items()
            if key.startswith("permissions/") and value not in ("false", "PackedStringArray()")
        ]
        assert not asked


def test_the_web_game_needs_neither_threads_nor_a_native_library():
    presets = configparser.ConfigParser()
    presets.read(build.PROJECT / "export_presets.cfg")
    head = next(name for name in presets.sections() if presets[name].get("name") == '"Web"')
    assert "nrtool.gdextension" in presets[head]["exclude_filter"]
    assert presets[f"{head}.options"]["variant/thread_support"] == "false"
    assert presets[f"{head}.options"]["variant/extensions_support"] == "false"


@pytest.mark.parametrize(
    ("listed", "word"),
    [
        (["models/nano.int8.onnx"], None),
        (["project.binary"], "no nano"),
        (["models/nano.int8.onnx", "models/optimized.int8.onnx"], "not read there"),
    ],
)
def test_a_pack_for_the_web_holds_nano_alone(listed, word, tmp_path, monkeypatch):
    monkeypatch.setattr(build, "BUILD", tmp_path)

    def packs(godot, arguments):
        with zipfile.ZipFile(arguments[-1], "w") as archive:
            for name in listed:
                archive.writestr(name, b"")
        return ""

    monkeypatch.setattr(export, "run", packs)
    if word is None:
        assert export.pack(engine.Engine(("godot",)), "Web") == tmp_path / "web.zip"
        return
    with pytest.raises(FellShort, match=word):
        export.pack(engine.Engine(("godot",)), "Web")


def test_the_addon_says_whose_everything_in_it_is(tmp_path, monkeypatch):
    addon = tmp_path / "addon"
    for path in build.ADDON.rglob("*"):
        if path.suffix in (".gd", ".gdextension"):
            copy = addon / path.relative_to(build.ADDON)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    phones = dict.fromkeys(runtimes.ANDROID, "libonnxruntime.so")
    theirs = {name: wheel.name for name, wheel in runtimes.WHEELS.items()} | phones
    for platform in build.PLATFORMS:
        for name in ("libnrtool.so", theirs[platform]):
            (addon / "bin" / platform).mkdir(parents=True, exist_ok=True)
            (addon / "bin" / platform / name).write_bytes(b"")
    for name in ("LICENSE", "ThirdPartyNotices.txt"):
        (tmp_path / name).write_text("theirs")
    monkeypatch.setattr(build, "ADDON", addon)
    monkeypatch.setattr(runtimes, "library", lambda platform: tmp_path / "library")
    monkeypatch.setattr(pack, "OUT", tmp_path / "addon.zip")
    with zipfile.ZipFile(pack.pack(list(build.PLATFORMS))) as archive:
        told = archive.read("addons/nrtool/THIRD_PARTY.md").decode()
        names = set(archive.namelist()) - {"addons/nrtool/THIRD_PARTY.md"}
    for name in names:
        assert name in told or name.rpartition("/")[0] in told
    assert f"ONNX Runtime {runtimes.VERSION}, Microsoft" in told
    assert runtimes.PHONES in told

    stranger = addon / "bin" / next(iter(build.PLATFORMS)) / theirs[next(iter(build.PLATFORMS))]
    stranger.rename(stranger.with_name("libstrange.so"))
    with pytest.raises(BadInput, match=r"libstrange\.so is enclosed and belongs to nobody"):
        pack.pack(list(build.PLATFORMS))


def test_every_odd_model_is_sound_or_spoilt_on_purpose(tmp_path):
    odd_models.make(tmp_path)
    refused = json.loads((tmp_path / "refused.json").read_text())
    assert set(refused) == {path.stem for path in tmp_path.glob("*.onnx")} - {"small"}
    small = (tmp_path / "small.onnx").read_bytes()
    assert all((tmp_path / f"{name}.onnx").read_bytes() != small for name in refused)


def test_an_engine_that_ends_early_has_not_passed(tmp_path, monkeypatch):
    monkeypatch.setattr(export, "environment", lambda: {"PATH": "/usr/bin:/bin"})
    for said, word in (
        ("3 passed, 0 failed; echo SCRIPT ERROR: x", "printed an error"),
        ("3 passed, 1 failed", "tests failed"),
        ("0 passed, 0 failed", "tests failed"),
        ("hello", "tests failed"),
    ):
        godot = engine.Engine((str(script(tmp_path, f"echo {said}")),))
        with pytest.raises(FellShort, match=word):
            check.test(godot, "run.gd", [])


@pytest.mark.parametrize("named", ["/nowhere/godot", "."])
def test_what_is_no_program_is_no_godot(named, monkeypatch):
    monkeypatch.setenv("GODOT", named)
    with pytest.raises(BadInput, match="is no program"):
        engine.find()


@pytest.mark.parametrize(
    ("version", "folder"),
    [
        ("4.4.stable.official.4c311cbee", "4.4.stable"),
        ("4.6.3.stable.debian", "4.6.3.stable"),
        ("4.5.rc2.official.abc", "4.5.rc2"),
        ("4.4.1.stable.mono.official.49a5bc7b6", "4.4.1.stable.mono"),
    ],
)
def test_templates_lie_where_their_godot_looks(version, folder):
    assert export.release_of(version) == folder

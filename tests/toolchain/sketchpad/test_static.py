"""The folder that is written for any web host; what it does in a browser is in test_offline.py."""

import gzip
import json
import re
from pathlib import Path

import pytest

from generator.errors import BadInput
from tests.toolchain.sketchpad.conftest import ROOT
from tests.toolchain.test_cli import call, refused
from toolchain.reading.modelfile import BUNDLED
from toolchain.sketchpad import PAGE, static
from toolchain.sketchpad.static import model_of, write_page
from toolchain.sketchpad.vendored import LIBRARY, SCRIPT

MODEL = ROOT / "exports/lightweight/lightweight.int8.onnx"
FAKE = {SCRIPT: b"a script", LIBRARY: b"a library"}


@pytest.fixture(autouse=True)
def no_npm(monkeypatch):
    monkeypatch.setattr(static, "browser_runtime", lambda: FAKE)


def files(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_the_page_is_the_sketchpads_own_but_for_what_asks_the_server(tmp_path):
    size = write_page(tmp_path / "site", MODEL)
    written = files(tmp_path / "site")
    assert size == sum(map(len, written.values()))
    for path in PAGE.iterdir():
        if path.name not in ("index.html", "net.js"):
            assert written[f"page/{path.name}"] == path.read_bytes()
    assert written["page/ort.js"] == FAKE[SCRIPT]
    assert gzip.decompress(written["page/ort.wasm.gz"]) == FAKE[LIBRARY]
    assert written["model.onnx"] == MODEL.read_bytes()
    page = written["index.html"].decode()
    for line in (PAGE / "index.html").read_text("utf-8").splitlines():
        assert line in page
    assert "script-src 'self'" in page.partition("<script")[0]


def test_all_that_scripts_and_page_name_is_there(tmp_path):
    write_page(tmp_path / "site", MODEL)
    written = files(tmp_path / "site")
    linked = re.findall(r'(?:href|src)="([^"]+)"', written["index.html"].decode())
    linked += [icon["src"] for icon in json.loads(written["manifest.webmanifest"])["icons"]]
    assert len(linked) == 9
    assert set(linked) <= set(written), "and no address begins with / or names a host"
    for name, content in written.items():
        if name.endswith(".js"):
            for other in re.findall(r'from "\./([^"]+)"', content.decode()):
                assert f"page/{other}" in written, name


def test_the_worker_keeps_every_file_and_a_change_is_another_version(tmp_path):
    def worker(model):
        write_page(tmp_path / "site", model)
        version, kept, *_ = (tmp_path / "site" / "sw.js").read_text().splitlines()
        return version, json.loads(kept.removeprefix("const FILES = ").removesuffix(";"))

    version, kept = worker(MODEL)
    assert set(kept) == {"./", *files(tmp_path / "site")} - {"index.html", "sw.js"}
    assert worker(MODEL)[0] == version
    assert worker(ROOT / "exports/optimized/optimized.int8.onnx")[0] != version


def test_a_page_is_replaced_and_nothing_else_is(tmp_path):
    site = tmp_path / "site"
    site.mkdir()
    write_page(site, MODEL)  # an empty folder has nothing to lose
    first = files(site)
    write_page(site, ROOT / "exports/optimized/optimized.int8.onnx")
    assert files(site)["model.onnx"] != first["model.onnx"]
    assert [path.name for path in tmp_path.iterdir()] == ["site"]

    (site / ".git").mkdir()
    (site / ".git" / "HEAD").write_text("a history")
    before = files(site)
    with pytest.raises(BadInput, match=r"holds '\.git/HEAD', which is no part of a page"):
        write_page(site, MODEL)
    assert files(site) == before


@pytest.mark.parametrize("about", ["", "[]", "{}", '{"files": 7}', '{"files": [{}]}', "\xff"])
def test_a_folder_that_only_looks_like_a_page_is_refused(tmp_path, about):
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "about.json").write_text(about, "latin-1")
    (tmp_path / "site" / "thesis.txt").write_text("years of work")
    with pytest.raises(BadInput, match="no part of a page"):
        write_page(tmp_path / "site", MODEL)
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="is a file"):
        write_page(tmp_path / "file", MODEL)


def test_nothing_half_written_is_left(tmp_path, monkeypatch):
    write_page(tmp_path / "site", MODEL)
    before = files(tmp_path / "site")
    monkeypatch.setattr(static, "icon_name", lambda side: f"{'x' * 300}-{side}")
    for name in ("site", "other"):
        with pytest.raises(OSError, match="name too long"):
            write_page(tmp_path / name, MODEL)
    assert [path.name for path in tmp_path.iterdir()] == ["site"]
    assert files(tmp_path / "site") == before


def test_the_folder_that_one_works_in_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BadInput, match="work in"):
        write_page(Path(), MODEL)


def test_the_smallest_release_reads_where_none_is_named(tmp_path):
    assert model_of(None, tmp_path).parent.name == BUNDLED
    (tmp_path / "nano").mkdir()
    (tmp_path / "nano" / "nano.onnx").write_bytes(b"")
    assert model_of(None, tmp_path) == tmp_path / "nano" / "nano.onnx"
    assert model_of("optimized", tmp_path).parent.name == "optimized"


def test_the_command_writes_a_page_with_the_model_that_is_named(tmp_path, capsys):
    site = tmp_path / "my site"
    assert call("draw", "--static", site, "--model", MODEL) == 0
    said = capsys.readouterr().err
    assert "reads with lightweight.int8" in said
    assert f"--directory '{site}'" in said.replace("\n", "")
    assert json.loads((site / "about.json").read_text())["model"] == "lightweight.int8"
    assert call("draw", "--static", site, "--variant", "base", "--exports", ROOT / "exports") == 0
    assert json.loads((site / "about.json").read_text())["model"] == "base.int8"


def test_what_cannot_be_is_one_line(tmp_path, capsys):
    site = ("draw", "--static", tmp_path / "site", "--exports", ROOT / "exports")
    assert "is missing or empty" in refused(capsys, *site, "--variant", "nothing")
    assert "numbers of known length" in refused(capsys, *site, "--variant", "fixed-3")
    assert "numbers of known length" in refused(capsys, *site, "--variant", "compact")
    (tmp_path / "x.onnx").write_bytes(b"no model")
    assert "ONNX model" in refused(capsys, *site, "--model", tmp_path / "x.onnx")
    assert "leave out" in refused(capsys, *site, "--collect", tmp_path / "kept")
    assert "leave out" in refused(capsys, *site, "--share")
    assert "leave out" in refused(capsys, *site, "--port", "80")
    assert "choose one" in refused(capsys, *site, "--variant", "base", "--model", MODEL)
    assert "--static alone" in refused(capsys, "draw", "--variant", "base")
    assert [path.name for path in tmp_path.iterdir()] == ["x.onnx"]


def test_where_a_disk_is_mounted_no_page_is_made(tmp_path, monkeypatch):
    monkeypatch.setattr("os.path.ismount", lambda path: path == tmp_path / "site")
    monkeypatch.setattr(static, "_page", lambda model: pytest.fail("the page was made"))
    (tmp_path / "site").mkdir()
    with pytest.raises(BadInput, match="name a folder in it"):
        write_page(tmp_path / "site", MODEL)

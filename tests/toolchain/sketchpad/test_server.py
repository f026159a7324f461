"""The real command on a real port: what it answers, and what hostile requests do to it."""

import base64
import contextlib
import http.client
import signal
import socket
import threading
import time
from collections import Counter

import numpy as np
import pytest

from generator.strip import fit_ink
from generator.strokes import read_strokes
from tests.toolchain.sketchpad.conftest import drawing, running, sent, written
from tests.toolchain.sketchpad.test_access import Clock
from toolchain.reading.pen import draw_ink
from toolchain.sketchpad import limits

MODEL = "optimized.int8"


def test_the_page_and_its_files_are_served_with_headers(shared_server):
    status, page = shared_server.ask("/")
    assert status == 200
    for name in ("main.js", "style.css", "icon.svg"):
        assert f'"page/{name}"' in page
        assert shared_server.ask(f"/page/{name}")[0] == 200
    assert "https://" not in page
    with contextlib.closing(shared_server.connected()) as wire:
        wire.request("GET", "/")
        headers = wire.getresponse().headers
    assert "default-src 'none'" in headers["content-security-policy"]
    assert headers["cross-origin-resource-policy"] == "same-origin"


def test_strokes_are_read_and_the_strip_shown(shared_server):
    strokes = written("407")
    content = {"model": MODEL, "strokes": sent(strokes)}
    status, answer = shared_server.ask("/api/read", content)
    assert status == 200
    assert answer["number"] == "407"
    assert answer["confidence"] > 0.9
    assert np.array(answer["columns"]).sum(1) == pytest.approx(1, abs=0.01)
    strip = np.frombuffer(base64.b64decode(answer["strip"]), np.uint8).reshape(32, 128)
    expected = fit_ink(draw_ink([np.array(stroke, np.float32) for stroke in strokes]))
    np.testing.assert_array_equal(strip, expected)


def test_every_model_reads_and_unknown_ones_are_refused(shared_server):
    models = shared_server.ask("/api/state")[1]["models"]
    assert models[0] == MODEL
    for name in models:
        content = {"model": name, "strokes": sent(written("7"))}
        assert shared_server.ask("/api/read", content)[1]["number"] == "7"
    for name in ("../optimized", "", None, 7, ["x"]):
        content = {"model": name, "strokes": sent(written("7"))}
        assert shared_server.ask("/api/read", content)[0] == 400


def test_keep_look_through_and_delete(server):
    assert server.ask("/api/progress?writer=mia")[1]["kept"] == 0
    for count in range(26):
        status, answer = server.ask("/api/drawings", drawing("45", f"{count:032x}"))
        assert (status, answer["divided"]) == (200, True)
    progress = server.ask("/api/progress?writer=mia")[1]
    assert (progress["kept"], progress["digits"][4], progress["digits"][5]) == (26, 26, 26)
    first = server.ask("/api/drawings?writer=mia")[1]
    rest = server.ask("/api/drawings?writer=mia&start=24")[1]
    assert (first["count"], len(first["drawings"]), len(rest["drawings"])) == (26, 24, 2)
    assert server.ask("/api/drawings?writer=ben")[1] == {"drawings": [], "count": 0}
    status, answer = server.ask(f"/api/drawings/{3:032x}", method="DELETE")
    assert (status, answer) == (200, {"deleted": True})
    assert server.ask(f"/api/drawings/{3:032x}", method="DELETE")[1] == {"deleted": False}
    assert len(server.lines()) == 50


def test_a_nickname_kept_for_validation_is_offered_another(shared_server):
    assert shared_server.ask("/api/progress?writer=anna")[1]["trainable"] == "anna2"
    assert shared_server.ask("/api/progress?writer=mia")[1]["trainable"] == "mia"


def test_killed_without_warning_everything_acknowledged_is_there(tmp_path):
    acknowledged = []
    with running(tmp_path / "kept") as server:

        def write():
            with contextlib.suppress(OSError, http.client.HTTPException):
                for count in range(500):
                    id_ = f"{count:032x}"
                    if server.ask("/api/drawings", drawing("12", id_))[0] == 200:
                        acknowledged.append(id_)

        writing = threading.Thread(target=write)
        writing.start()
        while len(acknowledged) < 10 and writing.is_alive():
            time.sleep(0.01)
        server.process.send_signal(signal.SIGKILL)
        writing.join()
        server.process.wait()
    with running(tmp_path / "kept") as again:
        kept = [line["drawing"] for line in again.lines()]
        assert set(acknowledged) <= set(kept)
        assert all(kept.count(id_) == 2 for id_ in kept)
        assert again.ask("/api/progress?writer=mia")[1]["kept"] == len(set(kept))


@pytest.mark.parametrize(("content", "status"), [
    (b"", 400),
    (b"{", 400),
    (b"[]", 400),
    (b"7", 400),
    (b"[" * 100_000, 400),
    (b'{"id": ' + b"9" * 10_000 + b"}", 400),
    (b"\xff\xfe", 400),
    (b'{"strokes": NaN}', 400),
    (b"x" * (limits.LARGEST_BODY + 1), 413),
], ids=["empty", "cut", "list", "7", "deep", "large number", "bytes", "nan", "large"])  # fmt: skip
@pytest.mark.parametrize("path", ["/api/read", "/api/drawings"])
def test_bodies_that_are_no_drawing(shared_server, path, content, status):
    found, answer = shared_server.ask(path, content, "POST")
    assert found == status
    assert set(answer) == {"error"}
    assert shared_server.lines() == []


def test_a_body_of_no_declared_size_is_bounded_too(shared_server):
    def endless():
        for _ in range(100):
            yield b"x" * 10_000

    with contextlib.closing(shared_server.connected()) as wire:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            wire.request("POST", "/api/read", endless(), {"content-type": "application/json"})
        with contextlib.suppress(ConnectionResetError):
            assert wire.getresponse().status == 413
    assert shared_server.ask("/api/state")[0] == 200


@pytest.mark.parametrize("path", [
    "/page/../store.py", "/page/%2e%2e/store.py", "/page/..%2fstore.py", "/page//etc/passwd",
    "/page/%00", "/api/drawings/..%2f..%2fx", "/../../etc/passwd", "/page/", "/nothing",
])  # fmt: skip
def test_paths_lead_nowhere_else(shared_server, path):
    for method in ("GET", "DELETE"):
        status, answer = shared_server.ask(path, method=method)
        assert status in (400, 404, 405)
        assert "root:" not in str(answer)
        assert "import" not in str(answer)


@pytest.mark.parametrize("query", [
    "", "writer=", "writer=../x", "writer=mia&skipped=-1", "writer=mia&skipped=1e9",
    "writer=mia&skipped=" + "9" * 5000, "writer=%ff",
])  # fmt: skip
def test_odd_queries_are_refused(shared_server, query):
    assert shared_server.ask(f"/api/progress?{query}")[0] == 400


@pytest.mark.parametrize("headers", [
    {"host": "evil.example"},
    {"host": ""},
    {"host": "["},
    {"origin": "http://evil.example"},
    {"origin": "null"},
    {"origin": "http://["},
    {"origin": "http://localhost:1"},
    {"sec-fetch-site": "cross-site"},
])  # fmt: skip
def test_other_sites_are_refused(shared_server, headers):
    assert shared_server.ask("/api/drawings", drawing(), headers=headers)[0] == 403
    assert shared_server.ask("/api/drawings?writer=mia", headers=headers)[0] == 403
    assert shared_server.lines() == []


def test_a_form_of_another_site_cannot_post(shared_server):
    headers = {"content-type": "text/plain"}
    assert shared_server.ask("/api/drawings", drawing(), headers=headers)[0] == 400


def test_a_flood_is_refused_and_others_are_served(tmp_path):
    # So slowly do tries come back that none does while this runs, on whatever machine.
    with running(tmp_path / "kept", PER_SECOND=1e-6) as server:

        def flood():
            return [server.ask("/api/state", source="127.0.0.9")[0] for _ in range(50)]

        statuses = []
        threads = [threading.Thread(target=lambda: statuses.extend(flood())) for _ in range(4)]
        for thread in threads:
            thread.start()
        served = [server.ask("/api/state")[0] for _ in range(20)]
        for thread in threads:
            thread.join()
    assert served == [200] * 20
    assert Counter(statuses) == {200: limits.BURST, 429: 200 - limits.BURST}


def test_after_a_flood_tries_come_back(monkeypatch):
    clock = Clock()
    monkeypatch.setattr("toolchain.sketchpad.limits.time", clock)
    bucket = limits.TokenBucket(limits.PER_SECOND, limits.BURST)
    allowed = [bucket.allows("127.0.0.9") for _ in range(400)]
    assert sum(allowed) == limits.BURST
    assert bucket.allows("127.0.0.1")
    clock.now += 1
    assert sum(bucket.allows("127.0.0.9") for _ in range(400)) == limits.PER_SECOND


def is_hung_up(half):
    """Whether the server has closed a connection, which is sent a byte if not."""
    try:
        half.sendall(b" ")
        while half.recv(1000, socket.MSG_DONTWAIT):
            pass
    except BlockingIOError:
        return False
    except ConnectionError:
        pass
    half.close()
    return True


@pytest.mark.slow
def test_half_sent_requests_are_cut_off_and_others_are_served(shared_server):
    halves = [b"", b"POST /api/read HT", b"POST /api/read HTTP/1.1\r\nHost: localhost\r\n"]
    halves.append(halves[2] + b"Content-Length: 1000\r\nContent-Type: application/json\r\n\r\n{")
    held = []
    for count in range(80):
        half = socket.create_connection(
            ("127.0.0.1", shared_server.port), source_address=("127.0.0.8", 0)
        )
        with contextlib.suppress(OSError):  # the server hangs up on those above its limit
            half.sendall(halves[count % 4])
        held.append(half)
    assert shared_server.ask("/api/state")[0] == 200
    while held:  # ends when the server has hung up on all; a byte now and then does not prolong it
        held = [half for half in held if not is_hung_up(half)]
        time.sleep(0.2)
    assert shared_server.ask("/api/state")[0] == 200


def test_two_writers_at_once_lose_nothing(server):
    def write(writer, source):
        for count in range(25):
            id_ = f"{ord(writer)}{count:030d}"
            status, _ = server.ask("/api/drawings", drawing("45", id_, writer), source=source)
            assert status == 200

    threads = [
        threading.Thread(target=write, args=pair)
        for pair in (("a", "127.0.0.2"), ("b", "127.0.0.3"))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    [path] = server.folder.glob("*.jsonl")
    digits = list(read_strokes(path))
    for writer in "ab":
        assert [d.label for d in digits if d.writer == writer] == [4, 5] * 25


def test_sharing_shows_a_code_and_a_picture_of_the_link(tmp_path):
    with running(tmp_path / "kept", "--share") as server:
        said = [server.process.stderr.readline() for _ in range(20)]
        link = next(line for line in said if "?code=" in line)
        code = link.strip().rpartition("=")[2]
        assert any(line.startswith(f"code {code}") for line in said)
        assert sum("█" in line for line in said) > 10
        assert server.ask("/api/state")[0] == 200  # this computer needs none
        assert server.ask("/api/state", headers={"host": "evil.example"})[0] == 403


def test_a_folder_with_damaged_lines_is_served_and_told_of(tmp_path):
    folder = tmp_path / "kept"
    with running(folder) as server:
        assert server.ask("/api/drawings", drawing())[0] == 200
    [path] = folder.glob("*.jsonl")
    sound = path.read_bytes()
    path.write_bytes(sound + b'{"drawing": [], "writer": 7}\n\xff\n')
    with running(folder) as server:
        assert server.ask("/api/drawings?writer=mia")[1]["count"] == 1
    assert f"{path}: damaged lines, 2 in all" in "".join(server.said)
    assert path.read_bytes() == sound

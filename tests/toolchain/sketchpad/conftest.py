"""A real sketchpad server on a free port, a real browser, and digits that are nobody's."""

import contextlib
import http.client
import json
import math
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

try:
    from playwright import sync_api as api
except ModuleNotFoundError:
    api = None

ROOT = Path(__file__).parents[3]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
PHONE = {"width": 360, "height": 640}
PATIENCE = 600_000  # ms: what takes longer hangs


def arc(x, y, wide, high, start, end, steps=18):
    """Points of an ellipse from angle to angle, in turns clockwise from the top."""
    turns = [start + (end - start) * i / steps for i in range(steps + 1)]
    return [[x + wide * math.sin(t * math.tau), y - high * math.cos(t * math.tau)] for t in turns]


# Each digit in a box 1 high: strokes of x, y.
SHAPES = {
    "0": [arc(0.3, 0.5, 0.3, 0.5, 0, -1)],
    "1": [[[0.0, 0.25], [0.18, 0.0], [0.18, 1.0]]],
    "2": [[*arc(0.3, 0.28, 0.3, 0.28, -0.25, 0.35), [0.0, 1.0], [0.62, 1.0]]],
    "3": [arc(0.2, 0.26, 0.3, 0.26, -0.2, 0.45) + arc(0.2, 0.74, 0.34, 0.26, 0.02, 0.7)],
    "4": [[[0.35, 0.0], [0.0, 0.62], [0.62, 0.62]], [[0.48, 0.35], [0.44, 1.0]]],
    "5": [[[0.06, 0.0], [0.03, 0.45], *arc(0.2, 0.7, 0.36, 0.3, -0.04, 0.68)],
          [[0.06, 0.0], [0.52, 0.0]]],
    "6": [[[0.45, 0.0], [0.15, 0.35], *arc(0.28, 0.72, 0.28, 0.28, -0.25, -1.15)]],
    "7": [[[0.0, 0.0], [0.6, 0.0], [0.25, 1.0]]],
    "8": [arc(0.3, 0.25, 0.22, 0.25, 0.5, -0.5) + arc(0.3, 0.75, 0.28, 0.25, 0, 1)],
    "9": [[*arc(0.28, 0.28, 0.27, 0.28, 0.25, -0.75), [0.52, 0.45], [0.45, 1.0]]],
}  # fmt: skip


def written(number, height=120.0, left=20.0, top=20.0, gap=0.3):
    """The strokes of a number: lists of [x, y] in px."""
    strokes, x = [], left
    for digit in number:
        shape = SHAPES[digit]
        xs = [point[0] for stroke in shape for point in stroke]
        strokes += [
            [[x + (px - min(xs)) * height, top + py * height] for px, py in stroke]
            for stroke in shape
        ]
        x += (max(xs) - min(xs) + gap) * height
    return strokes


def sent(strokes, pointer="touch"):
    """Strokes as the page sends them, 10 ms from point to point."""
    clock = iter(range(0, 10**9, 10))
    return [
        {"points": [[x, y, next(clock)] for x, y in stroke], "pointer": pointer}
        for stroke in strokes
    ]


def drawing(number="407", id_="0" * 32, writer="mia", **more):
    return {
        "id": id_,
        "number": number,
        "writer": writer,
        "strokes": sent(written(number)),
        **more,
    }


@dataclass
class Server:
    """A running `nrtool draw`."""

    process: subprocess.Popen
    port: int
    folder: Path
    said: list

    def ask(self, path, content=None, method=None, headers=None, source="127.0.0.1"):
        """Status and parsed answer of one request on a connection of its own."""
        body = content if isinstance(content, bytes | None) else json.dumps(content).encode()
        given = {"content-type": "application/json"} if body is not None else {}
        with contextlib.closing(self.connected(source)) as wire:
            wire.request(method or ("POST" if body else "GET"), path, body, given | (headers or {}))
            answer = wire.getresponse()
            text = answer.read()
        is_json = answer.headers.get_content_type() == "application/json"
        return answer.status, json.loads(text) if is_json else text.decode()

    def connected(self, source="127.0.0.1"):
        """A connection from an address; all of 127.0.0.0/8 is this computer."""
        return http.client.HTTPConnection("127.0.0.1", self.port, source_address=(source, 0))

    def lines(self):
        """All lines kept, undivided ones included."""
        files = sorted(self.folder.rglob("*.jsonl"))
        return [json.loads(line) for file in files for line in file.read_text().splitlines()]


@contextlib.contextmanager
def running(folder, *arguments, **given):
    """Start the real command as a user would; stop it afterwards, and see that it stops well.

    Args:
        folder: where drawings are kept.
        arguments: more of the command's.
        given: limits of `toolchain.sketchpad.limits` that are set otherwise.
    """
    start = "from toolchain.cli import main; from toolchain.sketchpad import limits; "
    start += "".join(f"limits.{name} = {value}; " for name, value in given.items()) + "main()"
    command = [sys.executable, "-c", start, "draw", "--collect", str(folder)]
    process = subprocess.Popen(
        [*command, "--port", "0", "--exports", str(ROOT / "exports"), *arguments],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    try:
        said, port = [], None
        while not port:
            said.append(process.stderr.readline())
            assert said[-1], "".join(said)
            port = re.search(r"http://localhost:(\d+)/", said[-1])
        yield Server(process, int(port[1]), folder, said)
    finally:
        if process.poll() is None:
            process.send_signal(2)
            said = process.communicate()[1]
            assert process.returncode == 0, said
            assert "Traceback" not in said, said


@pytest.fixture
def server(tmp_path):
    with running(tmp_path / "kept") as found:
        yield found


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory):
    """One server for the tests of a file that leave nothing behind."""
    with running(tmp_path_factory.mktemp("shared") / "kept") as found:
        yield found


@pytest.fixture(scope="module")
def browser():
    if not (CHROMIUM and api):
        if os.environ.get("CI"):
            pytest.fail("CI must drive a real browser: apt-get install chromium")
        pytest.skip("no browser or no playwright here: make test installs both, chromium as root")
    with api.sync_playwright() as player:
        # The sandbox needs rights that root in a container lacks; the page is our own.
        found = player.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox"], timeout=PATIENCE
        )
        yield found
        found.close()


class Visit:
    """An open page, and a finger."""

    def __init__(self, context, port):
        self.troubles = []
        context.set_default_timeout(PATIENCE)
        self.page = context.new_page()
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))
        self.page.on("console", lambda said: self.troubles.append(said.text))
        self.page.goto(f"http://localhost:{port}/")
        self.page.locator("#model option").first.wait_for(state="attached")
        self.finger = context.new_cdp_session(self.page)

    def write(self, strokes):
        self.page.locator("#pad").scroll_into_view_if_needed()
        box = self.page.locator("#pad").bounding_box()
        for stroke in strokes:
            for place, (x, y) in enumerate(stroke):
                kind = "touchMove" if place else "touchStart"
                self.touch(kind, [{"x": box["x"] + x, "y": box["y"] + y}])
            self.touch("touchEnd", [])

    def touch(self, kind, points):
        self.finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    def text(self, name):
        return self.page.locator(f"#{name}").inner_text().strip()

    def shows(self, selector, text):
        """Wait until an element's text is this, or matches it."""
        api.expect(self.page.locator(selector)).to_have_text(text, timeout=PATIENCE)

    def counts(self, selector, count):
        api.expect(self.page.locator(selector)).to_have_count(count, timeout=PATIENCE)

    def reads(self, number):
        self.shows("#number", number)

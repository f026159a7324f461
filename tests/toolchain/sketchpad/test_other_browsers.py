"""The page in Firefox and in WebKit, Safari's engine, where Debian's packages of them are there.

`apt-get install firefox-esr webkit2gtk-driver xvfb`; both are driven by their own protocols.
"""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest

from tests.toolchain.sketchpad.conftest import written

pytestmark = pytest.mark.slow  # each opens a browser

BROWSER = next(Path("/usr/lib").glob("*/webkit2gtk-4.*/MiniBrowser"), None)
PATIENCE = 600  # seconds: what takes longer hangs
WRITE = """
const [strokes, palm] = arguments;
const pad = document.getElementById('pad'), box = pad.getBoundingClientRect();
const send = (kind, at, pointerType, pointerId) => pad.dispatchEvent(
    new PointerEvent('pointer' + kind, {bubbles: true, isPrimary: true, pointerType, pointerId,
        clientX: box.left + at[0], clientY: box.top + at[1]}));
if (palm) send('down', [250, 150], 'touch', 7);
for (const stroke of strokes) {
    send('down', stroke[0], 'pen', 9);
    for (const at of stroke.slice(1)) send('move', at, 'pen', 9);
    send('up', stroke[stroke.length - 1], 'pen', 9);
}
if (palm) send('up', [250, 150], 'touch', 7);
"""


class WebKit:
    """WebKitGTK by W3C's WebDriver, on a screen of its own."""

    def __init__(self, port, folder):
        self.command = ["xvfb-run", "-a", "WebKitWebDriver", f"--port={port}"]
        self.given = {"WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1"}  # as root in a container
        self.base = f"http://127.0.0.1:{port}/session"

    def start(self):
        options = {"binary": str(BROWSER), "args": ["--automation"]}
        asked = {"capabilities": {"alwaysMatch": {"webkitgtk:browserOptions": options}}}
        self.base += f"/{self.ask('', asked)['sessionId']}"

    def ask(self, path, content):
        head = {"content-type": "application/json"}
        request = urllib.request.Request(self.base + path, json.dumps(content).encode(), head)
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return json.loads(answer.read())["value"]

    def go(self, url):
        self.ask("/url", {"url": url})

    def run(self, script, *given):
        return self.ask("/execute/sync", {"script": script, "args": list(given)})


class Firefox:
    """Firefox by its Marionette, with or without storage for pages."""

    stores = True

    def __init__(self, port, folder):
        self.port = port
        told = {"marionette.port": port, "dom.storage.enabled": self.stores}
        lines = [f"user_pref({json.dumps(k)}, {json.dumps(v)});" for k, v in told.items()]
        (folder / "user.js").write_text("\n".join(lines))
        self.command = ["firefox-esr", "--headless", "--marionette", "--no-remote"]
        self.command += ["--profile", str(folder)]
        self.given = {"HOME": str(folder), "MOZ_DISABLE_CONTENT_SANDBOX": "1"}

    def start(self):
        self.wire = socket.create_connection(("127.0.0.1", self.port), PATIENCE).makefile("rwb")
        self.answer()
        self.ask("WebDriver:NewSession", {})

    def answer(self):
        size = b""
        while not size.endswith(b":"):
            size += self.wire.read(1) or b":"
        return json.loads(self.wire.read(int(size[:-1])))

    def ask(self, name, content):
        text = json.dumps([0, 1, name, content]).encode()
        self.wire.write(f"{len(text)}:".encode() + text)
        self.wire.flush()
        _, _, error, answer = self.answer()
        assert error is None, error
        return answer

    def go(self, url):
        self.ask("WebDriver:Navigate", {"url": url})

    def run(self, script, *given):
        return self.ask("WebDriver:ExecuteScript", {"script": script, "args": list(given)})["value"]


class FirefoxWithoutStorage(Firefox):
    """As where cookies and site data are blocked."""

    stores = False


@pytest.fixture(params=[WebKit, Firefox, FirefoxWithoutStorage])
def browser(request, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    found = request.param(port, tmp_path)
    needed = [each for each in found.command[:3] if not each.startswith("-")]
    if not all(map(shutil.which, needed)) or (request.param is WebKit and not BROWSER):
        pytest.skip(f"{needed[-1]} is not installed")
    process = subprocess.Popen(
        found.command, env=os.environ | found.given, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        until(lambda: is_listening(port) and process.poll() is None, True)
        found.start()
        yield found
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(PATIENCE)


def is_listening(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def until(asked, wanted):
    """Ask until the answer is the wanted one."""
    end = time.monotonic() + PATIENCE
    while (found := asked()) != wanted:
        assert time.monotonic() < end, found
        time.sleep(0.2)


def test_the_page_reads_and_collects_with_a_pen(browser, server):
    def text(name):
        return browser.run(f"return document.getElementById('{name}').innerText.trim()")

    browser.go(f"http://localhost:{server.port}/")
    until(lambda: browser.run("return document.querySelectorAll('#model option').length > 1"), True)
    browser.run(WRITE, written("35", height=80), False)
    until(lambda: text("number"), "35")
    browser.run("document.getElementById('clear').click()")
    browser.run(WRITE, written("47", height=80), True)
    until(lambda: text("number"), "47")
    browser.run("""document.getElementById('theme').click();
        document.querySelector('[data-view=collect]').click();
        document.getElementById('writer').value = 'mia';
        document.querySelector('#who button').click()""")
    until(lambda: text("prompt").isdecimal(), True)
    number = text("prompt")
    browser.run(WRITE, written(number, height=46), False)
    browser.run("document.getElementById('done').click()")
    until(lambda: text("kept")[:6], "1 kept")
    assert {line["number"] for line in server.lines()} == {number}
    assert {pointer for line in server.lines() for pointer in line["pointers"]} == {"pen"}

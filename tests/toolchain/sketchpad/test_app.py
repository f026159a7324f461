"""The application as devices of the network meet it, each let in by a code."""

import asyncio
import json

import pytest

from tests.toolchain.sketchpad.conftest import drawing
from tests.toolchain.sketchpad.test_access import let_in
from toolchain.sketchpad.access import Access
from toolchain.sketchpad.app import make_app
from toolchain.sketchpad.store import Store


@pytest.fixture
def codes():
    return []


@pytest.fixture
def app(tmp_path, codes):
    return make_app({}, Store(tmp_path / "kept"), Access(codes.append))


def ask(app, method, path, query="", client="192.168.1.5", cookie="", content=None):
    """Status and answer of one request."""
    headers = {"host": "192.168.1.2:8765", "content-type": "application/json", "cookie": cookie}
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": (client, 50000),
        "server": ("192.168.1.2", 8765),
        "scheme": "http",
    }
    said = []

    async def send(message):
        said.append(message)

    async def receive():
        return {"type": "http.request", "body": json.dumps(content).encode(), "more_body": False}

    asyncio.run(app(scope, receive, send))
    return said[0]["status"], json.loads(b"".join(each.get("body", b"") for each in said[1:]))


def test_a_device_lists_and_deletes_its_own_drawings_and_the_host_all(app, codes):
    mine, other = let_in(app, codes[0]), let_in(app, codes[1])
    for count, cookie in enumerate((mine, other)):
        content = drawing("45", f"{count:032x}")
        assert ask(app, "POST", "/api/drawings", cookie=cookie, content=content)[0] == 200

    def listed(**who):
        drawings = ask(app, "GET", "/api/drawings", "writer=mia", **who)[1]["drawings"]
        return [int(entry["id"], 16) for entry in drawings]

    assert (listed(cookie=mine), listed(cookie=other)) == ([0], [1])
    assert listed(client="127.0.0.1") == [1, 0]
    progress = ask(app, "GET", "/api/progress", "writer=mia", cookie=mine)[1]
    assert (progress["kept"], progress["digits"][4]) == (1, 1)
    theirs = f"/api/drawings/{1:032x}"
    assert ask(app, "DELETE", theirs, cookie=mine) == (200, {"deleted": False})
    assert ask(app, "DELETE", theirs)[0] == 401
    assert listed(cookie=other) == [1]
    assert ask(app, "DELETE", theirs, cookie=other) == (200, {"deleted": True})
    assert ask(app, "DELETE", f"/api/drawings/{0:032x}", client="127.0.0.1")[1]["deleted"]
    assert listed(client="127.0.0.1") == []

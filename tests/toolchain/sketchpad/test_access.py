import asyncio

import pytest

from toolchain.sketchpad import access as module
from toolchain.sketchpad.access import COOKIE, Access, Gate

HERE = ("192.168.1.2", 8765)


class Clock:
    """Stands in for time, so that tries come back without waiting."""

    def __init__(self):
        self.now = 0.0

    def monotonic(self):
        return self.now


@pytest.fixture
def codes():
    return []


@pytest.fixture
def gate(codes):
    async def inside(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"inside"})

    return Gate(inside, Access(codes.append))


def ask(gate, path="/", query="", client="192.168.1.5", method="GET", **headers):
    """Status and headers of an answer."""
    headers = {"host": "192.168.1.2:8765"} | {k.replace("_", "-"): v for k, v in headers.items()}
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": (client, 50000),
        "server": HERE,
        "scheme": "http",
    }
    said = []

    async def send(message):
        said.append(message)

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    asyncio.run(gate(scope, receive, send))
    return said[0]["status"], dict(said[0]["headers"])


def let_in(gate, code):
    status, headers = ask(gate, query=f"code={code}")
    assert status == 303
    assert headers[b"location"] == b"/"
    cookie = headers[b"set-cookie"].decode()
    assert "httponly" in cookie.lower()
    return cookie.split(";")[0]


def test_a_device_without_a_code_sees_only_the_question(gate):
    assert ask(gate)[0] == 401
    assert ask(gate, "/api/drawings", method="POST")[0] == 401
    assert ask(gate, "/api/drawings", cookie=f"{COOKIE}=guess")[0] == 401
    assert ask(gate, "/page/main.js")[0] == 401


def test_a_code_admits_one_device_and_is_then_replaced(gate, codes):
    cookie = let_in(gate, codes[0])
    assert ask(gate, "/api/drawings", cookie=cookie)[0] == 200
    assert len(codes) == 2
    assert codes[0] != codes[1]
    assert ask(gate, query=f"code={codes[0]}")[0] == 403
    assert let_in(gate, codes[1].upper()) != cookie
    assert ask(gate, cookie=cookie)[0] == 200


def test_guessing_is_slowed_even_for_the_right_code(gate, codes, monkeypatch):
    clock = Clock()
    monkeypatch.setattr("toolchain.sketchpad.limits.time", clock)
    for _ in range(20):
        assert ask(gate, query="code=aaaaaaaa")[0] == 403
    assert ask(gate, query=f"code={codes[0]}")[0] == 403
    clock.now += 1.5
    assert ask(gate, query=f"code={codes[0]}")[0] == 303
    assert len(codes[0]) == module.CODE_LENGTH


def test_this_computer_needs_no_code_but_the_right_address(gate):
    assert ask(gate, client="127.0.0.1")[0] == 200
    assert ask(gate, client="::1")[0] == 200
    assert ask(gate, client="127.0.0.1", host="evil.example")[0] == 403
    assert ask(gate, client="127.0.0.1", x_forwarded_for="127.0.0.1")[0] == 200
    assert ask(gate, client="192.168.1.5", x_forwarded_for="127.0.0.1")[0] == 401


def test_a_link_from_elsewhere_may_be_followed_but_no_more(gate, codes):
    visit = {"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate"}
    assert ask(gate, query=f"code={codes[0]}", **visit)[0] == 303
    assert ask(gate, client="127.0.0.1", method="POST", **visit)[0] == 403
    assert ask(gate, client="127.0.0.1", sec_fetch_site="cross-site")[0] == 403


def test_only_so_many_devices(gate, codes, monkeypatch):
    monkeypatch.setattr(module, "MOST_DEVICES", 2)
    cookies = [let_in(gate, codes[count]) for count in range(3)]
    assert [ask(gate, cookie=cookie)[0] for cookie in cookies] == [401, 200, 200]

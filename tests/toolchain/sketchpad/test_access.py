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


async def inside(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"inside"})


@pytest.fixture
def gate(codes):
    return Gate(inside, Access(codes.append))


def ask(gate, path="/", query="", client="192.168.1.5", method="GET", **headers):
    """Status and headers of an answer."""
    headers = {"host": "192.168.1.2:8765"} | {k.replace("_", "-"): v for k, v in headers.items()}
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": query.encode(),
        "headers": [
            (name.encode(), value.encode("latin-1", "replace")) for name, value in headers.items()
        ],
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


def test_guessing_locks_out_its_address_and_no_other(gate, codes, monkeypatch):
    clock = Clock()
    monkeypatch.setattr("toolchain.sketchpad.limits.time", clock)
    guess, right = "code=aaaaaaaa", f"code={codes[0]}"
    stranger = [ask(gate, query=guess, client="192.168.1.66")[0] for _ in range(200)]
    assert stranger == [403] * 10 + [429] * 190
    assert ask(gate, query=right, client="192.168.1.66")[0] == 429  # not called wrong
    assert len(codes) == 1
    assert ask(gate, query=right)[0] == 303
    clock.now += 61
    assert ask(gate, query=f"code={codes[1]}", client="192.168.1.66")[0] == 303
    assert ask(gate, query=guess, client="192.168.1.66")[0] == 429
    assert len(codes[0]) == module.CODE_LENGTH


def test_a_device_let_in_again_is_the_same_one(gate, codes):
    cookie = let_in(gate, codes[0])
    later = []
    restarted = Gate(inside, Access(later.append))
    assert ask(restarted, "/api/drawings", cookie=cookie)[0] == 401
    status, headers = ask(restarted, query=f"code={later[0]}", cookie=cookie)
    assert status == 303
    assert headers[b"set-cookie"].decode().split(";")[0] == cookie
    assert ask(restarted, "/api/drawings", cookie=cookie)[0] == 200
    status, headers = ask(restarted, query=f"code={later[1]}", cookie=f"{COOKIE}=short")
    assert len(headers[b"set-cookie"].decode().split(";")[0]) == len(cookie)  # a token of ours


@pytest.mark.parametrize("origin", [
    "http://[", "http://]", "http://192.168.1.2:x", "http://evil.example", "null", "",
    "https://192.168.1.2:8765", "http://192.168.1.2:8766", "http://192.168.1.2:8765/", "\xff",
    "http://192.168.1.2:8765@evil.example", "http://\u2100", "http://localhost:8765",
])  # fmt: skip
def test_an_origin_that_is_not_this_address_is_refused(gate, codes, origin):
    cookie = let_in(gate, codes[0])
    for method, path in (("GET", "/api/drawings"), ("POST", "/api/drawings"), ("GET", "/")):
        assert ask(gate, path, method=method, cookie=cookie, origin=origin)[0] == 403
    own = "http://192.168.1.2:8765"
    assert ask(gate, "/api/drawings", method="POST", cookie=cookie, origin=own)[0] == 200


def test_this_computer_needs_no_code_but_the_right_address(gate):
    assert ask(gate, client="127.0.0.1")[0] == 200
    assert ask(gate, client="::1")[0] == 200
    assert ask(gate, client="127.0.0.1", host="evil.example")[0] == 403
    assert ask(gate, client="127.0.0.1", host="evil.example@localhost")[0] == 403
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

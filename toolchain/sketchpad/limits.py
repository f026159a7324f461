"""Limits that keep the server up: how often, how much, how slowly a client may send."""

import asyncio
import time
from collections import OrderedDict

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

LARGEST_BODY = 256 * 1024  # bytes: a drawing of 4,000 points has about 80,000
BODY_SECONDS = 5.0  # for a whole body to arrive
HEAD_SECONDS = 5.0  # for a request to begin: after connecting, and after each answer
PER_SECOND, BURST = 40.0, 120.0  # requests of one address; live reading sends about 15 a second
MOST_ADDRESSES = 4096  # remembered at once
MOST_CONNECTIONS, MOST_OF_ONE = 256, 32  # open at once, in all and of one address


class TokenBucket:
    """Allows `burst` calls at once for each key, and `per_second` over time."""

    def __init__(self, per_second: float, burst: float) -> None:
        self._rate, self._burst = per_second, burst
        self._held: OrderedDict[str, tuple[float, float]] = OrderedDict()  # tokens, when

    def allows(self, key: str) -> bool:
        """Take a token if there is one."""
        now = time.monotonic()
        tokens, since = self._held.pop(key, (self._burst, now))
        tokens = min(self._burst, tokens + (now - since) * self._rate)
        allowed = tokens >= 1
        self._held[key] = (tokens - 1 if allowed else tokens), now
        if len(self._held) > MOST_ADDRESSES:
            self._held.popitem(last=False)
        return allowed


class Limits:
    """ASGI middleware: rate, size and time of a request, each with an answer that says so."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._bucket = TokenBucket(PER_SECOND, BURST)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 429, 413 or 408 instead of the app where a limit is passed."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if not self._bucket.allows(address_of(scope)):
            await _refuse(429, "too many requests: wait a moment")(scope, receive, send)
            return
        declared = Headers(scope=scope).get("content-length", "0")
        if not declared.isdecimal() or int(declared[:20]) > LARGEST_BODY:
            await _refuse(413, f"at most {LARGEST_BODY} bytes")(scope, receive, send)
            return
        try:
            async with asyncio.timeout(BODY_SECONDS):
                body = await _whole_body(receive)
        except TimeoutError:
            await _refuse(408, "the request took too long")(scope, receive, send)
            return
        if body is None:
            await _refuse(413, f"at most {LARGEST_BODY} bytes")(scope, receive, send)
            return
        sent = False

        async def replay() -> Message:
            nonlocal sent
            if sent:
                return await receive()
            sent = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self._app(scope, replay, send)


async def _whole_body(receive: Receive) -> bytes | None:
    """The body, None if it is too large; of a client that left, what came."""
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > LARGEST_BODY:
            return None
    return body


def address_of(scope: Scope) -> str:
    """The client's address, "" if unknown."""
    return scope["client"][0] if scope.get("client") else ""


def _refuse(status: int, why: str) -> JSONResponse:
    # A connection with an unread body is of no further use.
    return JSONResponse({"error": why}, status, {"connection": "close"})


class BoundedConnection(H11Protocol):
    """A connection that must begin a request soon, and of which one address has only so many."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Close at once what is too many."""
        super().connection_made(transport)
        address = self.client and self.client[0]
        others = [each.client for each in self.connections if isinstance(each, H11Protocol)]
        same = sum(1 for client in others if client and client[0] == address)
        if len(self.connections) > MOST_CONNECTIONS or same > MOST_OF_ONE:
            transport.abort()
        self._await_request()

    def on_response_complete(self) -> None:
        """The next request, too, must begin soon."""
        super().on_response_complete()
        self._await_request()

    def _await_request(self) -> None:
        if not self.transport.is_closing():
            self.loop.call_later(HEAD_SECONDS, self._give_up, self.cycle)

    def _give_up(self, before: object) -> None:
        if self.cycle is before:  # no request has begun since
            self.transport.close()

"""Who may use the page: this computer, and on request each device that shows a one-time code."""

import hashlib
import ipaddress
import re
import secrets
from collections.abc import Callable
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from toolchain.sketchpad.limits import TokenBucket, address_of

LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that are taken for another
CODE_LENGTH = 8  # 31^8: at a try a minute, half of them last 800,000 years for one address
TRIES, TRIES_PER_SECOND = 10.0, 1 / 60  # codes that one address may send at once, and over time
COOKIE = "nrtool-device"
COOKIE_SECONDS = 365 * 24 * 3600
MOST_DEVICES = 64
ASK = """<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>nrtool</title>
<link rel="stylesheet" href="/page/style.css">
<main class="gate"><h1>Sketchpad</h1><p>{why}</p>
<form action="/"><input name="code" aria-label="Code" autocomplete="off" autocapitalize="off"
 maxlength="{length}" required><button>Open</button></form></main></html>"""
_DEVICE = "nrtool.device"  # where the gate tells the app, in a request's scope
_TOKEN = re.compile(r"[\w-]{43}", re.ASCII)


class Access:
    """Codes that admit one device each, and the devices admitted.

    Args:
        announce: called with each new code, to be shown to the person at the computer.
    """

    def __init__(self, announce: Callable[[str], None]) -> None:
        self._announce = announce
        self._tries = TokenBucket(TRIES_PER_SECOND, TRIES)
        self._devices: list[str] = []
        self._renew()

    def _renew(self) -> None:
        self._code = "".join(secrets.choice(LETTERS) for _ in range(CODE_LENGTH))
        self._announce(self._code)

    def may_try(self, address: str) -> bool:
        """Whether this address has sent no more codes than it may; counts this one.

        Each has its own count, so that one who guesses keeps nobody else out.
        """
        return self._tries.allows(address)

    def admit(self, code: str, token: str = "") -> str | None:
        """The device's token if the code is right: that of an earlier visit, or a new one."""
        if not _same(code.strip().lower(), self._code):
            return None
        if not _TOKEN.fullmatch(token):
            token = secrets.token_urlsafe(32)
        self._devices = [*(each for each in self._devices if each != token), token][-MOST_DEVICES:]
        self._renew()
        return token

    def knows(self, token: str) -> bool:
        """Whether a device with this token was admitted."""
        return any(_same(token, device) for device in self._devices)


class Gate:
    """ASGI middleware: refuses other sites' pages always, and unknown devices where shared.

    A site that a browser has open elsewhere can send requests to this computer, and can give its
    own name this computer's address. So the Host must be the very address that was connected to,
    or localhost, and the Origin, where there is one, the same.
    """

    def __init__(self, app: ASGIApp, access: Access | None) -> None:
        self._app, self._access = app, access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 403 or ask for the code instead of the app where the client may not."""
        if scope["type"] == "http":
            refusal = self._refusal(Request(scope))
            if refusal is not None:
                await refusal(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _refusal(self, request: Request) -> Response | None:
        host = request.headers.get("host", "")
        own = _own_names(request.scope)
        if _name(f"//{host}") not in own:
            return JSONResponse({"error": "open this page by the address that was shown"}, 403)
        origin = request.headers.get("origin")
        foreign = origin is not None and origin != f"{request.scope['scheme']}://{host}"
        if foreign or (_is_cross_site(request) and not _follows_link(request)):
            return JSONResponse({"error": "requests from other sites are refused"}, 403)
        client = address_of(request.scope)
        if self._access is None or _is_loopback(client) or request.url.path == "/page/style.css":
            return None
        return self._unless_admitted(request, self._access)

    def _unless_admitted(self, request: Request, access: Access) -> Response | None:
        held = request.cookies.get(COOKIE, "")
        if access.knows(held):
            # Not the token itself, which is a key: the name stands in files.
            request.scope[_DEVICE] = hashlib.sha256(held.encode()).hexdigest()[:16]
            return None
        if request.url.path != "/":
            return JSONResponse({"error": "this device has not been let in"}, 401)
        code = request.query_params.get("code")
        if code and not access.may_try(address_of(request.scope)):
            return _asked(
                "Too many codes came from this device. Wait a minute, then try again.", 429
            )
        token = access.admit(code, held) if code else None
        if token is not None:
            # Without the code in the address, so that it is neither kept nor sent on.
            answer = RedirectResponse("/", 303)
            answer.set_cookie(COOKIE, token, COOKIE_SECONDS, httponly=True, samesite="lax")
            return answer
        if code:
            return _asked("That code is not the one shown.", 403)
        return _asked("Type the code shown on the computer.", 401)


def device_of(scope: Scope) -> str | None:
    """The name of the device that was let in by code, the same at each visit; None: the host."""
    name: str | None = scope.get(_DEVICE)
    return name


def _asked(why: str, status: int) -> Response:
    return HTMLResponse(ASK.format(why=why, length=CODE_LENGTH), status)


def _is_cross_site(request: Request) -> bool:
    return request.headers.get("sec-fetch-site") == "cross-site"


def _follows_link(request: Request) -> bool:
    return request.method == "GET" and request.headers.get("sec-fetch-mode") == "navigate"


def _own_names(scope: Scope) -> set[str]:
    address = scope["server"][0] if scope.get("server") else ""
    return {address, "localhost", "127.0.0.1", "::1"} if _is_loopback(address) else {address}


def _name(address: str) -> str:
    if "@" in address:
        return ""
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def _same(one: str, other: str) -> bool:
    return secrets.compare_digest(one.encode(), other.encode())

"""The sketchpad's web application: the page, live reading, and keeping drawings."""

import base64
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import numpy as np
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from generator.errors import BadInput
from generator.splits import trainable_name
from generator.strip import fit_ink
from toolchain.reading import Recognizer
from toolchain.reading.pen import draw_ink
from toolchain.sketchpad import PAGE
from toolchain.sketchpad.access import Access, Gate, device_of
from toolchain.sketchpad.drawing import parse_drawing, parse_id, parse_strokes, parse_writer
from toolchain.sketchpad.limits import Limits
from toolchain.sketchpad.lines import Line
from toolchain.sketchpad.prompts import ROUND, prompt
from toolchain.sketchpad.store import Store

SHOWN_AT_ONCE = 24  # drawings a page of the look-through
HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "cross-origin-resource-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}

Answer = Callable[[Request], Awaitable[dict[str, Any]]]


def make_app(
    models: Mapping[str, Recognizer], store: Store | None = None, access: Access | None = None
) -> Starlette:
    """The application.

    Args:
        models: what the page offers to read with, by the name it shows; one at least.
        store: where drawings are kept; None switches collecting off.
        access: admits devices by code; None lets in whoever can connect.
    """

    async def state(_: Request) -> dict[str, Any]:
        return {"models": list(models), "collects": store is not None}

    async def read(request: Request) -> dict[str, Any]:
        content = await _json(request)
        name = content.get("model")
        if not isinstance(name, str) or name not in models:
            raise BadInput(f"model must be one of {', '.join(models)}")
        strokes = [stroke.points for stroke in parse_strokes(content)]
        return await run_in_threadpool(_reading, models[name], strokes)

    routes: list[Route | Mount] = [
        Route("/", lambda _: FileResponse(PAGE / "index.html")),
        Mount("/page", StaticFiles(directory=PAGE)),
        Route("/api/state", _answered(state)),
        Route("/api/read", _answered(read), methods=["POST"]),
    ]
    if store is not None:
        routes += _collecting(store)
    return Starlette(
        routes=routes,
        middleware=[
            Middleware(_Headed),
            Middleware(Gate, access=access),
            Middleware(Limits),
        ],
    )


def _reading(model: Recognizer, strokes: list[np.ndarray]) -> dict[str, Any]:
    """What the page shows of a reading; `columns` holds the probability of each class."""
    strip = fit_ink(draw_ink(strokes))
    [(reading, scores)] = model.scored(strip[None, None])
    return {
        "number": reading.number,
        "confidence": reading.confidence,
        "columns": np.round(np.exp(scores.astype(float)), 3).tolist(),
        "strip": base64.b64encode(strip.tobytes()).decode(),
    }


def _collecting(store: Store) -> list[Route | Mount]:
    async def progress(request: Request) -> dict[str, Any]:
        writer = parse_writer(request.query_params.get("writer"))
        kept = await run_in_threadpool(store.drawings, writer, device_of(request.scope))
        return _progress(kept, writer, _whole(request, "skipped"))

    async def keep(request: Request) -> dict[str, Any]:
        drawing = parse_drawing(await _json(request))
        divided = await run_in_threadpool(store.add, drawing, device_of(request.scope))
        return {"kept": drawing.id, "divided": divided}

    async def look(request: Request) -> dict[str, Any]:
        writer, start = parse_writer(request.query_params.get("writer")), _whole(request, "start")
        found = await run_in_threadpool(store.drawings, writer, device_of(request.scope))
        return {"drawings": found[start : start + SHOWN_AT_ONCE], "count": len(found)}

    async def delete(request: Request) -> dict[str, Any]:
        id_ = parse_id(request.path_params["id"])
        device = device_of(request.scope)
        return {"deleted": await run_in_threadpool(store.delete, id_, device)}

    return [
        Route("/api/progress", _answered(progress)),
        Route("/api/drawings", _answered(keep), methods=["POST"]),
        Route("/api/drawings", _answered(look)),
        Route("/api/drawings/{id}", _answered(delete), methods=["DELETE"]),
    ]


def _progress(kept: list[Line], writer: str, skipped: int) -> dict[str, Any]:
    usable = [drawing["number"] for drawing in kept if drawing["divided"]]
    return {
        "next": prompt(writer, len(kept) + skipped),
        "kept": len(kept),
        "round": ROUND,
        "digits": ["".join(usable).count(str(digit)) for digit in range(10)],
        "trainable": trainable_name(writer),
    }


async def _json(request: Request) -> dict[str, Any]:
    if request.headers.get("content-type", "").split(";")[0].strip() != "application/json":
        raise BadInput("the content type must be application/json")
    try:
        content = json.loads(await request.body())
    except (ValueError, RecursionError):
        raise BadInput("the body is not JSON") from None
    if not isinstance(content, dict):
        raise BadInput("the body must be an object")
    return content


def _whole(request: Request, name: str) -> int:
    text = request.query_params.get(name, "0")
    if not (text.isascii() and text.isdecimal() and len(text) <= 6):
        raise BadInput(f"{name} must be a small whole number")
    return int(text)


def _answered(answer: Answer) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint that says in JSON what is wrong with a request, or with this computer."""

    async def endpoint(request: Request) -> Response:
        try:
            return JSONResponse(await answer(request))
        except BadInput as error:
            return JSONResponse({"error": str(error)}, 400)
        except (OSError, TimeoutError):  # a full or locked disk; the message would name paths
            return JSONResponse({"error": "the computer could not keep or read its files"}, 503)

    return endpoint


class _Headed:
    """ASGI middleware: the same security headers on every answer, refusals included."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def headed(message: Message) -> None:
            if message["type"] == "http.response.start":
                added = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
                names = {name for name, _ in added}
                held = [item for item in message["headers"] if item[0].lower() not in names]
                message["headers"] = [*held, *added]
            await send(message)

        await self._app(scope, receive, headed)

"""Running the sketchpad: the models it offers, the address it is found at, the server."""

import contextlib
import socket
from collections.abc import Callable
from pathlib import Path

import segno
import uvicorn

from generator.errors import BadInput
from generator.folders import files_in
from toolchain.reading import Recognizer
from toolchain.reading.modelfile import bundled
from toolchain.sketchpad.access import Access
from toolchain.sketchpad.app import make_app
from toolchain.sketchpad.limits import BoundedConnection
from toolchain.sketchpad.store import Store
from toolchain.storage import EXPORTS

LOOPBACK, EVERYWHERE = "127.0.0.1", "0.0.0.0"
_FIRST = "optimized.int8"  # the model chosen when the page opens


def find_models(exports: Path | None) -> dict[str, Recognizer]:
    """Every exported model below a folder, by the name of its file; "optimized" int8 first.

    None is `EXPORTS`, and where it holds none, the one that comes with the package. Models that
    read a known number of digits are left out: a page takes any number.

    Raises:
        BadInput: there is none, or one is damaged.
    """
    folder = exports or EXPORTS
    paths = sorted(files_in(folder, "*/*.onnx"), key=lambda path: (path.stem != _FIRST, path.stem))
    loaded = {path.stem: Recognizer.load(path) for path in paths}
    found = {name: model for name, model in loaded.items() if model.decoder == "ctc"}
    if not found and exports is None:
        path = bundled()
        found = {path.stem: Recognizer.load(path)}
    if not found:
        raise BadInput(
            f"no models in {str(folder)!r} that read numbers of any length: make one with "
            "nrtool export --variant optimized"
        )
    return found


def serve(
    models: dict[str, Recognizer],
    collect: Path | None,
    *,
    port: int,
    share: bool,
    say: Callable[[str], None],
) -> None:
    """Serve until interrupted.

    Args:
        models: what to read with.
        collect: folder to keep drawings in; None: none are kept.
        port: 0 takes a free one.
        share: let in other devices of the network, each by a code.
        say: shows a line to the person at the computer.

    Raises:
        BadInput: the port is taken.
        OSError: the folder cannot be written to.
    """
    store = Store(collect, say) if collect else None
    with _listen(EVERYWHERE if share else LOOPBACK, port) as listening:
        port = listening.getsockname()[1]
        say(f"here:  http://localhost:{port}/   (Ctrl-C stops)")
        access = Access(lambda code: say(_invitation(own_address(), port, code))) if share else None
        config = uvicorn.Config(
            make_app(models, store, access),
            http=BoundedConnection,
            ws="none",
            lifespan="off",
            proxy_headers=False,  # else a client could say that it is this computer
            server_header=False,
            log_level="error",
            timeout_graceful_shutdown=3,
        )
        with contextlib.suppress(KeyboardInterrupt):  # how uvicorn ends after Ctrl-C
            uvicorn.Server(config).run(sockets=[listening])


def _listen(host: str, port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(128)
    except OSError as error:
        listening.close()
        raise BadInput(f"port {port} cannot be used ({error.strerror}): give another one") from None
    return listening


def own_address() -> str:
    """This computer's address in its network; loopback if it is in none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # Connecting a datagram socket sends nothing; it only picks the way out.
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return LOOPBACK
        return str(probe.getsockname()[0])


def _invitation(address: str, port: int, code: str) -> str:
    link = f"http://{address}:{port}/?code={code}"
    picture = _qr(link)
    return f"\nnext device:  {link}\ncode {code}, for one device; another follows\n{picture}"


def _qr(link: str) -> str:
    """A QR code in half blocks, dark on light whatever the terminal's colours."""
    rows = [list(row) for row in segno.make(link, error="m").matrix_iter(border=2)]
    if len(rows) % 2:
        rows.append([0] * len(rows[0]))
    blocks = {(0, 0): "█", (0, 1): "▀", (1, 0): "▄", (1, 1): " "}
    lines = [
        "".join(blocks[bool(a), bool(b)] for a, b in zip(upper, lower, strict=True))
        for upper, lower in zip(rows[::2], rows[1::2], strict=True)
    ]
    return "\n".join(f"\x1b[97;40m{line}\x1b[0m" for line in lines)

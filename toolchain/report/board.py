"""TensorBoard on the events that training writes, on this computer alone."""

import contextlib
import logging
import signal
import threading
from collections.abc import Callable
from pathlib import Path

from tensorboard import program

from generator.errors import BadInput

LOOPBACK = "127.0.0.1"


def serve(runs: Path, port: int, announce: Callable[[str], None]) -> None:
    """Serve until interrupted by SIGINT or SIGTERM.

    Args:
        runs: folder with runs; new ones show up by themselves.
        port: 0 takes a free one.
        announce: called with the address, once it can be visited.

    Raises:
        BadInput: no such folder, or the port is taken.
    """
    if not runs.is_dir():
        raise BadInput(f"{runs} is no folder: train something first, or name another with --runs")
    logging.getLogger("tensorboard").setLevel(logging.ERROR)
    board = program.TensorBoard()
    # Its own reader instead of a second process: nothing is left behind after Ctrl-C.
    board.configure(logdir=str(runs), host=LOOPBACK, port=port, load_fast="false")
    try:
        address = board.launch()
    except program.TensorBoardServerException as error:
        raise BadInput(f"port {port} cannot be used ({error.msg}): give another --port") from None
    for kind in (signal.SIGINT, signal.SIGTERM):  # also where a shell had them ignored
        signal.signal(kind, signal.default_int_handler)
    with contextlib.suppress(KeyboardInterrupt):
        announce(address)
        threading.Event().wait()

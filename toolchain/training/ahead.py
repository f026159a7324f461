"""Batches made ahead by a thread of their own, so that no step waits for numbers.

What draws numbers on a CPU lets other threads run beside it. The order is that of the batches: a
run is the same with and without.
"""

import contextlib
import queue
import threading
from collections.abc import Callable, Generator, Iterator
from typing import TypeVar

import torch

from toolchain.training.devices import denormals_flushed

DEPTH = 16  # batches that lie ready: two groups of them

T = TypeVar("T")


@contextlib.contextmanager
def ahead(
    made: Callable[[], Iterator[T]], device: torch.device, depth: int = DEPTH
) -> Generator[Iterator[T]]:
    """Iterate over what `made()` yields, made by another thread, `depth` at most ahead.

    Errors are raised where what failed would have come. On leaving, the thread ends. What another
    `device` than the CPU makes is asked for as it is needed: it has a queue of its own.
    """
    if device.type != "cpu":
        yield made()
        return
    ready: queue.Queue[tuple[T | None, BaseException | None]] = queue.Queue(depth)
    left = threading.Event()

    def put(item: T | None, error: BaseException | None = None) -> None:
        while not left.is_set():
            with contextlib.suppress(queue.Full):
                return ready.put((item, error), timeout=0.1)

    @denormals_flushed()  # a setting of each thread
    def make() -> None:
        try:
            for item in made():
                put(item)
                if left.is_set():
                    return
            put(None)
        except BaseException as error:
            put(None, error)

    def taken() -> Iterator[T]:
        while True:
            item, error = ready.get()
            if error is not None:
                raise error
            if item is None:
                return
            yield item

    thread = threading.Thread(target=make, name="numbers", daemon=True)
    thread.start()
    try:
        yield taken()
    finally:
        left.set()
        thread.join()

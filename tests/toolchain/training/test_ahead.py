import itertools
import threading

import pytest
import torch

from toolchain.training.ahead import ahead

CPU = torch.device("cpu")


def test_all_comes_in_order_and_from_another_thread():
    threads = set()

    def made():
        for number in range(50):
            threads.add(threading.current_thread())
            yield number

    with ahead(made, CPU, depth=3) as ready:
        assert list(ready) == list(range(50))
    assert threading.current_thread() not in threads
    assert not any(thread.is_alive() for thread in threads)


def test_no_more_lies_ready_than_was_asked_for():
    begun = []
    with ahead(lambda: (begun.append(n) or n for n in itertools.count()), CPU, depth=4) as ready:
        assert [next(ready) for _ in range(10)] == list(range(10))
    assert 10 <= len(begun) <= 10 + 4 + 2  # one is being made, one waits for its place


def test_what_fails_is_raised_where_it_would_have_come():
    def made():
        yield 1
        raise ValueError("no more digits")

    with ahead(made, CPU) as ready:
        assert next(ready) == 1
        with pytest.raises(ValueError, match="no more digits"):
            next(ready)


def test_leaving_early_ends_the_thread():
    before = threading.active_count()
    with ahead(itertools.count, CPU) as ready:
        next(ready)
    assert threading.active_count() == before

"""What the machine's memory holds: what cannot fit is refused before it is begun.

Estimates are of what is surely needed, so that nothing that fits is refused.
"""

import os
from pathlib import Path

from generator.errors import BadInput

# Where Linux bounds the memory of a container.
_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))


def of_machine() -> int | None:
    """Bytes that all processes together may use; None where the system does not say."""
    try:
        found = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    except (AttributeError, ValueError, OSError):
        return None
    for path in _LIMITS:
        try:
            found.append(int(path.read_text()))
        except (OSError, ValueError):  # no such limit, or "max"
            continue
    return min(each for each in found if each > 0)


def insist(needed: int, what: str, mend: str, there: int | None = None) -> None:
    """Refuse what the memory cannot hold.

    Args:
        needed: bytes.
        what: that needs them, such as "a batch of 64 numbers".
        mend: what the user can do.
        there: bytes that there are; the machine's unless they are given.

    Raises:
        BadInput: it does not fit.
    """
    there = of_machine() if there is None else there
    if there is not None and needed > there:
        raise BadInput(
            f"{what} would take {_gib(needed)} of memory, of which there are {_gib(there)}: {mend}"
        )


def _gib(size: int) -> str:
    return f"{-(-size // (1 << 30)):,} GiB" if size > 10 << 30 else f"{size / (1 << 30):.1f} GiB"

"""How a tool ends: its exit code, and a failure told without a traceback."""

import sys
from collections.abc import Callable

from generator.errors import BadInput
from toolchain.errors import FellShort


def guarded(run: Callable[[], None]) -> int:
    """Run a tool; 2 where the user can mend what is wrong, 1 where a check failed, else 0."""
    try:
        run()
    except (BadInput, FellShort) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2 if isinstance(error, BadInput) else 1
    return 0

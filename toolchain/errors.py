"""The exception that means "the work was done, and the result is not good enough"."""


class FellShort(RuntimeError):
    """A result that must not ship; the message is one line that says what is wrong with it."""

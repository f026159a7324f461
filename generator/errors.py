"""The one exception that means "the user can mend this"."""


class BadInput(ValueError):
    """Input that cannot be used; the message is one line that says what and how to mend it."""

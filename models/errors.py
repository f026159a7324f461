"""The one exception of this package."""


class UnknownVariant(ValueError):
    """No variant of that name or kind; the message lists those there are."""

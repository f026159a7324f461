"""Which writers and pictures are kept for validation: decided by their name or content alone."""

import hashlib


def in_validation(key: bytes) -> bool:
    """Whether a writer's name or a PNG's content belongs to validation."""
    return hashlib.sha256(key).digest()[-1] < 32

import pytest

from toolchain.training import loop


@pytest.fixture(autouse=True)
def _small_validation(monkeypatch):
    monkeypatch.setattr(loop, "VALIDATION_NUMBERS", 32)

"""Every attack is made on every engine that is installed here."""

from __future__ import annotations

import pytest

from belljar.machine import ENGINES, installed_engines


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    """The name of an engine."""
    name: str = request.param
    if name not in installed_engines():
        pytest.skip(f"the engine {name} is not installed")
    return name

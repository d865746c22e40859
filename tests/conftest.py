"""What all tests share: the guest compiled once, before the first test's clock starts, and how long Hypothesis looks.

The compiled guest comes from the user's own cache folder, so only the first run on a computer waits for the compiler.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

from belljar.machine import open_machine

settings.register_profile("default", deadline=None)
settings.register_profile("campaign", deadline=None, max_examples=20_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

pytest_plugins = ("cli_fixtures",)


@pytest.fixture(scope="session", autouse=True)
def _compiled_guest() -> None:
    """Opening a machine makes the base image where there is none."""
    open_machine().close()

"""Plugins and agents in tests: the gate is open while their tests are collected and run, and closed for all others."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

from belljar import gate

GATED = ("plugins", "agents")
"""Folders of tests, each for the package of its name."""


@pytest.hookimpl
def pytest_pycollect_makemodule(module_path: Path) -> None:
    """Load the packages with the gate open, so that test modules may import them at their top."""
    if module_path.parent.name in GATED:
        with pytest.MonkeyPatch.context() as opened:
            opened.setattr(gate, "_is_on", True)
            for name in GATED:
                import_module(f"belljar.{name}")


@pytest.fixture
def phase5(monkeypatch: pytest.MonkeyPatch) -> None:
    """The gate is open for this test."""
    monkeypatch.setattr(gate, "_is_on", True)


@pytest.fixture(autouse=True)
def _open_where_it_is_tested(request: pytest.FixtureRequest) -> None:
    """Tests of plugins and agents have the gate open; those of the closed gate close it themselves."""
    if request.path.parent.name in GATED:
        request.getfixturevalue("phase5")

"""What all tests share: the guest compiled once, before the first test's clock starts, and how long Hypothesis looks.

The compiled guest comes from the user's own cache folder, so only the first run on a computer waits for the compiler.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

import belljar
from belljar import Harness
from belljar.machine import ENGINES, installed_engines, open_machine
from belljar.typecheck import TypeChecker, find_compiler

settings.register_profile("default", deadline=None)
settings.register_profile("campaign", deadline=None, max_examples=20_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

pytest_plugins = ("cli_fixtures", "tests.phase5", "tests.postgres", "tests.stores")

assert Harness.__init__.__kwdefaults__ is not None
Harness.__init__.__kwdefaults__["type_checker"] = None
"""Most tests are about what happens when a script runs, wrong types included; those about types ask for a checker."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow tests come first: one that is begun last would keep a process busy while the others are done."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


def pytest_collection_finish() -> None:
    """What thousands of collected tests hold is never garbage: each full collection would look at all of it again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _compiled_guest() -> None:
    """Opening a machine makes the base image where there is none."""
    open_machine().close()


@pytest.fixture(scope="session")
def checker() -> Iterator[TypeChecker]:
    """One warm checker of types for all tests; those that break one make their own."""
    compiler = find_compiler()
    if compiler is None:
        pytest.skip("no TypeScript compiler is installed")
    checker = TypeChecker(compiler, seconds=20.0)
    yield checker
    checker.close()


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each engine in turn as the default one: whatever the test runs, runs on it. Skips what is not installed."""
    name: str = request.param
    if name not in installed_engines():
        pytest.skip(f"the engine {name} is not installed")
    for function in (open_machine, belljar.run, Harness.__init__):
        assert function.__kwdefaults__ is not None
        monkeypatch.setitem(function.__kwdefaults__, "engine", name)
    return name

"""The option that says where the published vectors are, and the summary of what came of them."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from conformance.cases import Tally

TALLIES: Final = pytest.StashKey[list[Tally]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--vectors", type=Path, help="the folder of published test vectors (with its load_*.py)")


@pytest.fixture
def vectors(request: pytest.FixtureRequest) -> Path:
    """The folder; a run of all tests does not know the option, which is pytest's rule for folders below the first."""
    folder: Path | None = request.config.getoption("--vectors", default=None)
    if folder is None:
        pytest.skip("needs the published vectors: pytest tests/conformance --vectors FOLDER")
    return folder.resolve()


@pytest.fixture
def tallies(request: pytest.FixtureRequest) -> list[Tally]:
    """What the terminal summary prints."""
    return request.config.stash.setdefault(TALLIES, [])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    tallies = config.stash.get(TALLIES, [])
    if tallies:
        terminalreporter.section("published vectors")
    for tally in tallies:
        for line in tally.lines():
            terminalreporter.write_line(line)

"""Pages that are made from the code have all of it: a setting, a variable or an error that is new has to be told."""

from __future__ import annotations

import re
import sys
from dataclasses import fields
from pathlib import Path
from unittest.mock import patch

import pytest
from docs_pages import DOCS

from belljar import Harness, Limits, gate
from belljar.errors import ERRORS
from belljar.packs import ExecLimits, FileLimits, HttpPolicy
from docs._made import environment, house, pages
from docs._made.errors import codes
from docs._made.gated import GATED
from docs._made.programs import ELSEWHERE, PROGRAMS
from docs._made.scripts import SCRIPTS
from docs._made.settings import PARAMETERS, configuration
from docs._made.text import cell
from docs._made.trips import Script, tripped_program, tripped_script

CONFIGURATION = (DOCS / "configuration.md").read_text(encoding="utf-8")
ERRORS_PAGE = (DOCS / "errors.md").read_text(encoding="utf-8")


def test_the_page_of_settings_is_that_of_the_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """As `docs/generate.py --check` says for all pages that are made; tests have another default than users."""
    assert Harness.__init__.__kwdefaults__ is not None
    monkeypatch.setitem(Harness.__init__.__kwdefaults__, "type_checker", "auto")

    assert configuration() == CONFIGURATION


@pytest.mark.parametrize("kind", [Limits, FileLimits, ExecLimits, HttpPolicy], ids=lambda kind: kind.__name__)
def test_every_limit_has_its_default_and_effect(kind: type) -> None:
    """One row for each field."""
    told = set(re.findall(r"^\| `(\w+)` \| [^|]+ \| [^|]+ \|$", CONFIGURATION, re.MULTILINE))

    assert {field.name for field in fields(kind)} - told == set()


def test_a_parameter_that_nobody_wrote_down_stops_the_generator(monkeypatch: pytest.MonkeyPatch) -> None:
    """So a new one cannot be left out."""
    function, effects = next(iter(PARAMETERS.items()))
    monkeypatch.setitem(PARAMETERS, function, dict(list(effects.items())[1:]))

    with pytest.raises(SystemExit, match="docs/_made/settings"):
        configuration()


def test_an_extra_that_nobody_wrote_down_stops_the_generator(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody who needs it would not find out what to install."""
    monkeypatch.setattr("docs._made.extras.WORK", frozenset())

    with pytest.raises(SystemExit, match="docs/_made/extras"):
        configuration()


def test_every_variable_that_the_code_reads_is_told() -> None:
    """And no row is of one that nothing reads; computed names are excused file by file."""
    reads = list(environment.reads())

    assert {name for _, name in reads if name is not None} == set(environment.VARIABLES)
    assert {file for file, name in reads if name is None} == set(environment.BY_NAME)


def test_the_search_for_variables_finds_every_way_to_read_one() -> None:
    """No file of the library names the environment without being found."""
    mentions = {
        path.relative_to(environment.SOURCE).as_posix()
        for path in environment.SOURCE.rglob("*.py")
        if re.search(r'\bos\.(?:environ\b(?!\[[\w"]+\] = )|getenv)', path.read_text(encoding="utf-8"))
    }

    assert mentions - {file for file, _ in environment.reads()} == set()


def test_every_error_has_an_example_or_says_why_not() -> None:
    """Exactly one of both."""
    where = [set(SCRIPTS), set(PROGRAMS), set(GATED), set(ELSEWHERE)]

    assert set().union(*where) == set(codes())
    assert sum(map(len, where)) == len(set(codes()))


def test_every_error_has_its_section() -> None:
    """With what it says of itself."""
    sections = dict(re.findall(r"^### (\w+)\n\n(.+)$", ERRORS_PAGE, re.MULTILINE))

    assert set(sections) == set(codes())
    assert {code for code in sections if not (ERRORS[code].__doc__ or "").strip()} == set()


def test_the_house_is_drawn_as_it_is() -> None:
    """No dot is above the diagonal: a room imports only rooms below it."""
    order = house.rooms()
    upwards = {
        (room, other)
        for room, used in house.imports().items()
        for other in used
        if order.index(other) > order.index(room)
    }

    assert upwards == set()
    assert house.drawing() == (DOCS / "_static/house.svg").read_text(encoding="utf-8")


def test_a_cell_of_a_table_stays_one() -> None:
    """Bars and tags of the code's own texts are escaped, outside of back quotes where that is needed."""
    assert cell("a|b\n c <d> `<e>`") == "a\\|b c \\<d> `<e>`"


def test_a_page_that_was_edited_or_is_missing_is_stale(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """One that is as the code makes it is not."""
    monkeypatch.setattr(pages, "PAGES", {f"{name}.md": lambda: "made\n" for name in ("same", "edited", "missing")})
    (tmp_path / "same.md").write_text("made\n")
    (tmp_path / "edited.md").write_text("made by hand\n")

    assert pages.stale(tmp_path) == {tmp_path / "edited.md": "made\n", tmp_path / "missing.md": "made\n"}


@pytest.mark.parametrize(
    ("source", "said"),
    [("return 1", "ended with 1"), ("return x", "ended with UndefinedNameError")],
)
def test_an_example_that_ends_otherwise_stops_the_generator(source: str, said: str) -> None:
    """So the page never shows what did not happen."""
    with pytest.raises(SystemExit, match=said):
        tripped_script("ScriptTimeoutError", Script(source=source))


@pytest.mark.parametrize(
    ("source", "said"),
    [("", "nothing was raised"), ("from belljar import Limits\nLimits(fuel=0)", "ended with UsageError")],
)
def test_a_program_that_ends_otherwise_stops_the_generator(source: str, said: str) -> None:
    """As above, for those of the host."""
    with pytest.raises(SystemExit, match=said):
        tripped_program("StoreError", source)


def test_examples_are_run_with_the_gate_closed_but_for_those_of_plugins() -> None:
    """What was imported behind it before does not count, and is there again afterwards."""
    with patch.object(gate, "_is_on", True):
        import belljar.plugins

    assert "FeatureDisabledError" in tripped_program("FeatureDisabledError", "import belljar.plugins").read
    assert sys.modules["belljar.plugins"] is belljar.plugins
    assert tripped_program("ManifestError", GATED["ManifestError"], gate_open=True).read.startswith("ManifestError: 6")
